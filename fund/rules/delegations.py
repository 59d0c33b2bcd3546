"""Guards of the delegations of signature: how one is given, and what it covers when it is used (article 22)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.models import User
from core.money import format_euros
from core.transitions import Act, Refusal
from fund.enums import DelegatedAct, DelegationState, Role
from fund.models import Delegation
from fund.queries import delegations as queries
from fund.queries import has_role
from fund.rules.common import read_day, when

LONGEST_DAYS = 3 * 366
"""A delegation is given again at least every three years: nobody signs by a deed that everybody forgot."""


def _asked(act: Act, name: str):
    return getattr(act.obj, name) if isinstance(act.obj, Delegation) else act.get(name)


def delegate_of(act: Act) -> User:
    return act.obj.delegate if isinstance(act.obj, Delegation) else act.obj


def delegator_of(act: Act) -> User:
    return act.obj.delegator if isinstance(act.obj, Delegation) else act.actor


def delegator_signs(act: Act) -> None:
    """One delegates what one holds, at the first key and at the second."""
    if not has_role(delegator_of(act), Role.AUTHORISING_OFFICER, act.at):
        raise Refusal(
            "delegator_role_missing",
            _("%(person)s is not an authorising officer.") % {"person": delegator_of(act)},
            article="art. 22",
            status=409,
        )


def delegate_holds_the_role(act: Act) -> None:
    """The role of delegate keeps the same distances as that of the authorising officer: never accounting officer, case officer nor of the panel."""
    person = delegate_of(act)
    if person == delegator_of(act):
        raise Refusal("same_person", _("One does not delegate to oneself."), article="art. 22", field="delegate")
    if not has_role(person, Role.DELEGATE, act.at):
        raise Refusal(
            "delegate_role_missing",
            _("%(person)s does not hold the role of delegate of the authorising officer.") % {"person": person},
            remedy=_("An administrator proposes this role, a co-president approves it; it is not held with another."),
            article="art. 22",
            field="delegate",
            status=409,
        )


def something_is_delegated(act: Act) -> None:
    acts = act.obj.acts if isinstance(act.obj, Delegation) else act.get("acts") or ()
    if not acts or any(one not in DelegatedAct.values for one in acts):
        raise Refusal("acts_missing", _("Choose at least one act of the list."), field="acts", article="art. 22")


def amount_is_given(act: Act) -> None:
    amount = _asked(act, "ceiling_amount")
    if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
        raise Refusal(
            "amount_missing",
            _("Give the highest amount of an act, above zero."),
            field="ceiling_amount",
            article="art. 22",
        )


def dates_make_sense(act: Act) -> None:
    """From a day to a later one or the same, not over yet, three years at most."""
    starts_on, ends_on = days_of(act)
    if starts_on is None or ends_on is None:
        raise Refusal("dates_missing", _("Give the first and the last day."), field="ends_on", article="art. 22")
    if ends_on < max(starts_on, timezone.localdate(act.at)):
        raise Refusal(
            "dates_out_of_order",
            _("A delegation ends on its first day or later, and not in the past."),
            field="ends_on",
            article="art. 22",
        )
    if (ends_on - starts_on).days > LONGEST_DAYS:
        raise Refusal(
            "delegation_too_long",
            _("A delegation lasts three years at most."),
            remedy=_("Give it again then."),
            field="ends_on",
            article="art. 22",
        )


def days_of(act: Act) -> tuple[date | None, date | None]:
    return read_day(_asked(act, "starts_on"), "starts_on"), read_day(_asked(act, "ends_on"), "ends_on")


def deed_is_named(act: Act) -> None:
    if not str(_asked(act, "deed") or "").strip():
        raise Refusal(
            "deed_missing",
            _("Give the reference of the deed of delegation."),
            remedy=_("Its number and its day: every signature will carry it."),
            field="deed",
            article="art. 22",
        )


GIVING = (
    delegator_signs,
    delegate_holds_the_role,
    something_is_delegated,
    amount_is_given,
    dates_make_sense,
    deed_is_named,
)


def not_over(act: Act) -> None:
    if act.obj.is_over(act.at):
        raise Refusal("delegation_dates", _("This delegation is over already."), status=409)


# ---- when it is used ----


def _day(value: date) -> str:
    return date_format(value, "j F Y")


def _fault(
    row: Delegation, what: DelegatedAct, amount: int, at: datetime, by_hand_on: date | None
) -> tuple[int, Refusal] | None:
    """Why this delegation does not cover the act, and how near it came."""
    words = {"reference": row.reference, "person": row.delegator}
    ask = _("%(person)s signs himself, or gives another delegation.") % words
    if what not in row.acts:
        said = _("Your delegation %(reference)s is to %(acts)s, nothing else.") % {
            **words,
            "acts": ", ".join(str(act.label) for act in row.acts),
        }
        return 0, Refusal("delegation_scope", said, remedy=ask, article="art. 22", status=403)
    if row.state == DelegationState.REVOKED and row.revoked_at:
        said = _("Your delegation %(reference)s was revoked on %(instant)s.") % {
            **words,
            "instant": when(row.revoked_at),
        }
        return 1, Refusal("delegation_revoked", said, remedy=ask, article="art. 22", status=403)
    by_hand_on = by_hand_on or timezone.localdate(at)
    if row.is_to_come(at) or row.is_over(at) or not row.starts_on <= by_hand_on <= row.ends_on:
        said = _("Your delegation %(reference)s is good from %(start)s to %(end)s.") % {
            **words,
            "start": _day(row.starts_on),
            "end": _day(row.ends_on),
        }
        return 2, Refusal("delegation_dates", said, remedy=ask, article="art. 22", status=403)
    if not has_role(row.delegator, Role.AUTHORISING_OFFICER, at):
        said = (
            _("%(person)s is no longer an authorising officer: the delegation %(reference)s ended with the role.")
            % words
        )
        return 3, Refusal("delegation_ended", said, article="art. 22", status=403)
    if amount > row.ceiling_amount:
        said = _("Your delegation %(reference)s goes up to %(ceiling)s; this is %(amount)s.") % {
            **words,
            "ceiling": format_euros(row.ceiling_amount),
            "amount": format_euros(amount),
        }
        return 4, Refusal("delegation_amount", said, remedy=ask, article="art. 22", status=403)
    return None


def covering(
    actor: User,
    what: DelegatedAct,
    amount: int,
    at: datetime,
    *,
    now: bool,
    by_hand_on: date | None = None,
    besides: Collection[int | None] = (),
) -> Delegation:
    """The delegation by which this person may do this act for this amount. Raises the refusal of the one that came nearest.

    `now`: read under a lock. `by_hand_on`: the day a signature on paper bears; the delegation covers that day and the present one.
    `besides`: people whose delegation is taken only when no other covers it.
    """
    faults = []
    found = queries.received_now(actor) if now else queries.received(actor)
    for row in sorted(found, key=lambda row: row.delegator_id in besides):
        fault = _fault(row, what, amount, at, by_hand_on)
        if fault is None:
            return row
        faults.append(fault)
    if faults:
        raise max(faults, key=lambda fault: fault[0])[1]
    raise Refusal(
        "delegation_missing",
        _("No authorising officer has delegated this to you."),
        remedy=_("An authorising officer proposes the delegation, a co-president approves it."),
        article="art. 22",
        status=403,
    )
