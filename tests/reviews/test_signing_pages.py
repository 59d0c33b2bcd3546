"""A signature that was interrupted to prove who one is: the page says that nothing is signed yet, and keeps what was chosen."""

from __future__ import annotations

import pytest

from core import reauth
from reviews.models import Decision
from tests.factories import reviews as make
from tests.factories.meetings import closed, rendered

pytestmark = [pytest.mark.django_db, pytest.mark.screens]
PASSWORD = "un mot de passe de plus 42"
NOT_YET = "You have not signed yet."


def stale(browser):
    session = browser.session
    session[reauth.KEY] = "2026-01-01T06:00:00+00:00"
    session.save()
    return browser


def proved(browser, answer):
    """Follows to the page of the password, types it, and comes back."""
    assert answer.status_code == 302 and "/mon-espace/confirmer/?next=" in answer.url
    there = browser.get(answer.url).context["next"]
    back = browser.post("/mon-espace/confirmer/", {"password": PASSWORD, "next": there})
    assert back.status_code == 302 and back.url == there
    return browser.get(there)


def sign_with_password(person):
    person.set_password(PASSWORD)
    person.language = "en"
    person.save()
    return person


def test_the_minutes_say_that_they_are_not_signed_yet(at, as_user):
    made, meeting, _at = closed()
    rendered(meeting)
    browser = stale(as_user(sign_with_password(made.presidents[0])))
    path = f"/en/commission/seances/{meeting.pk}/proces-verbal/"
    assert NOT_YET not in browser.get(path).content.decode()
    page = proved(browser, browser.post(path, {"act": "sign", "sign-read": "on"})).content.decode()
    assert (
        NOT_YET in page
        and "autofocus" in page
        and 'name="sign-read" id="id_sign-read" checked' in " ".join(page.replace(" required", "").split())
    )
    assert meeting.minutes_signatures.count() == 0
    assert browser.post(path, {"act": "sign", "sign-read": "on"}).url == path
    assert meeting.minutes_signatures.count() == 1
    assert NOT_YET not in browser.get(path).content.decode()


def test_the_decisions_keep_the_choice_and_say_so(at, as_user):
    made = make.reviewed(make.world(files=2))
    for application in made.files:
        make.rendered(make.decided(made, application))
    chosen, left = Decision.objects.order_by("pk")
    browser = stale(as_user(sign_with_password(made.presidents[0])))
    path = f"/en/commission/decisions/{made.call.slug}/"
    page = proved(browser, browser.post(path, {"decision": chosen.reference, "read": "on"})).content.decode()
    assert NOT_YET in page
    assert f'value="{chosen.reference}" checked' in page and f'value="{left.reference}" checked' not in page
    assert chosen.document.signatures.count() == 0
    assert browser.post(path, {"decision": chosen.reference, "read": "on"}).url == path
    assert chosen.document.signatures.count() == 1 and left.document.signatures.count() == 0
    assert NOT_YET not in browser.get(path).content.decode()


def test_signing_nothing_is_refused(at, as_user):
    made = make.reviewed(make.world(files=1))
    make.rendered(make.decided(made, made.files[0]))
    browser = as_user(sign_with_password(made.presidents[0]))
    answer = browser.post(f"/en/commission/decisions/{made.call.slug}/", {"read": "on"})
    assert answer.status_code == 422 and "Choose at least one decision to sign." in answer.content.decode()
