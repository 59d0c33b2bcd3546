"""Delegations of signature: whose, of what, at which instant."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet
from django.utils.timezone import localdate

from core.models import User
from fund.enums import DelegationState, Role
from fund.models import Delegation
from fund.queries.roles import has_role

SIGNED = (DelegationState.GIVEN, DelegationState.REVOKED)


def _rows() -> QuerySet[Delegation]:
    """With their two people, and what roles the one who delegates holds: a list asks it of each."""
    return Delegation.objects.select_related("delegator", "delegate", "given_by").prefetch_related(
        Prefetch("delegator__role_grants", to_attr="_role_grants")
    )


def received(user: User) -> list[Delegation]:
    """What was ever delegated to this person, read once for the life of the instance (a request): a list asks for each of its rows."""
    if "_delegations" not in user.__dict__:
        found, people = list(_rows().filter(delegate=user, state__in=SIGNED)), {}
        for row in found:  # one instance a person: what is remembered on it serves every row
            row.delegator = people.setdefault(row.delegator_id, row.delegator)
        user.__dict__["_delegations"] = found
    return user.__dict__["_delegations"]


def received_now(user: User) -> list[Delegation]:
    """The same, read again under a lock: an act and a revocation at once wait for one another."""
    locked = Delegation.objects.select_for_update(of=("self",)).filter(delegate=user, state__in=SIGNED)
    return list(locked.select_related("delegator").order_by("pk"))


def delegators_of(user: User) -> list[User]:
    """The different people whose signature this person may hold."""
    return list({row.delegator_id: row.delegator for row in received(user)}.values())


def current(at: datetime) -> QuerySet[Delegation]:
    """Proposed, given or to come, with their people; the first to end first."""
    return (
        _rows()
        .filter(Q(state=DelegationState.PROPOSED) | Q(state=DelegationState.GIVEN, ends_on__gte=localdate(at)))
        .order_by("ends_on", "id")
    )


def of_person(user: User) -> QuerySet[Delegation]:
    """Given by or to this person, whatever became of them."""
    return _rows().filter(Q(delegator=user) | Q(delegate=user)).exclude(state=DelegationState.DROPPED)


def is_in_effect(row: Delegation, at: datetime) -> bool:
    """Given, not revoked, within its days, and the one who delegates still signs himself."""
    return (
        row.state == DelegationState.GIVEN
        and not row.is_to_come(at)
        and not row.is_over(at)
        and has_role(row.delegator, Role.AUTHORISING_OFFICER, at)
    )
