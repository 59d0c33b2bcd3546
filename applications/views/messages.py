"""The conversation between a team and the case officers: one page a side, the same messages."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications import forms, queries
from applications import transitions as files
from applications.models import Application, MessageAttachment
from applications.transitions.messages import check_attachments
from applications.views.acts import is_writer, of_team, page
from applications.views.instruction import file_or_404
from core import files as uploads
from core.access import allow, signed_in
from core.idempotency import once
from core.transitions import Refusal
from fund.people import messages_desk
from fund.views.acts import status

PAGE = 20


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_applicant(request, reference):
    """The team's side: everyone reads, the lead and the editors write. Before the filing, whom to ask instead."""
    application = of_team(request, reference)
    return _conversation(request, application, "messages", is_staff=False, may_write=is_writer(request, application))


@allow(messages_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_staff(request, reference):
    """The fund's side, for case officers without an interest in the file; for anybody else it does not exist."""
    return _conversation(request, file_or_404(request, reference), "staff_messages", is_staff=True, may_write=True)


@allow(signed_in)
@require_safe
def file_of_applicant(request, reference, pk):
    """A file of the conversation, for the team."""
    return _file(of_team(request, reference), pk)


@allow(messages_desk)
@require_safe
def file_of_staff(request, reference, pk):
    """A file of the conversation, for the case officers who read it."""
    return _file(file_or_404(request, reference), pk)


def _file(application: Application, pk: int):
    """Not there until the antivirus found it clean."""
    row = MessageAttachment.objects.filter(message__application=application, pk=pk, scan_state="clean").first()
    if row is None:
        raise Http404
    return uploads.send(row.file, row.name, row.content_type)


def _conversation(request, application: Application, name: str, *, is_staff: bool, may_write: bool):
    form = forms.MessageForm()
    if request.method == "POST":
        form = forms.MessageForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                given = form.params()
                given["attachments"] = check_attachments(application, given["attachments"])
                files.send_message(application=application, actor=request.user, at=request.received_at, **given)
                messages.success(request, _("Your message is sent."))
                return redirect(page(name, application))
            except Refusal as refusal:
                form.refuse(refusal)
        form.choose_again()
    rows = Paginator(
        application.messages.select_related("author").prefetch_related("attachments").order_by("-id"), PAGE
    )
    try:
        shown = rows.page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
    listed = list(shown)
    if request.method == "GET":
        files.read_messages(application=application, actor=request.user, at=request.received_at, shown=listed)
    return render(
        request,
        "applications/messages.html",
        {
            "application": application,
            "rows": listed,
            "page": shown,
            "form": form,
            "is_staff": is_staff,
            "file_address": f"applications:{name}_file",
            "may_write": may_write and application.is_filed,
            "awaits_reasons": queries.reasons_awaited(application),
        },
        status=status(form),
    )
