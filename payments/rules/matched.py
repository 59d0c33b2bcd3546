"""Guards of reconciling a line of the bank by hand, and of undoing it."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Event
from core.templatetags import ui
from core.transitions import Act, Refusal
from payments.enums import RECOVERY_OPEN, RecoveryState
from payments.rules.people import agreement_of, no_interest_in


def received_unasked(claim) -> bool:
    """Whether the claim was born with money that nobody had asked for (`recovery.receive`)."""
    return Event.objects.filter(machine=claim.machine, object_id=claim.pk, verb="receive").exists()


def was_a_repayment(act: Act) -> None:
    if act.obj.recovery_id is None:
        raise Refusal(
            "no_repayment",
            _("This line is reconciled with no amount to give back."),
            remedy=_("A return of a payment is undone on the page of the payment."),
            article="art. 25",
            status=409,
        )


def no_interest_in_claim(act: Act) -> None:
    no_interest_in(act, act.obj.recovery.agreement)


def day_has_come(act: Act) -> None:
    """A line that the bank dates more than ten days ahead is no movement yet."""
    row, today = act.obj, timezone.localdate(act.at)
    if row.is_ahead(today):
        raise Refusal(
            "bank_line_ahead",
            _("The bank dates this line %(day)s: that day has not come.")
            % {"day": ui.day(row.booked_on or row.value_on)},
            remedy=_("Come back on that day, or ask the bank whether its date is right."),
            article="art. 22",
            status=409,
        )


def no_interest_in_its_grant(act: Act) -> None:
    """Nobody with an interest in a grant says by hand that a line is of it.

    What the bank's own reference says is no choice: a statement is read whole, by any accounting officer.
    """
    named = act.get("instalment") or act.get("recovery") or act.get("agreement")
    if named is not None:
        no_interest_in(act, agreement_of(named))


def claim_can_be_awaited(act: Act) -> None:
    """What it paid is awaited again: not of a claim whose rest was given up since, nor beside another open one."""
    claim = act.obj.recovery
    if claim.state not in (RecoveryState.NOTIFIED, RecoveryState.REPAID):
        raise Refusal(
            "claim_closed",
            _("What was left of this claim was given up since: what was repaid on it no longer changes."),
            remedy=_("Claim the amount anew if it is due."),
            article="art. 25",
            status=409,
        )
    others = claim.agreement.recoveries.filter(state__in=RECOVERY_OPEN).exclude(pk=claim.pk)
    if not received_unasked(claim) and others.exists():
        raise Refusal(
            "claim_already_open",
            _("Another amount is being claimed back on this grant: only one claim is open at a time."),
            remedy=_("Bring it to its end first."),
            article="art. 25",
            status=409,
        )
