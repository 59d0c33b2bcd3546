"""What the page of a meeting says at each step: what comes next, why a file is discussed, what a secret count tells, whose vote did not carry."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from core.models import Mail
from desks import awaited
from reviews.models import AgendaItem
from reviews.models.meeting import Tally
from reviews.rules.meetings import rehearsal
from reviews.transitions import agenda, meetings
from tests.factories.meetings import GROUNDS, called, cast, convened, item_of, opened, planned
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_clear import items, scored
from tests.reviews.test_dissents import voted
from tests.reviews.test_meeting_pages import text, with_recusal
from tests.reviews.test_meeting_words import english, paths
from tests.reviews.test_meetings import refused

pytestmark = pytest.mark.django_db


def test_a_meeting_planned_says_what_comes_next_and_waits_on_the_desk(at, as_user):
    made, meeting = planned(files=1, days=9)
    president, member = made.presidents[0], made.members[CIVIL][1]
    page = text(english(as_user, president).get(paths(meeting)[0]))
    assert "The case officers send the notice, by" in page and "repetition" in page and "papier" in page
    assert "repetition" not in text(english(as_user, member).get(paths(meeting)[0]))

    def told(person, then):
        return [one for one in awaited.tasks(person, then) if meeting.reference in one.title]

    assert [one.due_at for one in told(president, at)] == [(meeting.planned_at - timedelta(days=5)).date()]
    assert not told(member, at) and not told(president, at - timedelta(days=6))
    meetings.convene(meeting=meeting, actor=made.officer)
    assert "notice leaves" not in " ".join(one.title for one in told(president, at))


def test_before_the_hour_a_missing_quorum_is_not_told_to_open(at):
    made, meeting = convened(files=1)
    error = refused("too_early", meetings.fail_quorum, meeting=meeting, actor=made.presidents[0], at=at)
    assert str(error.remedy) != str(
        refused("too_early", meetings.open, meeting=meeting, actor=made.presidents[0], at=at).remedy
    )


def test_why_a_file_is_discussed_stands_on_its_item_and_in_the_agenda(at, as_user):
    made, meeting, now = opened(scored([(8, 8), (9, 3)], members=2))
    clear, gap = items(meeting)
    with time_machine.travel(now, tick=False):
        chair = english(as_user, made.presidents[0])
        page = text(chair.get(f"{paths(meeting)[0]}?point={gap.pk}"))
        assert "To discuss:" in page and "to discuss: The colleges differ by 3.00" in page
        assert "To discuss:" not in text(chair.get(f"{paths(meeting)[0]}?point={clear.pk}"))


def test_a_secret_count_says_who_did_not_vote_and_what_it_would_tell(at, as_user):
    made, meeting, now = opened(files=1, members=3)
    item, chair = called(made, item_of(meeting), now), made.presidents[0]
    agenda.open_ballot(agenda_item=item, actor=chair, at=now, mode="secret", proposal="rejected", grounds=GROUNDS)
    cast(made, item, now, civil="f", state="ff")
    with time_machine.travel(now, tick=False):
        browser = english(as_user, chair)
        page = text(browser.get(paths(meeting)[0]))
        assert "where all of a college voted alike" in page
        assert page.count("One member alone voted in the college “civil society”") == 1
        assert "One member alone voted in the college “the State”" not in page
        assert "where a whole college votes alike" in page
        agenda.close_vote(agenda_item=AgendaItem.objects.get(pk=item.pk), actor=chair, at=now, anyway=True)
        page = text(browser.get(f"{paths(meeting)[0]}?point={item.pk}"))
    assert {row.college: row.silent for row in Tally.objects.all()} == {CIVIL: 2, STATE: 1}
    assert "did not vote" in page


def test_a_dissent_is_offered_to_whose_vote_did_not_carry(at, as_user):
    made, meeting, now = opened(files=1, members=2, reviews_per_college=1)
    item = voted(made, meeting, now, civil="fa", state="ff")
    with time_machine.travel(now, tick=False):
        here = f"{paths(meeting)[0]}?point={item.pk}"
        assert "desaccord" in text(english(as_user, made.members[CIVIL][1]).get(here))
        assert "desaccord" not in text(english(as_user, made.presidents[0]).get(here))


def test_a_recused_member_is_told_out_of_the_room_only_while_the_item_lasts(at, as_user):
    made, recused, hidden = with_recusal(STATE, 1, files=2, members=3)
    made, meeting, now = opened(made)
    item, chair = item_of(meeting, hidden), made.presidents[0]
    agenda.step_out(agenda_item=item, actor=made.officer, at=now, seat=made.seat(recused))
    agenda.discuss(agenda_item=item, actor=chair, at=now)
    with time_machine.travel(now, tick=False):
        browser, here = english(as_user, recused), f"{paths(meeting)[0]}?point={item.pk}"
        assert "you are out of the room until it ends" in text(browser.get(here))
        agenda.agree(agenda_item=item, actor=chair, at=now, proposal="rejected", grounds=GROUNDS)
        page = text(browser.get(here))
    assert "you are out of the room" not in page and "This item is dealt with without you." in page


def test_a_rehearsal_says_what_an_equal_split_leads_to(at, as_user):
    made, meeting = convened(files=1)
    seats = rehearsal.rehearse({}, meeting.rules).seats
    given = {"A-civil-for": "0", "A-civil-against": str(seats)}
    page = text(english(as_user, made.presidents[0]).get(f"{paths(meeting)[0]}repetition/", given))
    assert page.count("discussed a second time and put to the vote again") == 1


def test_the_wall_has_no_personal_menu(at, as_user):
    made, meeting, now = opened(files=1)
    with time_machine.travel(now, tick=False):
        page = text(english(as_user, made.presidents[0]).get(f"{paths(meeting)[0]}salle/"))
    assert "/mon-espace/" not in page.split("<footer")[0] and "Back to the meeting" in page


def test_an_urgent_notice_says_what_is_urgent(at):
    made, meeting = planned(files=1, days=2)
    meetings.convene(meeting=meeting, actor=made.officer, urgency_reason="Le bail expire.")
    told = Mail.objects.filter(code="reviews/meeting.notice", language="fr").first().text
    assert "La commission se réunit le" in told and "Lieu : Maison des essais, Nevers." in told
    assert "La convocation vous est envoyée en urgence" in told and "Raison donnée : Le bail expire." in told
