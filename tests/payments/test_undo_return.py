"""A return of the bank booked in error is undone by two people: the payment is paid again as it was, the ledger keeps both, the line waits for a person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import two_key
from core.models import Event, Mail
from core.transitions import VERBS
from fund.ledger.verify import verify
from fund.models import Entry, GrantAccount
from payments.models import Agreement, BatchLine, Instalment, PayeeAccount, StatementLine
from payments.queries import closing, treasury
from payments.transitions import account, instalment, matching, report, undoing
from registry.queries import changes
from tests.core.helpers import refused
from tests.factories import payments as make
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db
UNDO = VERBS["instalment"]["undo_return"]


@pytest.fixture
def people():
    return make.People()


def fresh(one):
    return Instalment.objects.get(pk=one.pk)


def send_back(people, one, at, reason="MS03", **options):
    move = make.Movement(one.end_to_end_id, one.certified_amount, returned=True, reason=reason, **options)
    return make.import_bytes(people, make.camt053([move]), at=at)


@pytest.fixture
def returned(at, people):
    before = at - timedelta(days=2)
    one = make.paid(people, make.first_of(make.signed(people, at=before)), at=before)
    send_back(people, one, at)
    return fresh(one)


def undo(people, one, at):
    act = two_key.propose(UNDO, one, actor=people.payer, at=at, params={"reason": "C’était un autre versement."})
    return two_key.approve(act, actor=people.orderer, at=at)


def test_the_payment_stands_as_it_was_and_the_ledger_keeps_both(people, returned, at):
    before = GrantAccount.objects.get().paid_amount
    one = undo(people, returned, at)
    day = timezone.localdate(at - timedelta(days=2))
    assert (one.state, one.paid_on, one.rejected_at, one.rejection_code) == ("paid", day, None, "")
    assert (one.orders.get().outcome, BatchLine.objects.get().live) == ("paid", True)
    kinds = list(Entry.objects.filter(basis=one.basis).order_by("id").values_list("kind", "reverses__kind"))
    assert kinds == [("order", None), ("pay", None), ("bounce", None), ("reversal", "bounce")]
    assert (before, GrantAccount.objects.get().paid_amount) == (0, one.certified_amount)
    event = Event.objects.get(machine="instalment", verb="undo_return")
    assert event.actor == people.orderer and event.reason.text == "C’était un autre versement."
    assert Mail.objects.filter(code="payments/payment.return_undone").count() >= 1
    line = StatementLine.objects.get(is_return=True)
    assert (line.state, line.instalment, line.finding) == ("to_check", None, "undone")
    assert make.invariants() == [] and treasury.years(one.agreement)[0].received_amount == one.certified_amount
    assert closing.figures(at.year)["envelopes"][0]["paid_in_year"] == one.certified_amount
    verify()


def test_it_takes_two_people_and_a_reason(people, returned, at):
    with refused("second_key_missing"):
        undoing.undo_return(instalment=returned, actor=people.payer, at=at, reason="Erreur.")
    with refused("not_permitted"):
        two_key.propose(UNDO, returned, actor=people.orderer, at=at, params={"reason": "Erreur."})
    with refused("reason_missing"):
        two_key.propose(UNDO, returned, actor=people.payer, at=at, params={"reason": " "})
    act = two_key.propose(UNDO, returned, actor=people.payer, at=at, params={"reason": "Erreur."})
    with refused("same_person"):
        two_key.approve(act, actor=people.payer, at=at)
    assert fresh(returned).state == "payment_rejected"


def test_a_proposal_is_stale_once_the_payment_was_made_again(people, returned, at):
    act = two_key.propose(UNDO, returned, actor=people.payer, at=at, params={"reason": "Erreur."})
    one = instalment.recertify(instalment=returned, actor=people.officer, at=at, note="Compte confirmé.")
    with refused("stale_approval"):
        two_key.approve(act, actor=people.orderer, at=at)
    assert one.state == "certified" and make.invariants() == []


def test_only_what_the_bank_returned_is_undone(people, at):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = one.batch_lines.get().batch
    make.import_bytes(people, make.pain002(lot.message_id, [(one.end_to_end_id, "MS03")]), at=at)
    with refused("nothing_came_back"):
        two_key.propose(UNDO, fresh(one), actor=people.payer, at=at, params={"reason": "Erreur."})


def test_the_line_then_goes_to_the_payment_that_did_come_back(people, at):
    """Two payments of one amount, the bank's return without its reference: the accounting officer took the wrong one."""
    rows = [make.signed(people, at=at) for _number in range(2)]
    ones = [make.paid(people, make.first_of(row), at=at) for row in rows]
    move = make.Movement("", ones[0].certified_amount, returned=True, reason="AC04")
    make.import_bytes(people, make.camt053([move]), at=at)
    line = StatementLine.objects.get(is_return=True)
    matching.match(statement_line=line, actor=people.payer, at=at, instalment=ones[0])
    assert PayeeAccount.objects.get(agreement=rows[0]).state == "blocked"
    undo(people, fresh(ones[0]), at)
    matching.match(statement_line=StatementLine.objects.get(pk=line.pk), actor=people.payer, at=at, instalment=ones[1])
    assert [fresh(one).state for one in ones] == ["paid", "payment_rejected"] and make.invariants() == []
    assert PayeeAccount.objects.get(agreement=rows[0]).state == "blocked"  # to unblock is an act of its own
    act = two_key.propose(account.unblock.verb, PayeeAccount.objects.get(agreement=rows[0]), actor=people.payer, at=at)
    assert two_key.approve(act, actor=people.orderer, at=at).state == "approved"
    verify()


def test_it_may_come_back_and_be_undone_again(people, returned, at):
    for days in (1, 2):
        undo(people, fresh(returned), at + timedelta(days=days))
        send_back(people, fresh(returned), at + timedelta(days=days), on=timezone.localdate(at) + timedelta(days=days))
        assert fresh(returned).state == "payment_rejected" and make.invariants() == []
    undo(people, fresh(returned), at + timedelta(days=3))
    assert fresh(returned).state == "paid" and make.invariants() == []
    assert Entry.objects.filter(kind="reversal").count() == Entry.objects.filter(kind="bounce").count() == 3


def test_a_completed_agreement_is_complete_again(people, at):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    report.accept(report=make.filed_report(row, at=at), actor=people.officer, at=at)
    one = make.paid(people, make.first_of(row, 2), at=at)
    assert Agreement.objects.get().state == "completed"
    letter = Agreement.objects.get().closing_document
    send_back(people, one, at)
    row = Agreement.objects.get()
    assert (row.state, row.closed_at, row.closing_document) == ("active", None, None) and make.invariants() == []
    letter.refresh_from_db()
    assert letter.state == "void"
    undo(people, fresh(one), at)
    row = Agreement.objects.get()
    assert row.state == "completed" and row.closing_document != letter and make.invariants() == []


def test_a_last_payment_that_comes_back_is_made_again_on_another_account(people, at):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    report.accept(report=make.filed_report(row, at=at), actor=people.officer, at=at)
    one = make.paid(people, make.first_of(row, 2), at=at)
    send_back(people, one, at, reason="AC04")
    account.approve(payee_account=make.give_account(row, at=at), actor=people.payer, at=at)
    later = at + timedelta(days=4)
    one = instalment.recertify(instalment=fresh(one), actor=people.officer, at=later, note="Nouveau compte.")
    one = make.paid(people, one, at=later)
    assert one.state == "paid" and Agreement.objects.get().state == "completed" and make.invariants() == []


def test_the_page_offers_it_to_the_accounting_officer_only_for_a_return(people, returned, at, as_user):
    here = f"/paiements/versements/{returned.pk}/"
    assert "Annuler un retour enregistré par erreur" in plain(as_user(people.payer).get(here))
    assert "Annuler un retour enregistré" not in plain(as_user(people.orderer).get(here))
    sent = {"act": "undo_return", "undo_return-reason": "C’était un autre versement."}
    assert as_user(people.payer).post(here, sent).status_code == 302
    two_key.approve(two_key.TwoKeyAct.objects.get(), actor=people.orderer, at=at)
    assert fresh(returned).state == "paid"


def test_who_follows_the_project_is_told(people, returned, at):
    one = undo(people, returned, at)
    application = one.agreement.application
    found = changes.of_ledger(0, 100, application)
    assert [change.kind for change in found][-3:] == ["payment", "bounce", "payment"]
