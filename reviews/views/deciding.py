"""Decisions that no vote makes, by the authority; appeals and their answers; what the applicant reads."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications import queries as files
from applications.models import Application
from applications.transitions import ask_for_reasons
from core import documents
from core.access import allow, signed_in
from core.idempotency import once
from core.transitions import Refusal
from fund.models import Call
from fund.views.acts import act, cards, page_of, status
from reviews import queries
from reviews.documents.decisions import reserve_extract_of
from reviews.enums.reading import DecisionKind, DecisionOutcome
from reviews.forms import reading as forms
from reviews.models import Appeal
from reviews.queries import appeals as appeal_dates
from reviews.queries import feedback as sheets
from reviews.rules.decisions import EXPECTED
from reviews.rules.people import is_authority
from reviews.transitions import appeals, decisions, withdrawals
from reviews.views.acts import appeal_desk, decision_desk

ANSWER_FORMS = {"grant": forms.AnswerForm, "reject": forms.AnswerForm}
FILE_BASE = (
    "call__rule_version",
    "call__envelope",
    "lead",
    "organisation",
    "bearer_organisation",
    "bearer_person",
    "filed_version",
)


# ---- drafting ----


@allow(decision_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def draft(request, reference):
    """A promotion, a withdrawal, the end of the reserve list, the decision after a granted appeal: drafted by the authority."""
    application = (
        Application.objects.filter(reference=reference, filed_version__isnull=False).select_related(*FILE_BASE).first()
    )
    if application is None or not is_authority(request.user, application, request.received_at):
        raise Http404
    cited = queries.standing(application)
    options = [
        (kind, outcome)
        for kind, states in EXPECTED.items()
        if kind != DecisionKind.ELIGIBILITY
        for outcome in states.get(application.state, ())
    ]
    kind, outcome = (
        request.POST.get("kind") or request.GET.get("nature", ""),
        request.POST.get("outcome") or request.GET.get("sens", ""),
    )
    form = None
    if (kind, outcome) in [(str(one), str(other)) for one, other in options]:
        initial = {"amount": application.requested_amount} if outcome == DecisionOutcome.SELECTED else {}
        form = forms.DraftForm(
            request.POST if request.method == "POST" else None,
            obj=application,
            kind=kind,
            outcome=outcome,
            initial=initial,
        )
        if request.method == "POST" and form.is_valid():
            try:
                decisions.draft(
                    application=application, actor=request.user, at=request.received_at, cites=cited, **form.params()
                )
                messages.success(request, _("The decision is drafted; it is now to be signed."))
                return redirect("reviews:sign", application.call.slug)
            except Refusal as refusal:
                form.refuse(refusal)
    choices = [(DecisionKind(one), DecisionOutcome(other)) for one, other in options]
    return render(
        request,
        "reviews/draft.html",
        {
            "application": application,
            "cited": cited,
            "choices": choices,
            "form": form,
            "kind": kind,
            "outcome": outcome,
        },
        status=status(form),
    )


# ---- appeals ----


@allow(appeal_desk)
@require_safe
def appeal_list(request):
    """Appeals that wait for an answer, the oldest first."""
    page = page_of(request, appeal_dates.open_appeals(request.user), 25)
    rows = [
        {"appeal": row, "late": appeal_dates.is_late(row), "answer_by": appeal_dates.implicit_rejection_on(row)}
        for row in page
    ]
    return render(request, "reviews/appeals.html", {"page": page, "rows": rows})


@allow(appeal_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def appeal(request, pk):
    """One appeal: what is contested, the decision, the answer."""
    row = (
        Appeal.objects.visible_to(request.user)
        .select_related(
            "decision__application__call__rule_version",
            "decision__rule_version",
            "decision__document",
            "filed_by",
            "receipt",
            "letter",
        )
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise Http404
    bound = None
    if request.method == "POST":
        response, bound = act(request, row, ANSWER_FORMS, done=reverse("reviews:appeal", args=[pk]))
        if response is not None:
            return response
    return render(
        request,
        "reviews/appeal.html",
        {
            "appeal": row,
            "decision": row.decision,
            "application": row.decision.application,
            "late": appeal_dates.is_late(row),
            "answer_by": appeal_dates.implicit_rejection_on(row),
            "until": queries.appeal_until(row.decision),
            "cards": cards(request, row, ANSWER_FORMS, bound),
        },
        status=status(bound),
    )


# ---- the applicant ----


def _of_team(request, reference) -> Application:
    application = (
        Application.objects.of_team(request.user).select_related(*FILE_BASE).filter(reference=reference).first()
    )
    if application is None:
        raise Http404
    return application


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def decision(request, reference):
    """The decision as its applicant reads it: the letter, the reviews without a name, how and until when to contest it."""
    application = _of_team(request, reference)
    known = list(queries.known_decisions(application))
    form = forms.AppealForm(request.POST if request.POST.get("act") == "appeal" else None)
    standing = next((row for row in known if row.state == "notified"), None)
    if request.method == "POST":
        response = _contest(request, application, standing, form)
        if response is not None:
            return response
    rows = [
        {
            "decision": row,
            "until": queries.appeal_until(row),
            "reserve_until": queries.reserve_until(row) if row.outcome == "reserve" else None,
            "url": documents.url(row.document) if row.document_id else "",
        }
        for row in known
    ]
    appeals_ = [
        {
            "appeal": row,
            "label": appeal_dates.label(row),
            "answer_by": appeal_dates.implicit_rejection_on(row),
        }
        for row in appeal_dates.of_application(application)
    ]
    return render(
        request,
        "reviews/decision.html",
        {
            "application": application,
            "rows": rows,
            "standing": standing,
            "extract": reserve_extract_of(standing) if standing and standing.outcome == "reserve" else None,
            "letter": documents.html(standing.document) if standing and standing.document_id else "",
            "silence": (clock := None if standing else files.silence(application, request.received_at)),
            "reasons": files.reasons_asked(application) if clock else None,
            "reasons_awaited": files.reasons_awaited(application) if clock else None,
            "in_time_to_ask": bool(clock and timezone.localdate(request.received_at) <= clock.appeal_before_on),
            "answer_months": standing.rule_version["appeal_answer_months"] if standing else None,
            "feedback": sheets.feedback(application),
            "appeals": appeals_,
            "form": form,
            "open_calls": _to_reuse(application, standing, request.received_at),
            "is_late": bool(standing and request.received_at >= queries.appeal_until(standing)),
            "may_contest": standing is not None
            and files.is_applicant(request.user, application)
            and not any(row["appeal"].state == "filed" for row in appeals_),
            "is_writer": files.is_applicant(request.user, application),
        },
        status=status(form),
    )


def _to_reuse(application, standing, at) -> list[Call]:
    """Calls open now in which the text of a file that was not funded may serve again."""
    if standing is None or standing.outcome not in ("rejected", "ineligible"):
        return []
    return list(Call.objects.open_at(at).order_by("closes_at")[:3])


def _contest(request, application, standing, form):
    here = reverse("reviews:decision", args=[application.reference])
    if request.POST.get("act") == "reasons":
        try:
            ask_for_reasons(application=application, actor=request.user, at=request.received_at)
            messages.success(request, _("Your request is sent: the answer comes in the messages."))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(here)
    if request.POST.get("act") == "withdraw":
        open_appeal = Appeal.objects.filter(decision__application=application, state="filed").first()
        if open_appeal is None:
            raise Http404
        appeals.withdraw(appeal=open_appeal, actor=request.user, at=request.received_at)
        messages.success(request, _("Your appeal is withdrawn: the decision stays as it is."))
        return redirect(here)
    if standing is None or request.POST.get("act") != "appeal":
        raise Http404
    if form.is_valid():
        try:
            appeals.file(decision=standing, actor=request.user, at=request.received_at, **form.params())
            messages.success(request, _("Your appeal is received; a receipt is on this page."))
            return redirect(here)
        except Refusal as refusal:
            form.refuse(refusal)
    return None


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def leave(request, reference):
    """Withdraw while the panel works, after a page that says what it means."""
    application = _of_team(request, reference)
    if application.state != "under_review":
        raise Http404
    form = forms.LeaveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdrawals.withdraw_from_review(
                application=application, actor=request.user, at=request.received_at, **form.params()
            )
            messages.success(request, _("Your application is withdrawn."))
            return redirect(f"/dossiers/{application.reference}/")
        except Refusal as refusal:
            form.refuse(refusal)
    return render(request, "reviews/leave.html", {"application": application, "form": form}, status=status(form))
