"""The rehearsal: the real rules on invented files, and not one row written or read of a real one."""

from __future__ import annotations

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Event
from reviews import voting
from reviews.rules.meetings import rehearsal
from tests.factories.meetings import convened
from tests.factories.reviews import CIVIL
from tests.reviews.test_meeting_pages import text


class Rules(dict):
    parameters: dict = {}


RULES = Rules(
    full_members_per_college=3,
    quorum="0.5",
    quorum_recused="stays_in_base",
    majority="college_weighted",
    tie="second_discussion",
)


def lines(**given) -> list:
    played = rehearsal.rehearse({name.replace("_", "-"): value for name, value in given.items()}, RULES)
    return [
        (one.outcome, one.line.outcome if one.line else "", one.line.amount if one.line else None)
        for one in played.files
    ]


def test_the_list_follows_from_the_votes_as_in_a_meeting():
    found = lines()
    assert found == [
        ("adopted", "selected", 25_000_00),
        ("adopted", "selected", 20_000_00),
        ("adopted", "selected", 15_000_00),
        ("adopted", "reserve", None),
    ]
    assert rehearsal.rehearse({}, RULES).left == 0


def test_a_refusal_a_tie_and_a_missing_quorum():
    found = lines(A_civil_for="0", A_civil_against="3", A_state_for="0", A_state_against="3")
    assert found[0] == ("rejected", "rejected", None) and found[3] == ("adopted", "selected", 15_000_00)
    tie = lines(A_civil_for="0", A_civil_against="3")
    assert tie[0] == (voting.Outcome.TIED, "", None)
    absent = rehearsal.rehearse({"present-civil": "1"}, RULES)
    assert all(one.why_not and one.result is None for one in absent.files)
    recused = rehearsal.rehearse({"A-civil-recused": "2"}, RULES)
    assert recused.files[0].why_not and not recused.files[1].why_not


def test_more_votes_than_seats_and_nonsense_are_not_played():
    found = rehearsal.rehearse(
        {"A-civil-for": "3", "A-civil-against": "3", "B-civil-for": "x", "B-proposal": "?"}, RULES
    )
    assert found.files[0].result is None and found.files[0].sides[0].too_many
    assert found.files[1].outcome == "adopted"


@pytest.mark.django_db
def test_it_reads_no_file_and_writes_nothing(at, as_user):
    made, meeting = convened(files=1, members=2, reviews_per_college=1)
    path = f"/commission/seances/{meeting.pk}/repetition/"
    with time_machine.travel(at, tick=False):
        chair, events = as_user(made.presidents[0]), Event.objects.count()
        assert "repetition/" in text(chair.get(f"/commission/seances/{meeting.pk}/"))
        with CaptureQueriesContext(connection) as caught:
            page = text(chair.get(path, {"A-civil-against": "2", "A-civil-for": "0"}))
        asked = [row["sql"] for row in caught.captured_queries]
        assert "reviews_agendaitem" not in "".join(asked) and "applications_application" not in "".join(asked)
        assert not [sql for sql in asked if sql.startswith(("INSERT", "UPDATE", "DELETE")) and "session" not in sql]
        assert Event.objects.count() == events and made.files[0].reference not in page
        assert as_user(made.members[CIVIL][1]).get(path).status_code == 403
        assert as_user(made.officer).get(f"/instruction/seances/{meeting.pk}/repetition/").status_code == 200
