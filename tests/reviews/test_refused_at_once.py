"""What cannot stand is said when it is asked, not when it is too late: a rank that does not exist, a proxy too many, an aid that the envelope cannot pay."""

from __future__ import annotations

import pytest
import time_machine

from reviews.models import AgendaItem, Decision, Meeting
from reviews.queries import meetings as queries
from reviews.transitions import agenda, meetings
from tests.factories.meetings import GROUNDS, agreed, all_agreed, called, convened, item_of, opened
from tests.factories.reviews import CIVIL
from tests.reviews.test_meeting_pages import adopts, done, refused, text
from tests.reviews.test_meetings import refused as refuses

pytestmark = pytest.mark.django_db
OWN = "L’enveloppe ne suffit plus à ce rang."


def test_a_file_is_moved_to_a_rank_that_exists_and_is_not_its_own(at):
    made, meeting, now = opened(files=3, reviews_per_college=1)
    ranks = queries.ranking(meeting)
    item = called(made, item_of(meeting), now)
    own = ranks[item.application_id].number
    move = {"agenda_item": item, "actor": made.presidents[0], "at": now, "reason": "Le calendrier."}
    for place in (0, 4, 99, None):
        assert "de 1 à 3" in str(refuses("place_missing", agenda.move, **move, place=place))
    refuses("same_place", agenda.move, **move, place=own)
    item.refresh_from_db()
    assert item.place is None and not item.place_reason
    agenda.move(**move, place=own % 3 + 1)
    assert queries.ranking(Meeting.objects.get(pk=meeting.pk))[item.application_id].number == own % 3 + 1
    refuses("same_place", agenda.move, **move, place=own % 3 + 1)


def test_a_second_proxy_is_refused_to_the_member_who_gives_it(at, as_user):
    made, meeting = convened(files=1, members=4)
    one, two, holder = made.members[CIVIL][1:4]
    give = {"presence": "proxy", "represented_by": made.seat(holder)}
    meetings.announce(meeting=meeting, actor=one, seat=made.seat(one), **give)
    meetings.announce(meeting=meeting, actor=one, seat=made.seat(one), **give)  # his own counts once
    refuses("proxy_limit", meetings.announce, meeting=meeting, actor=two, seat=made.seat(two), **give)
    page = refused(
        as_user(two).post(
            f"/commission/seances/{meeting.pk}/",
            {"act": "announce", "announce-presence": "proxy", "announce-represented_by": made.seat(holder).pk},
        ),
        409,
        str(holder),
    )
    assert "announce-represented_by_error" in page
    meetings.announce(meeting=meeting, actor=one, seat=made.seat(one), presence="remote")
    meetings.announce(meeting=meeting, actor=two, seat=made.seat(two), **give)


SHORT = {"files": 2, "reviews_per_college": 1, "envelope": 1_850_000 + 590_000}
"""The envelope holds one of the two files, and a little more."""


def test_the_list_says_that_a_file_waits_against_its_vote_and_asks_why(at, as_user):
    made, meeting, now = opened(**SHORT)
    meeting = all_agreed(made, meeting, now)
    ranks = queries.ranking(meeting)
    first, second = sorted(queries.items_of(meeting), key=lambda one: ranks[one.application_id].number)
    path = f"/commission/seances/{meeting.pk}/liste/"
    with time_machine.travel(now, tick=False):
        chair = as_user(made.presidents[0])
        page = text(chair.get(path))
        assert "diffère du vote" in page and "5\u202f900" in page
        assert page.count(GROUNDS) == 1  # those of the aid, for the file that gets it
        lines = {f"outcome_{first.pk}": "selected", f"grounds_{first.pk}": GROUNDS, f"outcome_{second.pk}": "reserve"}
        refused(adopts(chair, path, lines | {f"grounds_{second.pk}": ""}), 422, second.application.reference)
        refused(adopts(chair, path, lines | {f"grounds_{second.pk}": GROUNDS}), 422, second.application.reference)
        refuses("grounds_of_the_vote", meetings.adopt_list, meeting=meeting, actor=made.presidents[0], at=now)
        done(adopts(chair, path, lines | {f"grounds_{second.pk}": OWN}))
    assert Decision.objects.get(outcome="reserve").grounds == OWN


def test_the_ballot_warns_above_what_is_left(at, as_user):
    made, meeting, now = opened(**SHORT)
    first, second = meeting.items.filter(application__isnull=False).order_by("position")
    agreed(made, first, now)
    item = called(made, second, now)
    path = f"/commission/seances/{meeting.pk}/"
    with time_machine.travel(now, tick=False):
        chair = as_user(made.presidents[0])
        assert "Les votes acquis laisseraient 5\u202f900" in text(chair.get(path)).replace("\xa0", " ")
        agenda.open_ballot(
            agenda_item=item, actor=made.presidents[0], proposal="selected", amount=second.application.requested_amount
        )
        assert "plus que ce que les votes acquis laissent" in text(chair.get(path))
    assert AgendaItem.objects.get(pk=item.pk).state == "in_discussion"
