"""Many at once, each on a connection of its own: an envelope that holds ten awards gives exactly ten, whatever the engine."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections, transaction

from core.transitions import Refusal
from fund.ledger import add_certified, open_grant, post, seal, set_awarded
from fund.ledger.verify import verify
from fund.models import Entry, Envelope, GrantAccount, LedgerHead, Seal, Unsealed
from tests.at_once import many_connections
from tests.factories import ledger as books

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AT, AWARD, ASKED, HELD = books.AT, 2_500_000, 50, 10


def together(number: int, act):
    """Run `act(0…number-1)` in as many threads, all at the same instant. Returns what each said: "done", or the code of its refusal."""
    barrier = threading.Barrier(number)

    def one(place: int) -> str:
        try:
            barrier.wait(30)
            act(place)
            return "done"
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with many_connections(), ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def reference(place: int) -> str:
    return f"FP-2026-{place:08d}"


def award(row: Envelope, sealed=lambda place: True):
    def act(place: int) -> None:
        with transaction.atomic():
            open_grant(reference(place), row, AWARD, 3_000_000)
            set_awarded(reference(place), AWARD)
            post(
                "reserve",
                at=AT,
                grant=reference(place),
                amount=AWARD,
                basis=f"D-2026-{place:08d}",
                sealed=sealed(place),
            )

    return act


def test_fifty_awards_from_an_envelope_that_holds_ten():
    row = books.envelope(HELD * AWARD + AWARD - 1)
    said = together(ASKED, award(row))
    assert sorted(set(said)) == ["done", "envelope_exceeded"] and said.count("done") == HELD
    row.refresh_from_db()
    assert (row.free_amount, row.reserved_amount) == (AWARD - 1, HELD * AWARD)
    assert GrantAccount.objects.filter(reserved_amount=AWARD).count() == HELD == GrantAccount.objects.count()
    assert LedgerHead.objects.get().count == Seal.objects.count() == Entry.objects.count() == HELD + 1
    assert verify().public == HELD + 1


def test_half_of_them_secret_then_notified_together():
    row = books.envelope(HELD * AWARD)
    said = together(ASKED, award(row, sealed=lambda place: place % 2 == 0))
    assert said.count("done") == HELD
    waiting = list(Unsealed.objects.values_list("entry__basis", flat=True))

    def notify(place: int) -> None:
        with transaction.atomic():
            seal(waiting[place], AT)

    assert set(together(len(waiting), notify)) <= {"done"}
    assert not Unsealed.objects.exists()
    assert verify().public == HELD + 1


def test_awards_while_the_envelope_is_lowered_and_money_comes_back():
    row = books.envelope(HELD * AWARD)
    give = award(row)

    def act(place: int) -> None:
        if place % 3 == 0:
            with transaction.atomic():
                post("lower", at=AT, envelope=row.pk, amount=AWARD)
        elif place % 3 == 1:
            give(place)
        else:
            give(place)
            with transaction.atomic():
                post("release_reservation", at=AT, grant=reference(place), amount=AWARD, basis=reference(place))

    together(30, act)
    verify()
    row.refresh_from_db()
    assert (
        row.opened_amount
        == row.free_amount + row.reserved_amount
        == AWARD * (HELD - Entry.objects.filter(kind="lower").count())
    )


def test_one_instalment_ordered_by_many_is_ordered_once():
    books.reserved_grant(books.envelope(), AWARD, reference=reference(1))
    with transaction.atomic():
        post("commit", at=AT, amount=AWARD, grant=reference(1), basis=reference(1))
        add_certified(reference(1), AWARD)

    def order(_place: int) -> None:
        with transaction.atomic():
            post("order", at=AT, amount=AWARD, grant=reference(1), basis=f"{reference(1)}/1")

    said = together(20, order)
    assert said.count("done") == 1 and set(said) == {"done", "balance_exceeded"}
    verify()


def test_money_carried_both_ways_at_once():
    first, second = books.envelope(1_000), books.envelope(1_000)

    def carry(place: int) -> None:
        source, target = (first, second) if place % 2 else (second, first)
        with transaction.atomic():
            post("carry", at=AT, envelope=source.pk, to_envelope=target.pk, amount=100)

    assert together(20, carry).count("done") >= 10
    assert sum(Envelope.objects.values_list("free_amount", flat=True)) == 2_000
    verify()


def test_the_check_sees_one_state_while_others_write():
    """`verify_ledger` on a fund that is being used finds no fault that is not there."""
    row = books.envelope(100_000_000)
    stop, faults = threading.Event(), []

    def write(place: int) -> None:
        try:
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    with transaction.atomic():
                        post("open", at=AT, envelope=row.pk, amount=1, basis=f"E-2026-1/{place}-{number}")
                except OperationalError as error:  # a busy embedded database: the writer tries again
                    faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    try:
        seen = [verify().public for _turn in range(10)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert seen == sorted(seen) and seen[-1] > seen[0]
    assert connection.vendor != "postgresql" or not faults
