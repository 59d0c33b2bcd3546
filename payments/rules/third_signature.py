"""The third signature: above a threshold of the fund's rules, another authorising person signs an order before it may be paid.

The rules are those in force on the day of the order, and stay so for that order whatever the rules become.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.money import format_euros
from core.transitions import Act, Refusal, never_after
from fund.enums import Role
from payments.rules.people import names, same_person


def threshold_of(version, amount: int) -> int | None:
    """Cents above which these rules ask a third signature, when `amount` is strictly above; None when it is not, or when they ask none."""
    above = version["third_signature_above_amount"]
    return above if above is not None and amount > above else None


def live_order(instalment):
    """The order that runs. A list reads the orders once for all its rows."""
    return next((one for one in instalment.orders.all() if one.ended_at is None), None)


def hands_before(instalment) -> dict:
    """Who had a hand in the payment before the third signature, and what each did; who delegated his signature for it counts."""
    order = live_order(instalment)
    done = {instalment.certified_by_id: _("you certified this payment")}
    if order is not None and order.delegation_id:
        done[order.delegation.delegator_id] = _("this payment was ordered by your delegation")
    done[instalment.ordered_by_id] = _("you ordered this payment")
    done.pop(None, None)
    return done


def is_needed(act: Act) -> None:
    if act.obj.third_signature_above_amount is None:
        raise Refusal("third_signature_not_needed", _("This payment needs no third signature."), status=409)


def is_not_given_yet(act: Act) -> None:
    if act.obj.countersigned_by_id:
        raise Refusal(
            "already_signed",
            _("This payment was already signed as third person by %(person)s.") % {"person": act.obj.countersigned_by},
            status=409,
        )


@never_after("certify", "order")
def signer_did_nothing_before(act: Act) -> None:
    hands = hands_before(act.obj)
    if act.actor.pk in hands:
        raise same_person(hands[act.actor.pk], names(Role.AUTHORISING_OFFICER, act, *hands))


def is_given(act: Act) -> None:
    """Nothing above the threshold goes into a file before it."""
    if not act.obj.waits_for_third_signature:
        return
    order = live_order(act.obj)
    raise Refusal(
        "third_signature_missing",
        _("Waits for the third signature: above %(amount)s by rule version %(number)s.")
        % {
            "amount": format_euros(act.obj.third_signature_above_amount),
            "number": order.rule_version.number if order and order.rule_version else "–",
        },
        remedy=_("An authorising officer other than %(person)s may sign it: %(people)s.")
        % {
            "person": act.obj.ordered_by,
            "people": names(Role.AUTHORISING_OFFICER, act, *hands_before(act.obj)),
        },
        article="art. 22",
        status=409,
    )
