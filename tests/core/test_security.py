"""Doors and traces: limits that count failures, sessions that change at sign-in, what cookies, headers and logs give away, operators' commands."""

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.conf import settings as live
from django.core.management import call_command
from django.test import Client

from core.logs import JsonFormatter
from core.models import ApiToken, User
from core.tokens import make_token
from tests.core.test_accounts import PASSWORD, confirmed, sign_in, sign_up
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db
PRODUCTION = {
    "SECRET_KEY": "check-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "FIELD_KEYS": "ZmllbGQta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE=",
    "LEDGER_KEY": "11" * 32,
    "PUBLIC_BASE_URL": "https://fonds.example",
    "ALLOWED_HOSTS": "fonds.example",
    "FUND_DEMO": "0",
    "DEBUG": "0",
}


@pytest.fixture
def limits(settings):
    """The limits of production, whatever the tests' scale is."""
    settings.ACCOUNT_RATE_LIMITS = {
        "login": False,
        "login_failed": "10/m/ip,3/5m/key",
        "signup": "2/m/ip",
        "reset_password": "2/m/ip,2/m/key",
    }


def test_the_sign_in_limit_counts_failures_only(at, limits):
    user = confirmed()
    for _turn in range(8):
        assert sign_in(Client(), user.email).status_code == 302, "a right password is never counted"
    for _turn in range(3):
        assert sign_in(Client(), user.email, "pas le bon mot de passe").status_code == 200
    browser = Client()
    answer = sign_in(browser, user.email)
    assert answer.status_code == 200 and "Trop de tentatives" in answer.text and "_auth_user_id" not in browser.session
    assert sign_in(Client(), confirmed("ailleurs@demo.example").email).status_code == 302, "others are not shut out"


@pytest.mark.parametrize("language", ["", "/en"])
def test_too_many_tries_are_answered_in_words(at, limits, language):
    answers = [Client().post(f"{language}/mot-de-passe/", {"email": "x@demo.example"}) for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert ("Slow down" if language else "Doucement") in answers[-1].text
    assert f'href="{language}/mon-espace/"' in answers[-1].text
    assert [sign_up(Client(), f"p{n}@demo.example").status_code for n in range(3)] == [302, 302, 429]


def test_the_session_changes_at_sign_in(at):
    """Whoever planted a session's key before holds nothing after."""
    user, browser = confirmed(), Client()
    browser.post("/mon-espace/securite/jetons/nouveau/", {"label": "un texte gardé pour après"})
    planted = browser.session.session_key
    browser.cookies["sessionid"] = planted or "a" * 32
    browser.get("/connexion/")
    csrf = browser.cookies["csrftoken"].value
    sign_in(browser, user.email)
    assert browser.cookies["sessionid"].value not in (planted, "a" * 32)
    assert browser.cookies["csrftoken"].value != csrf
    thief = Client()
    thief.cookies["sessionid"] = planted or "a" * 32
    assert thief.get("/mon-espace/securite/").status_code == 302


def test_cookies_are_of_the_session_only(at):
    browser = Client()
    sign_in(browser, confirmed().email)
    assert set(browser.cookies) <= {"sessionid", "csrftoken", "messages"}
    for cookie in (browser.cookies["sessionid"], browser.cookies["csrftoken"]):
        assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"


def test_nothing_private_is_logged(at, caplog):
    """Every line that signing in, failing, filing a token and being refused writes, as production writes it."""
    caplog.set_level("DEBUG", logger="fund")
    caplog.set_level("DEBUG", logger="django.request")
    user, browser = confirmed(), Client()
    sign_in(Client(), user.email, "pas le bon mot de passe")
    sign_in(browser, user.email)
    browser.post("/mon-espace/securite/jetons/nouveau/", {"label": "tableur secret", "days": "30"})
    browser.get("/commission/")
    browser.post("/mot-de-passe/", {"email": user.email})
    token = make_token(user, label="tableur secret", days=30, may_write=True, at=at)
    Client().get("/api/v1/tokens/", headers={"authorization": f"Bearer {token}"})
    Client().get("/api/v1/tokens/", headers={"authorization": "Bearer fund_faux"})
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    said = json.dumps(lines, ensure_ascii=False)
    for secret in (
        user.email,
        user.name,
        PASSWORD,
        "pas le bon",
        token,
        "tableur secret",
        ApiToken.objects.first().token_hash,
    ):
        assert secret not in said
    assert any(line["message"] == "denied" and line["who"] == user.pk and line["request"] for line in lines)


@pytest.mark.slow
def test_production_settings_are_strict(tmp_path):
    """A process of its own with the settings of a real instance: cookies, HSTS, redirection, and `check --deploy` has nothing to say."""
    script = (
        "import django, json; django.setup(); from django.conf import settings as s; from django.test import Client;"
        "a = Client(SERVER_NAME='fonds.example').get('/healthz', secure=True);"
        "b = Client(SERVER_NAME='fonds.example').get('/connexion/');"
        "print(json.dumps([s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, a.headers.get('Strict-Transport-Security'), b.status_code]))"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DATA_DIR": str(tmp_path), **PRODUCTION}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-W", "ignore", *arguments],
            cwd=live.BASE_DIR,
            env={**environment, "DJANGO_SETTINGS_MODULE": "fund.settings"},
            capture_output=True,
            text=True,
        )

    found = run("-c", script)
    assert found.returncode == 0, found.stderr
    session, csrf, hsts, status = json.loads(found.stdout.splitlines()[-1])
    assert session and csrf and hsts == "max-age=63072000; includeSubDomains; preload" and status == 301
    checked = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr


def test_the_doctor_says_each_check_and_lists_addresses(at):
    out = StringIO()
    try:
        call_command("doctor", "--json", stdout=out)
    except SystemExit:  # a test database is not a well installation
        pass
    rows = json.loads(out.getvalue())
    assert {row["check"] for row in rows} >= {"database", "migrations"} and all(
        set(row) == {"check", "ok", "detail"} for row in rows
    )
    out = StringIO()
    call_command("list_routes", "--json", stdout=out)
    routes = json.loads(out.getvalue())
    assert len(routes) > 100 and all(
        set(route) >= {"path", "name", "methods", "app", "rule", "public"} for route in routes
    )
    assert [route["path"] for route in routes if not route["rule"] and not route["public"]] == []


def test_a_closed_account_cannot_sign_in(at):
    user = confirmed()
    User.objects.filter(pk=user.pk).update(is_active=False)
    browser = Client()
    sign_in(browser, user.email)
    assert browser.get("/mon-espace/securite/").status_code == 302
    assert UserFactory().is_active
