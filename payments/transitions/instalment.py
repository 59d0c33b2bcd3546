"""The instalment: falls due, certified by one, ordered by another (`ordering`), paid by a third; what the bank sends back starts again."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.transitions import TwoKey, verb
from fund import ledger
from payments.enums import AgreementState, EvidenceKind, InstalmentState, PayeeAccountState
from payments.models import Instalment
from payments.notifications import tell
from payments.rules import instalment as rules
from payments.rules import third_signature
from payments.rules.agreement import in_force
from payments.rules.people import (
    accounting_officer,
    authorising_officer,
    case_officer,
    clock,
    no_interest,
    reason_given,
)
from payments.schedule import balance_due, instalment_amounts, pay_by
from payments.transitions.blocking import block_by_bank
from payments.transitions.common import keep_file, lock_money, record_event, system
from payments.transitions.ordering import (
    basis_of,
    countersign_order,
    end_order,
    order,
    recall,
    refuse,
    return_to_due,
    suspend,
    unsuspend,
)

__all__ = [
    "cancel",
    "certify",
    "claim_for_batch",
    "countersign_order",
    "fall_due",
    "fall_due_ready",
    "hold",
    "lift",
    "lower",
    "order",
    "recall",
    "recertify",
    "refuse",
    "reject_line",
    "release",
    "release_line",
    "release_open",
    "return_payment",
    "return_to_due",
    "schedule",
    "schedule_plan",
    "settle",
    "suspend",
    "unsuspend",
]

ACCOUNT_REASONS = {"AC01", "AC03", "AC04", "AC06", "AC13", "AC14", "BE01", "BE04", "MD07", "RC01", "CH03"}
"""Bank reasons that say the account itself is wrong: it is blocked until people look."""


def schedule_plan(agreement, *, actor, at) -> list[Instalment]:
    """The plan frozen by the call, in cents of this agreement; the remainder on the last. Called by the signature that commits the money."""
    lines = list(agreement.application.call.instalment_lines.order_by("number"))
    amounts = instalment_amounts(agreement.amount, [line.percent for line in lines])
    return [
        schedule(agreement=agreement, actor=actor, at=at, line=line, amount=amount, is_balance=line is lines[-1])
        for line, amount in zip(lines, amounts, strict=True)
    ]


@verb(
    machine=Instalment,
    label=_("schedule the instalment"),
    who=(authorising_officer,),
    creates="scheduled",
    on="agreement",
    inner=True,
)
def schedule(act, agreement, *, line, amount, is_balance):
    """One line of the plan."""
    return Instalment.objects.create(
        agreement=agreement,
        number=line.number,
        code=line.code,
        label=line.label,
        percent=line.percent,
        trigger=line.trigger,
        amount=amount,
        is_balance=is_balance,
    )


def fall_due_ready(agreement, at) -> None:
    """Every scheduled instalment whose trigger is a fact falls due; a balance of which nothing is left is released."""
    for instalment in agreement.instalments.filter(state=InstalmentState.SCHEDULED).order_by("number"):
        fact = rules.trigger_fact(instalment)
        if fact is not None:
            fall_due(instalment=instalment, actor=system(), at=at)


@verb(machine=Instalment, label=_("fall due"), who=(clock,), guards=(rules.agreement_active, rules.trigger_met))
def fall_due(act, instalment):
    """The trigger is a fact: the sixty days run from it."""
    agreement = instalment.agreement
    since = timezone.localdate(rules.trigger_fact(instalment))
    report = agreement.reports.filter(kind="final", state="accepted").first() if instalment.is_balance else None
    suggested = balance_due(instalment.amount, report.unspent_amount) if report else None
    instalment.fall_due(since, pay_by(since, agreement.rules["payment_days"]), suggested)


@verb(
    machine=Instalment,
    label=_("certify"),
    who=(case_officer,),
    ledger=("release_commitment",),
    lock=lock_money,
    guards=(no_interest, in_force, rules.not_held, rules.amount_within_schedule, rules.evidence_given),
)
def certify(act, instalment, *, note, amount=None, evidence=None, content_type="application/pdf"):
    """A first person attests the amount (cents) is due, and on what evidence. Lower than scheduled on a balance only: the rest is released."""
    amount = amount or instalment.expected_amount
    if evidence is not None:
        keep_file(
            evidence,
            agreement=instalment.agreement,
            instalment=instalment,
            kind=EvidenceKind.CERTIFICATION,
            actor=act.actor,
            at=act.at,
            content_type=content_type,
        )
    lower = instalment.amount - amount
    instalment.certify(act.actor, act.at, amount, note.strip())
    if lower:
        ledger.post("release_commitment", at=act.at, amount=lower, **basis_of(instalment))
        instalment.amount = amount
    ledger.add_certified(instalment.agreement.reference, amount)
    act.note(amount=amount, released=lower)


@verb(
    machine=Instalment,
    label=_("hold"),
    who=(case_officer,),
    guards=(no_interest, rules.is_not_held_yet, reason_given),
    mails=("payments/payment.suspended",),
)
def hold(act, instalment, *, reason):
    """Held before certification, with a reason that the recipient reads."""
    act.because(reason)
    instalment.hold(act.at, reason.strip())
    tell(
        "payment.suspended",
        instalment.agreement,
        f"/dossiers/{instalment.agreement.reference}/convention/",
        at=act.at,
        number=instalment.number,
        by="officer",
    )


@verb(machine=Instalment, label=_("lift the hold"), who=(case_officer,), guards=(no_interest, rules.is_held))
def lift(act, instalment):
    """The hold ends."""
    instalment.lift()


@verb(
    machine=Instalment,
    label=_("put in payment"),
    who=(accounting_officer,),
    inner=True,
    guards=(
        no_interest,
        rules.payer_did_nothing_before,
        rules.not_suspended,
        third_signature.is_given,
        rules.order_account_not_blocked,
        rules.not_in_live_batch,
    ),
)
def claim_for_batch(act, instalment, *, batch):
    """A third person takes it into a batch that freezes."""
    instalment.claim_for_batch(act.actor, act.at)
    act.note(batch=batch.reference)


@verb(machine=Instalment, label=_("release from the batch"), who=(accounting_officer,), inner=True)
def release_line(act, instalment):
    """The batch is dropped before its file was produced."""
    instalment.release_line()


@verb(
    machine=Instalment,
    label=_("settle"),
    who=(accounting_officer,),
    inner=True,
    ledger=("pay",),
    mails=("payments/payment.made",),
)
def settle(act, instalment, *, paid_on):
    """The bank has booked it, on this value date."""
    agreement = instalment.agreement
    instalment.settle(act.at, paid_on)
    end_order(instalment, "paid", act.at)
    ledger.post("pay", at=act.at, amount=instalment.certified_amount, **basis_of(instalment))
    act.note(amount=instalment.certified_amount, paid_on=paid_on.isoformat())
    left = sum(
        other.payable_amount
        for other in agreement.instalments.exclude(pk=instalment.pk).exclude(state__in=("paid", "cancelled"))
    )
    tell(
        "payment.made",
        agreement,
        f"/dossiers/{agreement.reference}/convention/",
        at=act.at,
        number=instalment.number,
        amount=instalment.certified_amount,
        paid_on=paid_on,
        left=left,
    )


def _block_if_account(act, instalment, account, code) -> bool:
    if code not in ACCOUNT_REASONS or account.state != PayeeAccountState.APPROVED:
        return False
    block_by_bank(payee_account=account, actor=act.actor, at=act.at, code=code)
    return True


def reopen_if_completed(act, row) -> None:
    """What comes back, or is awaited again, would be of a grant that has ended: nothing could be done, and nothing would end it again."""
    from payments.transitions.agreement import reopen

    if row.agreement.state == AgreementState.COMPLETED:
        row.agreement = reopen(agreement=row.agreement, actor=act.actor, at=act.at)


def _rejected(act, instalment, live, code) -> None:
    agreement = instalment.agreement
    blocked = _block_if_account(act, instalment, live.account, code)
    tell(
        "payment.rejected",
        agreement,
        f"/dossiers/{agreement.reference}/compte/",
        at=act.at,
        number=instalment.number,
        code=code,
        blocked=blocked,
    )


@verb(
    machine=Instalment,
    label=_("record the bank's rejection"),
    who=(accounting_officer,),
    inner=True,
    ledger=("unorder",),
    mails=("payments/payment.rejected",),
)
def reject_line(act, instalment, *, code=""):
    """The bank rejected it before booking; the account is blocked when the reason is the account."""
    instalment.reject_line(act.at, code)
    live = end_order(instalment, "rejected", act.at)
    ledger.post("unorder", at=act.at, amount=instalment.certified_amount, **basis_of(instalment))
    act.note(code=code)
    _rejected(act, instalment, live, code)


@verb(
    machine=Instalment,
    label=_("record the bank's return"),
    who=(accounting_officer,),
    inner=True,
    ledger=("bounce",),
    mails=("payments/payment.rejected",),
)
def return_payment(act, instalment, *, code=""):
    """The bank booked it, then sent it back."""
    instalment.return_payment(act.at, code)
    live = instalment.orders.order_by("-attempt").first()
    live.outcome = "returned"
    live.save(update_fields=["outcome"])
    instalment.batch_lines.filter(live=True).update(live=False)
    ledger.post("bounce", at=act.at, amount=instalment.certified_amount, **basis_of(instalment))
    reopen_if_completed(act, instalment)
    act.note(code=code)
    _rejected(act, instalment, live, code)


@verb(
    machine=Instalment,
    label=_("certify again"),
    who=(case_officer,),
    guards=(no_interest, in_force, rules.cause_removed, rules.evidence_given),
)
def recertify(act, instalment, *, note):
    """After a bank's rejection, once the cause is removed; three people act again."""
    instalment.recertify(act.actor, act.at, note.strip())


def _cancel(act, instalment, reason, method) -> int:
    """Give back what is committed, and take back the certification if there is one. Returns the cents that will not be paid."""
    amount = instalment.payable_amount
    if instalment.state in (InstalmentState.CERTIFIED, InstalmentState.PAYMENT_REJECTED):
        ledger.add_certified(instalment.agreement.reference, -instalment.certified_amount)
    method(act.at, reason.strip())
    ledger.post("release_commitment", at=act.at, amount=amount, **basis_of(instalment))
    act.note(released=amount)
    return amount


@verb(
    machine=Instalment,
    label=_("cancel the instalment"),
    who=(case_officer, authorising_officer),
    guards=(no_interest, reason_given),
    two_key=TwoKey(
        proposes=(case_officer,),
        approves=(authorising_officer,),
        title=lambda instalment: _("Cancel payment %s") % instalment.basis,
    ),
    mails=("payments/payment.cancelled",),
    ledger=("release_commitment",),
    danger=True,
    lock=lock_money,
)
def cancel(act, instalment, *, reason):
    """A case officer proposes, an authorising officer approves: the payment will not take place, its money goes back to the envelope."""
    act.because(reason)
    amount = _cancel(act, instalment, reason, instalment.cancel)
    tell(
        "payment.cancelled",
        instalment.agreement,
        f"/dossiers/{instalment.agreement.reference}/convention/",
        at=act.at,
        number=instalment.number,
        amount=amount,
        reason=reason.strip(),
    )


@verb(
    machine=Instalment,
    label=_("release the instalment"),
    who=(case_officer,),
    inner=True,
    ledger=("release_commitment",),
)
def release(act, instalment, *, reason):
    """The consequence of a termination, or of a report that leaves nothing to pay."""
    _cancel(act, instalment, reason, instalment.release)


def lower(instalment, amount: int, *, actor, at) -> None:
    """The consequence of an amendment on a payment nobody has certified: `amount` cents from now on, the rest goes back to the envelope."""
    released = instalment.amount - amount
    instalment.amount = amount
    if instalment.suggested_amount is not None:
        instalment.suggested_amount = min(instalment.suggested_amount, amount)
    instalment.save()
    ledger.post("release_commitment", at=at, amount=released, **basis_of(instalment))
    record_event(instalment, "lower", actor=actor, at=at, amount=amount, released=released)


def release_open(agreement, *, actor, at, reason) -> None:
    for instalment in agreement.instalments.filter(state__in=release.verb.sources).order_by("pk"):
        release(instalment=instalment, actor=actor, at=at, reason=reason)
