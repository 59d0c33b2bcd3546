"""A payment made before a termination that the bank sends back after it: two people decide whether it is made after all."""

from datetime import timedelta

import pytest

from core import two_key
from core.models import Mail
from fund.models import GrantAccount
from payments.models import Agreement, Instalment
from payments.queries.agreements import tasks_of_recipient
from payments.transitions import account, agreement, instalment
from tests.factories import payments as make

pytestmark = pytest.mark.django_db
REASON = {"reason": "Le projet est arrêté."}


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def came_back(people, at):
    """The payment that came back."""
    row = make.signed(people, at=at)
    one = make.paid(people, make.first_of(row), at=at)
    row = agreement.suspend(agreement=Agreement.objects.get(), actor=people.officer, at=at, reason="Rien.", remedy="x")
    later = at + timedelta(days=16)
    asked = two_key.propose(agreement.terminate.verb, row, actor=people.officer, at=later, params=REASON)
    two_key.approve(asked, actor=people.orderer, at=later)
    moves = [make.Movement(one.end_to_end_id, one.certified_amount, returned=True, reason="AC04")]
    make.import_bytes(people, make.camt053(moves, on=later.date()), at=later)
    one = Instalment.objects.get(pk=one.pk)
    assert (one.agreement.state, one.state) == ("terminated", "payment_rejected")
    assert GrantAccount.objects.get().committed_amount == one.certified_amount and make.invariants() == []
    return one, later


def test_it_is_cancelled_its_money_is_free_and_the_recipient_is_told(people, came_back, as_user):
    one, later = came_back
    asked = two_key.propose(instalment.cancel.verb, one, actor=people.officer, at=later, params=REASON)
    two_key.approve(asked, actor=people.orderer, at=later)
    assert Instalment.objects.get(pk=one.pk).state == "cancelled"
    told = Mail.objects.filter(code="payments/payment.cancelled").first()
    said = told.text.replace("\u202f", " ").replace("\u00a0", " ")
    assert told.recipient == one.agreement.application.lead and "n° 1, de 12 950,00 €, est annulé" in said
    assert REASON["reason"] in said
    life = as_user(told.recipient).get(f"/dossiers/{one.agreement.reference}/").content.decode()
    assert "Échéance annulée" in life
    assert GrantAccount.objects.get().committed_amount == 0 and make.invariants() == []


def test_it_is_paid_after_all_on_another_account(people, came_back):
    """What was certified was due: the recipient gives an account that works, three people pay it as ever."""
    one, later = came_back
    lead = one.agreement.application.lead
    [asked] = tasks_of_recipient(lead, later)
    assert asked.path == f"/dossiers/{one.agreement.reference}/compte/"
    given = make.give_account(one.agreement, at=later, iban=make.fictional_iban(7))
    account.approve(payee_account=given, actor=people.payer, at=later)
    assert tasks_of_recipient(lead, later) == []
    later += timedelta(days=8)
    one = instalment.recertify(instalment=one, actor=people.officer, at=later, note="Compte changé.")
    one = make.ordered(people, one, at=later)
    make.exported(people, [one], at=later)
    one = Instalment.objects.get(pk=one.pk)
    assert one.state == "in_payment" and make.invariants() == []
