"""The API does what the screens do, and says no with the same reasons."""

import pytest

from payments.enums import Control
from payments.models import Agreement, Instalment, PaymentBatch
from tests.factories import payments as make
from tests.factories.core import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.payments.api_urls")]
API = "/api/v1"


@pytest.fixture
def people():
    return make.People()


def name(one) -> str:
    return f"{one.agreement.reference}-{one.number}"


def test_certify_order_gather_and_freeze(at, people, api):
    one = make.first_of(make.signed(people, at=at))
    officer, orderer, payer = api(people.officer), api(people.orderer), api(people.payer)
    answer = officer.get(f"{API}/instalments/{name(one)}/").json()
    offers = {offer["verb"]: offer for offer in answer["available_transitions"]}
    assert answer["state"] == "due" and offers["certify"]["allowed"] and offers["cancel"]["two_key"]
    answer = officer.post(f"{API}/instalments/{name(one)}/certify/", {"note": ""}, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "evidence_missing", "note")
    assert answer["Content-Type"].startswith("application/problem+json")
    answer = officer.post(
        f"{API}/instalments/{name(one)}/certify/", {"note": "Signée."}, format="json", headers={"Idempotency-Key": "k1"}
    )
    again = officer.post(
        f"{API}/instalments/{name(one)}/certify/", {"note": "Signée."}, format="json", headers={"Idempotency-Key": "k1"}
    )
    assert (
        answer.json()["state"] == "certified"
        and again["Idempotency-Replayed"] == "true"
        and again.json() == answer.json()
    )
    assert officer.post(f"{API}/instalments/{name(one)}/order/").json()["code"] == "not_permitted"
    assert orderer.post(f"{API}/instalments/{name(one)}/order/").json()["state"] == "ordered"
    lot = payer.post(f"{API}/payment-batches/", {}, format="json")
    assert lot.status_code == 201
    path = f"{API}/payment-batches/{lot.json()['reference']}"
    assert payer.post(f"{path}/add/", {"instalments": [name(one)]}, format="json").json()["instalments"] == [name(one)]
    assert payer.post(f"{path}/freeze/", {"controls": []}, format="json").json()["code"] == "controls_incomplete"
    answer = payer.post(f"{path}/freeze/", {"controls": Control.values}, format="json").json()
    assert answer["state"] == "frozen" and "FR76" not in str(answer) and make.FUND_IBAN not in str(answer)
    assert payer.post(f"{path}/export/").status_code == 404  # the file needs a page, where one proves who one is
    assert Instalment.objects.get(pk=one.pk).state == "in_payment"


def test_a_two_key_act_is_proposed(at, people, api):
    make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = PaymentBatch.objects.get()
    answer = api(people.payer).post(
        f"{API}/payment-batches/{lot.reference}/reject_file/", {"reason": "Courrier."}, format="json"
    )
    assert answer.status_code == 202 and answer.json()["state"] == "proposed"


def test_a_report_is_written_and_accepted(at, people, api):
    row = make.signed(people, at=at)
    lead, officer, path = api(row.application.lead), api(people.officer), f"{API}/reports/{row.reference}-final"
    assert lead.post(f"{path}/start/").json()["state"] == "draft"
    lines = [
        {"position": line["position"], "actual_amount": line["budget_amount"]}
        for line in lead.get(f"{path}/").json()["lines"]
    ]
    facts = {
        "narrative": {"done": "a", "results": "b", "partnership": "c"},
        "learnt": "d",
        "repository_url": "https://x.example/",
        "licence": "CC-BY-4.0",
        "adoption": "yes",
    }
    answer = lead.post(f"{path}/write/", {"facts": facts, "lines": lines, "version": 1}, format="json")
    assert answer.status_code == 200, answer.json()
    assert (
        lead.post(f"{path}/write/", {"facts": facts, "version": 1}, format="json").json()["code"] == "version_conflict"
    )
    assert lead.post(f"{path}/submit/").json()["state"] == "submitted"
    assert officer.post(f"{path}/request_changes/", {"changes": []}, format="json").json()["code"] == "changes_missing"
    assert officer.post(f"{path}/accept/", {}, format="json").json()["state"] == "accepted"


@pytest.mark.parametrize(
    "path",
    [
        "agreements/{ref}/",
        "instalments/{ref}-1/",
        "reports/{ref}-final/",
        "payment-batches/{lot}/",
        "instalments/{ref}-x/",
        "instalments/1/",
    ],
)
def test_what_is_not_yours_is_not_there(at, people, api, path):
    row = make.signed(people, at=at)
    make.at_the_bank(people, make.first_of(row), at=at)
    path = path.format(ref=row.reference, lot=PaymentBatch.objects.get().reference)
    assert api(UserFactory()).get(f"{API}/{path}").status_code == 404
    assert api().get(f"{API}/{path}").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "douze"},
        {"amount": -5, "note": "x"},
        {"note": ["x"]},
        [],
        "x",
        {"note": "x", "amount": 10**12},
        {"note": "x", "amont": 1},
    ],
)
def test_wrong_input_is_answered_in_words(at, people, api, body):
    one = make.first_of(make.signed(people, at=at))
    answer = api(people.officer).post(f"{API}/instalments/{name(one)}/certify/", body, format="json")
    assert (
        answer.status_code in (400, 422) and answer.json()["code"] and Instalment.objects.get(pk=one.pk).state == "due"
    )


@pytest.mark.parametrize("n", [1, 20])
def test_lists_cost_the_same_at_any_length(at, people, api, django_assert_num_queries, n):
    from tests.factories import ledger as books
    from tests.factories.fund import CallFactory

    call = CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at))
    ones = [
        make.ordered(
            people,
            make.first_of(make.signed(people, decision=make.notified_award(1_000_000, at=at, call=call), at=at)),
            at=at,
        )
        for _ in range(n)
    ]
    for one in ones:
        make.exported(people, [one], at=at)
    for resource, queries in (("agreements", 2), ("instalments", 2), ("payment-batches", 7), ("reports", 3)):
        client = api(type(people.payer).objects.get(pk=people.payer.pk))
        with django_assert_num_queries(queries):
            assert client.get(f"{API}/{resource}/").status_code == 200
    assert Agreement.objects.count() == n
