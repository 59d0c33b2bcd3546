"""Roles: proposed by an administrator, granted by a co-president; the first three by bootstrap, one more by rescue when nobody could approve."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import two_key
from core.models import TwoKeyAct, User
from core.models.two_key import TwoKeyState
from core.transitions import Refusal, TwoKey, Who, clock, verb
from fund import notifications
from fund.enums import College, Role
from fund.models import FundIdentity, RoleGrant
from fund.people import administrator
from fund.queries import has_role
from fund.queries import roles as who
from fund.rules import roles as rules
from fund.rules.common import reason_given

log = logging.getLogger("fund.access")

other_president = Who(
    "CP",
    _("a co-president who does not benefit"),
    lambda actor, obj, at: (
        has_role(actor, Role.CO_PRESIDENT, at) and (not isinstance(obj, RoleGrant) or obj.user_id != actor.pk)
    ),
)
the_holder = Who("SELF", _("the person who holds the role"), lambda actor, obj, at: obj.user_id == actor.pk)
console = Who("CONSOLE", _("the fund’s command line"), clock.test)


def _two_keys(words) -> TwoKey:
    return TwoKey(
        proposes=(administrator,),
        approves=(other_president,),
        title=lambda grant: words % {"role": grant.role_label, "person": grant.user},
    )


def _open_proposal(grant: RoleGrant, at: datetime) -> bool:
    return TwoKeyAct.objects.filter(
        target_machine=RoleGrant.machine,
        target_id=grant.pk,
        verb="grant",
        state=TwoKeyState.PROPOSED,
        expires_at__gt=at,
    ).exists()


@verb(machine=RoleGrant, label=_("drop the proposal"), who=(administrator, clock))
def drop(act, row):
    """A role that was proposed and not granted is put away."""
    row.drop()


@verb(
    machine=RoleGrant,
    label=_("grant the role"),
    who=(administrator,),
    guards=(*rules.GIVING, rules.not_for_oneself),
    two_key=_two_keys(_("Give the role of %(role)s to %(person)s")),
    mails=("fund/account.role_granted",),
    lock=lambda row: _lock_person(row.user),
)
def grant(act, row):
    """The role is held from its start on. Guards are asked again when the second key turns."""
    row.grant(act.actor, act.at)
    act.note(role=row.role, college=row.college, person=row.user_id, procedure=row.procedure)
    proposal = (
        TwoKeyAct.objects.filter(
            target_machine=RoleGrant.machine, target_id=row.pk, verb="grant", state=TwoKeyState.APPROVED
        )
        .select_related("proposed_by")
        .order_by("-id")
        .first()
    )
    notifications.role_granted(
        row, proposed_by=proposal.proposed_by if proposal else act.actor, approved_by=act.actor, at=act.at
    )


def _lock_person(user: User) -> None:
    """Two roles given at once to the same person are looked at one after the other."""
    User.objects.select_for_update().get(pk=user.pk)
    user.__dict__.pop("_role_grants", None)


@verb(
    machine=RoleGrant,
    label=_("propose a role"),
    who=(administrator,),
    creates="proposed",
    on="user",
    guards=rules.GIVING,
)
def propose(act, user, *, role, college="", title="", starts_at=None, ends_at=None):
    """First key of a role: the row and the two-key act that gives it. `starts_at` defaults to now; instants may be ISO texts. Returns the row."""
    ask = rules.wanted(act)
    for old in RoleGrant.objects.filter(user=user, role=ask.role, college=ask.college, state="proposed"):
        if _open_proposal(old, act.at):
            raise Refusal(
                "already_proposed",
                _("This act is already proposed."),
                remedy=_("Approve it, or withdraw it first."),
                field="role",
            )
        drop(role_grant=old, actor=act.actor, at=act.at)
    row = RoleGrant.objects.create(
        user=user,
        role=ask.role,
        college=ask.college,
        title=title.strip()[:150],
        starts_at=ask.starts_at,
        ends_at=ask.ends_at,
    )
    two_key.propose(grant.verb, row, actor=act.actor, at=act.at)
    return row


@verb(
    machine=RoleGrant,
    label=_("extend the role"),
    who=(administrator,),
    guards=(rules.still_held, rules.end_moves, rules.roles_go_together, rules.not_held_already, rules.not_for_oneself),
    two_key=_two_keys(_("Extend the role of %(role)s held by %(person)s")),
    lock=lambda row: _lock_person(row.user),
)
def extend(act, row, *, ends_at):
    """A later end, or none (`ends_at=None`)."""
    ask = rules.wanted(act)
    act.note(
        role=row.role, college=row.college, person=row.user_id, until=ask.ends_at.isoformat() if ask.ends_at else None
    )
    row.extend(ask.ends_at)


@verb(
    machine=RoleGrant,
    label=_("end the role"),
    who=(administrator,),
    guards=(rules.still_held, reason_given, rules.not_for_oneself),
    danger=True,
    two_key=_two_keys(_("End the role of %(role)s held by %(person)s")),
)
def end(act, row, *, reason):
    """The role ends at this instant; what was done stays signed by its holder."""
    act.because(reason)
    act.note(role=row.role, college=row.college, person=row.user_id)
    row.end(act.at)


@verb(machine=RoleGrant, label=_("step down"), who=(the_holder,), guards=(rules.still_held,), danger=True)
def step_down(act, row, *, reason=""):
    """One gives up one's own role, alone, at once."""
    if reason.strip():
        act.because(reason)
    act.note(role=row.role, college=row.college, person=row.user_id)
    row.step_down(act.at)


def _appoint(act, user, role, college, procedure):
    """A row that is held at once, signed by the fund's clock: for the two procedures of the command line."""
    row = RoleGrant.objects.create(
        user=user,
        role=role,
        college=college,
        starts_at=act.at,
        state="granted",
        granted_by=act.actor,
        granted_at=act.at,
        procedure=procedure,
    )
    act.note(role=role, college=college, person=user.pk, procedure=procedure)
    log.warning("role given outside two keys", extra={"facts": {"who": user.pk, "role": role, "procedure": procedure}})
    return row


@verb(
    machine=RoleGrant,
    label=_("name the first people"),
    who=(console,),
    creates="granted",
    on="user",
    guards=rules.GIVING,
    mails=("fund/role.alert",),
)
def appoint_first(act, user, *, role, college=""):
    """One of the three first roles. Called by `bootstrap`, which holds the door."""
    if (
        RoleGrant.objects.filter(state__in=("granted", "ended"))
        .exclude(procedure="bootstrap", granted_at=act.at)
        .exists()
    ):
        raise Refusal(
            "bootstrap_done",
            _("The first roles have already been granted."),
            remedy=_("Use a two-key proposal."),
            article="art. 22",
            status=409,
        )
    return _appoint(act, user, role, college, "bootstrap")


@verb(
    machine=RoleGrant,
    label=_("rescue a role"),
    who=(console,),
    creates="granted",
    on="user",
    mails=("fund/role.alert",),
    guards=(reason_given, *rules.GIVING, rules.nobody_can_approve),
)
def rescue(act, user, *, role, college="", reason):
    """A role given from the command line while nobody could approve it. Told to everyone who holds a role."""
    act.because(reason)
    row = _appoint(act, user, role, college, "rescue")
    notifications.role_alert([row], procedure="rescue", reason=reason.strip(), at=act.at)
    return row


def bootstrap(*, administrator: User, civil: User, state: User, at: datetime | None = None) -> list[RoleGrant]:
    """The first administrator and the two co-presidents, once, while no role was ever granted. Raises Refusal `bootstrap_done`."""
    at = at or timezone.now()
    if len({administrator.pk, civil.pk, state.pk}) != 3:
        raise Refusal("same_person", _("The first roles go to three different people."), article="art. 22")
    with transaction.atomic():
        FundIdentity.objects.get_or_create(id=1, defaults={"name": FundIdentity.current().name})
        FundIdentity.objects.select_for_update().get(id=1)  # two bootstraps at once wait for one another here
        if who.ever_granted():
            raise Refusal(
                "bootstrap_done",
                _("The first roles have already been granted."),
                remedy=_("Use a two-key proposal."),
                article="art. 22",
                status=409,
            )
        system = User.objects.system()
        rows = [
            appoint_first(user=person, actor=system, at=at, role=role, college=college)
            for person, role, college in (
                (administrator, Role.ADMINISTRATOR, ""),
                (civil, Role.CO_PRESIDENT, College.CIVIL_SOCIETY),
                (state, Role.CO_PRESIDENT, College.STATE),
            )
        ]
        notifications.role_alert(rows, procedure="bootstrap", reason="", at=at)
        return rows
