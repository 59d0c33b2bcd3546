"""Amounts to give back: proposed by a case officer, commented by the recipient, decided by the authorising officer, repaid or given up."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import documents, reauth
from core.access import allow, signed_in
from core.forms import ReasonForm
from core.idempotency import once
from core.transitions import Refusal
from fund.people import finance_desk, instruction_desk
from fund.views.acts import cards, page_of, status
from payments import forms
from payments.enums import RECOVERY_OPEN
from payments.models import Recovery
from payments.queries import desk
from payments.rules.people import is_party
from payments.rules.recovery import claimable, overpaid
from payments.transitions import recovery as recoveries
from payments.views.acts import act, confirm_first, posted
from payments.views.instruction import history_of
from payments.views.recipient import agreement_or_404

RECIPIENT_FORMS = {"observe": forms.ObserveForm}
STAFF_FORMS = {"drop": ReasonForm}
FINANCE_FORMS = {
    "notify": forms.NotifyForm,
    "reduce": forms.ReduceForm,
    "waive": ReasonForm,
    "write_off": ReasonForm,
    "cancel": ReasonForm,
}


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def propose(request, reference):
    """Write to the recipient that money may have to come back."""
    row = agreement_or_404(request, reference)
    left = overpaid(row)
    first = {"amount": left, "ground": "unspent"} if left else {}
    form = forms.RecoveryForm(*posted(request), obj=row, user=request.user, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            found = recoveries.propose(agreement=row, actor=request.user, at=request.received_at, **form.params())
            messages.success(request, _("The letter leaves: the recipient is invited to comment."))
            return redirect(reverse("payments:staff_recovery", args=[found.pk]))
        except Refusal as refusal:
            form.refuse(refusal)
    return render(
        request,
        "payments/instruction/recovery_propose.html",
        {
            "agreement": row,
            "application": row.application,
            "form": form,
            "refusal": desk.refusal_of(recoveries.propose.verb, row, request.user, request.received_at),
            "claimable": claimable(row),
            "overpaid": left,
        },
        status=422 if form.errors else 200,
    )


def _recovery_or_404(request, **wanted) -> Recovery:
    row = (
        Recovery.objects.visible_to(request.user)
        .select_related(
            "agreement__application__lead",
            "agreement__application__bearer_organisation",
            "agreement__application__call__rule_version",
            "agreement__signatory",
            "invitation",
            "letter",
            "proposed_by",
            "notified_by",
        )
        .filter(**wanted)
        .first()
    )
    if row is None:
        raise Http404
    return row


def _page(request, row: Recovery, acts: dict, here: str, where: str):
    """One amount to give back, with the acts of a desk."""
    bound = None
    if request.method == "POST":
        evidence = {}
        if request.POST.get("act") == "notify":
            try:
                reauth.require_recent(request)
            except Refusal:
                return confirm_first(here)
            evidence = {"evidence": reauth.evidence(request)}
        response, bound = act(request, row, acts, done=here, given=lambda params: params | evidence)
        if response:
            return response
    events = history_of(row)
    return render(
        request,
        "payments/recovery.html",
        {
            "recovery": row,
            "agreement": row.agreement,
            "application": row.agreement.application,
            "cards": cards(request, row, acts, bound, {"notify": {"amount": row.amount}}),
            "desk": where,
            "invitation_url": documents.url(row.invitation) if row.invitation else "",
            "letter_url": documents.url(row.letter) if row.letter else "",
            "lines": row.statement_lines.select_related("statement"),
            "undone": [event for event in events if event["verb"] in ("undo_repayment", "undo_receipt")],
            "events": events if where != "recipient" else [],
        },
        status=status(bound),
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_recipient_page(request, reference, pk):
    """An amount to give back as its recipient sees it: what is found, what is decided, what is left."""
    row = _recovery_or_404(request, agreement__reference=reference, pk=pk)
    if not is_party(request.user, row.agreement):
        raise Http404
    return _page(request, row, RECIPIENT_FORMS, reverse("payments:recovery", args=[reference, pk]), "recipient")


def _list(request, where: str):
    tab = request.GET.get("etape", "open")
    if tab not in ("open", "all"):
        raise Http404
    found = desk.recoveries(request.user, RECOVERY_OPEN if tab == "open" else ())
    return render(
        request, "payments/finance/recoveries.html", {"page": page_of(request, found), "tab": tab, "desk": where}
    )


@allow(instruction_desk)
@require_safe
def staff_list(request):
    """Amounts to give back, for the case officers."""
    return _list(request, "instruction")


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def staff_page(request, pk):
    """One amount to give back: the comments, and the proposal to drop."""
    row = _recovery_or_404(request, pk=pk)
    return _page(request, row, STAFF_FORMS, reverse("payments:staff_recovery", args=[pk]), "instruction")


@allow(finance_desk)
@require_safe
def finance_list(request):
    """Amounts to give back, for the finance officers."""
    return _list(request, "finance")


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def finance_page(request, pk):
    """One amount to give back: decide, reduce, waive, write off."""
    row = _recovery_or_404(request, pk=pk)
    return _page(request, row, FINANCE_FORMS, reverse("payments:finance_recovery", args=[pk]), "finance")
