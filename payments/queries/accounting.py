"""Payment orders as the books of an accountant want them: one row an order, with its batch, its line at the bank and its ledger entries.

No name, no account number: the payee is known by the reference of the grant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.db.models import Prefetch
from django.utils import timezone

from fund.ledger.accounts import MOVES
from fund.models import Entry, GrantAccount
from fund.models.ledger import Account, Kind
from payments.models import BatchLine, Instalment, PaymentOrder, StatementLine

CHUNK = 500
"""Orders read at a time: memory stays flat, and each chunk costs the same few queries."""
COLUMNS = (
    "envelope",
    "call",
    "grant",
    "payment",
    "order",
    "end_to_end_id",
    "chorus_commitment",
    "chorus_request",
    "amount",
    "account",
    "outcome",
    "ordered_on",
    "pay_by_on",
    "batch",
    "batch_sha256",
    "execution_on",
    "statement",
    "statement_line",
    "bank_reference",
    "booked_on",
    "paid_on",
    "order_entry",
    "order_accounts",
    "pay_entry",
    "pay_accounts",
    "end_entry",
    "end_accounts",
)
"""Stable names (docs/accounting-export.md). `amount` is in cents here."""
_KINDS = (Kind.ORDER, Kind.PAY, Kind.UNORDER, Kind.BOUNCE)


def orders(user, year: int | None = None):
    """The payment orders this person may see, in the order they were given; of one calendar year (Europe/Paris) if asked."""
    found = PaymentOrder.objects.filter(instalment__in=Instalment.objects.visible_to(user).order_by())
    if year is not None:
        zone = timezone.get_default_timezone()
        found = found.filter(
            ordered_at__gte=datetime(year, 1, 1, tzinfo=zone), ordered_at__lt=datetime(year + 1, 1, 1, tzinfo=zone)
        )
    lines = BatchLine.objects.select_related("batch").order_by("pk")
    return (
        found.select_related("instalment__agreement__application__call")
        .prefetch_related(Prefetch("batch_lines", lines))
        .order_by("pk")
    )


def rows(found) -> Iterator[dict]:
    """One dictionary of `COLUMNS` an order: text, cents for `amount`, dates, or None."""
    reader = found.iterator(chunk_size=CHUNK)
    while chunk := list(islice(reader, CHUNK)):
        entries, bank = _entries(chunk), _Bank(chunk)
        envelopes = dict(
            GrantAccount.objects.filter(
                reference__in={one.instalment.agreement.reference for one in chunk}
            ).values_list("reference", "envelope__reference")
        )
        for order in chunk:
            yield _row(order, envelopes, entries.get((order.instalment_id, order.attempt), {}), bank)


def _row(order, envelopes: dict, entries: dict, bank: _Bank) -> dict:
    instalment = order.instalment
    agreement = instalment.agreement
    # A line taken out of a batch, or of a batch that was cancelled, is of no file.
    gathered = [line for line in order.batch_lines.all() if line.live or line.in_file]
    batch = gathered[-1].batch if gathered else None
    line = bank.line_of(order, batch)
    ended = entries.get(Kind.BOUNCE) or entries.get(Kind.UNORDER)
    paid = entries.get(Kind.PAY)
    return {
        "envelope": envelopes.get(agreement.reference, ""),
        "call": agreement.application.call.slug,
        "grant": agreement.reference,
        "payment": instalment.basis,
        "order": order.reference,
        "end_to_end_id": order.end_to_end_id,
        "chorus_commitment": agreement.chorus_commitment,
        "chorus_request": order.chorus_request,
        "amount": order.amount,
        "account": str(Account.COMMITTED if ended else Account.PAID if paid else Account.ORDERED),
        "outcome": order.outcome,
        "ordered_on": timezone.localdate(order.ordered_at),
        "pay_by_on": instalment.pay_by_on,
        "batch": batch.reference if batch else "",
        "batch_sha256": batch.sha256 if batch else "",
        "execution_on": batch.execution_on if batch else None,
        "statement": line.statement.reference if line else "",
        "statement_line": str(line.position) if line else "",
        "bank_reference": line.bank_reference if line else "",
        "booked_on": line.booked_on if line else None,
        "paid_on": instalment.paid_on if order.outcome == "paid" else None,
        **_entry("order", entries.get(Kind.ORDER)),
        **_entry("pay", paid),
        **_entry("end", ended),
    }


def _entry(name: str, found: tuple[str, int | None] | None) -> dict:
    """The public number of an entry (empty while it is not sealed) and the accounts the money left and reached."""
    if found is None:
        return {f"{name}_entry": "", f"{name}_accounts": ""}
    kind, seq = found
    return {f"{name}_entry": str(seq or ""), f"{name}_accounts": "/".join(str(one) for one in MOVES[kind])}


def _entries(chunk) -> dict[tuple[int, int], dict[str, tuple[str, int | None]]]:
    """Entries of each attempt: the nth order of a payment wrote the nth `order` entry of its basis, what follows it is its own."""
    by_basis = {one.instalment.basis: one.instalment_id for one in chunk}
    found: dict[tuple[int, int], dict[str, tuple[str, int | None]]] = defaultdict(dict)
    attempts: dict[int, int] = defaultdict(int)
    rows = Entry.objects.filter(basis__in=by_basis, kind__in=_KINDS).order_by("pk")
    for basis, kind, seq in rows.values_list("basis", "kind", "seal__seq"):
        instalment = by_basis[basis]
        attempts[instalment] += kind == Kind.ORDER
        found[instalment, attempts[instalment]][kind] = (kind, seq)
    return found


class _Bank:
    """The lines of statements that booked these orders out: their own, else the sum of their whole batch."""

    def __init__(self, chunk):
        self.own: dict[int, list[StatementLine]] = defaultdict(list)
        self.of_batch: dict[str, StatementLine] = {}
        messages = {line.batch.message_id for one in chunk for line in one.batch_lines.all() if line.batch.message_id}
        booked = StatementLine.objects.filter(state="matched", is_return=False, booked_on__isnull=False)
        booked = booked.exclude(finding="already_done").select_related("statement").order_by("pk")
        for line in booked.filter(instalment__in={one.instalment_id for one in chunk}):
            self.own[line.instalment_id or 0].append(line)
        for line in booked.filter(finding="batch", batch_message_id__in=messages):
            self.of_batch[line.batch_message_id] = line

    def line_of(self, order, batch) -> StatementLine | None:
        if order.outcome not in ("paid", "returned"):
            return None
        lines = self.own[order.instalment_id]
        exact = [line for line in lines if line.end_to_end_id == order.end_to_end_id]
        by_hand = [
            line
            for line in lines
            if line.finding == "by_hand" and line.handled_at and line.handled_at >= order.ordered_at
        ]
        for found in (exact[-1:], by_hand[:1]):
            if found:
                return found[0]
        return self.of_batch.get(batch.message_id) if batch else None
