"""Who gets in: nobody without a rule; anonymous to sign-in; the wrong role told whom to ask; public pages the same for all. What breaks is
answered.
"""

import json
import logging

import pytest
from django.test import Client

from core import authz
from core.routes import routes
from tests.core.helpers import keeper_of
from tests.factories.core import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.urls")]


def test_a_view_without_a_rule_is_closed_to_everybody(client, as_user):
    assert client.get("/essai/sans-regle/").status_code == 403
    assert as_user(keeper_of()).get("/essai/sans-regle/").status_code == 403


def test_a_desk(client, as_user, caplog):
    answer = client.get("/essai/bureau/?a=1")
    assert (answer.status_code, answer["Location"]) == (302, "/connexion/?next=/essai/bureau/%3Fa%3D1")
    with caplog.at_level(logging.INFO, "fund.access"):
        refused = as_user(UserFactory()).get("/essai/bureau/")
    assert refused.status_code == 403 and "Demandez au gardien." in refused.text
    (line,) = [record.facts for record in caplog.records if record.name == "fund.access"]
    assert line["rule"] == "test_desk" and line["path"] == "/essai/bureau/" and line["who"]
    assert as_user(keeper_of()).get("/essai/bureau/").text == "desk"


def test_public_pages_carry_no_cookie_and_the_rest_is_not_stored(client, as_user):
    shown = as_user(UserFactory()).get("/essai/vitrine/")
    assert (
        not shown.cookies
        and shown["Vary"].strip() == "Accept-Encoding"
        and "no-store" not in shown.get("Cache-Control", "")
    )
    for path in ("/essai/ouvert/", "/connexion/", "/healthz", "/nowhere/"):
        assert client.get(path)["Cache-Control"].find("no-store") >= 0, path


def test_what_is_not_there_is_404_in_the_fund_s_own_words(client):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404 and "Cette page n’existe pas" in answer.text
    answer = client.get("/nowhere/", headers={"accept": "application/json"})
    assert answer["Content-Type"] == "application/problem+json" and answer.json()["code"] == "not_found"


def test_what_breaks_says_nothing_of_itself(as_user):
    browser = as_user(UserFactory())
    browser.raise_request_exception = False
    answer = browser.post("/essai/ecrire/", {"break": "1"})
    assert answer.status_code == 500 and "lightning" not in answer.text and "Traceback" not in answer.text


def test_a_database_that_is_too_busy_is_503_and_may_be_tried_again(as_user):
    answer = as_user(UserFactory()).post("/essai/ecrire/", {"lock": "1", "nonce": "n1"})
    assert answer.status_code == 503 and answer["Retry-After"] == "30"
    browser = as_user(UserFactory())
    assert browser.post("/essai/ecrire/", {"lock": "1", "nonce": "n2"}).status_code == 503
    assert browser.post("/essai/ecrire/", {"lock": "1", "nonce": "n2"}).status_code == 503, "the key was given back"


@pytest.mark.parametrize("path", ["/projets/%00/", "/dossiers/a%00b/", "/projets/?q=%00", "/\x00"])
def test_nul_bytes_go_no_further(client, path):
    assert client.get(path).status_code == 400


def test_the_api_says_so_as_it_says_everything(client):
    answer = client.get("/api/v1/calls/?cursor=%00")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid"


@pytest.mark.parametrize(
    "path",
    [
        "/%ff%fe/",
        "/documents/..%2f..%2fetc/",
        "/connexion/x.css",
        "/mon-espace/securite/;x.js",
        "/mon-espace/securite/%0a",
    ],
)
def test_strange_addresses_are_not_there(client, path):
    assert client.get(path).status_code == 404


def test_a_foreign_host_is_400(client):
    assert client.get("/connexion/", headers={"host": "evil.example"}).status_code == 400


def test_bodies_have_a_limit(client):
    assert (
        client.post("/api/v1/x/", data="x" * (2 * 1024 * 1024 + 1), content_type="application/json").status_code == 413
    )
    page = client.post(
        "/connexion/", CONTENT_LENGTH=str(60 * 1024 * 1024), headers={"referer": "http://testserver/aide/"}
    )
    text = page.content.decode()
    assert page.status_code == 413 and "40" in text and 'href="/aide/"' in text and "<header" in text
    assert client.get("/connexion/", CONTENT_LENGTH="many").status_code == 400
    assert client.post("/connexion/", {f"f{n}": "x" for n in range(2_001)}).status_code == 400


def test_security_headers(client):
    answer = client.get("/connexion/")
    assert (
        "default-src 'none'" in answer["Content-Security-Policy"] and "unsafe" not in answer["Content-Security-Policy"]
    )
    assert (
        answer["X-Frame-Options"] == "DENY"
        and answer["X-Content-Type-Options"] == "nosniff"
        and answer["Referrer-Policy"] == "same-origin"
    )


def test_probes(client, monkeypatch):
    from core import append_only

    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {
        "ready": True,
        "checks": {"database": True, "append_only": True, "media": True},
    }
    monkeypatch.setattr(append_only, "missing", lambda: ["core_event"])
    answer = client.get("/readyz")
    assert answer.status_code == 503 and not json.loads(answer.content)["checks"]["append_only"]


def test_the_demo_mailbox_is_there_in_a_demonstration_only(client, settings, at):
    from core import outbox

    user = UserFactory(email="collectif@demo.example")
    row = outbox.queue(
        "account/token_created", to=user, at=at, context={"link": "http://127.0.0.1:8000/mon-espace/securite/"}
    )
    listed = client.get("/demo/courrier/?a=Collectif@demo.example")
    assert row.subject in listed.text
    assert 'href="http://127.0.0.1:8000/mon-espace/securite/"' in client.get(f"/demo/courrier/{row.pk}/").text
    assert (
        client.get("/demo/courrier/?page=99").status_code == 404
        and client.get("/demo/courrier/999999/").status_code == 404
    )
    settings.FUND_DEMO = False
    assert (
        client.get("/demo/courrier/").status_code == 404 and client.get(f"/demo/courrier/{row.pk}/").status_code == 404
    )


@pytest.mark.parametrize("count", [1, 20])
def test_the_mailbox_costs_the_same_whatever_it_lists(client, at, count, django_assert_num_queries):
    from core import outbox

    for _ in range(count):
        outbox.queue("account/token_created", to="a@demo.example", at=at, context={"link": "x"})
    client.get("/demo/courrier/")
    with django_assert_num_queries(3):
        client.get("/demo/courrier/")


def test_the_table_of_rights_says_what_the_server_does(client, as_user):
    """Every address without a parameter, for nobody and for somebody without a role: the verdict is the answer."""
    somebody = as_user(UserFactory())
    checked = 0
    rules = {(route, method, role): verdict for route, method, role, _, verdict in authz.rows() if "<" not in route}
    for (path, method, role), verdict in rules.items():
        if (
            method not in ("GET", "ANY")
            or role not in (authz.ANONYMOUS, authz.NO_ROLE)
            or not path.startswith(("/essai/", "/mon-espace/", "/connexion/", "/inscription/"))
        ):
            continue
        answer = (Client() if role == authz.ANONYMOUS else somebody).get(path)
        got = answer.status_code
        expected = {
            "allow": got not in (403, 401) and not answer.get("Location", "").startswith("/connexion/?next"),
            "403": got == 403,
            "sign_in": got == 302 and answer["Location"].startswith("/connexion/?next="),
            "rule": True,
        }[verdict]
        assert expected, (path, role, verdict, got)
        checked += 1
    assert checked > 20 and len(routes()) > 40
