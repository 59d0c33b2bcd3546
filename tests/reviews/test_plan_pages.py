"""The page on which a meeting is planned says what is true of its call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fund.models import Call
from reviews.models import Meeting
from reviews.transitions import minutes
from tests.factories.meetings import closed, planned, rendered
from tests.factories.reviews import reviewed
from tests.reviews.test_meeting_pages import done, refused, text

pytestmark = pytest.mark.django_db


def test_a_call_that_is_concluded_is_said_at_once(at, as_user):
    made = reviewed(files=1)
    Call.objects.filter(pk=made.call.pk).update(state="decided", decided_at=timezone.now())
    officer, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/convoquer/"
    page = text(officer.get(path))
    assert "Cet appel est conclu" in page and 'name="planned_at_0"' not in page and "recevabilité" not in page
    day = timezone.now() + timedelta(days=9)
    late = {"planned_at_0": day.strftime("%Y-%m-%d"), "planned_at_1": "14:00", "place": "Nevers", "titles": "Bilan"}
    refused(officer.post(path, late), 409, "Cet appel est conclu")
    assert not Meeting.objects.exists()


def test_the_order_is_told_as_it_is_once_reading_is_closed(at, as_user):
    made, meeting, now = closed(files=1)
    officer, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/convoquer/"
    page = text(officer.get(path))
    assert "le classement vient à la clôture de la lecture" not in page and "aucun de ces dossiers" in page


def test_only_minutes_that_nobody_adopted_are_offered_for_adoption(at, as_user):
    made, meeting, now = closed(files=1)
    officer, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/convoquer/"
    assert 'name="minutes_of"' in text(officer.get(path))
    meeting = rendered(meeting)
    for president in made.presidents:
        meeting = minutes.sign_minutes(meeting=meeting, actor=president, at=now, evidence={"method": "password"})
    assert 'name="minutes_of"' not in text(officer.get(path))


def test_the_reason_of_an_urgency_is_asked_beside_the_button_that_needs_it(at, as_user):
    made, meeting = planned(files=1, days=3)
    officer, run = as_user(made.officer), f"/instruction/seances/{meeting.pk}/"
    page = text(officer.get(run))
    assert 'name="convene-urgency_reason"' in page and 'aria-describedby="why-meeting-convene"' not in page
    page = refused(officer.post(run, {"act": "convene", "convene-urgency_reason": ""}), 409)
    assert "id_convene-urgency_reason_error" in page
    done(officer.post(run, {"act": "convene", "convene-urgency_reason": "Crue de la Loire"}))
    assert Meeting.objects.get(pk=meeting.pk).state == "convened"
