"""What the fund's clock does for the institution. Nothing waits for it: acts expire and roles end by their instants."""

from __future__ import annotations

from datetime import timedelta

from core import two_key
from core.clock import register
from core.models import Mail, TwoKeyAct
from core.models.two_key import TwoKeyState
from fund import notifications
from fund.models import Delegation, RoleGrant
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
