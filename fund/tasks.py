"""What the fund's clock does for the institution. Nothing waits for it: acts expire and roles end by their instants."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import localdate

from core import two_key
from core.clock import register
from core.models import Mail, TwoKeyAct
from core.models.two_key import TwoKeyState
from fund import notifications
from fund.enums import Role
from fund.models import Delegation, RoleGrant
from fund.queries import has_role
from fund.queries.delegations import is_in_effect
from fund.transitions import delegations, roles

LOOK_BACK = timedelta(days=30)


@register("fund.expire_proposals")
def expire_proposals(at, actor) -> int:
    """Close the two-key acts nobody approved in time, and put away the roles and delegations they would have given."""
    count = two_key.expire_due(actor=actor, at=at)
    waiting = TwoKeyAct.objects.filter(
        target_machine=RoleGrant.machine, verb="grant", state=TwoKeyState.PROPOSED
    ).values("target_id")
    for grant in RoleGrant.objects.filter(state="proposed").exclude(pk__in=waiting):
        roles.drop(role_grant=grant, actor=actor, at=at)
    open_ = TwoKeyAct.objects.filter(target_machine=Delegation.machine, verb="give", state=TwoKeyState.PROPOSED).values(
        "target_id"
    )
    for row in Delegation.objects.filter(state="proposed").exclude(pk__in=open_):
        delegations.drop(delegation=row, actor=actor, at=at)
    return count


@register("fund.tell_delegates")
def tell_delegates(at, actor) -> int:
    """Mails to delegates on the first day of a delegation given before it, and once it is over (its last day, or the role of who delegates). Once each."""
    today, since = localdate(at), localdate(at - LOOK_BACK)
    told = {
        code: Mail.objects.filter(code=f"fund/account.delegation_{code}").values("reference")
        for code in ("started", "ended")
    }
    given = Delegation.objects.filter(state="given").select_related("delegator", "delegate")
    starting = given.filter(starts_on__gt=since, starts_on__lte=today, ends_on__gte=today)
    count = 0
    for row in starting.exclude(reference__in=told["started"]):
        if row.given_at and localdate(row.given_at) < row.starts_on and is_in_effect(row, at):
            notifications.delegation_started(row, at)
            count += 1
    for row in given.filter(ends_on__gt=since, starts_on__lte=today).exclude(reference__in=told["ended"]):
        with_role = not row.is_over(at)
        if not with_role or not has_role(row.delegator, Role.AUTHORISING_OFFICER, at):
            notifications.delegation_ended(row, at, with_role=with_role)
            count += 1
    return count


@register("fund.tell_second_keys")
def tell_second_keys(at, actor) -> int:
    """Mails of two-key acts, whichever room proposed or closed them: to those who could approve, then to the one who proposed. Once each."""
    asked = Mail.objects.filter(code="fund/two_key.to_approve").values("reference")
    told = Mail.objects.filter(code="fund/two_key.closed").values("reference")
    count = sum(
        notifications.tell_approvers(act, at)
        for act in TwoKeyAct.objects.filter(state=TwoKeyState.PROPOSED, expires_at__gt=at)
        .exclude(reference__in=asked)
        .select_related("proposed_by")
    )
    closed = (
        TwoKeyAct.objects.exclude(state=TwoKeyState.PROPOSED)
        .filter(closed_at__gt=at - LOOK_BACK)
        .exclude(reference__in=told)
    )
    return count + sum(notifications.tell_proposer(act, at) for act in closed.select_related("proposed_by"))
