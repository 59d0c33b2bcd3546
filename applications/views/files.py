"""The applicant’s list, and a draft begun on a call."""

from __future__ import annotations

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from applications import forms, queries
from applications import transitions as files
from applications.enums import STANDING
from applications.views.acts import page, refusal_of
from core.access import allow, signed_in
from core.idempotency import once
from core.transitions import Refusal
from fund.models import Call
from fund.views.acts import status

REUSABLE = ("lapsed", "withdrawn", "dismissed", "rejected", "ineligible", "renounced")


@allow(signed_in)
@require_safe
def my_files(request):
    """The person's files, each with what is next."""
    rows = Paginator(queries.my_applications(request.user), queries.PAGE)
    try:
        found = rows.page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
    requests_due = queries.requests_due([row.pk for row in found if row.state == "information_requested"])
    items = [(row, queries.next_step(row, request.received_at, requests_due.get(row.pk))) for row in found]
    return render(
        request,
        "applications/my_files.html",
        {
            "page": found,
            "items": items,
            "open_calls": Call.objects.open_at(request.received_at).order_by("closes_at"),
            "reusable": REUSABLE,
        },
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def start(request, slug):
    """Open a draft on a call: who applies, from a blank page or from an earlier file."""
    call = Call.objects.public().filter(slug=slug).first()
    if call is None:
        raise Http404
    form = forms.StartForm(
        request.POST or None, user=request.user, initial={"cloned_from": request.GET.get("copie", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            application = files.create(call=call, actor=request.user, at=request.received_at, **form.params())
            return redirect(page("section", application, "applicant"))
        except Refusal as refusal:
            form.refuse(refusal)
    mine = list(queries.my_applications(request.user).filter(call=call)[:5])
    return render(
        request,
        "applications/start.html",
        {
            "call": call,
            "form": form,
            "refusal": refusal_of(files.create, call, request),
            "mine": mine,
            "filed": next((one for one in mine if one.state in STANDING), None),
        },
        status=status(form),
    )
