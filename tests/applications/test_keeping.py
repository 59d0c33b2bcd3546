"""A draft that was never filed is kept as long as the rules say, its people warned a month before; then its words are gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from applications import tasks
from applications.models import Application
from applications.queries import keeping
from applications.transitions import lapse
from core.models import Event, Mail, User
from tests.factories.applications import ApplicationFactory

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
MAIL = "applications/draft.erasure"


@pytest.fixture
def draft(at):
    row = ApplicationFactory(title="Un brouillon")
    closes = row.call.closes_at
    with time_machine.travel(closes + timedelta(hours=1), tick=False):
        lapse(application=row, actor=User.objects.system(), at=timezone.now())
    return Application.objects.get(pk=row.pk)


def clock_at(day, hour=9) -> None:
    with time_machine.travel(datetime(day.year, day.month, day.day, hour, tzinfo=PARIS), tick=False):
        tasks.keep_drafts_no_longer(timezone.now(), User.objects.system())


def test_warned_a_month_before_then_erased(draft):
    day = keeping.erased_on(draft)
    clock_at(day - timedelta(days=31))
    assert not Mail.objects.filter(code=MAIL).exists()
    clock_at(day - timedelta(days=30))
    clock_at(day - timedelta(days=29))
    assert Mail.objects.filter(code=MAIL).count() == 1
    clock_at(day - timedelta(days=1))
    draft.refresh_from_db()
    assert draft.title == "Un brouillon"
    clock_at(day)
    clock_at(day, 10)
    draft.refresh_from_db()
    assert draft.title == "" and draft.state == "lapsed" and not draft.sections.exists()
    assert Event.objects.filter(object_id=draft.pk, machine="application", verb="erase_draft").count() == 1


def test_a_late_clock_still_leaves_a_month(draft):
    late = keeping.erased_on(draft) + timedelta(days=100)
    clock_at(late)
    assert (late + timedelta(days=30)).strftime("%Y") in Mail.objects.get(code=MAIL).text + Mail.objects.get(
        code=MAIL
    ).subject
    clock_at(late + timedelta(days=29))
    draft.refresh_from_db()
    assert draft.title
    clock_at(late + timedelta(days=30), 10)
    draft.refresh_from_db()
    assert not draft.title


def test_what_was_filed_is_never_erased(draft):
    Application.objects.filter(pk=draft.pk).update(first_received_at=timezone.now())
    clock_at(keeping.erased_on(draft) + timedelta(days=400))
    assert not Mail.objects.filter(code=MAIL).exists()


def test_a_draft_revived_and_lapsed_again_is_warned_again(draft):
    day = keeping.erased_on(draft)
    clock_at(day - timedelta(days=20))
    Application.objects.filter(pk=draft.pk).update(closed_at=datetime(2030, 1, 1, tzinfo=PARIS))
    draft.refresh_from_db()
    clock_at(keeping.erased_on(draft) - timedelta(days=10))
    assert Mail.objects.filter(code=MAIL).count() == 2
    clock_at(keeping.erased_on(draft))
    draft.refresh_from_db()
    assert draft.title
