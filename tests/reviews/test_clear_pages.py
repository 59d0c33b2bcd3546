"""The pages of the room: clear files by clicks, a dissent, the sheets to print; and what they say of a closed file, nothing."""

from __future__ import annotations

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.models import Application
from reviews.documents import sheets
from reviews.models import AgendaItem, Score
from reviews.models.meeting import ClearPoint, Departure, Dissent
from reviews.transitions import clear
from tests.factories.meetings import item_of, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_clear import items, scored
from tests.reviews.test_dissents import voted
from tests.reviews.test_meeting_pages import done, text, with_recusal
from tests.reviews.test_meeting_words import english

pytestmark = [pytest.mark.django_db, pytest.mark.screens]


def test_clear_files_by_clicks(at, as_user):
    made, meeting, at = opened(scored([(8, 8), (8, 8), (9, 3)], members=2))
    first, second, gap = items(meeting)
    path = f"/commission/seances/{meeting.pk}/sans-debat/"
    with time_machine.travel(at, tick=False):
        chair, member = as_user(made.presidents[0]), as_user(made.members[STATE][1])
        assert path in text(chair.get(f"/commission/seances/{meeting.pk}/"))
        page = text(chair.get(path))
        assert page.count('name="items"') == 2 and gap.application.display_title in page
        assert 'name="items"' not in text(member.get(path))
        answer = chair.post(path, {"act": "propose_clear", "items": [first.pk, gap.pk]})
        assert (
            answer.status_code == 409 and gap.application.reference in text(answer) and not ClearPoint.objects.exists()
        )
        done(chair.post(path, {"act": "propose_clear", "items": [first.pk, second.pk]}))
        assert f"take_out-{first.pk}" in text(member.get(path)) and "put_clear" not in text(member.get(path))
        assert "take_out" not in text(as_user(made.officer).get(f"/instruction/seances/{meeting.pk}/sans-debat/"))
        done(member.post(path, {"act": f"take_out-{first.pk}"}))
        long = chair.post(path, {"act": "put_clear", "grounds_selected": "x" * 4001})
        assert long.status_code == 422 and "x" * 4001 in text(long) and "grounds_rejected" not in text(long)
        unsure = chair.post(path, {"act": "put_clear", "grounds_selected": "Un essai simple."})
        assert unsure.status_code == 422 and "1 dossier" in text(unsure).split('name="sure"')[1][:400]
        assert AgendaItem.objects.get(pk=second.pk).state == "listed"
        done(chair.post(path, {"act": "put_clear", "grounds_selected": "Un essai simple.", "sure": "on"}))
        assert AgendaItem.objects.get(pk=second.pk).grounds == "Un essai simple."
        assert chair.post(path, {"act": "adopt"}).status_code == 400
    states = [AgendaItem.objects.get(pk=item.pk).state for item in (first, second, gap)]
    assert states == ["listed", "voted", "listed"]


def test_what_was_taken_out_meanwhile_is_said_and_nothing_is_voted(at, as_user):
    made, meeting, at = opened(scored([(8, 8), (8, 8), (8, 8)], members=2))
    first, second, third = items(meeting)
    path, follow = f"/commission/seances/{meeting.pk}/sans-debat/", f"/commission/seances/{meeting.pk}/"
    with time_machine.travel(at, tick=False):
        chair, member = as_user(made.presidents[0]), as_user(made.members[STATE][1])
        nothing = chair.post(path, {"act": "propose_clear"})
        assert nothing.status_code == 409 and "Choisissez au moins un dossier" in text(nothing)
        assert "sans débat" not in text(member.get(follow)).split("data-live=")[1].split("</h2>")[0]
        done(chair.post(path, {"act": "propose_clear", "items": [first.pk, second.pk, third.pk]}))
        assert "3 dossiers sont proposés sans débat" in text(member.get(follow))
        read = [first.pk, second.pk, third.pk]
        assert all(f'name="announced" value="{pk}"' in text(chair.get(path)) for pk in read)
        done(member.post(path, {"act": f"take_out-{second.pk}"}))
        assert "2 dossiers sont proposés sans débat" in text(member.get(f"{follow}en-direct/"))
        typed = {"act": "put_clear", "sure": "on"}
        stale = chair.post(path, typed | {"announced": read, "grounds_selected": "Un essai simple."})
        assert stale.status_code == 409 and str(made.members[STATE][1]) in text(stale)
        assert "Un essai simple." in text(stale) and not AgendaItem.objects.filter(state="voted").exists()
        done(chair.post(path, typed | {"announced": [first.pk, third.pk], "grounds_selected": "Simple."}))
        assert AgendaItem.objects.filter(state="voted").count() == 2
        assert "sont proposés sans débat" not in text(member.get(follow))


def test_who_must_leave_is_told_before_and_noted_without_losing_what_was_typed(at, as_user):
    made, recused, hidden = with_recusal(STATE, 1, files=3, members=3)
    made, meeting, at = opened(made)
    path = f"/en/commission/seances/{meeting.pk}/sans-debat/"
    with time_machine.travel(at, tick=False):
        president = made.presidents[0]
        clear.propose_clear(meeting=meeting, actor=president, at=at, items=items(meeting))
        chair = english(as_user, president)
        page = text(chair.get(path))
        assert f"{recused} leaves the room, recused" in page and f"?point={item_of(meeting, hidden).pk}" in page
        kept = chair.post(path, {"act": "note_departures", "grounds_selected": "Un essai simple."})
        page = text(kept)
        assert kept.status_code == 200 and "Un essai simple." in page and "leaves the room, recused" not in page
        assert "Their departure is recorded" in page
        gone = Departure.objects.get()
        assert (gone.seat.user, gone.item.application, gone.left_at) == (recused, hidden, at)
        done(chair.post(path, {"act": "put_clear", "grounds_selected": "Un essai simple.", "sure": "on"}))
        assert set(meeting.items.values_list("state", flat=True)) == {"voted"}
        member = english(as_user, made.members[CIVIL][1])
        assert member.post(path, {"act": "note_departures"}).status_code == 200
    assert Departure.objects.count() == 1


def _other_world(hidden, item) -> None:
    Application.objects.filter(pk=hidden.pk).update(title="Un autre titre", requested_amount=999_900)
    AgendaItem.objects.filter(pk=item.pk).update(title="Autre", grounds="Autre", debate="Autre")
    Score.objects.filter(assignment__application=hidden).update(half_points=1)


def test_a_recused_president_reads_the_same_bytes_whatever_the_closed_file(at, as_user):
    made, president, hidden = with_recusal(STATE, 0, files=3, members=2)
    made, meeting, at = opened(made)
    item, path = item_of(meeting, hidden), f"/commission/seances/{meeting.pk}/sans-debat/"
    with time_machine.travel(at, tick=False):
        clear.propose_clear(meeting=meeting, actor=made.presidents[0], at=at, items=items(meeting))
        client = as_user(president)

        def page() -> str:
            return text(client.get(path)).split("<main")[1].replace("\n", "")

        def shown() -> list[str]:
            return [line for line in page().split("<") if "csrf" not in line and "once" not in line]

        before, paper = shown(), sheets.printed(meeting, president, at)
        assert hidden.reference not in "".join(before) and 'name="items"' not in "".join(before)
        assert hidden.reference in paper and hidden.display_title not in paper
        ClearPoint.objects.filter(item=item).delete()
        _other_world(hidden, item)
        assert shown() == before and sheets.printed(meeting, president, at) == paper
        posts = [{"act": f"take_out-{item.pk}"}, {"act": "put_clear", "sure": "on"}]
        assert [client.post(path, data).status_code for data in posts] == [403, 403]
        assert sheets.printed(meeting, made.presidents[0], at).count('class="file"') == 4


def test_the_sheets_are_for_who_runs_the_meeting(at, as_user):
    made, meeting, at = opened(scored([(8, 8)], members=2))
    with time_machine.travel(at, tick=False):
        assert as_user(made.members[CIVIL][1]).get(f"/commission/seances/{meeting.pk}/papier/").status_code == 403
        for client, desk in ((as_user(made.presidents[0]), "commission"), (as_user(made.officer), "instruction")):
            answer = client.get(f"/{desk}/seances/{meeting.pk}/papier/")
            assert answer.content.startswith(b"%PDF") and "no-store" in answer.headers["Cache-Control"]


def test_a_dissent_is_signed_on_its_page(at, as_user):
    made, meeting, at = opened(files=1, members=2, reviews_per_college=1)
    item = voted(made, meeting, at, civil="fa", state="ff")
    path = f"/commission/seances/{meeting.pk}/desaccord/{item.pk}/"
    with time_machine.travel(at, tick=False):
        author = as_user(made.members[CIVIL][1])
        assert path in text(author.get(f"/commission/seances/{meeting.pk}/?point={item.pk}"))
        assert author.post(path, {"text": " "}).status_code == 422
        done(author.post(path, {"text": "Le coût n’est pas établi."}))
        assert "Le coût n’est pas établi." in text(author.get(path))
        other = as_user(made.presidents[0])
        assert "<textarea" not in text(other.get(path)) and other.post(path, {"text": "Moi."}).status_code == 409
    assert Dissent.objects.get().user == made.members[CIVIL][1]


def test_a_dissent_on_a_closed_file_has_no_page(at, as_user):
    made, recused, hidden = with_recusal(STATE, 1, files=1, members=2)
    made, meeting, at = opened(made)
    path = f"/commission/seances/{meeting.pk}/desaccord/{item_of(meeting, hidden).pk}/"
    with time_machine.travel(at, tick=False):
        assert as_user(recused).get(path).status_code == 404


def test_the_queries_of_the_clear_files_do_not_grow(at, as_user):
    counts = []
    for files in (2, 8):
        made, meeting, at = opened(scored([(8, 8)] * files, members=2))
        clear.propose_clear(meeting=meeting, actor=made.presidents[0], at=at, items=items(meeting))
        with time_machine.travel(at, tick=False):
            for client in (as_user(made.presidents[0]), as_user(made.members[CIVIL][1])):
                client.get(f"/commission/seances/{meeting.pk}/sans-debat/")
                with CaptureQueriesContext(connection) as caught:
                    client.get(f"/commission/seances/{meeting.pk}/sans-debat/")
                counts.append(len(caught))
            with CaptureQueriesContext(connection) as caught:
                sheets.printed(meeting, made.presidents[0], at)
            counts.append(len(caught))
    assert counts[:3] == counts[3:], counts


def test_the_sheets_of_votes_list_the_alternates_after_the_members(at):
    made, meeting, at = opened(files=1, members=2, alternates=1)
    paper = sheets.printed(meeting, made.presidents[0], at)
    votes = paper[paper.rindex('class="file"') :]
    for college in (CIVIL, STATE):
        alternate, member = made.alternates[college][0], made.members[college][1]
        assert votes.index(str(member)) < votes.index(str(alternate))
