"""Delegations of signature, given by the two keys."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from core import two_key
from core.models import TwoKeyAct, User
from fund.enums import DelegatedAct, Role
from fund.models import Delegation
from fund.transitions import delegations
from tests.factories.fund import person_with


def proposed(orderer: User, delegate: User | None = None, *, at, **terms) -> Delegation:
    """Everything up to EUR 30,000 for ninety days from today on, unless told otherwise."""
    today = timezone.localdate(at)
    return delegations.propose(
        delegate=delegate or person_with(Role.DELEGATE, name="Inès Delmas"),
        actor=orderer,
        at=at,
        **{
            "acts": list(DelegatedAct.values),
            "ceiling_amount": 3_000_000,
            "starts_on": today,
            "ends_on": today + timedelta(days=90),
            "deed": "Décision 2026-12 du 3 novembre 2026",
        }
        | terms,
    )


def act_of(row: Delegation) -> TwoKeyAct:
    return TwoKeyAct.objects.get(target_machine=row.machine, target_id=row.pk, state="proposed")


def given(orderer: User, delegate: User | None = None, *, at, **terms) -> Delegation:
    row = proposed(orderer, delegate, at=at, **terms)
    two_key.approve(act_of(row), actor=person_with(Role.CO_PRESIDENT, name="Maya Roussel"), at=at)
    return Delegation.objects.get(pk=row.pk)
