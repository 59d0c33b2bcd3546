"""The case officers' pages: follow declarations and readings, assign, record fallbacks, close the reading, see the ranking; prepare
and notify decisions; draft a decision of ineligibility."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications import queries as files
from applications.queries import with_interest
from core import documents, reauth
from core.access import allow
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from core.transitions import Refusal
from fund.enums import CallState, College, Role
from fund.models import Call
from fund.people import instruction_desk
from fund.queries import has_role
from fund.views.acts import act, cards, page_of, status
from reviews import queries
from reviews.enums.reading import DecisionState, PanelState
from reviews.forms import reading as forms
from reviews.models import Decision
from reviews.queries import interests, reviewing
from reviews.queries.advice import advice
from reviews.queries.late import late_interests
from reviews.queries.ranking import JUDGED
from reviews.queries.reminders import last_reminders
from reviews.transitions import decisions, reminders
from reviews.transitions.deeds import offer_of
from reviews.views.acts import confirm_identity, signed, unfinished

CALL_FORMS = {
    "start_review": PlainForm,
    "conclude": PlainForm,
    "conclude_empty": PlainForm,
    "reopen": forms.ReopenCallForm,
    "cancel": ReasonForm,
}
PANEL_FORMS = {
    "assign_reader": forms.AssignReaderForm,
    "close_reading": PlainForm,
    "undo_assignment": ReasonForm,
    "undo_reassignment": ReasonForm,
}
FALLBACK_FORMS = {"record_fallback": forms.FallbackForm, "record_early_fallback": forms.FallbackForm}
AFTER_PUBLICATION = (CallState.PUBLISHED, CallState.CLOSED, CallState.UNDER_REVIEW, CallState.DECIDED)


def call_or_404(slug: str) -> Call:
    call = (
        Call.objects.filter(slug=slug, state__in=(*AFTER_PUBLICATION, CallState.ARCHIVED))
        .select_related("rule_version", "envelope")
        .first()
    )
    if call is None:
        raise Http404
    return call


@allow(instruction_desk)
@require_safe
def panel_list(request):
    """Calls and the work of their panel, newest first."""
    calls = (
        Call.objects.filter(state__in=AFTER_PUBLICATION)
        .select_related("panel")
        .annotate(
            filed=Count("applications", filter=Q(applications__filed_version__isnull=False)),
            under_review=Count("applications", filter=Q(applications__state="under_review")),
        )
        .order_by("-number")
    )
    return render(request, "reviews/instruction/panels.html", {"page": page_of(request, calls, 20)})


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def panel(request, slug):
    """The panel of a call: who sits, who has declared, who reads what, what is missing and what replaces it."""
    call = call_or_404(slug)
    row = queries.panel_of(call)
    bound, fallback, remind = None, None, None
    if request.method == "POST":
        name, here = request.POST.get("act", ""), reverse("reviews:panel", args=[slug])
        if name in CALL_FORMS:
            response, bound = act(request, call, CALL_FORMS, done=here)
        elif row is not None and name in PANEL_FORMS:
            response, bound = act(request, row, PANEL_FORMS, done=here)
        elif row is not None and name in FALLBACK_FORMS:
            response, fallback = act(request, row, FALLBACK_FORMS, done=here)
        elif row is not None and name == "remind_readers":
            response, remind = _remind(request, row, here)
        else:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
        if response is not None:
            return response
        call, row = call_or_404(slug), queries.panel_of(call)
    context = {
        "call": call,
        "panel": row,
        "call_cards": cards(request, call, CALL_FORMS, bound),
        "is_officer": has_role(request.user, Role.CASE_OFFICER),
    }
    if row is not None:
        context |= _panel_context(request, row, bound, fallback)
        context["remind"] = offer_of(reminders.remind_readers, row, request.user, request.received_at)
        if context["remind"] is not None:
            context["remind_form"] = remind or forms.RemindForm(obj=row, user=request.user, prefix="remind_readers")
    return render(request, "reviews/instruction/panel.html", context, status=status(bound, fallback, remind))


def _remind(request, row, here: str):
    """(response, bound form)."""
    form = forms.RemindForm(request.POST, obj=row, user=request.user, prefix="remind_readers")
    if not form.is_valid():
        return None, form
    try:
        reminders.remind_readers(panel=row, actor=request.user, at=request.received_at, **form.cleaned_data)
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    messages.success(request, _("The reminder leaves in a moment."))
    return redirect(here), None


def _panel_context(request, row, bound, fallback) -> dict:
    at = request.received_at
    lines = reviewing.files_progress(row, request.user)
    name = "record_early_fallback" if row.state == PanelState.READING else "record_fallback"
    form_of = {}
    if row.state in (PanelState.READING, PanelState.READING_CLOSED):
        for line in lines:
            if not line.balanced:
                mine = fallback is not None and fallback.data.get(f"{name}-application") == str(line.application.pk)
                form_of[line.application.pk] = (
                    fallback
                    if mine
                    else forms.FallbackForm(
                        obj=row,
                        user=request.user,
                        prefix=name,
                        auto_id=f"id_{line.application.pk}_%s",
                        initial={"application": line.application.pk},
                    )
                )
    seats = queries.seats(row)
    reminded = last_reminders(row)
    return {
        "seats": seats,
        "civil": [seat for seat in seats if seat.college == College.CIVIL_SOCIETY],
        "state": [seat for seat in seats if seat.college == College.STATE],
        "observers": queries.observers(row),
        "vacancies": queries.vacancies(row, at),
        "declarations": interests.progress(row),
        "recusals": (recusals := interests.recusals(row, request.user)),
        "late": {
            one.declaration.pk
            for found in late_interests({one.application_id for one in recusals}).values()
            for one in found
        },
        "missing": interests.declarations_missing(row),
        "readers": [(reader, reminded.get(reader.seat.user_id)) for reader in reviewing.progress(row)],
        "files": [(line, form_of.get(line.application.pk)) for line in lines],
        "closed": interests.closed_references(request.user, row.call_id),
        "fallback_act": name,
        "cards": [
            card
            for card in cards(request, row, PANEL_FORMS, bound)
            if card.offer.refusal is None or card.offer.refusal.code != "nothing_to_undo"
        ],
        "short": [line for line in lines if not line.balanced],
    }


@allow(instruction_desk)
@require_safe
def ranking(request, slug):
    """The ranking of a call, for case officers and auditors, once reading is closed."""
    call = call_or_404(slug)
    row = queries.panel_of(call)
    if row is None:
        raise Http404
    from fund.ledger import queries as ledger

    found = queries.ranking(row, request.user, states=JUDGED)
    return render(
        request,
        "reviews/ranking.html",
        {
            "panel": row,
            "call": call,
            "ranking": found,
            "advice": advice(row, found),
            "bar": ledger.envelope_bar(call.envelope) if row.is_reading_closed else None,
            "is_member": False,
        },
    )


# ---- decisions ----


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def ineligible(request, reference):
    """Draft a decision of ineligibility: the condition, its article, what was found; the authority signs it, then it is notified."""
    application = (
        files.officers_files(request.user)
        .select_related(
            "call__rule_version", "lead", "filed_version", "organisation", "bearer_organisation", "bearer_person"
        )
        .filter(reference=reference)
        .first()
    )
    if application is None:
        raise Http404
    form = forms.IneligibilityForm(request.POST or None, obj=application, initial=_findings(application))
    if request.method == "POST" and form.is_valid():
        try:
            decisions.draft(application=application, actor=request.user, at=request.received_at, **form.params())
            messages.success(
                request,
                _(
                    "The decision is drafted; the authority signs it, then it is notified. Until then the application stays as it is."
                ),
            )
            return redirect("reviews:decisions", application.call.slug)
        except Refusal as refusal:
            form.refuse(refusal)
    live = application.decisions.live().filter(kind="eligibility").first()
    return render(
        request,
        "reviews/instruction/ineligible.html",
        {"application": application, "form": form, "live": live},
        status=status(form),
    )


def _findings(application) -> dict:
    """What the checklist already says: conditions ticked as not met, with their notes."""
    from applications.rules.instruction import checklist

    found = [(line, line.check) for line in checklist(application) if line.check is not None and line.check.ok is False]
    return {
        "article": " ; ".join(dict.fromkeys(line.article for line, _check in found if line.article)),
        "grounds": "\n".join(
            f"{line.label} : {check.note}" if check.note else str(line.label) for line, check in found
        ),
    }


@allow(instruction_desk)
@require_safe
def decision_list(request):
    """Calls with decisions to sign or to notify."""
    waiting = Count(
        "applications__decisions", filter=Q(applications__decisions__state__in=("voted", "drafted")), distinct=True
    )
    ready = Count("applications__decisions", filter=Q(applications__decisions__state="signed"), distinct=True)
    notified = Count("applications__decisions", filter=Q(applications__decisions__state="notified"), distinct=True)
    calls = (
        Call.objects.filter(state__in=AFTER_PUBLICATION)
        .annotate(waiting=waiting, ready=ready, notified=notified)
        .order_by("-ready", "-waiting", "-number")
    )
    return render(request, "reviews/instruction/decision_list.html", {"page": page_of(request, calls, 20)})


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def decision_desk(request, slug):
    """Every decision of a call: who must sign, what notifying will do, and the one act that notifies them all."""
    call = call_or_404(slug)
    form = forms.NotifyForm(request.POST if request.POST.get("act") == "notify_call" else None)
    alone = forms.NotifyForm(request.POST if request.POST.get("act") == "notify" else None, prefix="alone")
    if request.method == "POST":
        response = _decide_posted(request, call, form, alone)
        if response is not None:
            return response
    closed = set(with_interest(request.user).filter(call=call).values_list("pk", flat=True))
    rows = [row for row in queries.rows_of_call(call, request.received_at) if row.decision.application_id not in closed]
    refusal = None
    try:
        decisions.check_call_ready(call, request.user)
    except Refusal as error:
        refusal = error
    return render(
        request,
        "reviews/instruction/decisions.html",
        {
            "call": call,
            "rows": rows,
            "preview": queries.preview(call) if not closed else None,
            "refusal": refusal,
            "form": form,
            "alone": alone,
            "wanted": request.POST.get("decision", ""),
            "unfinished": unfinished(request),
            "reserve": [row for row in queries.reserve_list(call) if row.application_id not in closed],
            "is_officer": has_role(request.user, Role.CASE_OFFICER),
            "singles": [row for row in rows if row.decision.state == DecisionState.SIGNED],
        },
        status=status(form, alone),
    )


def _decide_posted(request, call, form, alone):
    name, here = request.POST.get("act", ""), reverse("reviews:decisions", args=[call.slug])
    if name == "notify_call":
        if not form.is_valid():
            return None
        if not reauth.is_recent(request):
            return confirm_identity(request, here)
        try:
            done = decisions.notify_call(call, request.user, request.received_at)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            return None
        signed(request)
        messages.success(
            request, _("%(n)s decisions are notified; all applicants are told together.") % {"n": len(done)}
        )
        return redirect(here)
    decision = (
        Decision.objects.visible_to(request.user)
        .filter(application__call=call, reference=request.POST.get("decision", ""))
        .first()
    )
    if decision is None:
        raise Http404
    if name == "notify":
        if not alone.is_valid():
            return None
        if not reauth.is_recent(request):
            return confirm_identity(request, here)
        decisions.notify(decision=decision, actor=request.user, at=request.received_at)
        signed(request)
        messages.success(
            request,
            _("The decision %(reference)s on “%(title)s” is notified.")
            % {"reference": decision.reference, "title": decision.application.display_title},
        )
    elif name == "annul":
        decisions.annul(
            decision=decision, actor=request.user, at=request.received_at, reason=request.POST.get("reason", "")
        )
        messages.success(request, _("The decision is annulled: it has had no effect."))
    elif name == "render":
        if decision.document.state != "rendered":
            documents.render(decision.document, at=request.received_at)
        messages.success(request, _("The letter is ready."))
    else:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    return redirect(here)
