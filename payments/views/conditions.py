"""Conditions before the start: an offer with them, and the page of each at the desk of who records it as met and of who may waive it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import allow
from core.forms import ReasonForm
from core.idempotency import once
from core.transitions import Refusal
from fund.people import finance_desk, instruction_desk
from fund.views.acts import cards, status
from payments import queries
from payments.forms.conditions import PREFIX, ConditionFormSet, MeetForm, conditions_of, one_condition_more
from payments.models import Condition
from payments.queries import desk
from payments.transitions import agreement as agreements
from payments.views.acts import act, posted
from payments.views.instruction import OFFER_OF_LIST, history_of

STAFF_FORMS = {"meet": MeetForm, "take_back": ReasonForm}
FINANCE_FORMS = {"waive": ReasonForm}


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def offer_with(request, pk):
    """Offer one grant, with conditions to be met before the project starts."""
    decision = queries.agreements.to_offer(request.user).filter(pk=pk).first()
    if decision is None:
        raise Http404
    adding = request.method == "POST" and "add_row" in request.POST
    rows = one_condition_more(request.POST) if adding else ConditionFormSet(posted(request)[0], prefix=PREFIX)
    refusal = desk.refusal_of(OFFER_OF_LIST, decision, request.user, request.received_at)
    if request.method == "POST" and not adding and rows.is_valid():
        try:
            made = agreements.offer_award(
                decision=decision, actor=request.user, at=request.received_at, conditions=conditions_of(rows)
            )
            messages.success(request, _("The agreement is offered."))
            return redirect(reverse("payments:staff_agreement", args=[made.reference]))
        except Refusal as said:
            refusal = said
    return render(
        request,
        "payments/instruction/offer.html",
        {"decision": decision, "application": decision.application, "rows": rows, "refusal": refusal},
        status=422 if request.method == "POST" and not adding else 200,
    )


def _page(request, reference, number, acts: dict, where: str):
    """One condition with the acts of a desk; done, one is back at its agreement."""
    row = (
        Condition.objects.visible_to(request.user)
        .select_related(
            "agreement__application__lead",
            "agreement__application__bearer_organisation",
            "agreement__application__call__rule_version",
            "settled_by",
            "evidence",
        )
        .filter(agreement__reference=reference, number=number)
        .first()
    )
    if row is None:
        raise Http404
    bound = None
    if request.method == "POST":
        agreement = reverse(f"payments:{where}_agreement", args=[reference])
        response, bound = act(request, row, acts, done=agreement)
        if response:
            return response
    return render(
        request,
        "payments/condition.html",
        {
            "condition": row,
            "agreement": row.agreement,
            "application": row.agreement.application,
            "cards": cards(request, row, acts, bound),
            "events": history_of(row),
            "desk": where,
        },
        status=status(bound),
    )


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def staff_page(request, reference, number):
    """One condition, to record as met."""
    return _page(request, reference, number, STAFF_FORMS, "staff")


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def finance_page(request, reference, number):
    """One condition, to waive."""
    return _page(request, reference, number, FINANCE_FORMS, "finance")
