"""Two people at the same meeting, one of them with an older page: nothing that the other wrote is lost, and nothing that he typed either."""

from __future__ import annotations

import re
from html import unescape

import pytest
import time_machine

from reviews.documents import presence as held
from reviews.models import AgendaItem, Attendance, Meeting
from reviews.queries import meetings as queries
from reviews.transitions import agenda, meetings, minutes
from tests.factories.meetings import agreed, attend, called, closed, convened, item_of, listed, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_meeting_pages import done, refused, text, with_recusal

pytestmark = pytest.mark.django_db


def as_shown(page: str, key: str) -> dict:
    """What a browser would post of the form of this act, untouched."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.S) if f'name="act" value="{key}"' in one)
    sent = {"act": key}
    for tag in re.findall(r"<input[^>]*>", form):
        facts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if facts.get("type") not in ("radio", "checkbox") or " checked" in tag:
            if facts.get("name", "").startswith(key):
                sent[facts["name"]] = unescape(facts.get("value", ""))
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        sent[name] = unescape(inner).replace("\n", "\r\n")
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.findall(r'<option value="([^"]*)" selected', inner)
        sent[name] = chosen[0] if chosen else re.findall(r'<option value="([^"]*)"', inner)[0]
    return sent


# ---- the minutes ----


def texts_of(meeting) -> dict[int, str]:
    return {one.position: one.text for one in queries.sections_of(Meeting.objects.get(pk=meeting.pk))}


def test_an_older_page_of_the_minutes_changes_only_what_its_writer_changed(at, as_user):
    made, meeting, at = closed(files=2)
    officer, chair = as_user(made.officer), as_user(made.presidents[0])
    run, follow = (
        f"/instruction/seances/{meeting.pk}/proces-verbal/",
        f"/commission/seances/{meeting.pk}/proces-verbal/",
    )
    older = as_shown(text(chair.get(follow)), "revise_minutes")
    mine = as_shown(text(officer.get(run)), "revise_minutes")
    last = max(texts_of(meeting))
    mine[f"revise_minutes-section-{last}"] += "\r\nUne précision de l’agent."
    done(officer.post(run, mine))
    older["revise_minutes-section-2"] += "\r\nUne précision de la présidente."
    done(chair.post(follow, older))
    now = texts_of(meeting)
    assert now[last].endswith("Une précision de l’agent.") and now[2].endswith("Une précision de la présidente.")
    assert Meeting.objects.get(pk=meeting.pk).minutes_version == 3


def test_the_same_section_corrected_twice_shows_both_and_loses_neither(at, as_user):
    made, meeting, at = closed(files=2)
    officer, chair = as_user(made.officer), as_user(made.presidents[0])
    run, follow = (
        f"/instruction/seances/{meeting.pk}/proces-verbal/",
        f"/commission/seances/{meeting.pk}/proces-verbal/",
    )
    older = as_shown(text(chair.get(follow)), "revise_minutes")
    mine = as_shown(text(officer.get(run)), "revise_minutes")
    mine["revise_minutes-section-1"] += "\r\nCelle de l’agent."
    mine["revise_minutes-section-2"] += "\r\nAutre part."
    done(officer.post(run, mine))
    older["revise_minutes-section-1"] += "\r\nCelle de la présidente."
    page = refused(chair.post(follow, older), 409, str(made.officer), "Celle de l’agent.", "Celle de la présidente.")
    assert Meeting.objects.get(pk=meeting.pk).minutes_version == 2
    again = as_shown(
        page, "revise_minutes"
    )  # sent once more, her text takes the place of the other; the rest follows what is stored
    assert again["revise_minutes-section-1"].endswith("Celle de la présidente.")
    done(chair.post(follow, again))
    now = texts_of(meeting)
    assert now[1].endswith("Celle de la présidente.") and now[2].endswith("Autre part.")


def test_earlier_versions_are_read_by_those_who_correct_and_by_nobody_else(at, as_user):
    made, recused, first = with_recusal(STATE, 1, files=2, members=2, alternates=1)
    made, meeting, at = closed(made, absent=(recused,))
    minutes.revise_minutes(meeting=meeting, actor=made.officer, at=at, texts={1: "Relu."})
    former = meeting.sections.get(version=1, position=1).text.splitlines()[0]
    run, follow = (
        f"/instruction/seances/{meeting.pk}/proces-verbal/",
        f"/commission/seances/{meeting.pk}/proces-verbal/",
    )
    for client, path in ((as_user(made.officer), run), (as_user(made.presidents[0]), follow)):
        page = text(client.get(path))
        assert 'href="?version=1"' in page and former not in page
        page = text(client.get(f"{path}?version=1"))
        assert former in page and 'name="act"' not in page
        assert client.get(f"{path}?version=3").status_code == 404
        assert client.get(f"{path}?version=0").status_code == 404
    member = as_user(made.members[CIVIL][1])
    assert "?version=1" not in text(member.get(follow)) and member.get(f"{follow}?version=1").status_code == 404


def test_earlier_versions_keep_closed_what_is_closed(at, as_user):
    made, president, first = with_recusal(STATE, 0, files=2, members=3, alternates=1)
    made, meeting, at = listed(made, absent=(president,))
    attend(made, meeting, at=at)  # he comes back to close the meeting
    for one in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=one, at=at)
    minutes.revise_minutes(meeting=meeting, actor=made.officer, at=at, texts={1: "Relu."})
    page = text(as_user(president).get(f"/commission/seances/{meeting.pk}/proces-verbal/?version=1"))
    assert first.reference in page and first.display_title not in page


# ---- the discussion ----


def test_an_older_page_of_the_discussion_loses_nothing(at, as_user):
    made, meeting, now = opened(files=1)
    item = called(made, item_of(meeting), now)
    key, run, follow = f"note-{item.pk}", f"/instruction/seances/{meeting.pk}/", f"/commission/seances/{meeting.pk}/"
    with time_machine.travel(now, tick=False):
        officer, chair = as_user(made.officer), as_user(made.presidents[0])
        older = as_shown(text(chair.get(follow)), key)
        first = as_shown(text(officer.get(run)), key)
        done(officer.post(run, first | {f"{key}-debate": "Deux questions.\r\nUne réponse."}))
        done(chair.post(follow, older | {f"{key}-grounds": "Un besoin établi."}))
        item.refresh_from_db()
        assert item.debate.startswith("Deux questions.") and item.grounds == "Un besoin établi."

        late = older | {f"{key}-debate": "Une seule question."}
        page = refused(chair.post(follow, late), 409, str(made.officer), "Deux questions.", "Une seule question.")
        item.refresh_from_db()
        assert item.debate.startswith("Deux questions.")
        again = as_shown(page, key)
        assert again[f"{key}-debate"] == "Une seule question." and again[f"{key}-grounds"] == "Un besoin établi."
        done(chair.post(follow, again))
        item.refresh_from_db()
        assert item.debate == "Une seule question." and item.grounds == "Un besoin établi."


def test_a_ballot_opened_from_an_older_page_keeps_the_grounds_written_since(at, as_user):
    made, meeting, now = opened(files=1)
    item = called(made, item_of(meeting), now)
    key, follow = f"open_ballot-{item.pk}", f"/commission/seances/{meeting.pk}/"
    with time_machine.travel(now, tick=False):
        chair = as_user(made.presidents[0])
        older = as_shown(text(chair.get(follow)), key)
        agenda.note(agenda_item=item, actor=made.officer, grounds="Un besoin établi.")
        refused(chair.post(follow, older | {f"{key}-grounds": "Un autre motif."}), 409, "Un besoin établi.")
        assert not item.votes.exists()
        done(chair.post(follow, older))
    assert AgendaItem.objects.get(pk=item.pk).grounds == "Un besoin établi." and item.votes.exists()


# ---- attendance ----


def test_an_older_sheet_does_not_send_home_those_who_arrived_since(at, as_user):
    made, meeting = convened(files=1, members=3)
    with time_machine.travel(meeting.planned_at, tick=False):
        officer, chair = as_user(made.officer), as_user(made.presidents[0])
        run, follow = f"/instruction/seances/{meeting.pk}/", f"/commission/seances/{meeting.pk}/"
        older = as_shown(text(chair.get(follow)), "record_all")
        sheet = as_shown(text(officer.get(run)), "record_all")
        one, two, three = (made.seat(user).pk for user in made.members[CIVIL])
        done(officer.post(run, sheet | {f"record_all-presence-{pk}": "room" for pk in (one, two)}))
        done(chair.post(follow, older | {f"record_all-presence-{three}": "remote"}))
        there = dict(Attendance.objects.values_list("seat", "presence"))
        assert there == {one: "room", two: "room", three: "remote"}

        late = older | {f"record_all-presence-{one}": "remote", f"record_all-presence-{two}": "room"}
        page = refused(chair.post(follow, late), 409, str(made.officer))
        assert dict(Attendance.objects.values_list("seat", "presence")) == there
        table = page[page.index("Both texts") if "Both texts" in page else page.index("<caption") :]
        assert str(made.members[CIVIL][0]) in table
        again = as_shown(page, "record_all")
        assert again[f"record_all-presence-{one}"] == "remote" and again[f"record_all-presence-{three}"] == "remote"
        done(chair.post(follow, again))
        assert dict(Attendance.objects.values_list("seat", "presence")) == there | {one: "remote"}


def test_everyone_in_the_room_from_an_older_page_does_not_undo_what_was_recorded_since(at, as_user):
    made, meeting = convened(files=1, members=2)
    with time_machine.travel(meeting.planned_at, tick=False):
        officer, run = as_user(made.officer), f"/instruction/seances/{meeting.pk}/"
        page = text(officer.get(run))
        form = next(one for one in re.findall(r"<form.*?</form>", page, re.S) if 'name="everyone"' in one)
        older = {"act": "record_all", "everyone": "room"}
        older |= dict(re.findall(r'name="(record_all-read-\d+)" value="([^"]*)"', form))
        civil = made.seat(made.members[CIVIL][1])
        meetings.record_attendance(
            meeting=meeting, actor=made.presidents[0], seat=civil, presence="remote", read="absent"
        )
        page = refused(officer.post(run, older), 409, str(made.presidents[0]))
        assert Attendance.objects.get().presence == "remote"
        done(officer.post(run, as_shown(page, "record_all")))
        assert (
            set(Attendance.objects.values_list("presence", flat=True)) == {"room"} and Attendance.objects.count() == 4
        )


def test_an_answer_to_the_notice_is_recorded_by_the_sheet_that_shows_it(at, as_user):
    made, meeting = convened(files=1, members=2)
    member = made.members[CIVIL][1]
    meetings.announce(meeting=meeting, actor=member, seat=made.seat(member), presence="remote")
    with time_machine.travel(meeting.planned_at, tick=False):
        officer, run = as_user(made.officer), f"/instruction/seances/{meeting.pk}/"
        done(officer.post(run, as_shown(text(officer.get(run)), "record_all")))
    assert Attendance.objects.get().presence == "remote"


def test_the_minutes_keep_no_coming_and_going_within_a_minute(at):
    made, meeting, now = opened(files=1, members=2)
    member = made.members[CIVIL][1]
    for presence in ("absent", "room"):
        meetings.record_attendance(
            meeting=meeting, actor=made.officer, at=now, seat=made.seat(member), presence=presence
        )
    agreed(made, item_of(meeting), now)
    row = Meeting.objects.get(pk=meeting.pk)
    stays = held.stays_of(queries.room_of(row), queries.attended(row), 1, held.votes_at(row))
    assert [stay.presence for stay in stays[made.seat(member).pk]] == ["room"]
