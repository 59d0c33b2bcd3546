"""A repayment booked on the wrong claim is undone by two people: what it paid is awaited again, the line waits for a person."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core import two_key
from core.models import Mail
from core.transitions import VERBS
from fund.ledger.verify import verify
from fund.models import Entry, GrantAccount
from payments.models import Agreement, Recovery, StatementLine
from payments.transitions import matching, recovery, report, undoing
from tests.core.helpers import refused
from tests.factories import payments as make
from tests.fund.browsing import plain, text

pytestmark = pytest.mark.django_db
UNDO = VERBS["statement_line"]["undo_repayment"]
WHY = {"reason": "C’était le reversement d’un autre projet."}


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def paid(at, people):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    return Agreement.objects.get(pk=row.pk)


def line():
    return StatementLine.objects.get(direction="credit")


def undo(people, at):
    act = two_key.propose(UNDO, line(), actor=people.payer, at=at, params=WHY)
    return two_key.approve(act, actor=people.orderer, at=at)


def books():
    account = GrantAccount.objects.get()
    return account.paid_amount, account.claimed_amount, account.returned_amount


@pytest.mark.parametrize("part", [40_000, 100_000])
def test_what_it_paid_is_awaited_again(people, paid, at, part):
    claim = make.claimed(people, paid, 100_000, at=at)
    before, before_undoing = books(), Recovery.objects.get().pay_by_on
    make.given_back(people, claim.reference, part, at=at)
    at += timedelta(days=400)  # the day to pay is long past: the error was the fund's, he has the whole time anew
    undone = undo(people, at)
    claim = Recovery.objects.get()
    assert (claim.state, claim.left_amount, claim.closed_at) == ("notified", 100_000, None)
    assert (undone.state, undone.recovery, undone.finding) == ("to_check", None, "undone") and books() == before
    kinds = list(Entry.objects.filter(basis=claim.reference).order_by("id").values_list("kind", "reverses__kind"))
    assert kinds == [("claim", None), ("return", None), ("reversal", "return")]
    told = Mail.objects.filter(code="payments/recovery.repayment_undone").first()
    assert claim.pay_by_on > before_undoing and "avant le" in told.text and WHY["reason"] not in told.text
    matching.match_repayment(statement_line=line(), actor=people.payer, at=at, recovery=claim)
    assert Recovery.objects.get().repaid_amount == part and make.invariants() == []
    verify()


def test_only_the_amount_of_the_line_is_undone(people, paid, at):
    claim = make.claimed(people, paid, 100_000, at=at)
    for amount in (30_000, 70_000):
        make.given_back(people, claim.reference, amount, at=at)
    wrong = StatementLine.objects.get(direction="credit", amount=30_000)
    act = two_key.propose(UNDO, wrong, actor=people.payer, at=at, params=WHY)
    two_key.approve(act, actor=people.orderer, at=at)
    claim = Recovery.objects.get()
    assert (claim.state, claim.repaid_amount, claim.left_amount) == ("notified", 70_000, 30_000)
    assert Entry.objects.get(kind="reversal").reverses.postings.filter(cents=30_000).exists()
    assert make.invariants() == []


def test_money_recorded_as_sent_back_unasked_leaves_nothing_to_pay(people, paid, at, as_user):
    before = books()
    make.given_back(people, "merci", 50_000, at=at)
    matching.record_return(statement_line=line(), actor=people.payer, at=at, agreement=paid)
    undo(people, at)
    claim = Recovery.objects.get()
    assert (claim.state, claim.repaid_amount, claim.left_amount, claim.letter.state) == ("cancelled", 0, 0, "void")
    assert books() == before and make.invariants() == []
    verify()
    for who, path in (
        (people.payer, f"/paiements/reversements/{claim.pk}/"),
        (paid.signatory, f"/dossiers/{paid.reference}/reversements/{claim.pk}/"),
    ):
        page = as_user(who).get(path).content.decode()
        assert "Enregistré par erreur" in page and "Abandonné" not in page and "rien à rendre" not in page
    made = make.claimed(people, paid, 100_000, at=at)
    made = recovery.cancel(recovery=made, actor=people.orderer, at=at, reason="Une erreur de droit.")
    assert not made.was_in_error and str(made.applicant_label).startswith("Annulé")


def test_a_grant_that_had_ended_goes_on(people, at):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    report.accept(report=make.filed_report(row, at=at), actor=people.officer, at=at)
    make.paid(people, make.first_of(row, 2), at=at)
    assert Agreement.objects.get().state == "completed"
    make.given_back(people, "merci", 50_000, at=at)
    matching.record_return(statement_line=line(), actor=people.payer, at=at, agreement=Agreement.objects.get())
    undo(people, at)
    # Nothing is left open: it ends anew.
    assert Agreement.objects.get().state == "completed" and make.invariants() == []


def test_it_takes_two_people_a_reason_and_a_repayment(people, paid, at):
    claim = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, claim.reference, 40_000, at=at)
    with refused("second_key_missing"):
        undoing.undo_repayment(statement_line=line(), actor=people.payer, at=at, reason="Erreur.")
    with refused("not_permitted"):
        two_key.propose(UNDO, line(), actor=people.orderer, at=at, params=WHY)
    with refused("reason_missing"):
        two_key.propose(UNDO, line(), actor=people.payer, at=at, params={"reason": " "})
    debit = StatementLine.objects.filter(direction="debit", state="matched").first()
    with refused("no_repayment"):
        two_key.propose(UNDO, debit, actor=people.payer, at=at, params=WHY)


def test_the_recipient_reads_what_was_undone_and_why(people, paid, at, as_user):
    claim = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, claim.reference, 40_000, at=at)
    undo(people, at)
    file = f"/dossiers/{paid.reference}/"
    assert "Reversement enregistré par erreur" in plain(as_user(paid.application.lead).get(file))
    page = as_user(paid.application.lead).get(f"{file}reversements/{claim.pk}/")
    assert WHY["reason"] in text(page) and "400,00 €" in plain(page) and f"{file}messages/" in page.content.decode()


def test_both_keys_read_what_it_does(people, paid, at, as_user):
    claim = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, claim.reference, 40_000, at=at)
    here, does = reverse("payments:line", args=[line().pk]), "400,00 € sont attendus de nouveau"
    assert does in plain(as_user(people.payer).get(here))
    sent = {"act": "undo_repayment", "undo_repayment-reason": WHY["reason"]}
    after = as_user(people.payer).post(here, sent)
    waiting = two_key.TwoKeyAct.objects.get()
    key = reverse("fund:key", args=[waiting.reference])
    assert after["Location"] == key and does in plain(as_user(people.orderer).get(key))
    again = plain(as_user(people.payer).get(here))
    assert waiting.reference in again and "Proposer : " not in again
    two_key.approve(waiting, actor=people.orderer, at=at)
    assert "Ce qui a été fait" in plain(as_user(people.payer).get(key)) and does not in plain(
        as_user(people.payer).get(key)
    )


def test_a_claim_given_up_since_no_longer_changes(people, paid, at):
    claim = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, claim.reference, 40_000, at=at)
    act = two_key.propose(
        VERBS["recovery"]["write_off"], Recovery.objects.get(), actor=people.payer, at=at, params={"reason": "Perdu."}
    )
    two_key.approve(act, actor=people.orderer, at=at)
    with refused("claim_closed"):
        two_key.propose(UNDO, line(), actor=people.payer, at=at, params=WHY)


def test_only_one_claim_is_open_at_a_time(people, paid, at):
    claim = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, claim.reference, 100_000, at=at)
    other = make.claimed(people, paid, 50_000, at=at)
    with refused("claim_already_open"):
        two_key.propose(UNDO, line(), actor=people.payer, at=at, params=WHY)
    recovery.cancel(recovery=other, actor=people.orderer, at=at, reason="Une seule suffit.")
    undo(people, at)
    assert Recovery.objects.get(pk=claim.pk).state == "notified" and make.invariants() == []


def test_the_page_of_the_line_offers_it(people, paid, at, as_user):
    claim = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, claim.reference, 40_000, at=at)
    here = reverse("payments:line", args=[line().pk])
    assert "Annuler un reversement enregistré par erreur" in plain(as_user(people.payer).get(here))
    sent = {"act": "undo_repayment", "undo_repayment-reason": WHY["reason"]}
    assert as_user(people.payer).post(here, sent).status_code == 302
    waiting = two_key.TwoKeyAct.objects.get()
    approving = as_user(people.orderer).get(reverse("fund:key", args=[waiting.reference]))
    assert here in text(approving) and "400,00 €" in plain(approving)
    two_key.approve(waiting, actor=people.orderer, at=at)
    assert Recovery.objects.get().repaid_amount == 0


def test_an_act_that_the_row_has_overtaken_says_no_effect(people, paid, at, as_user):
    claim = make.claimed(people, paid, 100_000, at=at)
    waive = VERBS["recovery"]["waive"]
    act = two_key.propose(waive, claim, actor=people.orderer, at=at, params={"reason": "Dissous."})
    key, does = reverse("fund:key", args=[act.reference]), "Le fonds renonce à"
    assert does in plain(as_user(people.orderer).get(key))
    recovery.cancel(recovery=Recovery.objects.get(), actor=people.orderer, at=at, reason="Une erreur.")
    page = as_user(people.orderer).get(key)
    assert page.status_code == 200 and does not in plain(page)
