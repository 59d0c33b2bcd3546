"""Delegations of signature: proposed by the authorising officer, read by everyone who holds a role, revoked at once."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.access import allow
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from core.models import TwoKeyAct
from core.transitions import Refusal
from fund.forms.settings import DelegationForm
from fund.models import Delegation
from fund.people import delegations_writing, staff
from fund.queries.delegations import is_in_effect
from fund.queries.keys import open_acts_on
from fund.transitions import delegations
from fund.views.acts import act, cards, history, proposed, status

ACTS = {"revoke": ReasonForm, "drop": PlainForm}


@allow(delegations_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def propose(request):
    """First key of a delegation."""
    form = DelegationForm(request.POST or None, user=request.user, at=request.received_at)
    if request.method == "POST" and form.is_valid():
        try:
            row = delegations.propose(actor=request.user, at=request.received_at, **form.params())
            act = TwoKeyAct.objects.get(target_machine=row.machine, target_id=row.pk, state="proposed")
            return proposed(act, request)
        except Refusal as refusal:
            form.refuse(refusal)
    return render(
        request,
        "fund/delegations/propose.html",
        {"form": form, "anybody": form.fields["delegate"].queryset.exists()},
        status=status(form),
    )


@allow(staff)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def delegation(request, reference):
    """One delegation: what it covers, until when, who gave it, and how to revoke it."""
    row = (
        Delegation.objects.select_related("delegator", "delegate", "given_by", "revoked_by")
        .filter(reference=reference)
        .first()
    )
    if row is None:
        raise Http404
    bound = None
    if request.method == "POST":
        response, bound = act(request, row, ACTS, done=reverse("fund:delegation", args=[reference]))
        if response:
            return response
    at = request.received_at
    return render(
        request,
        "fund/delegations/delegation.html",
        {
            "delegation": row,
            "in_effect": is_in_effect(row, at),
            "to_come": row.state == "given" and row.is_to_come(at),
            "cards": cards(request, row, ACTS, bound),
            "acts": open_acts_on(row, at),
            "history": history(row),
        },
        status=status(bound),
    )
