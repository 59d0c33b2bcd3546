"""Acts of a meeting that settle much at once: what they do is read and confirmed, and nothing is abandoned in silence."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.utils import translation

from fund.models import Envelope
from reviews.models import Decision, Meeting
from reviews.models.meeting import Vote
from reviews.transitions import agenda, meetings
from tests.factories.meetings import GROUNDS, all_agreed, called, cast, item_of, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_meeting_pages import adopts, done, text, with_recusal
from tests.reviews.test_meeting_pages import refused as refused_page
from tests.reviews.test_meeting_words import english, paths
from tests.reviews.test_meetings import refused

pytestmark = pytest.mark.django_db


def test_a_vote_under_way_is_not_abandoned_in_silence(at, as_user):
    made, meeting, now = opened(files=1)
    item, chair = called(made, item_of(meeting), now), made.presidents[0]
    agenda.open_ballot(agenda_item=item, actor=chair, at=now, proposal="rejected", grounds=GROUNDS)
    cast(made, item, now, civil="fa")
    given = {"meeting": meeting, "actor": chair, "at": now, "reason": "Il est tard."}
    with translation.override("en"):
        error = refused("vote_open", meetings.adjourn, **given)
        assert "the 2 ballots given would not be counted" in str(error.reason) and error.remedy
    follow = paths(meeting)[0]
    with time_machine.travel(now, tick=False):
        browser = english(as_user, chair)
        assert "the 2 ballots given would not be counted" in text(browser.get(follow))
        post = {"act": "adjourn", "adjourn-reason": "Il est tard."}
        refused_page(browser.post(follow, post), 409, "would be abandoned", "Il est tard.")
        done(browser.post(follow, post | {"adjourn-abandon_vote": "on"}))
    assert Vote.objects.get().outcome == "void" and Meeting.objects.get().state == "adjourned"


def test_without_a_vote_under_way_nothing_more_is_asked(at, as_user):
    made, meeting, now = opened(files=1)
    called(made, item_of(meeting), now)
    with time_machine.travel(now, tick=False):
        assert "adjourn-abandon_vote" not in text(as_user(made.presidents[0]).get(f"/commission/seances/{meeting.pk}/"))
    meetings.adjourn(meeting=meeting, actor=made.presidents[0], at=now, reason="Il est tard.")


@pytest.mark.parametrize("voting", [True, False])
def test_of_a_closed_file_adjourning_tells_no_vote(at, voting):
    made, president, hidden = with_recusal(CIVIL, 0, files=2, members=3)
    made, meeting, now = opened(made)
    item, other = item_of(meeting, hidden), made.presidents[1]
    agenda.step_out(agenda_item=item, actor=made.officer, at=now, seat=made.seat(president))
    agenda.discuss(agenda_item=item, actor=other, at=now)
    if voting:
        agenda.open_ballot(agenda_item=item, actor=other, at=now, proposal="rejected", grounds=GROUNDS)
    with translation.override("en"):
        error = refused("vote_open", meetings.adjourn, meeting=meeting, actor=president, at=now, reason="Assez.")
        assert (
            str(error.reason).startswith("An item closed to you is under discussion")
            and "if one is open" in error.reason
        )


def test_the_list_is_read_with_what_it_reserves_and_one_text_serves_those_without_grounds(at, as_user):
    made, meeting, now = opened(files=3)
    meeting = all_agreed(made, meeting, now, grounds="")
    path = f"{paths(meeting)[0]}liste/"
    keys = [item.pk for item in meeting.items.filter(application__isnull=False)]
    total = sum(item.amount for item in meeting.items.filter(application__isnull=False))
    with time_machine.travel(now, tick=False):
        chair = english(as_user, made.presidents[0])
        page = text(chair.get(path))
        assert re.search(r"nobody objecting. Aids: 3, for .* reserved at once. Other decisions: 0", page)
        lines = {f"outcome_{key}": "selected" for key in keys}
        free = Envelope.objects.get(pk=made.call.envelope_id).free_amount
        without = refused_page(adopts(chair, path, lines), 422)
        assert without.count("Write the grounds: every decision has some.") >= 2
        assert all(f"Grounds of {item.application.reference}" in without for item in meeting.items.all()[1:])
        lines |= {f"grounds_{keys[0]}": "Un seul.", "common_selected": "Lectures concordantes."}
        moved = chair.post(path, lines | {"sure": "on", "read": "3-1 €-0"})
        assert moved.status_code == 422 and not Decision.objects.exists()
        done(adopts(chair, path, lines))
        assert Envelope.objects.get(pk=made.call.envelope_id).free_amount == free - total
        adopted = text(chair.get(path))
        assert (
            f"{made.presidents[0]} recording that the panel agrees" in adopted and "put to the vote by" not in adopted
        )
    grounds = dict(Decision.objects.values_list("agenda_item", "grounds"))
    assert [grounds[key] for key in keys] == ["Un seul.", "Lectures concordantes.", "Lectures concordantes."]


def test_one_text_says_nothing_of_a_file_that_waits_against_its_vote(at, as_user):
    made, meeting, now = opened(files=2, reviews_per_college=1, envelope=1_850_000 + 590_000)
    meeting = all_agreed(made, meeting, now)
    path = f"{paths(meeting)[0]}liste/"
    waits = next(line["item"] for line in _shown(as_user, made, path, now) if line["outcome"] == "reserve")
    with time_machine.travel(now, tick=False):
        chair = english(as_user, made.presidents[0])
        answer = adopts(chair, path, {"common_reserve": "Tous attendent."})
    assert answer.status_code == 422 and f"grounds_{waits}" in text(answer) and not Decision.objects.exists()
    assert STATE


def _shown(as_user, made, path, now):
    with time_machine.travel(now, tick=False):
        page = text(english(as_user, made.presidents[0]).get(path))
    rows = re.findall(r'<select name="outcome_(\d+)".*?</select>', page, re.S)
    chosen = {key: re.search(rf'name="outcome_{key}".*?value="(\w+)" selected', page, re.S).group(1) for key in rows}
    return [{"item": int(key), "outcome": outcome} for key, outcome in chosen.items()]
