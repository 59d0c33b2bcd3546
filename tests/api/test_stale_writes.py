"""What somebody else wrote since one read: the acts of a meeting refuse it, when they are told what was read."""

from __future__ import annotations

import pytest
import time_machine

from core.conflicts import Conflict
from reviews.models import Meeting
from reviews.queries import meetings as queries
from reviews.transitions import meetings
from tests.api.test_panel_acts import API, post
from tests.factories.meetings import called, closed, convened, item_of, opened
from tests.factories.reviews import CIVIL

pytestmark = pytest.mark.django_db


def texts_of(meeting) -> dict[int, str]:
    return {one.position: one.text for one in queries.sections_of(Meeting.objects.get(pk=meeting.pk))}


def test_the_api_says_a_version_conflict_of_the_minutes(at, token):
    made, meeting, at = closed(files=1)
    path = f"meetings/{meeting.pk}/revise_minutes/"
    read = token(made.officer).get(f"{API}/meetings/{meeting.pk}/minutes_sections/").json()[0]["version"]
    texts = texts_of(meeting)
    one = [{"position": 1, "text": texts[1] + "\nUn."}]
    assert post(token(made.officer), path, version=read, sections=one).status_code == 200
    two = [{"position": 1, "text": texts[1] + "\nDeux."}]
    answer = post(token(made.presidents[0]), path, version=read, sections=two)
    assert answer.status_code == 409 and answer.json()["code"] == "version_conflict"
    other = [{"position": 1, "text": texts[1]}, {"position": 2, "text": texts[2] + "\nDeux."}]
    assert post(token(made.presidents[0]), path, version=read, sections=other).status_code == 200
    assert texts_of(meeting)[1].endswith("Un.") and texts_of(meeting)[2].endswith("Deux.")
    assert post(token(made.officer), path, version=99, sections=one).json()["code"] == "unknown_version"


def test_the_api_says_a_version_conflict_of_the_discussion(at, token):
    made, meeting, now = opened(files=1)
    item = called(made, item_of(meeting), now)
    path = f"agenda-items/{item.pk}"
    with time_machine.travel(now, tick=False):
        seen = token(made.officer).get(f"{API}/{path}/").json()
        read = {name: seen[name] for name in ("debate", "grounds")}
        assert post(token(made.presidents[0]), f"{path}/note/", debate="Deux questions.").status_code == 200
        late = post(token(made.officer), f"{path}/note/", debate="Une question.", read=read)
        assert late.status_code == 409 and late.json()["code"] == "version_conflict"
        assert post(token(made.officer), f"{path}/note/", grounds="Établi.", debate="", read=read).status_code == 200
    item.refresh_from_db()
    assert (item.debate, item.grounds) == ("Deux questions.", "Établi.")


def test_attendance_read_before_another_record_is_refused(at, token):
    made, meeting = convened(files=1, members=2)
    member = made.members[CIVIL][1]
    with time_machine.travel(meeting.planned_at, tick=False):
        path = f"meetings/{meeting.pk}/record_attendance/"
        facts = {"seat": made.seat(member).pk, "read": {"presence": "absent"}}
        assert post(token(made.officer), path, presence="room", **facts).status_code == 200
        late = post(token(made.presidents[0]), path, presence="remote", **facts)
        assert late.status_code == 409 and late.json()["code"] == "version_conflict"
        with pytest.raises(Conflict):
            meetings.record_all(
                meeting=meeting,
                actor=made.presidents[0],
                rows=[(made.seat(member), "remote", None)],
                read={made.seat(member).pk: "absent"},
            )
