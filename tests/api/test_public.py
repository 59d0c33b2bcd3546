"""What everybody reads: the same bytes for all, kept by their ETag, nothing before its time."""

import pytest
from rest_framework.test import APIClient

from fund.enums import Role
from fund.models import Seal
from tests.factories import ledger as books
from tests.factories import payments as money
from tests.factories import reviews as panel
from tests.factories.core import UserFactory
from tests.factories.fund import CallFactory, FundIdentityFactory, open_call, person_with

pytestmark = pytest.mark.django_db
API = "/api/v1"
OPEN = ("", "projects/", "ledger/", "statistics/", "form/", "openapi.json", "calls/", "envelopes/")


@pytest.fixture
def published(at):
    """One grant, notified and signed."""
    return money.signed(money.People(), at=at)


@pytest.mark.parametrize("name", OPEN)
def test_anybody_reads_and_is_told_when_nothing_changed(published, nobody, name):
    path = f"{API}/{name}"
    answer = nobody.get(path)
    assert answer.status_code == 200 and "Set-Cookie" not in answer and answer["ETag"]
    assert "max-age=0" in answer["Cache-Control"]
    again = nobody.get(path, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = nobody.head(path)
    assert (head.status_code, head["ETag"]) == (200, answer["ETag"])


@pytest.mark.parametrize("name", OPEN[:6])
def test_the_same_bytes_for_everybody(published, nobody, token, as_user, name):
    path, person = f"{API}/{name}", person_with(Role.CO_PRESIDENT, "state", language="en")
    assert nobody.get(path).content == as_user(person).get(path).content == token(person).get(path).content
    broken = APIClient()
    broken.credentials(HTTP_AUTHORIZATION="Bearer rien")
    assert broken.get(path).status_code == 200


@pytest.mark.parametrize("name", OPEN[1:4])
def test_nobody_writes(published, nobody, name):
    for method in ("post", "put", "patch", "delete"):
        assert getattr(nobody, method)(f"{API}/{name}").status_code == 405


def test_a_project_with_its_money(published, nobody):
    (project,) = nobody.get(f"{API}/projects/").json()["results"]
    assert project["reference"] == published.reference and project["awarded_amount"] == 1_850_000
    detail = nobody.get(f"{API}/projects/{published.reference}/").json()
    assert detail["balances"]["committed"] + detail["balances"]["ordered"] == 1_850_000
    entries = [nobody.get(f"{API}/ledger/{seq}/").json() for seq in detail["entries"]]
    assert {entry["grant"] for entry in entries} == {published.reference}
    assert nobody.get(f"{API}/ledger/", {"ref": published.reference}).json()["results"] == entries
    assert nobody.get(f"{API}/ledger/", {"ref": "rien"}).json()["results"] == []
    figures = nobody.get(f"{API}/statistics/").json()
    assert (figures["projects"], figures["awarded_amount"]) == (1, 1_850_000)
    assert sum(row["amount"] for row in figures["by_call"]) == 1_850_000
    assert nobody.get(f"{API}/projects/FP-2026-00000000/").status_code == 404
    assert nobody.get(f"{API}/ledger/999999/").status_code == 404


def test_an_entry_is_proven(published, nobody):
    seq = Seal.objects.order_by("seq").last().seq
    proof = nobody.get(f"{API}/ledger/{seq}/proof/").json()
    assert proof["index"] == seq - 1 and proof["root"]
    assert nobody.get(f"{API}/ledger/999999/proof/").status_code == 404


def test_nothing_of_a_decision_before_its_notification(at, nobody):
    made = panel.reviewed()
    before = {name: nobody.get(f"{API}/{name}").content for name in OPEN}
    panel.signed(made, panel.rendered(panel.decided(made, made.files[0])))
    assert {name: nobody.get(f"{API}/{name}").content for name in OPEN} == before


def test_ledger_pages(at, nobody):
    row = books.envelope(90_000_000)
    for number in range(15):
        books.reserved_grant(row, 10_000, reference=f"FP-2026-{number:08}")
    seen, path = [], f"{API}/ledger/?page_size=4"
    while path:
        page = nobody.get(path).json()
        seen += [entry["seq"] for entry in page["results"]]
        path = page["next"]
    assert seen == sorted(seen, reverse=True) and len(seen) == len(set(seen)) == Seal.objects.count()


FORGED = (
    "x",
    "é",
    "czI9MQ==",
    "cz0tMQ==",
    "cz05OTk5OTk5OTk5OTk5OQ==",
    "AAAA" * 500,
    "cD14",
    "bz05OTk5OTk5OTk5OTk5OTk5",
)


@pytest.mark.parametrize("name", ["projects", "ledger", "calls"])
def test_cursors_that_are_none(published, nobody, name):
    for cursor in FORGED:
        answer = nobody.get(f"{API}/{name}/", {"cursor": cursor})
        if answer.status_code == 200:  # one that says nothing is the first page, one past the end the last
            assert name != "projects" and answer.json()["results"] in (
                [],
                nobody.get(f"{API}/{name}/").json()["results"],
            )
        else:
            assert answer.status_code == 404 and answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["page_size=99999", "annee=99999", "tri=rien", "etat=x", "q=%27%22"])
def test_queries_that_mean_nothing(published, nobody, query):
    assert nobody.get(f"{API}/projects/?{query}").status_code == 200


@pytest.mark.parametrize("size", ["0", "-1", "x", "", "0.5", "1e2", "١", "null", "5&page_size=5", "9" * 30])
@pytest.mark.parametrize("name", ["projects", "ledger", "calls", "envelopes"])
def test_a_page_size_that_is_no_number_is_said(published, nobody, name, size):
    answer = nobody.get(f"{API}/{name}/?page_size={size}")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == ["page_size"]


@pytest.mark.parametrize("name", ["envelopes", "calls"])
@pytest.mark.parametrize("year", ["0.5", "x", "NaN", "0", "-1", "10000", "9" * 30])
def test_a_year_is_a_whole_number_that_calendars_know(published, nobody, year, name):
    answer = nobody.get(f"{API}/{name}/?year={year}")
    assert answer.status_code == 400 and list(answer.json()["errors"]) == ["year"]


def test_filters_are_described_as_they_are_read(nobody):
    """What the description allows is taken, what it forbids is refused: a filter left empty asks for nothing, a page of 0 is none."""
    paths = nobody.get(f"{API}/openapi.json").json()["paths"]
    asked = {one["name"]: one for one in paths[f"{API}/calls/"]["get"]["parameters"]}
    assert asked["year"]["schema"] == {"type": "integer", "minimum": 2000, "maximum": 2199}
    assert asked["page_size"]["schema"]["minimum"] == 1 and "allowEmptyValue" not in asked["page_size"]
    assert asked["q"]["schema"]["maxLength"] == 60
    for name, one in asked.items():
        wanted = 200 if one.get("allowEmptyValue") else 400
        assert nobody.get(f"{API}/calls/?{name}=").status_code == wanted, name
    assert "application" in {one["name"] for one in paths[f"{API}/reviews/"]["get"]["parameters"]}


def test_drafts_of_calls_are_for_those_who_write_them(at, nobody, token):
    FundIdentityFactory()
    seen, draft = open_call(), CallFactory(state="draft")
    assert [row["slug"] for row in nobody.get(f"{API}/calls/").json()["results"]] == [seen.slug]
    assert nobody.get(f"{API}/calls/{draft.slug}/").status_code == 404
    assert nobody.get(f"{API}/calls/{seen.slug}/").json()["available_transitions"] == []
    assert nobody.get(f"{API}/calls/{seen.slug}/").json()["phase"] == "open"
    officer = token(person_with(Role.CASE_OFFICER))
    answer = officer.get(f"{API}/calls/{draft.slug}/")
    assert answer["Cache-Control"] == "no-store, private"
    assert "publish" in [one["verb"] for one in answer.json()["available_transitions"]]
    assert token(UserFactory()).get(f"{API}/calls/{draft.slug}/").status_code == 404
    assert nobody.post(f"{API}/calls/{draft.slug}/publish/").status_code == 401
    assert nobody.post(f"{API}/calls/", {"content": {}}, format="json").status_code == 401


@pytest.mark.parametrize("count", [1, 20])
def test_public_lists_cost_the_same_at_any_length(at, nobody, django_assert_num_queries, count):
    people = money.People()
    for _number in range(count):
        money.signed(people, at=at)
    nobody.get(f"{API}/projects/")
    for name, queries in (("projects", 6), ("ledger", 3), ("envelopes", 2), ("calls", 6)):
        with django_assert_num_queries(queries):
            assert nobody.get(f"{API}/{name}/").status_code == 200


def test_so_many_requests_a_minute(at, nobody, token, settings):
    settings.RATE_LIMIT_SCALE = 3 / 1200
    codes = [nobody.get(f"{API}/form/").status_code for _number in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    refused = nobody.get(f"{API}/form/")
    assert refused.json()["code"] == "throttled" and int(refused["Retry-After"]) <= 60
    assert token(UserFactory()).get(f"{API}/me/").status_code == 200
