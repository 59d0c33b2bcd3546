"""The case officers' pages: offers, agreements followed, payments to certify."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import documents
from core.access import allow
from core.browser import as_ids
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from core.models import Event
from core.transitions import VERBS, Refusal
from fund.people import instruction_desk
from fund.views.acts import cards, page_of, status
from payments import forms, queries
from payments.models import Instalment, ThirdSignature
from payments.queries import desk
from payments.queries.newer_account import newer_account
from payments.queries.plan import shown as plan_of
from payments.queries.sent_back import sent_back
from payments.queries.threshold import cumulated
from payments.rules.agreement import open_matters
from payments.rules.instalment import current_account, trigger_fact
from payments.rules.people import no_interest
from payments.transitions import account as accounts
from payments.transitions import agreement as agreements
from payments.transitions import instalment as instalments
from payments.views.acts import act, searched, uploads_checked
from payments.views.recipient import agreement_or_404

AGREEMENT_FORMS = {
    "extend": forms.ExtendForm,
    "extend_signature": forms.ExtendForm,
    "activate": PlainForm,
    "complete": PlainForm,
    "resume": PlainForm,
    "suspend": forms.SuspendForm,
    "terminate": ReasonForm,
}
WAITING_ACCOUNT_FORMS = {"withdraw": PlainForm}
INSTALMENT_FORMS = {
    "certify": forms.CertifyForm,
    "recertify": forms.NoteForm,
    "lift": PlainForm,
    "hold": forms.HoldForm,
    "cancel": ReasonForm,
}
AGREEMENT_TABS = (
    ("offered", pgettext_lazy("tab", "Offered")),
    ("accepted", pgettext_lazy("tab", "To sign")),
    ("in_force", pgettext_lazy("tab", "In progress")),
    ("suspended", pgettext_lazy("tab", "Suspended")),
    ("ended", pgettext_lazy("tab", "Ended")),
)
OFFERS_MAX = 100
OFFER_OF_LIST = replace(agreements.offer.verb, guards=(no_interest,))
"""The list holds notified awards without an agreement: only the person can still be refused, so a list costs the same whatever its length."""


@allow(instruction_desk)
@require_safe
def agreement_list(request):
    """Offers to make, then agreements by stage."""
    tab, text = request.GET.get("etape", ""), searched(request)
    waiting = list(queries.agreements.to_offer(request.user)[:OFFERS_MAX])
    desk.prime_interests(request.user, [decision.application_id for decision in waiting])
    offers = [
        (decision, desk.refusal_of(OFFER_OF_LIST, decision, request.user, request.received_at)) for decision in waiting
    ]
    counts = queries.agreements.counts(request.user)
    return render(
        request,
        "payments/instruction/agreements.html",
        {
            "offers": offers,
            "possible": sum(1 for _decision, refusal in offers if refusal is None),
            "tab": tab,
            "text": text,
            "page": page_of(request, queries.agreements.staff_list(request.user, tab=tab, text=text)),
            "tabs": [(code, label, counts[code]) for code, label in AGREEMENT_TABS],
            "vacancies": queries.agreements.vacancies(),
            "others": desk.change_counts(request.user),
        },
    )


@allow(instruction_desk)
@require_POST
@once
def offer(request):
    """Offer several agreements at once; each that cannot is named with its reason."""
    wanted = as_ids(request.POST.getlist("decision"))
    done = 0
    for decision in queries.agreements.to_offer(request.user).filter(pk__in=wanted):
        try:
            agreements.offer_award(decision=decision, actor=request.user, at=request.received_at)
            done += 1
        except Refusal as refusal:
            messages.error(request, f"{decision.application.reference} : {refusal}")
    if done:
        messages.success(
            request, ngettext("%(n)s agreement is offered.", "%(n)s agreements are offered.", done) % {"n": done}
        )
    elif not wanted:
        messages.error(request, _("Choose at least one grant."))
    return redirect(reverse("payments:staff_agreements"))


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def agreement(request, reference):
    """One agreement as staff follow it, with its acts."""
    row = agreement_or_404(request, reference)
    bound, form = None, forms.PayeeAccountForm(obj=row, initial={"holder": row.bearer_name})
    here = reverse("payments:staff_agreement", args=[reference])
    if request.method == "POST" and request.POST.get("act") == "record":
        form = forms.PayeeAccountForm(request.POST, request.FILES, obj=row)
        if form.is_valid():
            try:
                accounts.record(
                    agreement=row, actor=request.user, at=request.received_at, **uploads_checked(form.params())
                )
                return redirect(here)
            except Refusal as refusal:
                form.refuse(refusal)
    elif request.method == "POST":
        waiting = row.payee_accounts.filter(state="recorded").first()
        on_account = waiting is not None and request.POST.get("act") in WAITING_ACCOUNT_FORMS
        about = (waiting, WAITING_ACCOUNT_FORMS) if on_account else (row, AGREEMENT_FORMS)
        response, bound = act(request, *about, done=here)
        if response:
            return response
    shown = list(row.payee_accounts.select_related("recorded_by", "closed_by"))
    accounts.seen_all(((one, row.reference) for one in shown), actor=request.user, at=request.received_at)
    return render(
        request,
        "payments/instruction/agreement.html",
        {
            "agreement": row,
            "application": row.application,
            **plan_of(row),
            "conditions": queries.agreements.conditions_of(row),
            "money": queries.agreements.money_of(row),
            "reports": row.reports.all(),
            "recoveries": row.recoveries.all(),
            "amendments": row.amendments.all(),
            "accounts": shown,
            "cards": cards(request, row, AGREEMENT_FORMS, bound),
            "cumulated": cumulated(row),
            "open_matters": open_matters(row) if row.state == "active" else [],
            "account_form": form,
            "account_cards": [
                card
                for one in shown
                if one.state == "recorded"
                for card in cards(request, one, WAITING_ACCOUNT_FORMS, bound)
            ],
            "may_record": accounts.record.verb.permits(request.user, row, request.received_at)
            and not queries.agreements.account_is_closed(row),
            "document_url": documents.url(row.document) if row.document_id else "",
        },
        status=422 if form.errors else status(bound),
    )


def _certify_refusal(request):
    verb = instalments.certify.verb
    return lambda one: desk.refusal_of(verb, one, request.user, request.received_at)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def instalment_list(request):
    """Payments due, to certify: one by one with their evidence, or those whose trigger is evidence enough, together."""
    if request.method == "POST":
        return _certify_many(request)
    text = searched(request)
    page = page_of(request, desk.queue("certify", request.user, text))
    rows = desk.rows(page.object_list, request.user, request.received_at, _certify_refusal(request))
    again = desk.rows(
        desk.queue("rejected", request.user, text)[:OFFERS_MAX],
        request.user,
        request.received_at,
        lambda one: desk.refusal_of(instalments.recertify.verb, one, request.user, request.received_at),
    )
    return render(
        request,
        "payments/instruction/instalments.html",
        {
            "page": page,
            "rows": rows,
            "again": again,
            "text": text,
            "possible": [row for row in rows if row.refusal is None],
            "total": sum(row.instalment.expected_amount for row in rows if row.refusal is None),
        },
    )


def default_note(instalment) -> str:
    """The fact that makes it due, in words: the evidence of an advance is the signed agreement, of a balance the accepted report."""
    day = timezone.localdate(trigger_fact(instalment))
    if instalment.trigger == "agreement_signed":
        return _("Agreement %(reference)s signed by both sides on %(day)s.") % {
            "reference": instalment.agreement.reference,
            "day": f"{day:%d/%m/%Y}",
        }
    return _("%(trigger)s on %(day)s.") % {
        "trigger": str(instalment.get_trigger_display()).capitalize(),
        "day": f"{day:%d/%m/%Y}",
    }


def _certify_many(request):
    wanted = as_ids(request.POST.getlist("instalment"))
    done = total = 0
    for one in desk.instalments(request.user).filter(pk__in=wanted).order_by("pk"):
        try:
            row = instalments.certify(
                instalment=one, actor=request.user, at=request.received_at, note=default_note(one)
            )
            done, total = done + 1, total + row.certified_amount
        except Refusal as refusal:
            messages.error(request, f"{one.basis} : {refusal}")
    if done:
        messages.success(
            request, ngettext("%(n)s payment is certified.", "%(n)s payments are certified.", done) % {"n": done}
        )
    elif not wanted:
        messages.error(request, _("Choose at least one payment."))
    return redirect(reverse("payments:certify"))


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def instalment(request, pk):
    """One payment: its trigger, its evidence, its acts for a case officer."""
    row = desk.instalments(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404
    bound = None
    if request.method == "POST":
        response, bound = act(request, row, INSTALMENT_FORMS, done=reverse("payments:certify"))
        if response:
            return response
    initial = {
        "certify": {
            "amount": row.expected_amount,
            "note": default_note(row) if row.state == "due" else "",
        }
    }
    return render(
        request,
        "payments/instalment.html",
        {
            "instalment": row,
            "agreement": row.agreement,
            "application": row.agreement.application,
            "cards": cards(request, row, INSTALMENT_FORMS, bound, initial),
            **instalment_facts(request, row),
            "desk": "instruction",
        },
        status=status(bound),
    )


def history_of(row) -> list[dict]:
    """Every act on a row: when, what, who, and the reason when one was given and not erased."""
    found = Event.objects.filter(machine=row.machine, object_id=row.pk).select_related("actor", "reason").order_by("id")
    verbs = VERBS[row.machine]
    return [
        {
            "at": event.at,
            "verb": event.verb,
            "label": str(verbs[event.verb].label).capitalize() if event.verb in verbs else event.verb,
            "person": event.actor,
            "amount": event.payload.get("amount"),
            "why": event.reason.text if hasattr(event, "reason") else "",
        }
        for event in found
    ]


def instalment_facts(request, row: Instalment) -> dict:
    """What the page of a payment shows beside its acts, at any desk. The accounts it shows masked count as seen."""
    orders, account = (
        list(
            row.orders.select_related("document", "account", "delegation__delegator", "rule_version").prefetch_related(
                Prefetch("third_signatures", ThirdSignature.objects.select_related("delegation__delegator", "document"))
            )
        ),
        current_account(row.agreement),
    )
    shown = [(one, row.agreement.reference) for one in (account, *(order.account for order in orders))]
    accounts.seen_all(shown, actor=request.user, at=request.received_at)
    events = history_of(row)
    ended = {event["at"]: event["why"] for event in events if event["verb"] in ("refuse", "recall")}
    kind = {"interim_report_accepted": "interim", "final_report_accepted": "final"}.get(row.trigger)
    return {
        "evidence": row.evidence.all(),
        "orders": [(order, ended.get(order.ended_at, "")) for order in orders],
        "ordered_by_delegation": orders[-1].delegation.mention() if orders and orders[-1].delegation else "",
        "third_signature": orders[-1].third_signature if orders else None,
        "events": events,
        "sent_back": sent_back([row]).get(row.pk, []),
        "document_url": documents.url(row.agreement.document) if row.agreement.document else "",
        "report": row.agreement.reports.filter(state="accepted", kind=kind).first() if kind else None,
        "account": account,
        "new_account": newer_account(row, request.received_at),
        "lines": row.statement_lines.select_related("statement"),
    }
