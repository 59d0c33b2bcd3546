"""Who presides: the co-president while he is recorded present, another full member of his college when he is not; said when it changes."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.utils import translation

from core.models import Event
from reviews.models import AgendaItem, Meeting
from reviews.queries import meetings as queries
from reviews.queries.session import session
from reviews.rules import meetings as rules
from reviews.transitions import agenda, clear, meetings
from reviews.transitions.deeds import offer_of
from tests.factories.meetings import GROUNDS, called, item_of, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_meeting_pages import text, with_recusal
from tests.reviews.test_meeting_words import english, paths, told
from tests.reviews.test_meetings import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english_words():
    with translation.override("en"):
        yield


def away(made, meeting, person, at, presence="absent", by=None):
    meetings.record_attendance(
        meeting=meeting,
        actor=made.officer,
        at=at,
        seat=made.seat(person),
        presence=presence,
        represented_by=made.seat(by) if by else None,
    )


def names(made, meeting, person, at, reason="absent"):
    return {"meeting": meeting, "actor": made.officer, "at": at, "seat": made.seat(person), "reason": reason}


def test_a_president_recorded_present_is_not_replaced(at):
    made, meeting, now = opened(members=3)
    member, president = made.members[CIVIL][1], made.presidents[0]
    for reason, remedy in (("absent", "record it first"), ("recused", "he declares it first"), ("ended", "another")):
        error = refused("president_presides", meetings.designate_acting, **names(made, meeting, member, now, reason))
        assert str(president) in str(error.reason) and remedy in str(error.remedy)
    refused("president_presides", meetings.designate_acting, **names(made, meeting, member, now, "refused"))
    away(made, meeting, president, now, "proxy", by=member)
    meetings.designate_acting(**names(made, meeting, member, now))
    assert queries.presides(member, meeting, now) == CIVIL


def test_who_stands_in_may_open_every_file_of_the_agenda(at):
    made, recused, hidden = with_recusal(CIVIL, 1, files=2, members=3)
    made, meeting, now = opened(made)
    away(made, meeting, made.presidents[0], now)
    error = refused("acting_is_recused", meetings.designate_acting, **names(made, meeting, recused, now))
    assert str(recused) in str(error.reason) and str(made.members[CIVIL][2]) in str(error.remedy)
    assert hidden.reference not in str(error)
    meetings.designate_acting(**names(made, meeting, made.members[CIVIL][2], now))


def test_where_everybody_left_is_recused_somebody_still_stands_in(at):
    made, _recused, _hidden = with_recusal(CIVIL, 1, files=2, members=2)
    made, meeting, now = opened(made)
    away(made, meeting, made.presidents[0], now)
    meetings.designate_acting(**names(made, meeting, made.members[CIVIL][1], now))


def test_a_president_recorded_absent_conducts_nothing_and_the_acting_one_does(at):
    made, meeting, now = opened(files=2, members=3)
    president, member, item = made.presidents[0], made.members[CIVIL][1], item_of(meeting)
    away(made, meeting, president, now)
    error = refused("chair_not_present", agenda.discuss, agenda_item=item, actor=president, at=now)
    assert "who is away does not preside" in str(error.reason) and "acting president" in str(error.remedy)
    assert offer_of(agenda.discuss, item, president, now).refusal.code == "chair_not_present"
    meetings.designate_acting(**names(made, meeting, member, now))
    agenda.discuss(agenda_item=item, actor=member, at=now)
    ballot = {"agenda_item": item, "proposal": "rejected", "grounds": GROUNDS, "at": now}
    refused("chair_not_present", agenda.open_ballot, **ballot, actor=president)
    agenda.open_ballot(**ballot, actor=member)
    other = made.seat(made.members[STATE][1])
    refused("not_permitted", agenda.cast, agenda_item=item, actor=president, at=now, seat=other, choice="for")
    for act in (
        lambda: meetings.adjourn(meeting=meeting, actor=president, at=now, reason="Assez."),
        lambda: meetings.adopt_list(meeting=meeting, actor=president, at=now),
        lambda: meetings.close(meeting=meeting, actor=president, at=now),
        lambda: clear.propose_clear(meeting=meeting, actor=president, at=now, items=[item]),
        lambda: agenda.abandon_vote(agenda_item=item, actor=president, at=now),
        lambda: agenda.withdraw(agenda_item=item, actor=president, at=now, reason="Assez."),
    ):
        refused("chair_not_present", act)
    agenda.abandon_vote(agenda_item=item, actor=made.officer, at=now)  # the secretary records what the room does
    away(made, meeting, president, now, "remote")
    agenda.open_ballot(**ballot, actor=president)
    assert queries.presides(member, meeting, now) == ""


def test_who_is_away_does_not_open_the_meeting(at):
    from tests.factories.meetings import attend, convened

    made, meeting = convened(files=1, members=3)
    now = meeting.planned_at
    attend(made, meeting, at=now, absent=(made.presidents[0],))
    refused("chair_not_present", meetings.open, meeting=meeting, actor=made.presidents[0], at=now)
    assert meetings.open(meeting=meeting, actor=made.presidents[1], at=now).state == "open"


def test_a_new_acting_president_in_place_of_another_is_told(at, as_user):
    made, meeting, now = opened(files=1, members=3)
    first, second = made.members[STATE][1:3]
    away(made, meeting, made.presidents[1], now)
    run, key = paths(meeting)[1], "designate_acting"
    with time_machine.travel(now, tick=False):
        secretary = english(as_user, made.officer)

        def post(person):
            given = {"act": key, f"{key}-seat": made.seat(person).pk, f"{key}-reason": "absent"}
            return secretary.post(run, given)

        page = told(secretary, post(first))
        assert f"{first} is acting president of the college." in page
        assert f"{first} is acting president since" in page and "another choice for this college replaces" in page
        assert "already is acting president" in text(post(first))
        assert f"{second} is acting president of the college, in place of {first}." in told(secretary, post(second))
    assert Event.objects.filter(verb="designate_acting").latest("id").payload["instead_of"] == made.seat(first).pk


def test_the_room_and_the_button_count_one_quorum(at, as_user):
    """A member recused from the point to call is not present on it: the panel of the room says so too, before the point is called."""
    made, recused, hidden = with_recusal(CIVIL, 1, files=2, members=2)
    made, meeting, now = opened(made)
    item, chair = item_of(meeting, hidden), made.presidents[0]
    agenda.step_out(agenda_item=item, actor=made.officer, at=now, seat=made.seat(recused))
    away(made, meeting, made.members[STATE][1], now)
    seen = session(Meeting.objects.get(pk=meeting.pk), chair, now, item.pk)
    assert [side.count.present for side in seen.sides] == [1, 1]
    assert seen.quorum == queries.room_of(meeting, now).quorum(item)
    offer = offer_of(agenda.discuss, item, chair, now)
    assert seen.quorum.met is (offer.refusal is None)
    other = next(one for one in meeting.items.exclude(pk=item.pk) if one.application_id)
    called(made, AgendaItem.objects.get(pk=other.pk), now)
    there = session(Meeting.objects.get(pk=meeting.pk), chair, now, other.pk)
    assert [side.count.present for side in there.sides] == [2, 1]
    hidden_one = session(Meeting.objects.get(pk=meeting.pk), recused, now, item.pk)
    assert [side.count.present for side in hidden_one.sides] == [2, 1]  # nothing of a file that is closed to him
    with time_machine.travel(now, tick=False):
        page = text(english(as_user, chair).get(f"{paths(meeting)[0]}?point={item.pk}"))
    assert rules.quorum_words(seen.quorum) in page if not seen.quorum.met else True
    assert re.search(r"recused from this item", page)
