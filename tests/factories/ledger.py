"""Envelopes with money and grants in them, posted through the ledger itself."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.db import transaction

from fund.ledger import add_certified, open_grant, post, set_awarded, start
from fund.models import Envelope, LedgerHead
from fund.models.ledger import EnvelopeState

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
FUND = "10000009000017"


def start_ledger() -> LedgerHead:
    """The genesis of the test vectors, unless the ledger has one."""
    return LedgerHead.objects.first() or start(FUND, date(2026, 1, 1))


def envelope(
    amount: int = 30_000_000,
    *,
    number: int | None = None,
    year: int = 2026,
    label: str = "Enveloppe",
    at: datetime = AT,
) -> Envelope:
    """An open envelope of `amount` cents; 0 leaves a draft."""
    start_ledger()
    number = number or Envelope.objects.filter(year=year).count() + 1
    row = Envelope(
        reference=f"E-{year}-{number}",
        label=label,
        year=year,
        created_at=at,
        state=EnvelopeState.OPEN if amount else EnvelopeState.DRAFT,
        acts_count=1 if amount else 0,
    )
    row.save(force_insert=True)
    if amount:
        with transaction.atomic():
            post("open", at=at, envelope=row, amount=amount, basis=f"{row.reference}/1")
    return row


def reserved_grant(
    row: Envelope,
    amount: int,
    *,
    reference: str = "FP-2026-4T8RWZ2M",
    basis: str = "D-2026-7K3M9QXA",
    at: datetime = AT,
    sealed: bool = True,
):
    """A grant awarded `amount` cents and reserved in the envelope."""
    with transaction.atomic():
        open_grant(reference, row, amount, max(amount, 3_000_000))
        account = set_awarded(reference, amount)
        post("reserve", at=at, envelope=row, amount=amount, grant=reference, basis=basis, sealed=sealed)
    account.refresh_from_db()
    return account


def paid_grant(row: Envelope, amount: int, *, reference: str = "FP-2026-4T8RWZ2M", at: datetime = AT):
    """The same, committed, certified, ordered and paid in one instalment."""
    account = reserved_grant(row, amount, reference=reference, at=at)
    with transaction.atomic():
        post("commit", at=at, amount=amount, grant=reference, basis=reference)
        add_certified(reference, amount)
        post("order", at=at, amount=amount, grant=reference, basis=f"{reference}/1")
        post("pay", at=at, amount=amount, grant=reference, basis=f"{reference}/1")
    account.refresh_from_db()
    row.refresh_from_db()
    return account
