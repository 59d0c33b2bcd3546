"""Bank files imported: every line becomes a row once; those that match an order to the cent settle, reject or return it; the rest waits for a person."""

from __future__ import annotations

import hashlib

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import references
from core.files import clean_name
from core.transitions import Refusal, verb
from fund import ledger
from fund.models import FundIdentity
from payments import bank_csv, camt
from payments.iban import compact, last_four
from payments.identities import identified
from payments.models import (
    BankStatement,
    BatchLine,
    Instalment,
    PaymentBatch,
    PaymentOrder,
    Recovery,
    StatementBalance,
    StatementLine,
)
from payments.queries.desk import claims_named, is_named
from payments.rules.people import accounting_officer
from payments.rules.recovery import claimable
from payments.transitions import agreement as agreements
from payments.transitions import batch as batches
from payments.transitions import instalment as instalments
from payments.transitions import recovery as recoveries
from payments.transitions.common import followed_by, lock_instalments, system

FINAL_REJECTIONS = ("RJCT", "CANC")


def unreadable(error: camt.Unreadable, remedy=None) -> Refusal:
    """Where and why the file cannot be trusted."""
    return Refusal(
        "statement_unreadable",
        _now("This statement cannot be read: line %(line)s, %(reason)s.")
        % {"line": error.line, "reason": error.reason},
        remedy=remedy or _now("Nothing was imported; ask the bank for a camt.053, camt.054, pain.002 or CSV file."),
        article="art. 22",
        field="file",
    )


def read(content: bytes, name: str, mapping: dict | None = None) -> camt.Statement:
    """The parsed file; a CSV with the mapping of its columns. Raises Refusal with the line and the reason: unreadable, already imported, another account."""
    ours = compact(FundIdentity.current().debtor_iban)
    try:
        statement = (
            camt.parse(content) if mapping is None else bank_csv.parse(content, bank_csv.Mapping(**mapping), ours)
        )
    except camt.Unreadable as error:
        raise unreadable(error) from error
    known = already_imported(content, statement)
    if known:
        raise Refusal(
            "statement_already_imported",
            _now("This statement was already imported on %(day)s.")
            % {"day": date_format(timezone.localtime(known.imported_at), "j F Y")},
            remedy=_now("Nothing has changed."),
            article="art. 22",
            field="file",
            status=409,
        )
    sent_from = {
        compact(batch.debtor_iban) for batch in PaymentBatch.objects.exclude(debtor_iban="").order_by("-id")[:50]
    }
    strange = [account for account in statement.accounts if compact(account) not in {ours, *sent_from}]
    if strange:
        raise Refusal(
            "statement_of_another_account",
            _now("This statement is of another account (ending %(end)s).") % {"end": last_four(strange[0])},
            remedy=_now("Nothing was imported; take the statement of the fund’s account."),
            article="art. 22",
            field="file",
        )
    return statement


def already_imported(content: bytes, statement: camt.Statement) -> BankStatement | None:
    """The import of the same bytes, or of the same statement of the bank (its message id, for this account)."""
    end = last_four(statement.accounts[0]) if statement.accounts else ""
    same = Q(sha256=hashlib.sha256(content).hexdigest()) | Q(
        kind=statement.kind, message_id=statement.message_id[:35], account_end=end
    )
    return BankStatement.objects.filter(same).first()


def _one_at_a_time(_none) -> None:
    """Two imports of the same file at once: the second finds the first. (Before every other lock.)"""
    list(FundIdentity.objects.select_for_update().values_list("pk", flat=True))


def _after_import(statement, at) -> None:
    """Batches whose last line is final settle; agreements with nothing open complete."""
    touched = StatementLine.objects.filter(statement=statement, state="matched")
    close(touched.values_list("instalment_id", flat=True), at)
    for recovery in Recovery.objects.filter(statement_lines__in=touched).select_related("agreement").distinct():
        agreements.advance(recovery.agreement, at)


def close(instalment_ids, at) -> None:
    found = list(Instalment.objects.select_related("agreement").filter(pk__in=[pk for pk in instalment_ids if pk]))
    for batch in PaymentBatch.objects.filter(state="exported", lines__instalment__in=found).distinct():
        if not batch.lines.filter(live=True, instalment__state="in_payment").exists():
            batches.settle(payment_batch=batch, actor=system(), at=at)
    for agreement in {one.agreement_id: one.agreement for one in found}.values():
        agreements.advance(agreement, at)


@followed_by(_after_import)
@verb(
    machine=BankStatement,
    label=_("import a statement"),
    who=(accounting_officer,),
    creates="imported",
    ledger=("pay", "unorder", "bounce", "return"),
    lock=_one_at_a_time,
)
def import_statement(act, _none, *, content, name, mapping=None):
    """Import a camt.053, camt.054, pain.002, or a CSV with the `mapping` of its columns (call with `bank_statement=None`); `content` bytes.

    The same file or the same line twice changes nothing.
    """
    parsed = read(content, name, mapping)
    statement = BankStatement.objects.create(
        reference=references.new("R", timezone.localdate(act.at).year),
        kind=parsed.kind,
        schema=parsed.schema,
        message_id=parsed.message_id[:35],
        name=clean_name(name),
        sha256=hashlib.sha256(content).hexdigest(),
        account_end=last_four(parsed.accounts[0]) if parsed.accounts else "",
        imported_by=act.actor,
        imported_at=act.at,
    )
    _keep_balances(statement, parsed)
    orders = _orders_of(parsed)
    claims = claims_named([f"{line.end_to_end_id} {line.text}" for line in parsed.lines if _is_gift(line)])
    lock_instalments(
        [order.instalment_id for order in orders.values()] + _of_batches(parsed),
        grants=[claim.agreement.reference for claim in claims],
    )
    matched = known = 0
    with ledger.batch(act.at):
        for found in identified(parsed, set(orders)):
            if found.known:
                known += 1
                continue
            line = found.line
            row = _row(act, statement, found.position, line, found.identity)
            if found.doubtful and row.state == "to_check":
                row.finding = "maybe_known"
                row.save()
                continue
            matched += _work(act, row, line, orders.get(line.end_to_end_id), claims)
        if parsed.kind == "pain.002" and parsed.group_status == "RJCT":
            matched += _whole_file_refused(act, parsed)
    statement.matched_count, statement.known_count = matched, known
    act.note(matched=matched, known=known, lines=len(parsed.lines))
    return statement


def _keep_balances(statement, parsed) -> None:
    """What `payments.queries.statements` checks the file by."""
    StatementBalance.objects.bulk_create(
        StatementBalance(
            statement=statement,
            account_end=last_four(said.account),
            opening_amount=said.opening,
            closing_amount=said.closing,
            closing_on=said.closing_on,
            moved_amount=said.moved,
        )
        for said in parsed.balances
    )


def _orders_of(parsed) -> dict[str, PaymentOrder]:
    wanted = {line.end_to_end_id for line in parsed.lines if line.end_to_end_id}
    found = orders().select_related("instalment__agreement").filter(end_to_end_id__in=wanted)
    return {order.end_to_end_id: order for order in found}


def orders():
    """Payment orders, with whether a bank file that holds them was produced (`is_sent`)."""
    sent = BatchLine.objects.filter(order=OuterRef("pk"), live=True, batch__exported_at__isnull=False)
    return PaymentOrder.objects.annotate(is_sent=Exists(sent))


def _of_batches(parsed) -> list[int]:
    messages = {line.batch_message_id for line in parsed.lines if line.batch_message_id} | {parsed.original_message_id}
    return list(
        Instalment.objects.filter(
            batch_lines__live=True, batch_lines__batch__message_id__in=messages - {""}
        ).values_list("pk", flat=True)
    )


def _is_gift(line) -> bool:
    """Money that came in, and is no return of a payment: a repayment, perhaps."""
    return line.direction == "credit" and not line.is_return and line.booked


def _row(act, statement, position, line, identity) -> StatementLine:
    nothing_final = line.status not in FINAL_REJECTIONS if line.direction == "status" else not line.booked
    birth = skip if nothing_final else take
    return birth(bank_statement=statement, actor=act.actor, at=act.at, position=position, line=line, identity=identity)


def _born(statement, position, line, identity, state) -> StatementLine:
    return StatementLine(
        statement=statement,
        position=position,
        source_line=line.source_line,
        identity=identity,
        direction=line.direction,
        amount=line.amount,
        end_to_end_id=line.end_to_end_id[:35],
        booked_on=line.booked_on,
        value_on=line.value_on,
        bank_reference=line.bank_reference[:140],
        statement_number=line.statement_number,
        reason_code=line.reason_code[:35],
        is_return=line.is_return,
        status=line.status[:10],
        batch_message_id=line.batch_message_id[:35],
        batch_count=line.batch_count,
        text=line.text,
        state=state,
    )


@verb(
    machine=StatementLine,
    label=_("take the line in"),
    who=(accounting_officer,),
    creates="to_check",
    on="bank_statement",
    inner=True,
)
def take(act, statement, *, position, line, identity):
    """A line that says something final: it does what it proves, or waits for a person."""
    return _born(statement, position, line, identity, "to_check")


@verb(
    machine=StatementLine,
    label=_("note the line"),
    who=(accounting_officer,),
    creates="ignored",
    on="bank_statement",
    inner=True,
)
def skip(act, statement, *, position, line, identity):
    """A line that is not booked, or a status that is not final: the bank will say it again."""
    return _born(statement, position, line, identity, "ignored")


def _work(act, row, line, order, claims) -> int:
    """Do what the line proves, or say why it waits. Returns how many instalments moved."""
    if row.state == "ignored":
        return 0
    if row.is_ahead(timezone.localdate(act.at)):
        row.finding = "ahead"
        row.save()
        return 0
    if order is None and _is_gift(line):
        return _repayment(act, row, claims)
    if order is None:
        return _whole_batch(act, row, line)
    instalment = Instalment.objects.select_related("agreement__application").get(pk=order.instalment_id)
    finding = why_not(row, instalment, order)
    if finding == "already_done":
        row.match(instalment, finding, None, act.at)
        row.save()
        return 0
    if finding:
        row.finding, row.instalment = finding, instalment
        row.save()
        return 0
    apply(act, row, instalment)
    row.match(instalment, "exact", None, act.at)
    row.save()
    return 1


def _repayment(act, row, claims) -> int:
    """Money that names what is claimed back pays it; anything else waits for the accounting officer."""
    row.finding = "credit"
    named = [claim for claim in claims if is_named(claim, f"{row.end_to_end_id} {row.text}")]
    claim = Recovery.objects.select_related("agreement__application").get(pk=named[0].pk) if len(named) == 1 else None
    if claim is not None and claim.state == "notified" and row.amount <= claim.left_amount:
        recoveries.take_repayment(claim, row.amount, actor=act.actor, at=act.at)
        row.match_repayment(claim, None, act.at)
    row.save()
    return int(row.state == "matched")


def why_not(row, instalment, order) -> str:
    """Why this line cannot be applied to this order (read by `orders`); "" when it can, `already_done` when it already was. What no bank file of the fund
    asked for is no payment of the fund: settling it would leave the file to be produced, and the sum paid twice."""
    if row.amount is not None and row.amount != order.amount:
        return "amount"
    current = instalment.end_to_end_id == order.end_to_end_id
    if row.direction == "debit" and not row.is_return:
        if current and instalment.state == "in_payment":
            return "" if order.is_sent else "not_sent"
        return "already_done" if order.outcome in ("paid", "returned") else "not_in_payment"
    if row.direction == "status":
        if current and instalment.state == "in_payment":
            return "" if order.is_sent else "not_sent"
        return "already_done" if order.outcome == "rejected" else "not_in_payment"
    if row.is_return:
        if current and instalment.state == "paid":
            return "" if claimable(instalment.agreement) >= instalment.certified_amount else "claimed"
        return "already_done" if order.outcome == "returned" else "not_paid"
    return "credit"


def _paid_on(act, row):
    return row.value_on or row.booked_on or timezone.localdate(act.at)


def apply(act, row, instalment) -> None:
    if row.direction == "status":
        instalments.reject_line(instalment=instalment, actor=act.actor, at=act.at, code=row.reason_code)
    elif row.is_return:
        instalments.return_payment(instalment=instalment, actor=act.actor, at=act.at, code=row.reason_code)
    else:
        instalments.settle(instalment=instalment, actor=act.actor, at=act.at, paid_on=_paid_on(act, row))


def _whole_batch(act, row, line) -> int:
    """A debit booked as one sum for the whole file: it settles every line when sum and number agree."""
    row.finding = "unknown"
    batch = (
        PaymentBatch.objects.filter(message_id=line.batch_message_id, state="exported").first()
        if line.batch_message_id
        else None
    )
    if batch is not None and line.direction == "debit":
        waiting = list(
            batch.lines.filter(live=True, instalment__state="in_payment")
            .select_related("instalment", "order")
            .order_by("instalment_id")
        )
        if (
            sum(one.order.amount for one in waiting) == line.amount
            and line.batch_count in (None, len(waiting))
            and waiting
        ):
            for one in waiting:
                instalments.settle(
                    instalment=one.instalment,
                    actor=act.actor,
                    at=act.at,
                    paid_on=_paid_on(act, row),
                )
            row.match(waiting[-1].instalment, "batch", None, act.at)
            row.save()
            return len(waiting)
        row.finding = "batch_amount"
    row.save()
    return 0


def _whole_file_refused(act, parsed) -> int:
    batch = PaymentBatch.objects.filter(message_id=parsed.original_message_id, state="exported").first()
    if batch is None:
        return 0
    waiting = batch.lines.filter(live=True, instalment__state="in_payment").count()
    batches.refused_by_bank(payment_batch=batch, actor=act.actor, at=act.at)
    return waiting
