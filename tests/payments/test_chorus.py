"""Where the State pays, the numbers of Chorus stand beside the fund's own references, and go with them into the accounting files."""

import csv
import io

import pytest

from core.models import Event
from core.transitions import Refusal
from fund.enums import Role
from fund.models import FundIdentity
from payments.models import PaymentOrder
from payments.transitions import chorus
from tests.factories import payments as make
from tests.factories.fund import FundIdentityFactory, person_with

pytestmark = pytest.mark.django_db
EJ, DP = "1512345678", "1000987654"


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def state_pays():
    FundIdentityFactory()
    FundIdentity.objects.update(pays_through_chorus=True)


def ordered(people, at):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    return PaymentOrder.objects.get(instalment=one)


def test_both_numbers_are_kept_with_who_wrote_them_and_told_in_the_files(at, people, as_user, state_pays):
    order = ordered(people, at)
    browser, path = as_user(people.payer), f"/paiements/ordres/{order.reference}/"
    assert 'name="commitment"' in browser.get(path).content.decode()
    answer = browser.post(path, {"act": "chorus", "commitment": "15 1234 5678", "request": DP})
    assert answer.status_code == 302
    page = browser.get(path).content.decode()
    assert EJ in page and DP in page
    said = Event.objects.get(verb="chorus_numbers")
    assert (said.actor, said.payload) == (people.payer, {"order": order.reference, "commitment": EJ, "request": DP})
    text = b"".join(browser.get("/paiements/ordres.csv").streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["chorus_commitment"], row["chorus_request"]) == (EJ, DP)
    chorus.record_numbers(order=order, commitment=EJ, request=DP, actor=people.orderer, at=at)
    assert Event.objects.filter(verb="chorus_numbers").count() == 1, "the same numbers again change nothing"


def test_a_wrong_number_is_refused_beside_its_field_and_stays_typed(at, people, as_user, state_pays):
    order = ordered(people, at)
    answer = as_user(people.payer).post(
        f"/paiements/ordres/{order.reference}/", {"act": "chorus", "commitment": EJ, "request": "12-34"}
    )
    page = answer.content.decode()
    assert answer.status_code in (400, 422) and "12-34" in page and EJ in page and "dix chiffres" in page
    order.instalment.agreement.refresh_from_db()
    assert order.instalment.agreement.chorus_commitment == ""


def test_a_payment_request_is_of_one_order(at, people, state_pays):
    first, second = ordered(people, at), ordered(people, at)
    chorus.record_numbers(order=first, commitment=EJ, request=DP, actor=people.payer, at=at)
    with pytest.raises(Refusal) as refused:
        chorus.record_numbers(order=second, commitment=EJ, request=DP, actor=people.payer, at=at)
    assert refused.value.code == "number_taken" and refused.value.field == "request"
    second.instalment.agreement.refresh_from_db()
    assert second.instalment.agreement.chorus_commitment == "", "nothing is kept by half"


def test_who_only_reads_sees_the_numbers_and_cannot_write_them(at, people, as_user, state_pays):
    order = ordered(people, at)
    chorus.record_numbers(order=order, commitment=EJ, request=DP, actor=people.orderer, at=at)
    auditor = person_with(Role.AUDITOR)
    page = as_user(auditor).get(f"/paiements/ordres/{order.reference}/").content.decode()
    assert EJ in page and 'name="commitment"' not in page
    with pytest.raises(Refusal) as refused:
        chorus.record_numbers(order=order, commitment="", request="", actor=auditor, at=at)
    assert refused.value.code == "not_permitted"


def test_a_fund_that_pays_by_itself_never_hears_of_chorus(at, people, as_user):
    order = ordered(people, at)
    assert "Chorus" not in as_user(people.payer).get(f"/paiements/ordres/{order.reference}/").content.decode()
    with pytest.raises(Refusal) as refused:
        chorus.record_numbers(order=order, commitment=EJ, request="", actor=people.payer, at=at)
    assert refused.value.code == "no_chorus"
