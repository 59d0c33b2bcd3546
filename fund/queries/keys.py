"""Two-key acts: which wait for a person, who could turn the second key, what became of them. Objects are read once per machine, never one by one."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from core.models import TwoKeyAct, User
from core.models.two_key import TwoKeyState
from core.transitions import VERBS, Verb
from core.two_key import title_of
from fund.enums import Role
from fund.models import RoleGrant
from fund.queries.roles import has_role


def verb_of(act: TwoKeyAct) -> Verb | None:
    """The verb an act would run; None for one this installation no longer knows."""
    return VERBS.get(act.target_machine, {}).get(act.verb)


def with_targets(acts: list[TwoKeyAct]) -> list[tuple[TwoKeyAct, Verb, Any]]:
    """Each act with its verb and its object; acts whose object or verb is gone are left out."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for act in acts:
        wanted[act.target_machine].add(act.target_id)
    rows: dict[str, dict[int, Any]] = {}
    for machine, ids in wanted.items():
        verb = next(iter(VERBS.get(machine, {}).values()), None)
        rows[machine] = verb.model._base_manager.in_bulk(ids) if verb else {}
    found = []
    for act in acts:
        verb, obj = verb_of(act), rows[act.target_machine].get(act.target_id)
        if verb is not None and verb.two_key and obj is not None:
            obj.__dict__["_open_act"] = act
            act.said = title_of(act, verb, obj)
            found.append((act, verb, obj))
    return found


def could_approve(user: User, act: TwoKeyAct, verb: Verb, obj, at: datetime) -> bool:
    """Whether the second key belongs to this person (the proposer never holds it)."""
    return (
        bool(user.is_active)
        and user.pk != act.proposed_by_id
        and verb.two_key is not None
        and any(who(user, obj, at) for who in verb.two_key.approves)
    )


def open_acts(at: datetime) -> QuerySet[TwoKeyAct]:
    return (
        TwoKeyAct.objects.filter(state=TwoKeyState.PROPOSED, expires_at__gt=at)
        .select_related("proposed_by")
        .order_by("expires_at", "id")
    )


def open_acts_on(obj, at: datetime) -> list[TwoKeyAct]:
    """Live proposals on this object, whatever the verb."""
    acts = list(open_acts(at).filter(target_machine=obj.machine, target_id=obj.pk))
    for act in acts:
        if verb := verb_of(act):
            act.said = title_of(act, verb, obj)
    return acts


def acts_to_approve(user: User, at: datetime) -> list[TwoKeyAct]:
    """Live proposals this person may approve or refuse, first to expire first."""
    return [
        act
        for act, verb, obj in with_targets(list(open_acts(at).exclude(proposed_by=user)))
        if could_approve(user, act, verb, obj, at)
    ]


def acts_proposed(user: User, at: datetime) -> QuerySet[TwoKeyAct]:
    """Live proposals of this person."""
    return open_acts(at).filter(proposed_by=user)


def acts_closed(user: User, at: datetime) -> QuerySet[TwoKeyAct]:
    """Closed or expired acts this person proposed or closed; all of them for an auditor. Latest first."""
    acts = (
        TwoKeyAct.objects.exclude(state=TwoKeyState.PROPOSED, expires_at__gt=at)
        .select_related("proposed_by", "closed_by")
        .order_by("-id")
    )
    return acts if has_role(user, Role.AUDITOR, at) else acts.filter(Q(proposed_by=user) | Q(closed_by=user))


def find_act(user: User, reference: str, at: datetime) -> tuple[TwoKeyAct, Verb, Any] | None:
    """An act this person may read: its proposer, who closed it, who could approve it, an auditor; of the rules, whoever writes them. Else None."""
    act = TwoKeyAct.objects.filter(reference=reference).select_related("proposed_by", "closed_by").first()
    known = with_targets([act]) if act else []
    if not known:
        return None
    act, verb, obj = known[0]
    writes_it = act.target_machine == "rule_version" and verb.permits(user, obj, at)
    if (
        user.pk in (act.proposed_by_id, act.closed_by_id)
        or could_approve(user, act, verb, obj, at)
        or has_role(user, Role.AUDITOR, at)
        or writes_it
    ):
        return known[0]
    return None


def people_with_roles(at: datetime) -> list[User]:
    """Every active person who holds a role at this instant, with the roles already read."""
    held = RoleGrant.objects.in_effect(at).filter(user=OuterRef("pk"))
    return list(
        User.objects.filter(Exists(held), is_active=True)
        .order_by("id")
        .prefetch_related(Prefetch("role_grants", to_attr="_role_grants"))
    )


def people_who_approve(act: TwoKeyAct, at: datetime) -> list[User]:
    """Who could turn the second key now."""
    known = with_targets([act])
    if not known:
        return []
    _act, verb, obj = known[0]
    return [person for person in people_with_roles(at) if could_approve(person, act, verb, obj, at)]
