"""The payment batch: gathered, frozen, exported once, answered by the bank. Whatever moment the process dies at, no payment is lost or doubled."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import references
from core.money import format_euros
from core.transitions import Act, Refusal, TwoKey, verb
from fund.enums import Role
from fund.models import FundIdentity
from fund.queries import holders
from payments import pain001
from payments.enums import BankSchema
from payments.models import BatchLine, Instalment, PaymentBatch, ThirdSignature
from payments.notifications import tell_staff
from payments.rules import batch as rules
from payments.rules.people import accounting_officer, authorising_officer, clock, reason_given
from payments.schedule import next_target_day
from payments.transitions import instalment as instalments
from payments.transitions.common import lock_instalments


def _lock_lines(batch) -> None:
    if batch is not None and batch.pk:
        lock_instalments(batch.lines.filter(live=True).values_list("instalment_id", flat=True))


@verb(machine=PaymentBatch, label=_("open a batch"), who=(accounting_officer,), creates="open")
def open_batch(act, _none, *, schema=BankSchema.PAIN_09):
    """An empty batch (call with `payment_batch=None`). `schema` is the format the bank takes; it may be changed until the freeze."""
    return PaymentBatch.objects.create(
        reference=references.new("L", timezone.localdate(act.at).year),
        opened_by=act.actor,
        opened_at=act.at,
        schema=schema,
    )


def payable(instalment, *, actor, at, batch=None) -> None:
    """Raises the reason this accounting officer cannot pay this instalment now (the same guards as the freeze)."""
    act = Act(instalments.claim_for_batch.verb, instalment, actor, at, {"batch": batch})
    if instalment.state != "ordered":
        raise Refusal(
            "not_allowed_in_state",
            _now("This payment is not ordered: %(state)s.") % {"state": instalment.get_state_display()},
        )
    for guard in instalments.claim_for_batch.verb.guards:
        guard(act)


@verb(machine=PaymentBatch, label=_("add payments"), who=(accounting_officer,))
def add(act, batch, *, instalments):
    """Put ordered instalments in the batch; each must be payable by this person."""
    batch.add()
    position = batch.lines.aggregate(last=Max("position"))["last"] or 0
    for instalment in (
        Instalment.objects.select_for_update(of=("self",)).filter(pk__in=[one.pk for one in instalments]).order_by("pk")
    ):
        payable(instalment, actor=act.actor, at=act.at)
        position += 1
        order = instalment.orders.get(ended_at__isnull=True)
        BatchLine.objects.create(
            batch=batch,
            position=position,
            instalment=instalment,
            order=order,
            third_signature_needed=order.third_signature_above_amount is not None,
            added_by=act.actor,
            added_at=act.at,
        )


def gather(*, batch, instalments, actor, at) -> PaymentBatch:
    """Add to this open batch, or to a new one: no empty batch is left behind when a payment is refused."""
    with transaction.atomic():
        batch = batch or open_batch(payment_batch=None, actor=actor, at=at)
        return add(payment_batch=batch, instalments=instalments, actor=actor, at=at)


@verb(machine=PaymentBatch, label=_("remove a payment"), who=(accounting_officer,))
def remove(act, batch, *, instalments):
    """Take instalments out of an open batch."""
    batch.remove()
    batch.lines.filter(live=True, instalment__in=[one.pk for one in instalments]).update(live=False)


@verb(
    machine=PaymentBatch,
    label=_("freeze the batch"),
    who=(accounting_officer,),
    lock=_lock_lines,
    guards=(
        rules.has_lines,
        rules.controls_ticked,
        rules.date_not_past,
        rules.date_not_far,
        rules.banks_open,
        rules.debtor_known,
    ),
)
def freeze(act, batch, *, controls, execution_on=None, schema=None):
    """Fix content, date (else the next day banks are open), message id and account; every instalment goes in payment under the name of this third person."""
    fund = FundIdentity.current()
    lines = list(batch.lines.filter(live=True).select_related("order", "instalment").order_by("position"))
    total = sum(line.order.amount for line in lines)
    batch.freeze(
        act.actor,
        act.at,
        sorted(controls),
        batch.reference,
        execution_on or next_target_day(timezone.localdate(act.at)),
        schema or batch.schema,
        (fund.debtor_holder or fund.legal_name, fund.debtor_iban, fund.debtor_bic),
        total,
        len(lines),
    )
    for line in lines:
        instalments.claim_for_batch(instalment=line.instalment, actor=act.actor, at=act.at, batch=batch)
    signed = ThirdSignature.objects.filter(order=OuterRef("order"), ended_at__isnull=True).values("pk")
    batch.lines.filter(pk__in=[line.pk for line in lines]).update(in_file=True, third_signature=Subquery(signed))
    file_bytes(batch)  # a batch that would make no valid file is not frozen
    act.note(total=total, lines=len(lines), controls=sorted(controls))


def frozen_content(batch) -> pain001.FrozenBatch:
    """Everything the file depends on, read from rows that no longer change."""
    lines = batch.lines.filter(in_file=True).select_related("order", "instalment__agreement").order_by("position")
    transfers = tuple(
        pain001.Transfer(
            end_to_end_id=line.order.end_to_end_id,
            name=line.order.holder,
            iban=line.order.iban,
            bic=line.order.bic,
            amount=line.order.amount,
            remittance=f"{line.instalment.agreement.reference} versement {line.instalment.number}",
        )
        for line in lines
    )
    return pain001.FrozenBatch(
        batch.message_id,
        timezone.localtime(batch.frozen_at).replace(tzinfo=None, microsecond=0),
        batch.execution_on,
        pain001.Debtor(batch.debtor_name, batch.debtor_iban, batch.debtor_bic),
        transfers,
        batch.schema,
    )


def file_bytes(batch) -> bytes:
    """The bank file: once exported the bytes that were kept, before that those the batch makes. Raises Refusal `bank_file_invalid`."""
    if batch.content:
        return batch.content.encode()
    try:
        return pain001.build(frozen_content(batch))
    except pain001.InvalidFile as error:
        raise Refusal(
            "bank_file_invalid",
            _now("The bank file does not meet the standard: %(errors)s.") % {"errors": "; ".join(error.errors[:5])},
            remedy=_now("Nothing was produced."),
            article="art. 22",
        ) from error


@verb(
    machine=PaymentBatch,
    label=_("produce the bank file"),
    who=(accounting_officer,),
    lock=_lock_lines,
    guards=(rules.lines_wait_for_the_bank,),
)
def export(act, batch):
    """The file may leave from now on: its bytes and SHA-256 are kept, downloading again gives the same bytes."""
    content = file_bytes(batch)
    digest = hashlib.sha256(content).hexdigest()
    batch.export(act.actor, act.at, content.decode(), digest)
    act.note(sha256=digest)


@verb(
    machine=PaymentBatch,
    label=_("cancel the batch"),
    who=(accounting_officer,),
    guards=(rules.never_exported,),
    lock=_lock_lines,
    danger=True,
)
def cancel(act, batch):
    """Drop a batch that never produced its file; its payments are available again."""
    lines = list(batch.lines.filter(live=True).select_related("instalment").order_by("instalment_id"))
    for line in lines:
        if line.instalment.state == "in_payment":
            instalments.release_line(instalment=line.instalment, actor=act.actor, at=act.at)
    batch.lines.filter(pk__in=[line.pk for line in lines]).update(live=False)
    batch.cancel(act.at)


def _reject_every_line(act, batch, code) -> None:
    for line in (
        batch.lines.filter(live=True, instalment__state="in_payment")
        .select_related("instalment")
        .order_by("instalment_id")
    ):
        instalments.reject_line(instalment=line.instalment, actor=act.actor, at=act.at, code=code)


@verb(
    machine=PaymentBatch,
    label=_("declare the file rejected"),
    who=(accounting_officer,),
    guards=(rules.no_line_paid, reason_given),
    lock=_lock_lines,
    two_key=TwoKey(
        proposes=(accounting_officer,),
        approves=(authorising_officer,),
        title=lambda batch: _("Declare the bank file %s rejected") % batch.reference,
    ),
    ledger=("unorder",),
    danger=True,
)
def reject_file(act, batch, *, reason):
    """The bank says, on paper, that it refused the whole file; the authorising officer approves. Every line is rejected."""
    act.because(reason)
    _reject_every_line(act, batch, "")
    batch.reject_file(act.at)


@verb(
    machine=PaymentBatch,
    label=_("record the bank's refusal"),
    who=(accounting_officer,),
    guards=(rules.no_line_paid,),
    inner=True,
    ledger=("unorder",),
)
def refused_by_bank(act, batch, *, code=""):
    """A status report (pain.002) refuses the whole file."""
    _reject_every_line(act, batch, code)
    batch.refused_by_bank(act.at)
    act.note(code=code)


@verb(
    machine=PaymentBatch,
    label=_("settle the batch"),
    who=(accounting_officer, clock),
    guards=(rules.every_line_final,),
    mails=("payments/batch.settled",),
)
def settle(act, batch):
    """The last line is final: paid or rejected."""
    batch.settle(act.at)
    tell_staff(
        "batch.settled",
        holders(Role.AUTHORISING_OFFICER, act.at),
        f"/paiements/lots/{batch.reference}/",
        at=act.at,
        batch=batch.reference,
        total=format_euros(batch.total_amount),
        lines=batch.lines_count,
    )
