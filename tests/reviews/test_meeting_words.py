"""What the pages of a meeting say: what an act did and does not do, who presides, where the vote stands, what comes next."""

from __future__ import annotations

import pytest
import time_machine

from reviews.models import AgendaItem, Vote
from reviews.models.meeting import Ballot
from reviews.transitions import agenda, meetings
from tests.factories.meetings import GROUNDS, agreed, called, cast, convened, item_of, listed, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_meeting_pages import done, text

pytestmark = [pytest.mark.django_db, pytest.mark.screens]


def paths(meeting) -> tuple[str, str]:
    return f"/en/commission/seances/{meeting.pk}/", f"/en/instruction/seances/{meeting.pk}/"


def english(as_user, person):
    person.language = "en"
    person.save()
    return as_user(person)


def told(browser, answer) -> str:
    return text(browser.get(done(answer).url))


def ballot(item, **facts) -> dict:
    given = {"proposal": "rejected", "mode": "open", "grounds": GROUNDS} | facts
    return {"act": f"open_ballot-{item.pk}"} | {f"open_ballot-{item.pk}-{name}": value for name, value in given.items()}


def test_a_vote_from_its_mode_to_the_next_item(at, as_user):
    made, meeting, now = opened(files=2, members=2)
    item, follow = called(made, item_of(meeting), now), paths(meeting)[0]
    civil = made.members[CIVIL][0]
    with time_machine.travel(now, tick=False):
        chair = english(as_user, civil)
        page = text(chair.get(follow))
        assert 'value="open" id="id_open_ballot' in page.replace(" checked", "") and "Go to the vote" not in page
        assert 'value="open" checked' in page.replace(f' id="id_open_ballot-{item.pk}-mode_0"', "")
        before = page.split("would be left of")[0].split('id="env">')[1]
        ask = done(chair.post(follow, {"act": f"ask_secret-{item.pk}"}))
        assert "Your request for a secret ballot is recorded." in text(chair.get(ask.url))
        page = told(
            chair,
            chair.post(follow, ballot(item, proposal="selected", amount=str(item.application.requested_amount // 100))),
        )
        assert "The vote is open by secret ballot, not as you chose" in page and "Go to the vote" in page
        assert f"ask_secret-{item.pk}" not in page
        assert (
            page.split("would be left of")[0].split('id="env">')[1] == before
        )  # nothing is given before it is carried
        assert f"close_vote-{item.pk}-anyway" in page
        cast(made, item, now, civil="ff", state="aa")
        assert f"close_vote-{item.pk}-anyway" not in text(chair.get(follow))
        page = told(chair, chair.post(follow, {"act": f"close_vote-{item.pk}"}))
        assert "the item is discussed a second time" in page
        agenda.open_ballot(agenda_item=AgendaItem.objects.get(pk=item.pk), actor=civil, at=now)
        cast(made, item, now, civil="ff", state="aa")
        page = told(chair, chair.post(follow, {"act": f"close_vote-{item.pk}"}))
        following = meeting.items.get(position=item.position + 1)
        assert f"Go on to item {following.position}" in page and f"?point={following.pk}" in page
        assert "Do not fund" in page.split('id="odj"')[1]
    assert Vote.objects.filter(item=item).count() == 2


def test_a_show_of_hands_names_who_has_voted_and_keeps_the_others(at, as_user):
    made, meeting, now = opened(files=1)
    item, run = called(made, item_of(meeting), now), paths(meeting)[1]
    agenda.open_ballot(agenda_item=item, actor=made.presidents[0], at=now, proposal="rejected", grounds=GROUNDS)
    first, second = (made.seat(person) for person in made.members[CIVIL][:2])
    cast(made, item, now, civil="f")
    with time_machine.travel(now, tick=False):
        secretary = english(as_user, made.officer)
        key = f"cast_hands-{item.pk}"
        answer = secretary.post(
            run, {"act": key, f"{key}-seat-{first.pk}": "for", f"{key}-seat-{second.pk}": "against"}
        )
    page = text(answer)
    assert answer.status_code == 409 and f"{first.user} :" in page
    assert 'value="against" selected' in page and Ballot.objects.count() == 1


def test_who_presides_is_chosen_and_shown(at, as_user):
    made, meeting, now = opened(files=1)
    follow, run = paths(meeting)
    with time_machine.travel(now, tick=False):
        secretary = english(as_user, made.officer)
        key = "designate_acting"
        nobody = secretary.post(run, {"act": key, f"{key}-seat": "", f"{key}-reason": "absent"})
        assert nobody.status_code == 422 and "Choose the member who presides" in text(nobody)
        stands_in = made.members[STATE][1]
        seat = made.seat(stands_in)
        there = text(secretary.post(run, {"act": key, f"{key}-seat": seat.pk, f"{key}-reason": "absent"}))
        assert f"{made.presidents[1]} is recorded as present, and presides." in there
        meetings.record_attendance(
            meeting=meeting, actor=made.officer, at=now, seat=made.seat(made.presidents[1]), presence="absent"
        )
        page = told(secretary, secretary.post(run, {"act": key, f"{key}-seat": seat.pk, f"{key}-reason": "absent"}))
        assert f"{stands_in} is acting president of the college." in page
        assert f"{stands_in}, acting president" in text(english(as_user, made.members[CIVIL][1]).get(follow))


def test_the_first_president_reads_that_the_other_must_agree(at, as_user):
    made, meeting, now = listed(files=1)
    follow = paths(meeting)[0]
    with time_machine.travel(now, tick=False):
        first, second = (english(as_user, person) for person in made.presidents)
        assert "it closes when the other agrees too" in text(first.get(follow))
        assert "You agree to close." in told(first, first.post(follow, {"act": "close"}))
        assert "You agree to close." not in told(second, second.post(follow, {"act": "close"}))


def test_the_notice_is_answered_and_everyone_is_present_in_one_act(at, as_user):
    made, meeting = convened(files=1)
    follow, run = paths(meeting)
    member = english(as_user, made.members[CIVIL][1])
    page = told(member, member.post(follow, {"act": "announce", "announce-presence": "remote"}))
    assert "Your answer to the notice is recorded: remotely" in page or "Your answer to the notice is recorded:" in page
    assert "Score of the college" not in page
    with time_machine.travel(meeting.planned_at, tick=False):
        secretary = english(as_user, made.officer)
        assert 'name="everyone"' in text(secretary.get(run))
        done(secretary.post(run, {"act": "record_all", "everyone": "room"}))
    assert set(meeting.attendances.values_list("presence", flat=True)) == {"room"}


def test_the_agenda_gives_the_outcome_and_not_the_vote(at, as_user):
    made, meeting, now = opened(files=2)
    first, second = meeting.items.filter(application__isnull=False).order_by("position")
    agreed(made, first, now, proposal="reserve")
    agreed(made, second, now, proposal="rejected")
    with time_machine.travel(now, tick=False):
        page = (
            text(english(as_user, made.members[CIVIL][1]).get(paths(meeting)[0]))
            .split('class="agenda"')[1]
            .split("</ol>")[0]
        )
    assert "Reserve list" in page and "Do not fund" in page and "dopted" not in page
