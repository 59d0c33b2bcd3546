"""Mails of the institution: rows of the outbox, one link each, never an IBAN.

People with a file under way are known to a higher room only: it says who they are with `register_audience(function(call) -> people)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from core import links
from core.models import Mail, TwoKeyAct, User
from core.models.two_key import TwoKeyState
from core.outbox import queue
from fund.models import Call, Delegation, RoleGrant
from fund.queries.keys import people_who_approve, people_with_roles

_audiences: list[Callable[[Call], Iterable[User]]] = []


def register_audience(function: Callable[[Call], Iterable[User]]) -> Callable[[Call], Iterable[User]]:
    """Say who has something under way in a call and must be told when it changes."""
    if function not in _audiences:
        _audiences.append(function)
    return function


def call_changed(call: Call, *, reason: str, later: bool, at: datetime) -> None:
    """What changes, to everyone who has a file under way."""
    people = {person.pk: person for function in _audiences for person in function(call)}
    for person in people.values():
        queue(
            "fund/call.changed",
            to=person,
            at=at,
            reference=call.event_subject,
            context={
                "call": call.title,
                "change": reason,
                "closes_at": call.closes_at if later else None,
                "link": links.absolute(f"/appels/{call.slug}/"),
            },
        )


def role_granted(grant: RoleGrant, *, proposed_by: User, approved_by: User, at: datetime) -> None:
    """To the person who receives a role."""
    queue(
        "fund/account.role_granted",
        to=grant.user,
        at=at,
        context={
            "role": grant.role_label,
            "starts_at": grant.starts_at,
            "ends_at": grant.ends_at,
            "proposed_by": str(proposed_by),
            "approved_by": str(approved_by),
            "link": links.absolute("/mon-espace/"),
        },
    )


def _delegation(row: Delegation) -> dict:
    return {
        "reference": row.reference,
        "delegator": str(row.delegator),
        "agreements": row.agreements,
        "amendments": row.amendments,
        "payment_orders": row.payment_orders,
        "ceiling": row.ceiling_amount,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "deed": row.deed,
        "link": links.absolute(f"/administration/delegations/{row.reference}/"),
    }


def delegation_given(row: Delegation, at: datetime) -> None:
    """To the person who signs from now on."""
    queue("fund/account.delegation_given", to=row.delegate, at=at, context=_delegation(row))


def delegation_started(row: Delegation, at: datetime) -> None:
    """To the delegate, on the first day of a delegation that was given before it."""
    queue("fund/account.delegation_started", to=row.delegate, at=at, reference=row.reference, context=_delegation(row))


def delegation_ended(row: Delegation, at: datetime, *, with_role: bool) -> None:
    """To the delegate: its last day is over, or (`with_role`) who delegates is no longer an authorising officer."""
    context = _delegation(row) | {"with_role": with_role}
    queue("fund/account.delegation_ended", to=row.delegate, at=at, reference=row.reference, context=context)


def delegation_revoked(row: Delegation, at: datetime) -> None:
    """To those of the two who did not revoke it."""
    for person in {row.delegate, row.delegator} - {row.revoked_by}:
        queue("fund/account.delegation_revoked", to=person, at=at, context=_delegation(row))


def role_alert(grants: list[RoleGrant], *, procedure: str, reason: str, at: datetime) -> None:
    """To everyone who holds a role: one was given outside two keys."""
    named = [{"role": grant.role_label, "person": str(grant.user)} for grant in grants]
    for person in people_with_roles(at):
        queue(
            "fund/role.alert",
            to=person,
            at=at,
            context={
                "grants": named,
                "procedure": procedure,
                "reason": reason,
                "at": at,
                "link": links.absolute("/administration/roles/"),
            },
        )


def _link(act: TwoKeyAct) -> str:
    return links.absolute(f"/instruction/cles/{act.reference}/")


def _told(code: str, act: TwoKeyAct) -> bool:
    return Mail.objects.filter(code=code, reference=act.reference).exists()


def tell_approvers(act: TwoKeyAct, at: datetime) -> int:
    """To those who could turn the second key; once an act. Returns how many."""
    if act.state != TwoKeyState.PROPOSED or at >= act.expires_at or _told("fund/two_key.to_approve", act):
        return 0
    people = people_who_approve(act, at)
    for person in people:
        queue(
            "fund/two_key.to_approve",
            to=person,
            at=at,
            reference=act.reference,
            context={
                "title": act.title,
                "proposed_by": str(act.proposed_by),
                "expires_at": act.expires_at,
                "link": _link(act),
            },
        )
    return len(people)


def tell_proposer(act: TwoKeyAct, at: datetime) -> int:
    """To the one who proposed: what became of it; once an act, nothing when he closed it himself."""
    if act.state == TwoKeyState.PROPOSED or act.closed_by_id == act.proposed_by_id or _told("fund/two_key.closed", act):
        return 0
    queue(
        "fund/two_key.closed",
        to=act.proposed_by,
        at=at,
        reference=act.reference,
        context={"title": act.title, "state": act.state, "reason": act.reason, "link": _link(act)},
    )
    return 1
