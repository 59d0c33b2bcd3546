"""Any order of acts, tried by a machine: whatever is accepted or refused, the identities of the books hold (ledger.md, 2 to 5)."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import two_key
from core.transitions import VERBS, Refusal
from fund.enums import Role
from fund.models import Envelope
from payments.enums import Control
from payments.models import Agreement, Instalment, PayeeAccount, PaymentBatch, Recovery, Report, StatementLine
from payments.transitions import account, agreement, batch, instalment, matching, recovery, report
from tests.factories import payments as make
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db
ACTS = (
    "certify",
    "certify_low",
    "order",
    "return_to_due",
    "refuse",
    "recall",
    "gather",
    "freeze",
    "export",
    "cancel_batch",
    "pay",
    "reject",
    "bounce",
    "undo_return",
    "report",
    "accept",
    "accept_low",
    "recertify",
    "account",
    "suspend",
    "resume",
    "tick",
    "amend",
    "amend_low",
    "propose",
    "claim",
    "repay",
    "repay_some",
    "undo_repayment",
    "reduce",
    "waive",
    "write_off",
    "cancel_claim",
    "drop",
    "send_back",
)


class Walk:
    """One fund with two grants; `do(name)` tries an act on whatever stands, refusals are answers."""

    def __init__(self, at):
        self.at, self.people = at, make.People()
        self.president = person_with(Role.CO_PRESIDENT)
        self.grants = [make.signed(self.people, 1_000_001 + n, at=at) for n in range(2)]

    def do(self, name: str) -> bool:
        self.at += timedelta(hours=7)
        try:
            return bool(getattr(self, name)())
        except Refusal:
            return False

    def _some(self, state):
        return Instalment.objects.filter(state=state).order_by("pk").first()

    def _act(self, verb, state, actor, **params):
        one = self._some(state)
        return one and verb(instalment=one, actor=actor, at=self.at, **params)

    def certify(self):
        return self._act(instalment.certify, "due", self.people.officer, note="Vu.")

    def certify_low(self):
        return self._act(instalment.certify, "due", self.people.officer, note="Vu.", amount=123)

    def order(self):
        return self._act(instalment.order, "certified", self.people.orderer)

    def return_to_due(self):
        return self._act(instalment.return_to_due, "certified", self.people.orderer, reason="À revoir.")

    def refuse(self):
        return self._act(instalment.refuse, "ordered", self.people.payer, reason="Pièce manquante.")

    def recall(self):
        return self._act(instalment.recall, "ordered", self.people.orderer, reason="Erreur.")

    def recertify(self):
        return self._act(instalment.recertify, "payment_rejected", self.people.officer, note="Compte confirmé.")

    def gather(self):
        one = self._some("ordered")
        return one and batch.gather(
            batch=PaymentBatch.objects.filter(state="open").first(),
            instalments=[one],
            actor=self.people.payer,
            at=self.at,
        )

    def _batch(self, verb, state, **params):
        lot = PaymentBatch.objects.filter(state=state).first()
        return lot and verb(payment_batch=lot, actor=self.people.payer, at=self.at, **params)

    def freeze(self):
        return self._batch(batch.freeze, "open", controls=Control.values)

    def export(self):
        return self._batch(batch.export, "frozen")

    def cancel_batch(self):
        return self._batch(batch.cancel, "frozen") or self._batch(batch.cancel, "open")

    def _bank(self, state, **movement):
        one = (
            Instalment.objects.filter(state=state)
            .exclude(batch_lines__batch__state__in=("open", "frozen"), batch_lines__live=True)
            .first()
        )
        return one and make.import_bytes(
            self.people, make.camt053([make.Movement(one.end_to_end_id, one.certified_amount, **movement)]), at=self.at
        )

    def pay(self):
        return self._bank("in_payment")

    def bounce(self):
        return self._bank("paid", returned=True, reason="AC04")

    def undo_return(self):
        one = self._some("payment_rejected")
        if one is None:
            return None
        undo = VERBS["instalment"]["undo_return"]
        act = two_key.propose(undo, one, actor=self.people.payer, at=self.at, params={"reason": "Une autre."})
        return two_key.approve(act, actor=self.people.orderer, at=self.at)

    def undo_repayment(self):
        line = StatementLine.objects.filter(state="matched", recovery__state__in=("notified", "repaid")).first()
        if line is None:
            return None
        undo = VERBS["statement_line"]["undo_repayment"]
        act = two_key.propose(undo, line, actor=self.people.payer, at=self.at, params={"reason": "Une autre."})
        return two_key.approve(act, actor=self.people.orderer, at=self.at)

    def reject(self):
        one = self._some("in_payment")
        lot = one and one.batch_lines.filter(live=True, batch__state="exported").first()
        return lot and make.import_bytes(
            self.people, make.pain002(lot.batch.message_id, [(one.end_to_end_id, "MS03")]), at=self.at
        )

    def report(self):
        one = Report.objects.filter(state="due", agreement__state="active").first()
        return one and make.filed_report(one.agreement, at=self.at)

    def _accept(self, less):
        one = Report.objects.filter(state="submitted").first()
        if one is None:
            return None
        line = one.lines.first()
        return report.accept(
            report=one, actor=self.people.officer, at=self.at, accepted={line.pk: max(0, line.actual_amount - less)}
        )

    def accept(self):
        return self._accept(0)

    def accept_low(self):
        return self._accept(250_000)

    def account(self):
        row = Agreement.objects.filter(state__in=("active", "suspended")).order_by("-pk").first()
        if row is None or PayeeAccount.objects.filter(agreement=row, state="recorded").exists():
            return None
        return account.approve(payee_account=make.give_account(row, at=self.at), actor=self.people.payer, at=self.at)

    def suspend(self):
        row = Agreement.objects.filter(state="active").first()
        return row and agreement.suspend(
            agreement=row, actor=self.people.officer, at=self.at, reason="Doute.", remedy="pièces"
        )

    def resume(self):
        row = Agreement.objects.filter(state="suspended").first()
        return row and agreement.resume(agreement=row, actor=self.people.officer, at=self.at)

    def _going(self):
        return Agreement.objects.filter(state__in=("active", "suspended")).order_by("pk").first()

    def amend(self):
        row = self._going()
        return row and make.signed_amendment(self.people, row, at=self.at, new_ends_on=row.ends_on + timedelta(days=9))

    def amend_low(self):
        row = self._going()
        return row and make.signed_amendment(self.people, row, at=self.at, new_amount=row.amount - 100_003)

    def _claim(self, verb, state, actor, **params):
        one = Recovery.objects.filter(state=state).order_by("pk").first()
        return one and verb(recovery=one, actor=actor, at=self.at, **params)

    def propose(self):
        row = Agreement.objects.filter(instalments__state="paid").order_by("-pk").first()
        return row and make.proposed(self.people, row, 200_001, at=self.at)

    def claim(self):
        self.at += timedelta(days=20)
        return self._claim(recovery.notify, "proposed", self.people.orderer)

    def drop(self):
        return self._claim(recovery.drop, "proposed", self.people.officer, reason="Expliqué.")

    def reduce(self):
        return self._claim(recovery.reduce, "notified", self.people.orderer, amount=7, reason="Recours.")

    def cancel_claim(self):
        return self._claim(recovery.cancel, "notified", self.people.orderer, reason="Erreur.")

    def _two_keys(self, name, first, second):
        one = Recovery.objects.filter(state="notified").order_by("pk").first()
        if one is None:
            return None
        act = two_key.propose(
            VERBS["recovery"][name], one, actor=first, at=self.at, params={"reason": "Impossible à payer."}
        )
        return two_key.approve(act, actor=second, at=self.at)

    def waive(self):
        return self._two_keys("waive", self.people.orderer, self.president)

    def write_off(self):
        return self._two_keys("write_off", self.people.payer, self.people.orderer)

    def _repay(self, amount):
        one = Recovery.objects.filter(state="notified").order_by("pk").first()
        return one and make.given_back(self.people, one.reference, amount(one), at=self.at)

    def repay(self):
        return self._repay(lambda one: one.left_amount)

    def repay_some(self):
        return self._repay(lambda one: min(1_003, one.left_amount))

    def send_back(self):
        row = Agreement.objects.filter(instalments__state="paid").order_by("pk").first()
        if row is None:
            return None
        make.given_back(self.people, "merci", 2_009, at=self.at)
        line = StatementLine.objects.filter(state="to_check", direction="credit").order_by("-pk").first()
        return line and matching.record_return(statement_line=line, actor=self.people.payer, at=self.at, agreement=row)

    def tick(self):
        from core.models import User
        from payments import tasks

        return sum(
            job(self.at, User.objects.system())
            for job in (
                tasks.offers,
                tasks.going,
                tasks.settled,
                tasks.unsigned_amendments,
                tasks.report_reminders,
            )
        )


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(st.sampled_from(ACTS), min_size=15, max_size=50))
def test_the_books_hold_whatever_is_done(at, acts):
    from django.db import transaction

    with transaction.atomic():
        walk = Walk(at)
        for name in acts:
            walk.do(name)
            assert make.invariants() == [], name
            for envelope in Envelope.objects.all():
                standing = [
                    getattr(envelope, f"{one}_amount")
                    for one in ("free", "reserved", "committed", "ordered", "paid", "claimed", "returned")
                ]
                assert sum(standing) == envelope.opened_amount and min(standing) >= 0
        transaction.set_rollback(True)


def test_a_walk_reaches_the_end(at):
    """The machine above is not refused everywhere: a straight walk pays both grants in full."""
    walk = Walk(at)
    for _turn in range(2):
        for name in ("certify", "order", "gather", "freeze", "export", "pay"):
            assert walk.do(name), name
    for _turn in range(2):
        for name in ("report", "accept", "certify", "order", "gather", "freeze", "export", "pay"):
            assert walk.do(name), name
    assert {row.state for row in Agreement.objects.all()} == {"completed"} and make.invariants() == []


def test_a_walk_claims_money_back_in_every_way(at):
    """The acts on recoveries and amendments are not refused everywhere: each is done once, from where it can be."""
    walk = Walk(at)
    for name in ("amend", "amend_low", "certify", "order", "gather", "freeze", "export", "pay"):
        assert walk.do(name), name
    for life in (
        ("propose", "drop"),
        ("propose", "claim", "cancel_claim"),
        ("propose", "claim", "reduce", "repay_some", "waive"),
        ("propose", "claim", "write_off"),
        ("propose", "claim", "repay_some", "repay"),
        ("send_back",),
    ):
        for name in life:
            assert walk.do(name), (life, name)
            assert make.invariants() == [], name
    assert sorted(Recovery.objects.values_list("state", flat=True)) == [
        "cancelled",
        "cancelled",
        "repaid",
        "repaid",
        "waived",
        "written_off",
    ]
