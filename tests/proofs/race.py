"""Many processes pressing at the same instant on the verbs of the money: awards born of a vote, then orders, batches, files and statements of the bank.

Every act is pressed by several people at once. Exactly one of them does it, the others are told why; not a cent goes over the envelope, nothing is
awarded, ordered, gathered, exported or paid twice, and nobody gets an error instead of an answer.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from tests.proofs.ground import begin, own_fund

AWARD, GRANT, THREADS, MOST_HANDS = 1_000_000, 100_000, 8, 64
Press = tuple[str, Callable]
"""What is pressed, and the act."""


def hands() -> int:
    """How many connections may be opened now: the server's, less those of others and ten to spare. An embedded database gets eight."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return THREADS
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int - count(*) FROM pg_stat_activity")
        return max(THREADS, min(MOST_HANDS, cursor.fetchone()[0] - 10))


def together(presses: list[Press], seed: int) -> list[tuple[str, str]]:
    """Every press, by processes of eight threads each that start at the same instant, in random order. Returns (what, "done" or the refusal's code)."""
    presses = list(presses)
    random.Random(seed).shuffle(presses)
    number = max(2, hands() // THREADS)
    start = time.monotonic() + 1
    waits = [begin(lambda share=presses[place::number]: _hand(share, start)) for place in range(number)]
    return [tuple(answer) for wait in waits for answer in wait().said]


def _hand(share: list[Press], start: float) -> list[tuple[str, str]]:
    from django.db import connection, connections

    from core.transitions import Refusal

    barrier = threading.Barrier(min(THREADS, len(share)) or 1)
    opened = threading.local()

    def one(press: Press) -> tuple[str, str]:
        what, act = press
        if not hasattr(opened, "ready"):
            opened.ready = True
            connection.ensure_connection()
            barrier.wait(60)
            time.sleep(max(0.0, start - time.monotonic()))
        try:
            act()
            return what, "done"
        except Refusal as refusal:
            return what, refusal.code

    with ThreadPoolExecutor(min(THREADS, len(share)) or 1) as pool:
        said = list(pool.map(one, share))
    connections.close_all()
    return said


def held(said: list[tuple[str, str]], *, once: set[str], told: set[str]) -> Counter:
    """Each of `once` was done exactly once, nothing else was; the others heard one of `told`."""
    done = Counter(what for what, answer in said if answer == "done")
    answers = Counter(answer for _what, answer in said)
    wrong = {what: done[what] for what in set(done) | once if done[what] != (what in once)}
    assert not wrong, ("done not once", wrong, answers)
    assert set(answers) <= {"done"} | told, answers
    return answers


def books_hold() -> None:
    from core.checks import run
    from fund.ledger.verify import verify
    from payments.queries import invariants

    verify()
    assert invariants.problems() == []
    for check in run(["payments", "bank_files"]):
        assert check.ok, check.detail


# ---- awards ----


def awards(number: int, seed: int) -> dict:
    """Half as many files as presses, each decided by both co-presidents at once, from an envelope that holds a fifth of them, less a cent of one more."""
    from fund.models import Entry, Envelope
    from reviews.models import Decision, Panel
    from reviews.transitions import decisions
    from tests.factories import reviews as make

    files = max(2, number // 2)
    places = max(1, files // 5)
    made = make.under_review(
        make.world(files=files, envelope=places * AWARD + AWARD - 1, requested=AWARD, reviews_per_college=1),
        declare=False,
    )
    # Readings are no part of the race: every file is on record as read in the meeting.
    plenary = {application.reference: {"fallback": "plenary", "reason": "Lu en séance."} for application in made.files}
    Panel.objects.filter(pk=made.panel.pk).update(shortages=plenary)
    items = [(application, make.voted_item(made, application)) for application in made.files]

    def decide(application, item, president):
        return lambda: make.inside(
            decisions.decide,
            agenda_item=item,
            actor=president,
            application=application,
            outcome="selected",
            amount=AWARD,
            grounds="Un besoin établi, un essai simple.",
        )

    presses = [
        (application.reference, decide(application, item, who))
        for application, item in items
        for who in made.presidents
    ]
    started = time.monotonic()
    said = together(presses, seed)
    wall = time.monotonic() - started
    given = set(Decision.objects.filter(outcome="selected").values_list("application__reference", flat=True))
    answers = held(said, once=given, told={"envelope_exceeded", "decision_already_live"})
    assert len(given) == places == Decision.objects.count() == Entry.objects.filter(kind="reserve").count()
    envelope = Envelope.objects.get(pk=made.call.envelope_id)
    assert (envelope.free_amount, envelope.reserved_amount) == (AWARD - 1, places * AWARD), "a cent over, or lost"
    books_hold()
    return {"presses": len(presses), "places": places, "answers": dict(answers), "seconds": round(wall)}


# ---- payments ----


class Payments:
    """A tenth as many grants as presses: each payment is ordered, gathered, frozen, exported and booked by several at once."""

    def __init__(self, number: int, seed: int):
        from django.utils import timezone

        from tests.factories import ledger as books
        from tests.factories import payments as make
        from tests.factories.fund import CallFactory, FundIdentityFactory

        FundIdentityFactory()
        self.seed, self.people = seed, make.People()
        call = CallFactory(state="decided", envelope=books.envelope(1_000_000_000))
        self.grants = max(2, number // 10)
        self.ones = []
        for _turn in range(self.grants):
            row = make.signed(self.people, GRANT, decision=make.notified_award(GRANT, call=call))
            self.ones.append(make.certified(self.people, make.first_of(row)))
        self.now = timezone.now()
        self.said: list[tuple[str, str]] = []
        self.answers: Counter = Counter()

    def press(self, presses: list[Press], *, once: set[str], told: set[str]) -> None:
        self.seed += 1
        said = together(presses, self.seed)
        self.said += said
        self.answers += held(said, once=once, told=told)
        books_hold()

    def fresh(self):
        from payments.models import Instalment

        return list(Instalment.objects.filter(pk__in=[one.pk for one in self.ones]).select_related("agreement"))

    def order(self) -> None:
        from payments.transitions import instalment

        def act(one):
            return lambda: instalment.order(instalment=one, actor=self.people.orderer, at=self.now)

        presses = [(str(one.pk), act(one)) for one in self.ones for _turn in range(3)]
        self.press(presses, once={str(one.pk) for one in self.ones}, told={"not_allowed_in_state", "balance_exceeded"})

    def gather(self) -> None:
        """Each payment into a batch of its own and into two open ones that others fill at the same time."""
        from payments.transitions import batch

        lots = [batch.open_batch(payment_batch=None, actor=self.people.payer, at=self.now) for _turn in range(4)]

        def act(one, lot):
            return lambda: batch.gather(batch=lot, instalments=[one], actor=self.people.payer, at=self.now)

        ones = self.fresh()
        presses = [
            (str(one.pk), act(one, lot))
            for place, one in enumerate(ones)
            for lot in (None, lots[place % 4], lots[(place + 1) % 4])
        ]
        self.press(presses, once={str(one.pk) for one in ones}, told={"already_in_batch"})

    def batches(self):
        from payments.models import PaymentBatch

        return list(PaymentBatch.objects.filter(lines__live=True).distinct())

    def freeze(self) -> None:
        """Frozen by two, while the payments are refused and recalled by others."""
        from payments.enums import Control
        from payments.transitions import batch, instalment

        def freeze(lot):
            return lambda: batch.freeze(
                payment_batch=lot, actor=self.people.payer, at=self.now, controls=Control.values
            )

        def back(one, verb, who):
            return lambda: verb(instalment=one, actor=who, at=self.now, reason="Une erreur.")

        lots = self.batches()
        presses = [(lot.reference, freeze(lot)) for lot in lots for _turn in range(2)]
        presses += [(f"refuse {one.pk}", back(one, instalment.refuse, self.people.payer)) for one in self.fresh()]
        presses += [(f"recall {one.pk}", back(one, instalment.recall, self.people.orderer)) for one in self.fresh()]
        self.press(presses, once={lot.reference for lot in lots}, told={"not_allowed_in_state", "already_in_batch"})

    def export(self) -> None:
        """The file produced by two, while a third cancels the batch: one or the other, never both. What was cancelled goes in another batch."""
        from payments.transitions import batch
        from tests.factories import payments as make

        def act(verb, lot):
            return lambda: verb(payment_batch=lot, actor=self.people.payer, at=self.now)

        lots = self.batches()
        presses = [
            (lot.reference, act(verb, lot)) for lot in lots for verb in (batch.export, batch.export, batch.cancel)
        ]
        self.press(
            presses, once={lot.reference for lot in lots}, told={"not_allowed_in_state", "batch_already_exported"}
        )
        back = [one for one in self.fresh() if one.state == "ordered"]
        if back:
            make.exported(self.people, back, at=self.now)

    def settle(self) -> None:
        """Every payment stands in a statement of ten and in one of them all; each file is imported by two at once."""
        from payments.models import BankStatement
        from tests.factories import payments as make

        ones = self.fresh()
        files = [ones[place : place + 10] for place in range(0, len(ones), 10)] + [ones]
        presses, today = [], date.today()
        for number, payments in enumerate(files):
            content = make.camt053(
                [make.Movement(one.end_to_end_id, one.certified_amount) for one in payments],
                on=today,
                message_id=f"M{number}",
            )
            for one in payments:  # the bank calls a movement by one name, whatever statement it stands in
                content = re.sub(rb"BANK\d+", b"OWN-%d" % one.pk, content, count=1)
            presses += [
                (f"M{number}", lambda content=content: make.import_bytes(self.people, content)) for _turn in range(2)
            ]
        self.press(presses, once={f"M{number}" for number in range(len(files))}, told={"statement_already_imported"})
        assert BankStatement.objects.count() == len(files)

    def paid_once(self) -> None:
        from fund.models import Entry, Envelope
        from payments.models import PaymentBatch, PaymentOrder

        for one in self.fresh():
            kinds = Counter(Entry.objects.filter(basis=one.basis).values_list("kind", flat=True))
            assert one.state == "paid" and kinds == Counter({"order": 1, "pay": 1}), (one.basis, one.state, kinds)
            written = sum(one.end_to_end_id in lot.content for lot in PaymentBatch.objects.all())
            assert written == 1, f"{one.basis} stands in {written} files"
        assert PaymentOrder.objects.count() == self.grants
        due = sum(one.certified_amount for one in self.ones)
        assert sum(Envelope.objects.values_list("paid_amount", flat=True)) == due
        assert not PaymentBatch.objects.filter(lines__live=True).exclude(state="settled").exists()


def payments(number: int, seed: int) -> dict:
    race = Payments(number, seed)
    started = time.monotonic()
    for act in (race.order, race.gather, race.freeze, race.export, race.settle):
        act()
    race.paid_once()
    wall = round(time.monotonic() - started)
    return {"presses": len(race.said), "grants": race.grants, "answers": dict(race.answers), "seconds": wall}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.race", description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=1_000, help="presses at once on awards, and on payments (1000)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with own_fund():
        found = {name: race(given.number, given.seed) for name, race in (("awards", awards), ("payments", payments))}
        found["hands"] = hands()
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
