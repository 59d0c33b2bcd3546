"""What a line of the bank was booked as in error is undone: two people, a reason, the exact opposite in the ledger. What happened stays written."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from core.models import Event
from core.money import format_euros
from core.transitions import TwoKey, locked, verb
from fund import ledger
from fund.models import Entry
from payments.models import Agreement, Instalment, StatementLine
from payments.notifications import tell
from payments.rules import instalment as rules
from payments.rules import matched
from payments.rules.matched import received_unasked
from payments.rules.people import accounting_officer, authorising_officer, no_interest, reason_given
from payments.transitions import agreement as agreements
from payments.transitions import recovery as recoveries
from payments.transitions.common import followed_by, lock_grants, lock_money
from payments.transitions.instalment import reopen_if_completed
from payments.transitions.ordering import basis_of


@verb(machine=StatementLine, label=_("set the line free"), who=(accounting_officer,), inner=True)
def set_free(act, line):
    """What it was reconciled with was undone: the line waits for a person again."""
    line.set_free()


def _free_lines(act, instalment, since) -> list[int]:
    """The lines that brought this payment back since it was booked, whatever file they came in."""
    brought = instalment.statement_lines.filter(is_return=True, state="matched", handled_at__gte=since)
    lines = list(brought.select_for_update(of=("self",)).order_by("pk"))
    for line in lines:
        set_free(statement_line=line, actor=act.actor, at=act.at)
    return [line.pk for line in lines]


def _paid_on(instalment) -> date:
    """The value date of the booking, as it was recorded: the payment itself forgot it when it came back."""
    settled = Event.objects.filter(machine=instalment.machine, object_id=instalment.pk, verb="settle").latest("id")
    return date.fromisoformat(settled.payload["paid_on"])


def _advance(instalment, at) -> None:
    agreements.advance(instalment.agreement, at)


@followed_by(_advance)
@verb(
    machine=Instalment,
    label=_("undo a return booked in error"),
    who=(accounting_officer,),
    guards=(no_interest, rules.came_back, reason_given),
    two_key=TwoKey(
        proposes=(accounting_officer,),
        approves=(authorising_officer,),
        title=lambda instalment: _("Undo the return of payment %s: it stands as paid") % instalment.basis,
    ),
    ledger=("reversal",),
    mails=("payments/payment.return_undone",),
    danger=True,
    lock=lock_money,
)
def undo_return(act, instalment, *, reason):
    """The money did not come back, or another payment did: this one is paid again as it was, the line of the bank waits for a person.

    An account that the return blocked stays so: unblocking it is an act of its own.
    """
    act.because(reason)
    order = instalment.orders.order_by("-attempt")[0]
    lines = _free_lines(act, instalment, order.ended_at)
    instalment.undo_return(_paid_on(instalment))
    order.outcome = "paid"
    order.save(update_fields=["outcome"])
    order.batch_lines.filter(in_file=True, batch__state__in=("exported", "settled")).update(live=True)
    bounced = Entry.objects.filter(kind="bounce", basis=instalment.basis, reversed_by__isnull=True).latest("id")
    ledger.post("reversal", at=act.at, reverses=bounced, **basis_of(instalment))
    act.note(amount=instalment.certified_amount, order=order.reference, lines=lines)
    tell(
        "payment.return_undone",
        instalment.agreement,
        f"/dossiers/{instalment.agreement.reference}/convention/",
        at=act.at,
        number=instalment.number,
        amount=instalment.certified_amount,
        paid_on=instalment.paid_on,
        blocked=order.account.state == "blocked",
    )


def _lock_claimed(line) -> None:
    lock_grants([line.recovery.agreement.reference] if line.recovery_id else [])


def _advance_claimed(line, at) -> None:
    """The grant the line was taken from: the line itself no longer knows it."""
    claimed = Event.objects.filter(machine=line.machine, object_id=line.pk, verb="undo_repayment").latest("id")
    agreements.advance(Agreement.objects.get(reference=claimed.payload["grant"]), at)


@followed_by(_advance_claimed)
@verb(
    machine=StatementLine,
    label=_("undo a repayment booked in error"),
    who=(accounting_officer,),
    guards=(matched.was_a_repayment, matched.no_interest_in_claim, matched.claim_can_be_awaited, reason_given),
    two_key=TwoKey(
        proposes=(accounting_officer,),
        approves=(authorising_officer,),
        title=lambda line: (
            _("Undo the repayment of %(amount)s recorded on %(claim)s")
            % {"amount": format_euros(line.amount or 0), "claim": line.recovery or "–"}
        ),
    ),
    ledger=("reversal", "unclaim"),
    danger=True,
    lock=_lock_claimed,
)
def undo_repayment(act, line, *, reason):
    """It was of another claim, of another grant or no repayment: what it paid is awaited again, and the line waits for a person.

    Money recorded as sent back unasked had no claim before it: that claim ends.
    """
    act.because(reason)
    claim = locked(line.recovery)
    reopen_if_completed(act, claim)
    if received_unasked(claim):
        recoveries.undo_receipt(recovery=claim, actor=act.actor, at=act.at, reason=reason)
    else:
        recoveries.undo_repayment(recovery=claim, actor=act.actor, at=act.at, amount=line.amount, reason=reason)
    line.undo_repayment()
    act.note(amount=line.amount, claim=claim.reference, grant=claim.agreement.reference)
