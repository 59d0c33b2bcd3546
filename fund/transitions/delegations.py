"""Delegations of signature: proposed by the authorising officer who delegates, given by a co-president, revoked at once by any of those concerned."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import references, two_key
from core.models import User
from core.transitions import TwoKey, Who, clock, verb
from fund import notifications
from fund.enums import DelegatedAct
from fund.models import Delegation
from fund.people import authorising_officer, co_president
from fund.rules import delegations as rules
from fund.rules.common import reason_given

the_delegator = Who(
    "AO", _("the authorising officer who delegates"), lambda actor, obj, at: obj.delegator_id == actor.pk
)
the_delegate = Who("DE", _("the person it is given to"), lambda actor, obj, at: obj.delegate_id == actor.pk)
who_gives = Who(
    "AO",
    _("the authorising officer who delegates"),
    lambda actor, obj, at: (
        authorising_officer(actor, obj, at) and (not isinstance(obj, Delegation) or obj.delegator_id == actor.pk)
    ),
)


other_president = Who(
    "CP",
    _("a co-president who does not benefit"),
    lambda actor, obj, at: co_president(actor, obj, at) and actor.pk not in (obj.delegator_id, obj.delegate_id),
)


def _lock_people(row: Delegation) -> None:
    """Roles and delegations of the same people are looked at one after the other."""
    list(User.objects.select_for_update().filter(pk__in=[row.delegate_id, row.delegator_id]).order_by("pk"))


@verb(
    machine=Delegation,
    label=_("give the delegation"),
    who=(who_gives,),
    guards=rules.GIVING,
    two_key=TwoKey(
        proposes=(who_gives,),
        approves=(other_president,),
        title=lambda row: (
            _("Delegate the signature of %(delegator)s to %(delegate)s")
            % {"delegator": row.delegator, "delegate": row.delegate}
        ),
    ),
    mails=("fund/account.delegation_given",),
    lock=_lock_people,
)
def give(act, row):
    """From its first day on, the delegate signs what it covers. Guards are asked again when the second key turns."""
    row.give(act.actor, act.at)
    act.note(delegation=row.reference, delegate=row.delegate_id)
    notifications.delegation_given(row, act.at)


@verb(
    machine=Delegation,
    label=_("propose a delegation"),
    who=(authorising_officer,),
    creates="proposed",
    on="delegate",
    guards=rules.GIVING,
)
def propose(act, delegate, *, acts, ceiling_amount, starts_on, ends_on, deed):
    """First key: the row and the two-key act that gives it. `acts` are codes of `DelegatedAct`; `ceiling_amount` in cents, for each act. Returns the row."""
    starts_on, ends_on = rules.days_of(act)
    row = Delegation.objects.create(
        reference=references.new("DEL", timezone.localdate(act.at).year),
        delegator=act.actor,
        delegate=delegate,
        ceiling_amount=ceiling_amount,
        starts_on=starts_on,
        ends_on=ends_on,
        deed=deed.strip()[:60],
        **{code: code in acts for code in DelegatedAct.values},
    )
    two_key.propose(give.verb, row, actor=act.actor, at=act.at)
    return row


@verb(machine=Delegation, label=_("drop the proposal"), who=(the_delegator, clock))
def drop(act, row):
    """A delegation that was proposed and not given is put away."""
    row.drop()


@verb(
    machine=Delegation,
    label=_("revoke the delegation"),
    who=(the_delegator, co_president, the_delegate),
    guards=(reason_given, rules.not_over),
    mails=("fund/account.delegation_revoked",),
    danger=True,
)
def revoke(act, row, *, reason):
    """At once, by one person: who delegates, who received it, or a co-president. What was signed before stands."""
    act.because(reason)
    row.revoke(act.actor, act.at)
    act.note(delegation=row.reference)
    notifications.delegation_revoked(row, act.at)
