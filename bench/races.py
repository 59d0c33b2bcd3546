"""Many hands at once on one envelope: not one cent over, whatever the order."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.db import connections, transaction

from bench.measure import Report
from core.transitions import Refusal
from fund.ledger import open_grant, post, set_awarded
from fund.models import Envelope
from tests.factories import ledger as books

AWARD = 2_500_000


def race(name: str, hands: int, places: int) -> tuple[Counter, Envelope]:
    """`hands` awards at the same instant from an envelope that holds `places` of them, less one cent of the next."""
    row = books.envelope(places * AWARD + AWARD - 1)
    barrier = threading.Barrier(hands)

    def award(number: int) -> str:
        reference = f"FP-2026-{name}-{number:04d}"
        try:
            barrier.wait(60)
            with transaction.atomic():
                open_grant(reference, row, AWARD, AWARD)
                set_awarded(reference, AWARD)
                post("reserve", at=books.AT, grant=reference, amount=AWARD, basis=f"D-{name}-{number:04d}")
            return "awarded"
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(hands) as pool:
        said = Counter(pool.map(award, range(hands)))
    row.refresh_from_db()
    return said, row


def run(report: Report, races: int, hands: int, places: int) -> None:
    started, awarded, over = time.monotonic(), 0, 0
    for number in range(races):
        said, row = race(f"{number:06d}", hands, places)
        awarded += said["awarded"]
        spent = row.reserved_amount
        over += max(0, spent - row.opened_amount)
        if set(said) - {"awarded", "envelope_exceeded"} or said["awarded"] != min(hands, places):
            raise RuntimeError(f"race {number}: {dict(said)}")
        if spent != said["awarded"] * AWARD or row.free_amount != row.opened_amount - spent:
            raise RuntimeError(f"race {number}: the columns of {row.reference} do not add up")
    wall = time.monotonic() - started
    report.add(
        f"{races} race(s) of {hands} awards for {places} place(s)",
        f"{awarded} awarded",
        f"{over} cents over, {races * hands / wall:.0f} answers/s",
    )
