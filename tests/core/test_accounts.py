"""An account's life by the browser: sign up, confirm through the mail, sign in, lose the password, add a second factor, prove again who one
is.
"""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail as django_mail
from django.test import Client

from core import outbox
from core.models import ApiToken, Mail, User
from core.tokens import make_token
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "un mot de passe assez long"


def sign_up(client, email="elise@demo.example", name="Élise Garrigou", password=PASSWORD):
    return client.post("/inscription/", {"email": email, "name": name, "password1": password})


def link_in_last_mail(at=None) -> str:
    text = Mail.objects.latest("id").text
    return re.search(r"http://127\.0\.0\.1:8000(\S+)", text)[1]


def confirmed(email="elise@demo.example"):
    browser = Client()
    sign_up(browser, email)
    path = link_in_last_mail()
    browser.post(path)
    return User.objects.get(email=email)


def sign_in(client, email, password=PASSWORD, **more):
    return client.post("/connexion/", {"login": email, "password": password, **more})


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_sign_up_confirm_sign_in_sign_out(client, at):
    assert client.get("/inscription/").status_code == 200
    answer = sign_up(client)
    user = User.objects.get()
    assert answer.status_code == 302 and (user.name, user.language) == ("Élise Garrigou", "fr")
    assert sign_in(Client(), user.email).status_code == 302  # led to "confirm your address", not signed in
    mail = Mail.objects.latest("id")
    assert mail.code == "account/confirm" and mail.recipient == user
    path = link_in_last_mail()
    assert path.startswith("/inscription/adresse/")
    page = client.get(path)
    assert page.status_code == 200 and not user.emailaddress_set.filter(verified=True).exists(), (
        "opening the link does nothing: scanners do it too"
    )
    client.post(path)
    assert user.emailaddress_set.get().verified
    browser = Client()
    answer = sign_in(browser, user.email)
    assert (answer.status_code, answer["Location"]) == (302, "/mon-espace/")
    assert browser.get("/mon-espace/securite/").status_code == 200
    browser.post("/deconnexion/")
    assert browser.get("/mon-espace/securite/").status_code == 302


def test_signing_out_takes_a_post(at, as_user):
    browser = as_user(UserFactory())
    browser.get("/deconnexion/")
    assert browser.get("/mon-espace/securite/").status_code == 200


def test_a_wrong_password_says_so_and_keeps_the_address(client, at):
    user = confirmed()
    answer = sign_in(client, user.email, "un autre mot de passe")
    assert answer.status_code == 200 and user.email in answer.text and "_auth_user_id" not in client.session
    assert sign_in(client, user.email.upper()).status_code == 302


def test_known_and_unknown_addresses_get_the_same_answers(at):
    user = confirmed()

    def shown(answer, email):
        text = re.sub(r'(csrfmiddlewaretoken" value=|name="nonce" value=)"[^"]*"', "", answer.text)
        return answer.status_code, answer.get("Location"), text.replace(email, "X")

    wrong = [
        shown(sign_in(Client(), email, "wrong password here"), email) for email in (user.email, "nobody@demo.example")
    ]
    reset = [
        shown(Client().post("/mot-de-passe/", {"email": email}), email) for email in (user.email, "nobody@demo.example")
    ]
    known = UserFactory(password=PASSWORD).email
    again = [shown(sign_up(Client(), email), email) for email in (known, "new@demo.example")]
    assert wrong[0] == wrong[1] and reset[0] == reset[1] and again[0] == again[1]
    assert [mail.code for mail in Mail.objects.order_by("-id")[:2]] == ["account/confirm", "account/exists"]


def test_a_new_password_through_the_mail(client, at):
    user = confirmed()
    other = Client()
    sign_in(other, user.email)
    client.post("/mot-de-passe/", {"email": user.email})
    path = link_in_last_mail()
    page = client.get(path, follow=True)
    assert page.status_code == 200
    form = page.redirect_chain[-1][0] if page.redirect_chain else path
    client.post(form, {"password1": "un tout nouveau mot de passe", "password2": "un tout nouveau mot de passe"})
    assert other.get("/mon-espace/securite/").status_code == 302, "the other sessions are closed"
    assert sign_in(Client(), user.email).status_code == 200
    assert sign_in(Client(), user.email, "un tout nouveau mot de passe").status_code == 302
    assert Client().get(path, follow=True).status_code in (200, 302, 404)
    used = Client()
    again = used.get(path, follow=True)
    assert "password1" not in again.text, "the link works once"
    assert Mail.objects.filter(code="account/password_changed", recipient=user).count() == 1


def test_links_never_come_from_the_host_header(at, settings):
    settings.ALLOWED_HOSTS = ["*"]
    user = confirmed()
    Client(headers={"host": "evil.example", "x-forwarded-host": "evil.example"}).post(
        "/mot-de-passe/", {"email": user.email}
    )
    assert "evil" not in Mail.objects.latest("id").text


def test_an_address_gets_five_such_mails_an_hour_at_most(at, settings):
    settings.RATE_LIMIT_SCALE = 1
    user = confirmed()
    for _ in range(9):
        Client().post("/mot-de-passe/", {"email": user.email})
    assert Mail.objects.filter(to=user.email).count() == 5


def test_a_second_factor_is_encrypted_asked_for_and_told(at, django_capture_on_commit_callbacks):
    user = confirmed()
    browser = Client()
    sign_in(browser, user.email)
    page = browser.get("/mon-espace/securite/second-facteur/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/mon-espace/securite/second-facteur/", {"code": code_of(secret)})
    assert answer.status_code == 302
    stored = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert secret not in stored and stored.startswith("gAAAA")
    assert browser.get("/mon-espace/securite/codes/").status_code == 200
    assert "account/second_factor_on" in Mail.objects.values_list("code", flat=True)
    other = Client()
    answer = sign_in(other, user.email)
    assert answer["Location"].startswith("/connexion/second-facteur/") and "_auth_user_id" not in other.session
    assert other.get("/mon-espace/securite/").status_code == 302
    with time_machine.travel(at + timedelta(minutes=2), tick=False):
        wrong = other.post("/connexion/second-facteur/", {"code": "000000"})
        assert wrong.status_code == 200 and "_auth_user_id" not in other.session
        assert other.post("/connexion/second-facteur/", {"code": code_of(secret)})["Location"] == "/mon-espace/"
    assert other.get("/mon-espace/securite/").status_code == 200


def test_what_weighs_asks_again_after_five_minutes(at):
    user = confirmed()
    browser = Client()
    sign_in(browser, user.email)
    assert browser.get("/mon-espace/securite/second-facteur/").status_code == 200
    with time_machine.travel(at + timedelta(minutes=5), tick=False):
        answer = browser.get("/mon-espace/securite/second-facteur/")
        assert answer.status_code == 302 and answer["Location"].startswith("/mon-espace/confirmer/?next=")
        there = answer["Location"]
        assert browser.get(there).status_code == 200
        wrong = browser.post(there, {"password": "pas le bon"})
        assert wrong.status_code == 422 and browser.get("/mon-espace/securite/second-facteur/").status_code == 302
        right = browser.post(there, {"password": PASSWORD, "next": "/mon-espace/securite/second-facteur/"})
        assert right["Location"] == "/mon-espace/securite/second-facteur/"
        assert browser.get(right["Location"]).status_code == 200
        assert (
            browser.post("/mon-espace/confirmer/", {"password": PASSWORD, "next": "https://evil.example/"})["Location"]
            == "/mon-espace/securite/"
        )


def test_guesses_are_counted_at_the_second_door_too(at, as_user, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,3/5m/key"}
    browser = as_user(UserFactory(email="a@demo.example", password=PASSWORD))
    for _ in range(5):
        browser.post("/mon-espace/confirmer/", {"password": "wrong"})
    assert browser.post("/mon-espace/confirmer/", {"password": PASSWORD}).status_code == 422


def test_an_inactive_account_has_no_session(at, as_user):
    user = UserFactory()
    browser = as_user(user)
    user.is_active = False
    user.save()
    assert browser.get("/mon-espace/securite/").status_code == 302


def test_tokens_are_shown_once_told_and_revoked(at, as_user):
    user, other = UserFactory(), UserFactory()
    browser = as_user(user)
    page = browser.post("/mon-espace/securite/jetons/nouveau/", {"label": "script", "days": "90"})
    secret = re.search(r"fund_[\w-]+", page.text)[0]
    token = ApiToken.objects.get()
    assert (
        token.token_hash == ApiToken.digest(secret)
        and not token.may_write
        and token.expires_at == at + timedelta(days=90)
    )
    listed = browser.get("/mon-espace/securite/")
    assert "script" in listed.text and secret not in listed.text
    assert Mail.objects.get().code == "account/token_created"
    assert as_user(other).post(f"/mon-espace/securite/jetons/{token.pk}/revoquer/").status_code == 404
    browser.post(f"/mon-espace/securite/jetons/{token.pk}/revoquer/")
    token.refresh_from_db()
    assert token.revoked_at and make_token(user, at=at, label="x").startswith("fund_")


@pytest.mark.parametrize("count", [1, 20])
def test_the_security_page_costs_the_same_whatever_it_lists(at, as_user, count, django_assert_num_queries):
    user = UserFactory()
    for number in range(count):
        make_token(user, at=at, label=f"n{number}")
    browser = as_user(user)
    browser.get("/mon-espace/securite/")
    with django_assert_num_queries(7) as caught:
        browser.get("/mon-espace/securite/")
    assert len(caught) == 7


def test_language_follows_the_person(at, as_user):
    user = UserFactory()
    browser = as_user(user)
    assert "Sécurité" in browser.get("/mon-espace/securite/").text
    answer = browser.post("/langue/", {"language": "en", "next": "/mon-espace/securite/"})
    assert answer["Location"] == "/en/mon-espace/securite/"
    page = browser.get("/mon-espace/securite/")
    assert 'lang="en"' in page.text and page["Content-Language"] == "en"
    assert Client().post("/langue/", {"language": "en", "next": "//evil.example"})["Location"] == "/en/"
    assert Client().post("/langue/", {"language": "xx", "next": "/projets/"})["Location"] == "/projets/"


def test_mails_of_accounts_leave_through_the_outbox(client, at):
    sign_up(client)
    assert django_mail.outbox == [] and outbox.deliver_due(at) == 1 and len(django_mail.outbox) == 1


def test_the_way_to_a_new_account_keeps_where_one_was_going(client):
    page = client.get("/connexion/?next=/appels/un-appel/candidater/").content.decode()
    assert 'href="/inscription/?next=/appels/un-appel/candidater/"' in page
    page = client.get("/inscription/?next=/appels/un-appel/candidater/").content.decode()
    assert 'name="next" value="/appels/un-appel/candidater/"' in page
    assert 'href="/connexion/?next=/appels/un-appel/candidater/"' in page
