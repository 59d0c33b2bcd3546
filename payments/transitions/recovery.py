"""The recovery: proposed with an invitation to comment, notified by the authorising officer, repaid as the bank says, or given up by two people."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.periods import next_working_day
from core import documents
from core.money import format_euros
from core.transitions import TwoKey, verb
from fund import ledger
from fund.models import Entry
from fund.people import co_president
from payments import documents as papers
from payments.enums import RecoveryGround
from payments.models import Recovery
from payments.notifications import tell
from payments.rules import recovery as rules
from payments.rules.people import (
    accounting_officer,
    authorising_officer,
    case_officer,
    comments_given,
    no_interest,
    party,
    reason_given,
)
from payments.transitions.agreement import advance
from payments.transitions.common import followed_by, lock_money


def _advance(recovery, at) -> None:
    """A grant with nothing open any more completes."""
    advance(recovery.agreement, at)


def _post(recovery, kind: str, amount: int, at) -> None:
    ledger.post(kind, at=at, amount=amount, grant=recovery.agreement.reference, basis=recovery.reference)


def _tell(code: str, recovery, at, wait_for=None, **context) -> None:
    tell(
        code,
        recovery.agreement,
        f"/dossiers/{recovery.agreement.reference}/reversements/{recovery.pk}/",
        at=at,
        wait_for=wait_for,
        **context,
    )


def time_to_pay(recovery, at) -> date:
    """Last day to repay what is notified at this instant."""
    return next_working_day(timezone.localdate(at) + timedelta(days=recovery.agreement.rules["recovery_payment_days"]))


def _next_reference(agreement) -> str:
    return f"{agreement.reference}-R{agreement.recoveries.count() + 1}"


@verb(
    machine=Recovery,
    label=_("propose to claim back"),
    who=(case_officer,),
    creates="proposed",
    on="agreement",
    guards=(
        no_interest,
        rules.signed_once,
        rules.none_open,
        rules.something_was_paid,
        rules.ground_given,
        rules.within_paid,
    ),
    documents=("recovery_invitation",),
    mails=("payments/recovery.observations_invited",),
    lock=lock_money,
)
def propose(act, agreement, *, ground, facts, amount):
    """Write to the recipient what is found, the text and the amount (cents): nothing is decided, fifteen days to comment."""
    today = timezone.localdate(act.at)
    recovery = Recovery.objects.create(
        agreement=agreement,
        reference=_next_reference(agreement),
        ground=ground,
        facts=facts.strip(),
        amount=amount,
        proposed_by=act.actor,
        proposed_at=act.at,
        observations_due_on=next_working_day(today + timedelta(days=agreement.rules["adversarial_days"])),
    )
    recovery.invitation = papers.freeze_recovery_invitation(recovery, at=act.at)
    act.note(amount=amount, ground=ground)
    _tell(
        "recovery.observations_invited",
        recovery,
        act.at,
        wait_for=recovery.invitation,
        due_on=recovery.observations_due_on,
    )
    return recovery


@verb(machine=Recovery, label=_("send comments"), who=(party,), guards=(comments_given,))
def observe(act, recovery, *, reason):
    """The recipient's comments; the decision answers them."""
    recovery.observe(act.at, reason.strip())


@verb(
    machine=Recovery,
    label=_("notify the amount to repay"),
    who=(authorising_officer,),
    guards=(no_interest, rules.heard, rules.within_paid, rules.observations_answered),
    documents=("recovery_letter",),
    mails=("payments/recovery.notified",),
    ledger=("claim",),
    danger=True,
    lock=lock_money,
)
def notify(act, recovery, *, amount=None, answer="", evidence=None):
    """The decision, once the comments are read or their time has passed: at most what was proposed. `evidence`: facts of the re-authentication."""
    recovery.notify(act.actor, act.at, amount or recovery.amount, answer.strip(), time_to_pay(recovery, act.at))
    recovery.letter = papers.freeze_recovery_letter(recovery, at=act.at)
    _post(recovery, "claim", recovery.amount, act.at)
    act.note(amount=recovery.amount, **({"signed": evidence} if evidence else {}))
    _tell("recovery.notified", recovery, act.at, wait_for=recovery.letter, observed=recovery.observed_at is not None)


@followed_by(_advance)
@verb(
    machine=Recovery,
    label=_("drop the proposal"),
    who=(case_officer,),
    guards=(no_interest, reason_given),
    mails=("payments/recovery.dropped",),
)
def drop(act, recovery, *, reason):
    """Nothing is claimed: the comments convinced, or the amount may be kept."""
    act.because(reason)
    recovery.drop(act.at, reason.strip())
    _tell("recovery.dropped", recovery, act.at)


@verb(
    machine=Recovery,
    label=_("record a part of the repayment"),
    who=(accounting_officer,),
    inner=True,
    ledger=("return",),
)
def record_repayment(act, recovery, *, amount):
    """A line of the bank's statement: part of what is claimed came back."""
    recovery.record_repayment(amount)
    _post(recovery, "return", amount, act.at)
    act.note(amount=amount)


@verb(
    machine=Recovery,
    label=_("record the repayment"),
    who=(accounting_officer,),
    inner=True,
    ledger=("return",),
    mails=("payments/recovery.settled",),
)
def repay(act, recovery):
    """A line of the bank's statement: the last of what is claimed came back."""
    amount = recovery.left_amount
    recovery.repay(act.at)
    _post(recovery, "return", amount, act.at)
    act.note(amount=amount)
    _tell("recovery.settled", recovery, act.at)


def take_repayment(recovery, amount: int, *, actor, at) -> Recovery:
    """What a matched line of the bank brings: all that is left, or a part of it."""
    if amount == recovery.left_amount:
        return repay(recovery=recovery, actor=actor, at=at)
    return record_repayment(recovery=recovery, actor=actor, at=at, amount=amount)


def _undo_return(recovery, amount: int, at) -> None:
    """The exact opposite of what such a line of the bank had brought."""
    returned = Entry.objects.filter(kind="return", basis=recovery.reference, reversed_by__isnull=True)
    ledger.post(
        "reversal",
        at=at,
        reverses=returned.filter(postings__cents=amount).latest("id"),
        grant=recovery.agreement.reference,
        basis=recovery.reference,
    )


@verb(
    machine=Recovery,
    label=_("await again a repayment recorded in error"),
    who=(accounting_officer,),
    inner=True,
    ledger=("reversal",),
    mails=("payments/recovery.repayment_undone",),
)
def undo_repayment(act, recovery, *, amount, reason):
    """The line of the bank was of another claim: `amount` cents are awaited again, and the whole time to pay with them: the error was the fund's."""
    act.because(reason)
    recovery.undo_repayment(amount, max(recovery.pay_by_on, time_to_pay(recovery, act.at)))
    _undo_return(recovery, amount, act.at)
    act.note(amount=amount)
    _tell(
        "recovery.repayment_undone",
        recovery,
        act.at,
        amount=amount,
        left=recovery.left_amount,
        pay_by_on=recovery.pay_by_on,
    )


@verb(
    machine=Recovery,
    label=_("cancel what was received in error"),
    who=(accounting_officer,),
    inner=True,
    ledger=("reversal", "unclaim"),
    mails=("payments/recovery.repayment_undone",),
)
def undo_receipt(act, recovery, *, reason):
    """The recipient had sent nothing back unasked: the claim that stood for it ends, its receipt is void."""
    act.because(reason)
    amount = recovery.amount
    recovery.undo_receipt(act.at, reason.strip())
    documents.void(recovery.letter, act.at)
    _undo_return(recovery, amount, act.at)
    _post(recovery, "unclaim", amount, act.at)
    act.note(amount=amount)
    _tell("recovery.repayment_undone", recovery, act.at, amount=amount, left=0, pay_by_on=None)


@verb(
    machine=Recovery,
    label=_("record money sent back unasked"),
    who=(accounting_officer,),
    creates="repaid",
    on="agreement",
    inner=True,
    documents=("recovery_letter",),
    mails=("payments/recovery.settled",),
    ledger=("claim", "return"),
)
def receive(act, agreement, *, amount, facts):
    """The recipient gives money back by himself: proposed, notified and repaid in one act."""
    today = timezone.localdate(act.at)
    recovery = Recovery(
        state="repaid",
        agreement=agreement,
        reference=_next_reference(agreement),
        ground=RecoveryGround.UNSPENT,
        facts=facts,
        amount=amount,
        repaid_amount=amount,
        proposed_by=act.actor,
        proposed_at=act.at,
        observations_due_on=today,
        notified_by=act.actor,
        notified_at=act.at,
        pay_by_on=today,
        closed_at=act.at,
    )
    recovery.letter = papers.freeze_return_receipt(recovery, at=act.at)
    recovery.save()
    for kind in ("claim", "return"):
        _post(recovery, kind, amount, act.at)
    act.note(amount=amount)
    _tell("recovery.settled", recovery, act.at)
    return recovery


@verb(
    machine=Recovery,
    label=_("reduce the amount"),
    who=(authorising_officer,),
    guards=(no_interest, reason_given, rules.reduction_within),
    mails=("payments/recovery.reduced",),
    ledger=("unclaim",),
    lock=lock_money,
)
def reduce(act, recovery, *, amount, reason):
    """Give up a part (`amount` cents) of what is left, after an appeal or a new fact."""
    act.because(reason)
    recovery.reduce(amount)
    _post(recovery, "unclaim", amount, act.at)
    act.note(amount=amount)
    _tell("recovery.reduced", recovery, act.at, left=recovery.left_amount)


def _give_up(act, recovery, end, reason) -> int:
    """Cents given up."""
    left = recovery.left_amount
    end(act.at, reason.strip())
    _post(recovery, "unclaim", left, act.at)
    act.note(amount=left)
    return left


def _title(act_name):
    return lambda recovery: act_name % {"amount": format_euros(recovery.left_amount), "file": recovery.reference}


@followed_by(_advance)
@verb(
    machine=Recovery,
    label=_("waive what is left"),
    who=(authorising_officer,),
    guards=(no_interest, reason_given),
    two_key=TwoKey(
        proposes=(authorising_officer,),
        approves=(co_president,),
        title=_title(_("Waive %(amount)s of the claim %(file)s")),
    ),
    mails=("payments/recovery.waived",),
    ledger=("unclaim",),
    danger=True,
    lock=lock_money,
)
def waive(act, recovery, *, reason):
    """The fund gives up what is left: the authorising officer proposes, a co-president approves."""
    act.because(reason)
    amount = _give_up(act, recovery, recovery.waive, reason)
    _tell("recovery.waived", recovery, act.at, amount=amount)


@followed_by(_advance)
@verb(
    machine=Recovery,
    label=_("write off what is left"),
    who=(accounting_officer,),
    guards=(no_interest, reason_given),
    two_key=TwoKey(
        proposes=(accounting_officer,),
        approves=(authorising_officer,),
        title=_title(_("Write off %(amount)s of the claim %(file)s")),
    ),
    ledger=("unclaim",),
    danger=True,
    lock=lock_money,
)
def write_off(act, recovery, *, reason):
    """It cannot be recovered, and the reason names the proof: the accounting officer proposes, the authorising officer approves."""
    act.because(reason)
    _give_up(act, recovery, recovery.write_off, reason)


@followed_by(_advance)
@verb(
    machine=Recovery,
    label=_("cancel the claim"),
    who=(authorising_officer,),
    guards=(no_interest, rules.nothing_repaid, reason_given),
    mails=("payments/recovery.dropped",),
    ledger=("unclaim",),
    danger=True,
    lock=lock_money,
)
def cancel(act, recovery, *, reason):
    """The claim was wrong: nothing is to be repaid."""
    act.because(reason)
    _give_up(act, recovery, recovery.cancel, reason)
    _tell("recovery.dropped", recovery, act.at)


__all__ = [
    "cancel",
    "drop",
    "notify",
    "observe",
    "propose",
    "receive",
    "record_repayment",
    "reduce",
    "repay",
    "take_repayment",
    "undo_receipt",
    "undo_repayment",
    "waive",
    "write_off",
]
