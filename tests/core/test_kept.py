"""No lost word: what was typed survives the end of a session, a form that slept too long and a refusal."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from core import kept
from core.idempotency import new_nonce
from tests.core.helpers import keeper_of
from tests.factories.core import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.urls")]
TEXT = "Trois pages d’une seule traite, <b>sans</b> copie."
PASSWORD = "un mot de passe assez long"
HERE = {"origin": "http://testserver"}


def account(**fields):
    from allauth.account.models import EmailAddress

    user = UserFactory(password=PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def post(browser, data, headers=HERE, **more):
    """As a page sends it: the token against forgery is in every form."""
    return browser.post("/essai/ecrire/", {"csrfmiddlewaretoken": "x" * 32, **data}, headers=headers, **more)


def again(page) -> tuple[str, dict]:
    """Address and fields of the form that offers to send what was kept."""
    form = next(form for form in re.findall(r"<form.*?</form>", page.text, re.S) if 'name="text"' in form)
    from html import unescape

    fields = {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}
    return unescape(re.search(r'action="([^"]+)"', form)[1]), fields


def sign_in(browser, user, there):
    return browser.post(there, {"login": user.email, "password": PASSWORD})


def test_a_text_sent_after_the_session_ended_waits_for_its_author(at):
    user, browser = account(), Client()
    answer = post(browser, {"text": TEXT, "nonce": new_nonce(user)})
    assert answer.status_code == 302 and answer["Location"] == "/connexion/?next=/mon-espace/reprendre/"
    assert sign_in(browser, user, answer["Location"])["Location"] == "/mon-espace/reprendre/"
    page = browser.get("/mon-espace/reprendre/")
    assert "&lt;b&gt;sans&lt;/b&gt;" in page.text
    address, fields = again(page)
    assert address == "/essai/ecrire/" and fields["text"] == TEXT
    assert browser.post(address, fields)["Location"] == "/essai/ecrire/?ok=1"
    assert browser.get("/essai/ecrire/").text == TEXT


def test_it_is_not_shown_to_somebody_else(at):
    author, other, browser = account(), account(), Client()
    post(browser, {"text": TEXT, "nonce": new_nonce(author)})
    sign_in(browser, other, "/connexion/")
    page = browser.get("/mon-espace/reprendre/")
    assert page.status_code == 302 and page["Location"] == "/mon-espace/"


def test_it_may_be_dropped_and_does_not_wait_for_ever(at):
    user, browser = account(), Client()
    post(browser, {"text": TEXT})
    sign_in(browser, user, "/connexion/")
    assert browser.get("/mon-espace/reprendre/").status_code == 200
    assert browser.post("/mon-espace/reprendre/")["Location"] == "/essai/ecrire/"
    assert browser.get("/mon-espace/reprendre/").status_code == 302
    late = Client()
    post(late, {"text": TEXT})
    with time_machine.travel(at + timedelta(hours=13), tick=False):
        sign_in(late, user, "/connexion/")
        assert late.get("/mon-espace/reprendre/").status_code == 302


def test_another_site_s_form_is_not_kept(at):
    browser = Client()
    answer = post(browser, {"text": TEXT}, headers={"origin": "https://evil.example"})
    assert "reprendre" not in answer["Location"] and "kept_form" not in browser.session


def test_a_form_that_slept_too_long_is_offered_at_once(at):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(keeper_of(), backend="allauth.account.auth_backends.AuthenticationBackend")
    page = post(browser, {"text": TEXT})
    assert page.status_code == 403
    address, fields = again(page)
    assert fields["text"] == TEXT and browser.post(address, fields, headers=HERE)["Location"] == "/essai/ecrire/?ok=1"
    assert browser.get("/essai/ecrire/").text == TEXT


def test_a_forged_form_shows_nothing(at):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(keeper_of(), backend="allauth.account.auth_backends.AuthenticationBackend")
    page = post(browser, {"text": TEXT}, headers={"origin": "https://evil.example"})
    assert page.status_code == 403 and "seule traite" not in page.text


def test_a_session_that_ended_and_a_token_that_changed_together(at):
    user, browser = account(), Client(enforce_csrf_checks=True)
    answer = post(browser, {"text": TEXT, "nonce": new_nonce(user)})
    assert answer.status_code == 302 and answer["Location"].endswith("next=/mon-espace/reprendre/")


def test_passwords_are_never_kept_nor_shown(at):
    browser = Client(enforce_csrf_checks=True)
    page = browser.post("/connexion/", {"login": "a@demo.example", "password": "secret de polichinelle"}, headers=HERE)
    assert page.status_code == 403 and "polichinelle" not in page.text


def test_a_refusal_where_no_form_can_show_it_gives_the_text_back(at, as_user):
    browser = as_user(UserFactory())
    page = post(browser, {"text": TEXT, "refuse": "1"}, headers=HERE | {"referer": "http://testserver/essai/ecrire/"})
    assert (
        page.status_code == 422 and "Jamais." in page.text and "Demandez encore." in page.text and "art. 1" in page.text
    )
    assert again(page)[1]["text"] == TEXT


def test_a_refused_button_leads_back_with_the_reason(at, as_user):
    browser = as_user(UserFactory())
    answer = post(browser, {"refuse": "1"}, headers=HERE | {"referer": "http://testserver/mon-espace/securite/"})
    assert answer.status_code == 302 and answer["Location"] == "/mon-espace/securite/"
    assert "Jamais." in browser.get("/mon-espace/securite/").text
    away = post(browser, {"refuse": "1"}, headers={"referer": "https://evil.example/"})
    assert away.status_code == 422


def test_a_second_click_is_led_where_the_first_was(at, as_user):
    browser = as_user(UserFactory())
    data = {"text": TEXT, "nonce": "n1"}
    first, second = post(browser, data), post(browser, data)
    assert first["Location"] == second["Location"] == "/essai/ecrire/?ok=1" and second["Idempotency-Replayed"] == "true"
    other = post(browser, {**data, "text": "Autre chose que j’ai écrite."})
    assert other.status_code == 422 and again(other)[1]["text"] == "Autre chose que j’ai écrite."


@pytest.mark.parametrize(
    "name", ["password", "new_password", "change-iban", "account-bic", "code", "access_code", "secret"]
)
def test_secrets_are_never_kept(name):
    assert kept.is_secret(name)


@pytest.mark.parametrize("name", ["insee_code", "project-insee_code", "publication", "summary", "codename", "bicycle"])
def test_what_only_looks_like_a_secret_is_kept(name):
    assert not kept.is_secret(name)
