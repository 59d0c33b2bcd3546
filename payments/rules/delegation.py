"""Acts of the authorising officer done by his delegate: within the delegation, and never where he himself could not have acted (article 22)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from fund.enums import DelegatedAct, Role
from fund.models import Delegation
from fund.queries import has_role
from fund.rules.delegations import covering
from payments.rules import third_signature
from payments.rules.people import agreement_of, has_interest, names, same_person


def _within(act: Act, what: DelegatedAct, amount: int, besides: tuple[int | None, ...] = ()) -> None:
    """The authorising officer acts in his own name; his delegate finds the delegation that covers this, and it is kept with the act."""
    if has_role(act.actor, Role.AUTHORISING_OFFICER, act.at):
        return
    delegation = covering(
        act.actor, what, amount, act.at, now=not act.preview, by_hand_on=act.get("signed_on"), besides=besides
    )
    if has_interest(delegation.delegator, agreement_of(act.obj).application):
        raise Refusal(
            "officer_interest",
            _("%(person)s, who delegates to you, has a link with this grant.") % {"person": delegation.delegator},
            remedy=_("Another person must do it."),
            article="art. 9",
            status=403,
        )
    act.found["delegation"] = delegation


def agreement_within_delegation(act: Act) -> None:
    """A delegate signs within his delegation, up to its amount."""
    _within(act, DelegatedAct.AGREEMENTS, act.obj.amount)
    _delegator_did_not(act, act.obj.bearer_signed_by_id, _("who delegates to you signed for the bearer"))


def amendment_within_delegation(act: Act) -> None:
    """A delegate signs within his delegation: the amount is the grant's once amended."""
    _within(act, DelegatedAct.AMENDMENTS, act.obj.new_amount or act.obj.agreement.amount)
    _delegator_did_not(act, act.obj.bearer_signed_by_id, _("who delegates to you signed for the bearer"))


def order_within_delegation(act: Act) -> None:
    """A delegate orders within his delegation, up to its amount."""
    _within(act, DelegatedAct.PAYMENT_ORDERS, act.obj.payable_amount)
    _delegator_did_not(act, act.obj.certified_by_id, _("who delegates to you certified this payment"))


def countersign_within_delegation(act: Act) -> None:
    """A delegate signs as third person within his delegation, like an order: that of an officer who had no hand in it when he has several."""
    hands = third_signature.hands_before(act.obj)
    _within(act, DelegatedAct.PAYMENT_ORDERS, act.obj.payable_amount, besides=tuple(hands))
    _delegator_had_no_hand(act, hands)


def _delegator_had_no_hand(act: Act, hands: dict) -> None:
    delegation = act.found.get("delegation")
    if delegation is not None and delegation.delegator_id in hands:
        raise same_person(
            _("%(person)s, who delegates to you, certified or ordered this payment") % {"person": delegation.delegator},
            names(Role.AUTHORISING_OFFICER, act, *hands),
        )


def _delegator_did_not(act: Act, by: int | None, words) -> None:
    delegation = act.found.get("delegation")
    if delegation is not None and by == delegation.delegator_id:
        raise same_person(words, names(Role.AUTHORISING_OFFICER, act, by))


def used_by(verb, obj, actor, at) -> Delegation | None:
    """The delegation by which this person would do this act now; None for who acts in his own name, or may not."""
    act = Act(verb, obj, actor, at, preview=True)
    try:
        for guard in verb.guards:
            if guard in WITHIN:
                guard(act)
    except Refusal:
        return None
    return act.found.get("delegation")


def signed_by(act: Act) -> tuple[str, dict]:
    """In what capacity the fund's signature is given, and what its evidence says of it."""
    delegation: Delegation | None = act.found.get("delegation")
    return (delegation.mention(), delegation.evidence()) if delegation else (str(_("authorising officer")), {})


WITHIN = (
    agreement_within_delegation,
    amendment_within_delegation,
    order_within_delegation,
    countersign_within_delegation,
)
"""The guards that find the delegation of an act."""
