"""The meeting as it goes on: what a page follows, what the whole room reads on its wall, what is said of a closed file to nobody."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.transitions import agenda, meetings
from tests.factories.meetings import called, item_of, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_meeting_pages import with_recusal

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def expected(page) -> int:
    """How many votes the spoken sentence says are expected."""
    page = page if isinstance(page, str) else text(page)
    return int(re.search(r'data-say="[^"]*: (\d+) ', page)[1])


def queries_of(client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return len(caught)


def test_a_page_follows_the_meeting_by_one_fragment_that_answers_304(at, as_user):
    made, meeting, at = opened(files=2, members=2)
    member = made.members[CIVIL][1]
    path = f"/commission/seances/{meeting.pk}/"
    with time_machine.travel(at, tick=False):
        client = as_user(member)
        page = text(client.get(path))
        assert f'data-live="{path}en-direct/"' in page and "js/live.js" in page and "data-live-forms" in page
        first = client.get(f"{path}en-direct/")
        assert (
            "<html" not in text(first)
            and "nonce" not in text(first)
            and first.headers["Cache-Control"] == "no-store, private"
        )
        etag = first.headers["ETag"]
        assert client.get(f"{path}en-direct/", headers={"If-None-Match": etag}).status_code == 304

        item = called(made, item_of(meeting), at)
        agenda.open_ballot(
            agenda_item=item,
            actor=made.presidents[0],
            at=at,
            mode="open",
            proposal="selected",
            amount=18_500_00,
            grounds="Oui.",
        )
        moved = client.get(f"{path}en-direct/", headers={"If-None-Match": etag})
        assert moved.status_code == 200 and moved.headers["ETag"] != etag
        assert expected(moved) == 4 and item.application.display_title in text(moved)
        assert f"/commission/dossiers/{item.application.reference}/" in text(moved)
        agenda.cast(agenda_item=item, actor=member, at=at, seat=made.seat(member), choice="for")
        assert expected(client.get(f"{path}en-direct/")) == 3


def test_the_quorum_that_falls_is_said_aloud(at, as_user):
    made, meeting, at = opened(files=1, members=2)
    path = f"/commission/seances/{meeting.pk}/en-direct/"
    with time_machine.travel(at, tick=False):
        client = as_user(made.members[CIVIL][1])
        assert 'data-live-state="met"' in text(client.get(path)) and 'data-alert=""' in text(client.get(path))
        for user in made.members[STATE]:
            meetings.record_attendance(
                meeting=meeting, actor=made.officer, at=at, seat=made.seat(user), presence="absent"
            )
        page = text(client.get(path))
        assert 'data-live-state="lost"' in page and 'class="alert bad"' in page


def test_the_wall_says_nothing_of_a_file_while_somebody_recused_is_in_the_room(at, as_user):
    made, recused, first = with_recusal(STATE, 1, files=2, members=2)
    made, meeting, at = opened(made)
    item, seat = item_of(meeting, first), made.seat(recused)
    with time_machine.travel(at, tick=False):
        for client, desk in ((as_user(made.presidents[0]), "commission"), (as_user(made.officer), "instruction")):
            page = text(client.get(f"/{desk}/seances/{meeting.pk}/salle/"))
            assert first.reference in page and first.display_title not in page
            assert made.files[1].display_title in page or made.files[0].display_title in page
            fragment = client.get(f"/{desk}/seances/{meeting.pk}/salle/en-direct/")
            assert first.display_title not in text(fragment) and fragment.headers["ETag"]
        agenda.step_out(agenda_item=item, actor=made.officer, at=at, seat=seat)
        item = called(made, item, at)
        agenda.open_ballot(
            agenda_item=item,
            actor=made.presidents[0],
            at=at,
            mode="secret",
            proposal="selected",
            amount=18_500_00,
            grounds="Oui.",
        )
        page = text(as_user(made.presidents[0]).get(f"/commission/seances/{meeting.pk}/salle/"))
        assert first.display_title in page and expected(page) == 3
        own = text(as_user(recused).get(f"/commission/seances/{meeting.pk}/salle/"))
        assert first.display_title not in own and "18\u202f500" not in own
        for user in made.members[CIVIL]:
            agenda.cast(agenda_item=item, actor=user, at=at, seat=made.seat(user), choice="for")
        agenda.cast(agenda_item=item, actor=made.presidents[1], at=at, seat=made.seat(made.presidents[1]), choice="for")
        agenda.close_vote(agenda_item=item, actor=made.presidents[0], at=at)
        page = text(as_user(made.presidents[0]).get(f"/commission/seances/{meeting.pk}/salle/"))
        assert first.display_title not in page  # the one who stepped out is back


@pytest.mark.one_engine
def test_following_costs_the_same_whatever_the_agenda(at, as_user):
    costs = []
    for files in (1, 20):
        made, meeting, now = opened(files=files, members=1, reviews_per_college=1)
        with time_machine.travel(now, tick=False):
            client = as_user(made.members[CIVIL][0])
            costs.append(
                [
                    queries_of(client, f"/commission/seances/{meeting.pk}/{end}/")
                    for end in ("en-direct", "salle/en-direct")
                ]
            )
    assert costs[0] == costs[1]
