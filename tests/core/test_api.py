"""The API's ground: tokens with a scope, problem details with a code, cursors, verbs as addresses, the reasons of what is refused."""

from datetime import timedelta

import pytest
from rest_framework import serializers
from rest_framework.routers import SimpleRouter

from core.api import Day, Instant
from core.models import ApiToken, TwoKeyAct
from core.tokens import make_token
from core.transitions import Refusal
from tests.core import urls
from tests.core.helpers import frozen, keeper, keeper_of, two_keys, verbs
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


def void(act, document, *, word):
    if word == "non":
        raise Refusal("never", "Jamais.", remedy="Dites oui.", article="art. 1", field="word")
    act.note(word=word)
    document.void(act.at)


def fail(act, document):
    document.fail("asked for")


def blocked(act):
    if not act.preview or act.obj.error == "":
        return
    raise Refusal("blocked", "Bloqué.", remedy="Attendez.")


@pytest.fixture
def shelf(settings, at):
    """`/api/v1/shelf/` with two verbs, one of them for two keys; the rows of a keeper are those he froze."""
    options = {"who": (keeper,)}
    with verbs(
        void=(void, {**options, "fsm": "void"}),
        fail=(fail, {**options, "fsm": "fail", "guards": (blocked,), "two_key": two_keys()}),
    ):
        router = SimpleRouter()
        router.register("api/v1/shelf", urls.shelf({"void": urls.WordParams}), basename="shelf")
        module = type("module", (), {"urlpatterns": [*router.urls, *urls.urlpatterns]})
        for name in ("handler400", "handler403", "handler404", "handler500"):
            setattr(module, name, getattr(urls, name))
        settings.ROOT_URLCONF = module
        yield "/api/v1/shelf/"


@pytest.fixture
def mine(at, monkeypatch):
    """Documents this person may see: their title begins like the person's name."""
    from core.models import Document

    def make(person, count=1):
        rows = [frozen(at) for _ in range(count)]
        Document.objects.filter(pk__in=[row.pk for row in rows]).update(title=f"{person.name[:7]} lettre")
        return rows

    return make


def bearer(user, at, **options) -> dict:
    return {"HTTP_AUTHORIZATION": f"Bearer {make_token(user, at=at, label='x', **options)}"}


def test_without_a_token_401_and_how_to_get_in(client, shelf, caplog):
    with caplog.at_level("INFO", "fund.access"):
        answer = client.get(shelf)
    (line,) = [record.facts for record in caplog.records if record.name == "fund.access"]
    assert line == {"who": None, "path": shelf, "rule": "not_authenticated"}
    assert (
        answer.status_code == 401
        and answer["WWW-Authenticate"] == "Bearer"
        and answer["Content-Type"] == "application/problem+json"
    )
    assert answer.json()["code"] == "not_authenticated" and answer.json()["status"] == 401


def test_tokens_read_write_end_and_are_revoked(client, shelf, mine, at):
    person = keeper_of()
    (row,) = mine(person)
    read, write = bearer(person, at), bearer(person, at, may_write=True)
    assert client.get(shelf, **read).status_code == 200
    refused = client.post(f"{shelf}{row.code}/void/", {"word": "oui"}, content_type="application/json", **read)
    assert refused.status_code == 403 and refused.json()["code"] == "read_only_token"
    assert (
        client.post(f"{shelf}{row.code}/void/", {"word": "oui"}, content_type="application/json", **write).status_code
        == 200
    )
    assert set(ApiToken.objects.values_list("last_used_on", flat=True)) == {at.date()}
    ApiToken.objects.update(expires_at=at)
    assert client.get(shelf, **read).status_code == 401
    ApiToken.objects.update(expires_at=at + timedelta(days=1), revoked_at=at)
    assert client.get(shelf, **read).status_code == 401
    ApiToken.objects.update(revoked_at=None)
    person.is_active = False
    person.save()
    assert client.get(shelf, **read).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer é", "Bearer x", "Basic eDp5", "Bearer " + "x" * 5000]
)
def test_a_token_that_is_none(client, shelf, header):
    assert client.get(shelf, HTTP_AUTHORIZATION=header).status_code == 401


def test_what_is_not_yours_is_404_like_what_is_not_there(client, shelf, mine, at):
    (row,) = mine(keeper_of())
    other = bearer(UserFactory(name="Autre personne"), at, may_write=True)
    foreign = client.get(f"{shelf}{row.code}/", **other)
    absent = client.get(f"{shelf}DOC-00000000/", **other)
    assert foreign.status_code == absent.status_code == 404
    assert {**foreign.json(), "request": ""} == {**absent.json(), "request": ""}
    assert (
        client.post(f"{shelf}{row.code}/void/", {"word": "oui"}, content_type="application/json", **other).status_code
        == 404
    )


def test_available_transitions_tell_what_is_possible_and_why_not(client, shelf, mine, at):
    person = keeper_of()
    (row,) = mine(person)
    token = bearer(person, at)
    offers = {
        offer["verb"]: offer for offer in client.get(f"{shelf}{row.code}/", **token).json()["available_transitions"]
    }
    assert offers["void"]["allowed"] and offers["fail"]["two_key"]
    row.refresh_from_db()
    row.void(at)
    row.save()
    late = {
        offer["verb"]: offer for offer in client.get(f"{shelf}{row.code}/", **token).json()["available_transitions"]
    }
    assert (
        not late["fail"]["allowed"]
        and late["fail"]["code"] == "not_allowed_in_state"
        and late["fail"]["reason"]
        and late["fail"]["remedy"]
    )
    assert "available_transitions" not in client.get(shelf, **token).json()["results"][0]


def test_a_verb_acts_and_a_refusal_is_a_problem(client, shelf, mine, at):
    person = keeper_of()
    (row,) = mine(person)
    token = bearer(person, at, may_write=True)
    url = f"{shelf}{row.code}/void/"
    refused = client.post(url, {"word": "non"}, content_type="application/json", **token)
    assert refused.status_code == 422 and refused["Content-Type"] == "application/problem+json"
    body = refused.json()
    assert {name: body[name] for name in ("code", "detail", "remedy", "article", "field", "status")} == {
        "code": "never",
        "detail": "Jamais.",
        "remedy": "Dites oui.",
        "article": "art. 1",
        "field": "word",
        "status": 422,
    }
    invalid = client.post(url, {}, content_type="application/json", **token)
    assert invalid.status_code == 400 and invalid.json()["errors"]["word"][0]["code"] == "required"
    done = client.post(url, {"word": "oui"}, content_type="application/json", **token)
    assert done.status_code == 200 and done.json()["state"] == "void"
    late = client.post(url, {"word": "oui"}, content_type="application/json", **token)
    assert late.status_code == 409 and late.json()["code"] == "not_allowed_in_state"


def test_a_two_key_verb_is_proposed(client, shelf, mine, at):
    person = keeper_of()
    (row,) = mine(person)
    answer = client.post(
        f"{shelf}{row.code}/fail/", {}, content_type="application/json", **bearer(person, at, may_write=True)
    )
    assert answer.status_code == 202 and TwoKeyAct.objects.get().reference == answer.json()["act"]
    row.refresh_from_db()
    assert row.state == "frozen"


def test_the_same_key_acts_once(client, shelf, mine, at):
    person = keeper_of()
    first, second = mine(person, 2)
    options = {"content_type": "application/json", "HTTP_IDEMPOTENCY_KEY": "k-1", **bearer(person, at, may_write=True)}
    answers = [client.post(f"{shelf}{first.code}/void/", {"word": "oui"}, **options) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200] and answers[0].content == answers[1].content
    assert answers[1]["Idempotency-Replayed"] == "true"
    other = client.post(f"{shelf}{second.code}/void/", {"word": "oui"}, **options)
    assert other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "cD0x",
        "====",
        "%00",
        "cD0wJTAw",
        "bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk=",
        "é" * 50,
        "cj0xJnA9OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    ],
)
def test_a_forged_cursor_is_never_an_error(client, shelf, mine, at, cursor):
    person = keeper_of()
    mine(person)
    assert client.get(f"{shelf}?cursor={cursor}", **bearer(person, at)).status_code in (200, 400, 404)


def test_pages_follow_each_other(client, shelf, mine, at, django_assert_num_queries):
    person = keeper_of()
    rows = mine(person, 25)
    token = bearer(person, at)
    first = client.get(shelf, **token).json()
    with django_assert_num_queries(2):
        second = client.get(first["next"], **token).json()
    codes = [row["code"] for row in first["results"] + second["results"]]
    assert codes == [row.code for row in reversed(rows)] and second["next"] is None


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "x",
        "[" * 5_000,
        '"\\ud800"',
        '{"word": "\\u0000"}',
        '{"word": "' + "x" * 5000 + '"}',
        "null",
        "[1]",
        '{"word": {"a": 1}}',
        "\xff",
    ],
    ids=lambda body: body[:12],
)
def test_bodies_that_are_none_are_refused(client, shelf, mine, at, body):
    person = keeper_of()
    (row,) = mine(person)
    answer = client.post(
        f"{shelf}{row.code}/void/",
        body.encode("latin-1"),
        content_type="application/json",
        **bearer(person, at, may_write=True),
    )
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json", answer.content


def test_other_methods_and_types_are_problems_too(client, shelf, mine, at):
    person = keeper_of()
    (row,) = mine(person)
    token = bearer(person, at, may_write=True)
    assert client.delete(f"{shelf}{row.code}/", **token).json()["code"] == "method_not_allowed"
    assert (
        client.post(
            f"{shelf}{row.code}/void/", "word=oui", content_type="application/x-www-form-urlencoded", **token
        ).json()["code"]
        == "unsupported_media_type"
    )
    assert client.get(f"{shelf}{row.code}.json/", **token).status_code == 404


def test_a_session_writes_with_its_csrf_token_only(shelf, mine, at):
    from django.test import Client

    person = keeper_of()
    (row,) = mine(person)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get(shelf).status_code == 200
    answer = browser.post(f"{shelf}{row.code}/void/", {"word": "oui"}, content_type="application/json")
    assert answer.status_code == 403 and answer["Content-Type"] == "application/problem+json"


def test_the_schema_says_it_all(shelf, settings):
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.validation import validate_schema

    patterns = [pattern for pattern in settings.ROOT_URLCONF.urlpatterns if "shelf" in str(pattern.pattern)]
    schema = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    validate_schema(schema)
    act = schema["paths"]["/api/v1/shelf/{code}/void/"]["post"]
    assert {"200", "409", "422"} <= set(act["responses"]) and act["parameters"][0]["name"] == "Idempotency-Key"


@pytest.mark.parametrize(("field", "value"), [(Day(), "0673-12-27"), (Instant(), "2500-01-01T00:00:00Z")])
def test_a_year_that_is_not_of_our_time_is_said_as_such(field, value):
    with pytest.raises(serializers.ValidationError, match="2199"):
        field.run_validation(value)
