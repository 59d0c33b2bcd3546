"""The check before filing, the agreement of those who sign, the answer to a request, the withdrawal."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applications import forms, queries
from applications import transitions as files
from applications.enums import SectionCode
from applications.models import Application
from applications.views.acts import of_team, page, refusal_of
from applications.views.reading import parts_of, pieces_of
from applications.views.writing import closed, frame
from core.access import allow, signed_in
from core.forms import PlainForm
from core.idempotency import once
from core.transitions import Refusal
from fund.views.acts import act, cards, status

WITHDRAW_FORMS = {"withdraw": forms.OptionalReasonForm}

FILE_FORMS = {"submit": forms.FileForm, "refile": forms.FileForm, "revive": PlainForm}


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def check(request, reference):
    """What is missing, who has agreed, and the button that files, with the reason when it is closed."""
    application = of_team(request, reference)
    name, bound, agreement = request.POST.get("act", "") if request.method == "POST" else "", None, None
    if name == "sign_off":
        agreement = forms.SignOffForm(request.POST, obj=application)
        if agreement.is_valid():
            try:
                files.sign_off(
                    application=application,
                    actor=request.user,
                    at=request.received_at,
                    content_hash=request.POST.get("content_hash", ""),
                    **agreement.params(),
                )
                messages.success(request, _("Your agreement is kept. If the content changes, it will be asked again."))
                return redirect(page("check", application))
            except Refusal as refusal:
                agreement.refuse(refusal)
    elif name == "remind":
        try:
            files.request_sign_offs(application=application, actor=request.user, at=request.received_at)
            messages.success(request, _("Asked."))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(page("check", application))
    elif name:
        done = page("read", application) if name != "revive" else page("check", application)
        response, bound = act(request, application, FILE_FORMS, done=done)
        if response:
            return response
        application = of_team(request, reference)
    return render(
        request,
        "applications/check.html",
        _check_context(request, application, bound, agreement),
        status=status(bound, agreement),
    )


def _check_context(request, application: Application, bound, agreement) -> dict:
    context = frame(request, application, "verifier")
    content_hash = queries.hash_now(application, context["content"])
    signed = queries.signed_hashes(application)
    people = [
        (person, signed.get(person.pk) if hasattr(person, "is_system") else None)
        for person in queries.signatories(application)
    ]
    mine = signed.get(request.user.pk)
    needs_code = not application.call.is_open(request.received_at) and queries.code_is_live(
        application, request.received_at
    )
    found = cards(
        request,
        application,
        FILE_FORMS,
        bound,
        initial={name: {"access_code": request.GET.get("code", "")} for name in ("submit", "refile")},
    )
    for card in found:
        if not needs_code and "access_code" in card.form.fields and not card.form.is_bound:
            del card.form.fields["access_code"]
        card.question = _("File “%(title)s”?") % {"title": application.display_title} if card.name == "submit" else ""
    return context | {
        "content_hash": content_hash,
        "people": [
            (person, sign_off, sign_off is not None and sign_off.content_hash == content_hash)
            for person, sign_off in people
        ],
        "i_sign": queries.is_signatory(request.user, application),
        "i_agreed": mine is not None and mine.content_hash == content_hash,
        "agreement": agreement or forms.SignOffForm(obj=application),
        "cards": found,
        "ready": any(card.offer.allowed for card in found if card.name in ("submit", "refile")),
        "parts": parts_of(application, context["content"]),
        "pieces": pieces_of(application, context["content"]),
        "partners": application.partnerships.select_related("organisation").exclude(state="cancelled"),
        "is_lead": application.lead_id == request.user.pk,
        "silence": queries.silence(application, request.received_at),
        "writable": closed(request, application, "") is None,
    }


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def answer(request, reference):
    """The fund's request: what is missing, why, until when; the answer, with the parts that may change."""
    application = of_team(request, reference)
    form = forms.AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            files.answer(application=application, actor=request.user, at=request.received_at, **form.params())
            messages.success(request, _("Your answer is received. The two-month period has resumed."))
            return redirect(page("answer", application))
        except Refusal as refusal:
            form.refuse(refusal)
    every = list(
        application.information_requests.select_related("document", "requested_by", "answered_by").order_by("-number")
    )
    current = next((one for one in every if one.state == "open"), None)
    context = frame(request, application, "complements")
    asked = current.sections if current else set()
    return render(
        request,
        "applications/answer.html",
        context
        | {
            "requests": every,
            "current": current,
            "form": form,
            "parts": [
                (SectionCode(part).label, _part_page(application, part)) for part in SectionCode.values if part in asked
            ],
            "refusal": refusal_of(files.answer, application, request) if current else None,
            "silence": queries.silence(application, request.received_at),
            "asked_gaps": [gap for gap in context["gaps"] if gap.section in asked],
        },
        status=status(form),
    )


def _part_page(application: Application, code: str) -> str:
    return page("pieces", application) if code == "documents" else page("section", application, code)


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def withdraw(request, reference):
    """Withdraw the file, after a page that says what it means."""
    application = of_team(request, reference)
    bound = None
    if request.method == "POST":
        response, bound = act(request, application, WITHDRAW_FORMS, done=reverse("applications:my_files"))
        if response:
            return response
    return render(
        request,
        "applications/withdraw.html",
        {"application": application, "cards": cards(request, application, WITHDRAW_FORMS, bound)},
        status=status(bound),
    )
