"""Guards of the acts on envelopes."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.money import format_euros
from core.transitions import Act, Refusal
from fund.enums import CallState, Role
from fund.models import Call, Envelope, FundIdentity, LedgerHead
from fund.models.ledger import EnvelopeState
from fund.queries import has_role

LIVE_CALLS = (CallState.PUBLISHED, CallState.CLOSED, CallState.UNDER_REVIEW)


def sits_on_panel(user, at) -> bool:
    """Whether a vote that is not public yet could be read in a balance by this person."""
    return has_role(user, Role.CO_PRESIDENT, at) or has_role(user, Role.PANEL_MEMBER, at)


def sees_all_money(user, at) -> bool:
    """Whether this person may read balances that count what is not public yet: nobody who sits on the panel."""
    return not sits_on_panel(user, at) and any(
        has_role(user, role, at) for role in (Role.AUTHORISING_OFFICER, Role.ACCOUNTING_OFFICER, Role.AUDITOR)
    )


def amount_given(act: Act) -> None:
    """A positive amount."""
    amount = act.get("amount")
    if amount is None and act.preview:
        return
    if not isinstance(amount, int) or not 0 < amount < 10**13:
        raise Refusal("amount_not_positive", _("The amount must be above zero."), field="amount", article="art. 4")


def reason_given(act: Act) -> None:
    """The reason in one sentence; for money that came back and is opened again, the ground."""
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _("Say why in one sentence: this reason will be kept and shown to those concerned."),
            field="reason",
        )


def fund_is_named(act: Act) -> None:
    """The public ledger begins with the fund's SIRET and opening day: without them no money is opened."""
    identity = FundIdentity.current()
    if not (identity.siret and identity.opened_on) and not LedgerHead.objects.exists():
        raise Refusal(
            "fund_identity_missing",
            _("The fund’s SIRET and opening day are not recorded yet; the ledger starts from them."),
            remedy=_("Have the administrator complete the fund’s identity."),
            status=409,
        )


def enough_free(act: Act) -> None:
    """Only free money is lowered or carried."""
    free, amount = act.obj.free_amount, act.get("amount")
    if free and (amount is None or amount <= free):
        return
    if not sees_all_money(act.actor, act.at):
        reason = _("The envelope does not hold that much free money.")
    elif amount is None:
        reason = _("Nothing is free in this envelope.")
    else:
        reason = _("%(there)s is left in the envelope; this act needs %(amount)s.") % {
            "there": format_euros(free, cents_if_round=False),
            "amount": format_euros(amount, cents_if_round=False),
        }
    raise Refusal(
        "envelope_exceeded", reason, remedy=_("Lower the amount."), article="art. 4", field="amount", status=409
    )


def other_envelope_open(act: Act) -> None:
    """Money is carried to another envelope that is open."""
    reference = act.get("to")
    if act.preview and reference is None:
        if not Envelope.objects.filter(state=EnvelopeState.OPEN).exclude(pk=act.obj.pk).exists():
            raise Refusal(
                "envelope_not_open",
                _("No other envelope is open."),
                remedy=_("Open the envelope that will receive the money first."),
            )
        return
    if not Envelope.objects.filter(reference=reference, state=EnvelopeState.OPEN).exclude(pk=act.obj.pk).exists():
        raise Refusal(
            "envelope_not_open",
            _("This envelope is not open."),
            article="art. 4",
            field="to",
            status=409,
            remedy=_("The authorising officer proposes opening it, a co-president approves."),
        )


def nothing_free(act: Act) -> None:
    """An envelope closes once its free money is carried or lowered."""
    if act.obj.free_amount:
        if sees_all_money(act.actor, act.at):
            reason = _("%(there)s is still free in this envelope.") % {
                "there": format_euros(act.obj.free_amount, cents_if_round=False)
            }
        else:
            reason = _("Money is still free in this envelope.")
        raise Refusal(
            "envelope_has_free_money",
            reason,
            remedy=_("Carry it to another envelope, or lower this one, first."),
            article="art. 4",
            status=409,
        )


def no_live_call(act: Act) -> None:
    """No call still awards from it."""
    call = Call.objects.filter(envelope=act.obj, state__in=LIVE_CALLS).order_by("number").first()
    if call is not None:
        raise Refusal(
            "envelope_in_use",
            _("The call “%(call)s” still awards from this envelope.") % {"call": call.title},
            remedy=_("It can be closed once the decisions of that call are notified."),
            article="art. 4",
            status=409,
        )


def label_given(act: Act) -> None:
    if not act.preview and not (act.get("label") or "").strip():
        raise Refusal("label_missing", _("Give the envelope a name."), field="label")


def year_is_near(act: Act) -> None:
    """The year of an envelope is at most ten years away."""
    if not act.preview and abs(act.obj - act.at.year) > 10:
        raise Refusal("year_out_of_range", _("The year of an envelope is at most ten years away."), field="year")
