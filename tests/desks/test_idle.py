"""Accounts that nobody uses: warned a month before, closed after a year, reopened by a link, erased after three (rulebook, art. 27)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from applications.periods import add_months
from core import person
from core.models import Event, Mail, User
from core.tokens import make_token
from desks import tasks
from fund.enums import Role
from tests.factories.applications import ApplicationFactory
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 1, 15, 9, tzinfo=PARIS)


@pytest.fixture
def idle():
    with time_machine.travel(START, tick=False):
        user = User.objects.create_user("dormeuse@asso.example", "un-mot-de-passe-long", name="Une Dormeuse")
        user.last_login = START
        user.save()
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def clock_at(day, hour=9) -> None:
    with time_machine.travel(datetime(day.year, day.month, day.day, hour, tzinfo=PARIS), tick=False):
        tasks.tidy_accounts(timezone.now(), User.objects.system())


def after(months, days=0):
    return add_months(START.date(), months) + timedelta(days=days)


def told(code) -> int:
    return Mail.objects.filter(code=f"account/{code}", state="queued").count()


def close(idle) -> None:
    clock_at(after(12, -29))
    clock_at(after(12, 2))
    idle.refresh_from_db()
    assert not idle.is_active


def test_warned_then_closed_then_warned_then_erased(idle):
    clock_at(after(12, -32))
    assert told("closing") == 0
    clock_at(after(12, -29))
    clock_at(after(12, -28))
    assert told("closing") == 1 and told("erasure") == 0
    clock_at(after(12, 0), 1)
    idle.refresh_from_db()
    assert idle.is_active  # the mail said thirty days
    clock_at(after(12, 2))
    idle.refresh_from_db()
    assert not idle.is_active and idle.name == "Une Dormeuse"
    clock_at(after(36, -29))
    clock_at(after(36, -28))
    assert told("erasure") == 1 and told("closing") == 1
    clock_at(after(36, 2))
    clock_at(after(36, 3))
    idle.refresh_from_db()
    assert idle.is_erased and idle.name == ""
    verbs = list(
        Event.objects.filter(machine="person", object_id=idle.pk).order_by("pk").values_list("verb", flat=True)
    )
    assert verbs == ["warn_of_closing", "close", "warn_of_erasure", "erase_account"]


def test_a_late_clock_closes_before_it_erases_and_warns_each_time(idle):
    clock_at(after(60))
    assert told("closing") == 1 and told("erasure") == 0
    clock_at(after(60, 31))
    idle.refresh_from_db()
    assert not idle.is_active and not idle.is_erased
    clock_at(after(60, 32))
    assert told("erasure") == 1
    clock_at(after(60, 63))
    idle.refresh_from_db()
    assert idle.is_erased


def test_a_sign_in_keeps_the_account_and_starts_again(idle):
    clock_at(after(12, -29))
    User.objects.filter(pk=idle.pk).update(last_login=START + timedelta(days=360))
    clock_at(after(12, 5))
    idle.refresh_from_db()
    assert idle.is_active
    clock_at(after(23, 15))
    assert told("closing") == 2


def test_a_token_that_reads_keeps_the_account(idle):
    with time_machine.travel(START, tick=False):
        make_token(idle, at=START, label="tableur")
    idle.api_tokens.update(last_used_on=after(6))
    clock_at(after(12, 2))
    assert told("closing") == 0


def test_an_act_keeps_the_account(idle):
    with time_machine.travel(START + timedelta(days=300), tick=False):
        person.told(idle, "change_details", actor=idle, at=timezone.now())
    clock_at(after(12, -20))
    clock_at(after(12, 20))
    assert told("closing") == 0


def test_whom_the_fund_needs_is_left_alone(idle):
    with time_machine.travel(START, tick=False):
        officer = person_with(Role.CASE_OFFICER)
        applicant = ApplicationFactory(state="submitted").lead
    clock_at(after(12, -20))
    clock_at(after(12, 20))
    warned = set(Event.objects.filter(verb="warn_of_closing").values_list("object_id", flat=True))
    assert idle.pk in warned and not {officer.pk, applicant.pk} & warned


def test_a_closed_account_is_reopened_by_the_mail_of_a_forgotten_password(idle, client):
    close(idle)
    now = datetime.combine(after(13), datetime.min.time(), PARIS)
    with time_machine.travel(now, tick=False):
        sign_in = {"login": idle.email, "password": "un-mot-de-passe-long"}
        assert "mot-de-passe" in client.post("/connexion/", sign_in, follow=True).content.decode()
        assert client.post("/mot-de-passe/", {"email": idle.email}).status_code == 302
        mail = Mail.objects.get(code="account/closed")
        assert mail.to == idle.email
        path = re.search(r"/connexion/rouvrir/\S+", mail.text).group()
        assert client.get(path).status_code == 200
        idle.refresh_from_db()
        assert not idle.is_active  # looking opens nothing
        assert client.post(path).status_code == 302
        idle.refresh_from_db()
        assert idle.is_active
        again = client.post(path)
        assert again.status_code == 409 and "ne marche plus" in again.content.decode()
        assert client.post("/connexion/", sign_in).status_code == 302 and "_auth_user_id" in client.session
    clock_at(after(13, 2))
    idle.refresh_from_db()
    assert idle.is_active


def test_who_reopened_and_did_not_sign_in_is_warned_again_before_it_is_closed(idle, client):
    close(idle)
    with time_machine.travel(datetime.combine(after(13), datetime.min.time(), PARIS), tick=False):
        client.post("/mot-de-passe/", {"email": idle.email})
        client.post(re.search(r"/connexion/rouvrir/\S+", Mail.objects.get(code="account/closed").text).group())
    clock_at(after(13, 40))
    idle.refresh_from_db()
    assert idle.is_active
    clock_at(after(25, 2))
    idle.refresh_from_db()
    assert idle.is_active and told("closing") == 2


def test_a_key_that_is_altered_old_or_of_an_open_account_opens_nothing(idle, client):
    close(idle)

    with time_machine.travel(datetime.combine(after(13), datetime.min.time(), PARIS), tick=False):
        key = person.reopening_key(idle)
        assert client.post(f"/connexion/rouvrir/{key}x/").status_code == 409
    with time_machine.travel(datetime.combine(after(13, 2), datetime.min.time(), PARIS), tick=False):
        assert client.post(f"/connexion/rouvrir/{key}/").status_code == 409
        assert "ne marche plus" in client.get(f"/connexion/rouvrir/{key}/").content.decode()
    idle.refresh_from_db()
    assert not idle.is_active
