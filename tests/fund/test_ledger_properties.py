"""Any sequence of acts, accepted or refused, leaves the identities of the books true: a small model of its own is held beside the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.transitions import Refusal
from fund.ledger import LedgerError, add_certified, export, open_grant, post, queries, seal, set_awarded
from fund.ledger.accounts import MOVES
from fund.ledger.verify import verify
from fund.models import Entry, Envelope, GrantAccount, Unsealed
from fund.models.ledger import OF_GRANT, STANDING
from tests.factories import ledger as books
from tests.outsider import outsider

GRANTS = [f"FP-2026-0000000{number}" for number in range(4)]
AMOUNTS = st.integers(1, 400)
STEPS = [kind for kind in MOVES if kind not in ("open", "lower", "reserve", "carry")]


class Ledger(RuleBasedStateMachine):
    """The model: cents by (holder, account), the awards, what is public."""

    @initialize(first=st.integers(0, 900), second=st.integers(0, 900))
    def open(self, first, second):
        self.at = books.AT
        self.rows = [books.envelope(first + 1), books.envelope(second + 1)]
        self.money = {(row.reference, name): 0 for row in self.rows for name in STANDING}
        self.money |= {(grant, name): 0 for grant in GRANTS for name in OF_GRANT}
        for row in self.rows:
            self.money[(row.reference, "free")] = row.opened_amount
        self.home = {grant: self.rows[number % 2] for number, grant in enumerate(GRANTS)}
        self.awarded, self.certified, self.secret = dict.fromkeys(GRANTS, 0), dict.fromkeys(GRANTS, 0), {}
        self.refused = self.done = 0

    def act(self, allowed: bool, function) -> bool:
        """Do it; the books must agree with the model on whether it may be done."""
        self.at += timedelta(minutes=1)
        before = Entry.objects.count()
        try:
            with transaction.atomic():
                function()
        except (Refusal, LedgerError) as error:
            assert not allowed, f"the model allows it, the books do not: {error!r}"
            assert Entry.objects.count() == before
            self.refused += 1
            return False
        assert allowed, "the books allow it, the model does not"
        self.done += 1
        return True

    def move(self, holders, left, arrived, amount):
        for holder in holders:
            for account, cents in ((left, -amount), (arrived, amount)):
                if (holder, account) in self.money:
                    self.money[(holder, account)] += cents

    def total(self, grant, names):
        return sum(self.money[(grant, name)] for name in names)

    @rule(place=st.integers(0, 1), amount=AMOUNTS)
    def raise_(self, place, amount):
        row = self.rows[place]
        if self.act(True, lambda: post("open", at=self.at, envelope=row.pk, amount=amount)):
            self.money[(row.reference, "free")] += amount

    @rule(place=st.integers(0, 1), amount=AMOUNTS)
    def lower(self, place, amount):
        row = self.rows[place]
        if self.act(
            amount <= self.money[(row.reference, "free")],
            lambda: post("lower", at=self.at, envelope=row.pk, amount=amount),
        ):
            self.money[(row.reference, "free")] -= amount

    @rule(place=st.integers(0, 1), amount=AMOUNTS)
    def carry(self, place, amount):
        row, other = self.rows[place], self.rows[1 - place]
        allowed = amount <= self.money[(row.reference, "free")]
        if self.act(allowed, lambda: post("carry", at=self.at, envelope=row.pk, to_envelope=other.pk, amount=amount)):
            self.money[(row.reference, "free")] -= amount
            self.money[(other.reference, "free")] += amount

    @rule(grant=st.sampled_from(GRANTS), amount=AMOUNTS, secret=st.booleans())
    def award(self, grant, amount, secret):
        if self.awarded[grant]:
            return
        row = self.home[grant]

        def reserve():
            open_grant(grant, row, 300, 350)
            set_awarded(grant, amount)
            post("reserve", at=self.at, grant=grant, amount=amount, basis=f"D-{grant}", sealed=not secret)

        if self.act(amount <= 300 and amount <= self.money[(row.reference, "free")], reserve):
            self.awarded[grant] = amount
            self.move((grant, row.reference), "free", "reserved", amount)
            if secret:
                self.secret[grant] = amount

    @precondition(lambda self: self.secret)
    @rule(data=st.data())
    def notify(self, data):
        grant = data.draw(st.sampled_from(sorted(self.secret)))
        with transaction.atomic():
            assert len(seal(f"D-{grant}", self.at)) == 1
        del self.secret[grant]

    @precondition(lambda self: self.secret)
    @rule(data=st.data())
    def annul(self, data):
        grant = data.draw(st.sampled_from(sorted(self.secret)))
        amount = self.secret.pop(grant)

        def release():
            post("release_reservation", at=self.at, grant=grant, amount=amount, basis=f"D-{grant}", sealed=False)
            set_awarded(grant, 0)

        assert self.act(True, release)
        self.move((grant, self.home[grant].reference), "reserved", "free", amount)
        self.awarded[grant] = 0

    @precondition(lambda self: any(self.awarded.values()))
    @rule(data=st.data(), amount=AMOUNTS)
    def certify(self, data, amount):
        grant = data.draw(st.sampled_from([grant for grant in GRANTS if self.awarded[grant]]))
        if self.act(
            self.certified[grant] + amount <= self.total(grant, OF_GRANT[1:]), lambda: add_certified(grant, amount)
        ):
            self.certified[grant] += amount

    @precondition(lambda self: any(self.awarded.values()))
    @rule(data=st.data(), kind=st.sampled_from(STEPS), amount=AMOUNTS, whole=st.booleans())
    def step(self, data, kind, amount, whole):
        grant = data.draw(st.sampled_from([grant for grant in GRANTS if self.awarded[grant]]))
        left, arrived = (str(account) for account in MOVES[kind])
        if whole:
            amount = self.money[(grant, left)] or amount
        allowed = amount <= self.money[(grant, left)] and grant not in self.secret
        after = {
            name: self.money[(grant, name)] + (amount if name == arrived else -amount if name == left else 0)
            for name in OF_GRANT
        }
        ordered = sum(after[name] for name in OF_GRANT[2:])
        allowed = allowed and ordered <= self.certified[grant] <= ordered + after["committed"]
        if self.act(allowed, lambda: post(kind, at=self.at, grant=grant, amount=amount, basis=grant)):
            self.move((grant, self.home[grant].reference), left, arrived, amount)

    @rule(data=st.data())
    def reverse(self, data):
        entries = list(Entry.objects.filter(grant=None, reverses=None, reversed_by=None).order_by("pk"))
        if not entries:
            return
        entry = data.draw(st.sampled_from(entries))
        moves = [
            (line.envelope.reference, line.account, -line.cents) for line in entry.postings.select_related("envelope")
        ]
        allowed = all(
            self.money.get((envelope, account), 0) + cents >= 0
            for envelope, account, cents in moves
            if account == "free"
        )
        if self.act(allowed, lambda: post("reversal", at=self.at, reverses=entry)):
            for envelope, account, cents in moves:
                if account == "free":
                    self.money[(envelope, account)] += cents

    @invariant()
    def the_books_are_the_model(self):
        if not hasattr(self, "money"):
            return
        for row in Envelope.objects.all():
            found = {name: getattr(row, f"{name}_amount") for name in STANDING}
            assert found == {name: self.money[(row.reference, name)] for name in STANDING}
            assert row.opened_amount == sum(found.values()) and min(found.values()) >= 0
        for account in GrantAccount.objects.all():
            assert {name: getattr(account, f"{name}_amount") for name in OF_GRANT} == {
                name: self.money[(account.reference, name)] for name in OF_GRANT
            }
            assert account.live_total <= account.awarded_amount == self.awarded[account.reference] <= 300
            assert account.ordered_total <= account.certified_amount <= account.committed_total
        hidden = sum(self.secret.values())
        public = queries.public_totals()
        assert public.free == sum(self.money[(row.reference, "free")] for row in self.rows) + hidden
        assert public.reserved == sum(self.money[(row.reference, "reserved")] for row in self.rows) - hidden

    def teardown(self):
        if not hasattr(self, "money"):
            return
        found = verify()
        count, head, root, _balances = outsider.check(export.jsonl_lines, [])
        assert (count, head, root) == (found.public, found.head, found.root)
        assert found.entries - found.public == Unsealed.objects.count()


def machine(**changes):
    return settings(deadline=None, suppress_health_check=list(HealthCheck), **changes)


class ShortRuns(TestCase):
    """Each run in a transaction of its own, rolled back: the machine's setup and teardown stand in it."""

    def test_any_sequence_of_acts(self):
        run(machine(max_examples=15, stateful_step_count=25))


@pytest.mark.slow
class LongRuns(TestCase):
    def test_long_sequences_of_acts(self):
        run(machine(max_examples=60, stateful_step_count=60))


def run(chosen):
    def in_a_transaction():
        class Run(Ledger):
            def __init__(self):
                super().__init__()
                self._block = transaction.atomic()
                self._block.__enter__()

            def teardown(self):
                try:
                    super().teardown()
                finally:
                    transaction.set_rollback(True)
                    self._block.__exit__(None, None, None)

        return Run

    run_state_machine_as_test(in_a_transaction(), settings=chosen)
