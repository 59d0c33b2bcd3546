"""The public data in the CommonGrants dialect: every answer holds to the protocol's own description, and says what the registry says."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from registry import queries, transitions
from registry.exports import commongrants
from tests.registry import helpers
from tests.registry.schemas import common_grants_errors, common_grants_fields
from tests.registry.test_leaks import SECRETS, leaks, mark
from tests.registry.test_publications import change

pytestmark = pytest.mark.django_db
OPPORTUNITIES, AWARDS = "/common-grants/opportunities", "/common-grants/awards"


def get(path: str, status: int = 200, **query):
    answer = Client().get(path, query)
    assert answer.status_code == status, (path, answer.status_code)
    return answer


def sound(path: str, template: str, status: int = 200, **query) -> dict:
    body = get(path, status, **query).json()
    assert common_grants_errors(template, body, status) == []
    return body


@pytest.fixture
def filled(fund):
    return helpers.with_history(fund)


def test_calls_are_opportunities(filled):
    body = sound(OPPORTUNITIES, OPPORTUNITIES)
    (one,) = body["items"]
    call = filled.panel.call
    assert one["title"] == call.title and one["source"].endswith(f"/appels/{call.slug}/")
    assert one["funding"]["maxAwardAmount"] == {"amount": "30000.00", "currency": "EUR"}
    assert set(one) <= common_grants_fields("OpportunityBase")
    detail = sound(f"{OPPORTUNITIES}/{one['id']}", f"{OPPORTUNITIES}/{{oppId}}")
    assert detail["data"] == one


def test_the_published_set_is_the_awards(filled):
    body = sound(AWARDS, AWARDS)
    assert body["paginationInfo"]["totalItems"] == queries.count() == len(body["items"])
    by_title = {item["title"]: item for item in body["items"]}
    paid = filled.paid
    one = by_title[paid.title]
    assert one["funding"]["awardedAmount"]["amount"] == "18500.00" and one["status"]["value"] == "awarded"
    assert float(one["funding"]["disbursedAmount"]["amount"]) > 0 and one["keyDates"]["periodOfPerformance"]
    assert one["recipientOrganizations"]["primary"]["identifiers"]["otherIds"]["org:fr:siret"]
    left = by_title[filled.known["left"].reference]
    assert left["status"]["value"] == "cancelled" and "recipientOrganizations" not in left
    assert [item["lastModifiedAt"] for item in body["items"]] == sorted(
        (item["lastModifiedAt"] for item in body["items"]), reverse=True
    )
    assert {name for item in body["items"] for name in item} <= common_grants_fields("AwardBase")
    for item in body["items"]:
        assert sound(f"{AWARDS}/{item['id']}", f"{AWARDS}/{{awdId}}")["data"] == item
    person = next(item for item in body["items"] if "recipientIndividual" in item)
    assert person["recipientIndividual"] == {}


def test_ids_are_one_each_and_lead_back(filled):
    grants = list(queries.published())
    ids = [commongrants.award_id(one.public_id, "1" * 14, is_past=one.is_past) for one in grants]
    assert len(set(ids)) == len(grants)
    for grant, uid in zip(grants, ids, strict=True):
        assert commongrants.award_named(uid, "1" * 14) == (grant.public_id, grant.is_past)
        assert commongrants.award_named(uid, "2" * 14) is None


def test_the_judge_sees_what_is_wrong(filled):
    body = sound(AWARDS, AWARDS)
    for spoil in (
        {"id": "x"},
        {"status": {"value": "paid"}},
        {"createdAt": "hier"},
        {"funding": {"awardedAmount": 12}},
    ):
        wrong = body | {"items": [body["items"][0] | spoil]}
        assert common_grants_errors(AWARDS, wrong), spoil


@pytest.mark.parametrize(
    "uid", ["x", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-8fff-bfff-ffffffffffff", "%00", "é"]
)
def test_what_does_not_exist_answers_in_the_words_of_the_protocol(filled, uid):
    for path in (AWARDS, OPPORTUNITIES):
        answer = Client().get(f"{path}/{uid}")
        assert answer.status_code in (400, 404)
        if uid != "%00":
            template = f"{path}/{{{'awdId' if path == AWARDS else 'oppId'}}}"
            assert common_grants_errors(template, answer.json(), 404) == []


def test_what_is_not_public_has_no_id(filled):
    for hidden in (filled.secret, filled.refused):
        siret = queries.get(filled.paid.reference).funder_siret
        get(f"{AWARDS}/{commongrants.award_id(hidden.reference, siret, is_past=False)}", 404)


def test_pages(filled):
    first, second = (sound(AWARDS, AWARDS, page=number, pageSize=2) for number in (1, 2))
    assert first["paginationInfo"]["totalPages"] == -(-first["paginationInfo"]["totalItems"] // 2)
    assert not {item["id"] for item in first["items"]} & {item["id"] for item in second["items"]}
    assert sound(AWARDS, AWARDS, page=999)["items"] == []
    for query in ({"page": "0"}, {"page": "x"}, {"pageSize": "-1"}, {"page": "²"}):
        assert get(AWARDS, 400, **query).json()["errors"]


def test_others_may_read_it_and_ask_whether_it_changed(filled):
    for path in (AWARDS, OPPORTUNITIES):
        answer = get(path)
        assert answer["Access-Control-Allow-Origin"] == "*" and not answer.cookies
        assert Client().get(path, headers={"if-none-match": answer["ETag"]}).status_code == 304
        assert Client().options(path).status_code == 204 and Client().post(path).status_code == 405


def test_a_page_taken_down_is_told_by_its_reference(fund, project, hands):
    change(project, hands, transitions.unpublish, ground="safety")
    body = sound(AWARDS, AWARDS)
    text = json.dumps(body)
    assert helpers.TITLE not in text and helpers.SUMMARY not in text
    one = next(item for item in body["items"] if item["title"] == project.reference)
    assert one["status"]["customValue"] == "unpublished"


def test_nothing_names_or_reaches_a_person(fund):
    mark(fund)
    text = get(AWARDS).content.decode() + get(OPPORTUNITIES).content.decode()
    assert leaks({"awards": text}, [*SECRETS, "Zqxwille"]) == []


@pytest.mark.parametrize("number", [1, 20])
def test_they_cost_the_same_for_any_number(fund, django_assert_num_queries, number):
    helpers.with_history(fund)
    get(AWARDS)
    with django_assert_num_queries(COST):
        assert len(get(AWARDS, pageSize=number).json()["items"]) == min(number, queries.count())


COST = 7
