"""Guards of the roles: who may hold what at the same time, and how a role begins, goes on and ends (DESIGN §5.3, article 22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from core.models import User
from core.transitions import Act, Refusal
from fund.enums import COLLEGE_ROLES, DECIDING_ROLES, College, Role
from fund.models import RoleGrant
from fund.queries import roles as who
from fund.rules.common import read_instant, when

_PAIRS = {
    *(frozenset((Role.ACCOUNTING_OFFICER, role)) for role in Role if role != Role.ACCOUNTING_OFFICER),
    *(
        frozenset((Role.AUTHORISING_OFFICER, role))
        for role in (Role.CASE_OFFICER, Role.PANEL_MEMBER, Role.CO_PRESIDENT)
    ),
    *(frozenset((Role.DELEGATE, role)) for role in Role if role != Role.DELEGATE),
    *(frozenset((Role.ADMINISTRATOR, role)) for role in DECIDING_ROLES),
    *(frozenset((Role.AUDITOR, role)) for role in DECIDING_ROLES),
}
"""Roles nobody holds together. A co-president sits on the panel: what is closed to a member is closed to him. A delegate signs for the authorising
officer: he keeps the same distances, and an authorising officer needs no delegation."""


def incompatible(one: str, other: str) -> bool:
    return frozenset((Role(one), Role(other))) in _PAIRS


@dataclass(frozen=True)
class Wanted:
    """A role as it is asked for, before or after it has a row."""

    user: User
    role: str
    college: str
    starts_at: datetime
    ends_at: datetime | None
    pk: int | None = None

    @property
    def label(self) -> str:
        name = str(Role(self.role).label)
        return f"{name} ({College(self.college).label})" if self.college else name


def wanted(act: Act) -> Wanted:
    """What the act would give: its parameters on a person, or the row with what changes. Raises Refusal when they make no sense."""
    if isinstance(act.obj, RoleGrant):
        grant = act.obj
        ends_at = read_instant(act.get("ends_at"), "ends_at") if "ends_at" in act.params else grant.ends_at
        return Wanted(grant.user, grant.role, grant.college, grant.starts_at, ends_at, grant.pk)
    role, college = act.get("role"), act.get("college") or ""
    if role not in Role.values:
        raise Refusal("role_unknown", _("Choose a role of the list."), field="role")
    if role in COLLEGE_ROLES and college not in College.values:
        raise Refusal("college_missing", _("This role is held for one college: choose which."), field="college")
    return Wanted(
        act.obj,
        role,
        college if role in COLLEGE_ROLES else "",
        read_instant(act.get("starts_at"), "starts_at") or act.at,
        read_instant(act.get("ends_at"), "ends_at"),
    )


def person_is_known(act: Act) -> None:
    """An active account, never the fund's clock."""
    user = wanted(act).user
    if not user.is_active or user.is_system:
        raise Refusal("person_unknown", _("This account cannot hold a role."), field="email")


def dates_make_sense(act: Act) -> None:
    """It ends after it starts, and not in the past."""
    ask = wanted(act)
    if ask.ends_at is not None and ask.ends_at <= max(ask.starts_at, act.at):
        raise Refusal("dates_out_of_order", _("A role ends after it starts, and not in the past."), field="ends_at")


def roles_go_together(act: Act) -> None:
    """No incompatible role at any instant of its time, and one college only."""
    ask = wanted(act)
    for held in who.overlapping(ask.starts_at, ask.ends_at, besides=ask.pk).filter(user=ask.user):
        if incompatible(ask.role, held.role):
            raise Refusal(
                "incompatible_roles",
                _("The role of %(wanted)s cannot be combined with %(held)s.")
                % {"wanted": ask.label, "held": held.role_label},
                remedy=_("End one before granting the other."),
                article="art. 22",
                field="role",
                status=409,
            )
        if ask.college and held.college and ask.college != held.college:
            raise Refusal(
                "incompatible_roles",
                _("%(person)s already sits in the other college: %(held)s.")
                % {"person": ask.user, "held": held.role_label},
                remedy=_("End one before granting the other."),
                article="art. 11, 22",
                field="college",
                status=409,
            )


def not_held_already(act: Act) -> None:
    """The same role is not given twice, and a college has one co-president at a time."""
    ask = wanted(act)
    same = (
        who.overlapping(ask.starts_at, ask.ends_at, besides=ask.pk)
        .filter(role=ask.role, college=ask.college)
        .select_related("user")
    )
    if same.filter(user=ask.user).exists():
        raise Refusal(
            "role_already_held",
            _("%(person)s already holds this role at that time.") % {"person": ask.user},
            remedy=_("Extend it, or start when the other one ends."),
            field="role",
            status=409,
        )
    if ask.role == Role.CO_PRESIDENT and (other := same.first()):
        raise Refusal(
            "co_president_already",
            _("%(person)s presides this college at that time.") % {"person": other.user},
            remedy=_("End that role first, or start when it ends."),
            article="art. 11",
            field="starts_at",
            status=409,
        )


def not_for_oneself(act: Act) -> None:
    """The second key is not turned by the one who benefits."""
    approves = act.verb.two_key.approves if act.verb.two_key else ()
    if act.actor == wanted(act).user and any(test(act.actor, act.obj, act.at) for test in approves):
        raise Refusal(
            "same_person", _("This role is yours: another person must approve it."), article="art. 22", status=403
        )


def still_held(act: Act) -> None:
    """Not over yet."""
    if act.obj.ends_at is not None and act.obj.ends_at <= act.at:
        raise Refusal(
            "role_expired",
            _("This role ended on %(instant)s.") % {"instant": when(act.obj.ends_at)},
            remedy=_("An administrator can propose it again and a co-president approve it."),
            article="art. 22",
            status=403,
        )


def end_moves(act: Act) -> None:
    """The new end is later than the present one, or there is none any more."""
    if act.preview:
        return
    if "ends_at" not in act.params:
        raise Refusal("content_invalid", _("Give the new end, or say that there is none."), field="ends_at")
    ends_at, present = wanted(act).ends_at, act.obj.ends_at
    if present is None or (ends_at is not None and ends_at <= present):
        raise Refusal(
            "deadline_not_later",
            _("The new end must be later than the present one, %(instant)s.") % {"instant": when(present)}
            if present
            else _("This role has no end: it need not be extended."),
            field="ends_at",
        )


GIVING = (person_is_known, dates_make_sense, roles_go_together, not_held_already)


def nobody_can_approve(act: Act) -> None:
    """The rescue works only while no administrator and co-president could give the role with two keys."""
    if who.two_keys_can_turn(act.obj, act.at):
        raise Refusal(
            "second_key_possible",
            _("An administrator and a co-president can still give this role."),
            remedy=_("Propose it at /administration/roles/; the co-president approves it."),
            article="art. 22",
            status=409,
        )
