"""Who decides and how, and what became of everything filed: told to all, of nothing that is not notified, of nobody in particular."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from itertools import product

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from applications.models import Application
from fund.models import Call
from registry.index.refresh import fresh
from registry.queries import outcomes as told_outcomes
from registry.queries import panels
from registry.queries.outcomes import FEWEST, band_of, floored
from reviews.models import Assignment, Decision, Meeting, MinutesSection, Seat, Vote
from reviews.queries import unequal
from reviews.rules.decisions import parity_of
from reviews.transitions import agenda, calls, meetings, minutes
from tests.factories import meetings as hold
from tests.factories import reviews as make

pytestmark = pytest.mark.django_db


def page(address: str) -> str:
    answer = Client().get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def address(made) -> str:
    return f"/appels/{made.call.slug}/commission/"


def held(made=None, *, refused: int = 1, absent: int = 0, secret: bool = False, **facts):
    """A meeting whose minutes are adopted: the last `refused` files are not funded; `absent` members of the State stayed away; the first vote is counted."""
    made = made or make.reviewed(**facts)
    away = tuple(made.members[make.STATE][-absent:]) if absent else ()
    made, meeting, at = hold.opened(made, absent=away)
    items = list(
        meeting.items.filter(application__isnull=False).select_related("application").order_by("application_id")
    )
    for place, item in enumerate(items):
        outcome = "rejected" if place >= len(items) - refused else "selected"
        if place == 0:
            item = hold.called(made, item, at)
            agenda.open_ballot(
                agenda_item=item,
                actor=made.presidents[0],
                at=at,
                mode="secret" if secret else "open",
                proposal=outcome,
                amount=item.application.requested_amount,
                grounds=hold.GROUNDS,
            )
            hold.cast(
                made,
                item,
                at,
                civil="f" * len(made.members[make.CIVIL]),
                state="f" * (len(made.members[make.STATE]) - absent),
            )
            agenda.close_vote(agenda_item=item, actor=made.presidents[0], at=at)
        else:
            hold.agreed(made, item, at, proposal=outcome)
    meeting = meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=at)
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=at)
    meeting = hold.rendered(meeting)
    for president in made.presidents:
        meeting = minutes.sign_minutes(meeting=meeting, actor=president, at=at, evidence={"method": "password"})
    return made, meeting


def concluded(made):
    for decision in Decision.objects.filter(state="voted"):
        make.notified(made, decision)
    made.call = Call.objects.get(pk=made.call.pk)
    if made.call.state == "under_review":
        made.call = calls.conclude(call=made.call, actor=made.officer)
    return made


def names_of(made) -> list[str]:
    return [str(person) for person in made.everyone()]


def test_a_call_without_a_panel_says_so():
    made = make.world(files=0)
    assert "pas encore constituée" in page(address(made))
    assert Client().get("/appels/inconnu/commission/").status_code == 404
    assert Client().get("/appels/inconnu/resultats/").status_code == 404


def test_the_composition_names_offices_and_counts_women_and_men():
    made = make.constituted()
    seat = Seat.objects.filter(panel=made.panel, is_president=True, college="state").get()
    Seat.objects.filter(pk=seat.pk).update(
        title="Cheffe de bureau", gender="woman", appointing_act="Arrêté du 3 mars", term_starts_on="2026-03-04"
    )
    text = page(address(made))
    for name in names_of(made):
        assert name in text
    assert "Arrêté du 3 mars" in text and "Cheffe de bureau" in text and "1 femme" in text
    assert "version" in text and f"/appels/{made.call.slug}/reglement/" in text
    assert "@" not in text.replace(str(made.officer.email), "").split("<main", 1)[-1].split("</main>", 1)[0]


def test_an_account_without_a_name_shows_no_address():
    made = make.constituted()
    person = made.members[make.CIVIL][1]
    person.__class__.objects.filter(pk=person.pk).update(name="")
    assert person.email not in page(address(made))


def test_each_sitting_tells_who_sat_who_stood_for_them_and_who_left_before_the_end():
    made, meeting, at = hold.opened(make.reviewed(files=2))
    replaced, gone = made.members[make.CIVIL][1], made.members[make.STATE][2]
    alternate = made.alternates[make.CIVIL][0]
    tell = {"meeting": meeting, "actor": made.officer}
    meetings.record_attendance(
        **tell, at=at, seat=made.seat(replaced), presence="alternate", represented_by=made.seat(alternate)
    )
    hold.agreed(made, hold.item_of(meeting), at)
    meetings.record_attendance(**tell, at=at + timedelta(minutes=5), seat=made.seat(gone), presence="absent")
    meeting = hold.resumed(made, meeting, at + timedelta(minutes=10))
    later = at + timedelta(days=1, minutes=5)
    hold.agreed(made, meeting.items.get(state="listed", application__isnull=False), later)
    meeting = meetings.adopt_list(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0], at=later)
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=later)
    meeting = hold.rendered(meeting)
    for president in made.presidents:
        meeting = minutes.sign_minutes(meeting=meeting, actor=president, at=later, evidence={"method": "password"})
    concluded(made)
    first, second = panels.panel_view(made.call, timezone.localdate()).meetings[0].sittings
    there = {one.name: one for one in first.present}
    assert there[str(replaced)].by == str(alternate) and there[str(gone)].left_early
    assert {one.presence for one in second.present} == {"room"} and not any(one.note for one in second.present)
    text = page(address(made))
    assert "Réunion n° 1" in text.replace("\xa0", " ") and "départ avant la fin" in text and str(alternate) in text


def test_nothing_of_a_meeting_is_told_before_the_last_notification():
    made, meeting = held(files=3)
    before = page(address(made))
    assert "Présence" not in before and "publié une fois le procès-verbal" in before
    first, *others = Decision.objects.filter(state="voted").order_by("pk")
    make.notified(made, first)
    assert "Présence" not in page(address(made))
    for row in Application.objects.filter(call=made.call):
        assert row.reference not in page(address(made))
    assert "pas encore" in page(f"/appels/{made.call.slug}/resultats/") or "avant que" in page(
        f"/appels/{made.call.slug}/resultats/"
    )
    made = concluded(made)
    text = page(address(made))
    assert "Qui a siégé" in text and "dans la salle" in text.lower()
    assert others


def test_the_weighted_majority_is_told_in_per_cent_too():
    text = page(address(concluded(held(files=3, majority="college_weighted")[0])))
    assert re.search(r"1/1 en faveur \(100\s%\), il faut plus de 1/2", text)


def test_votes_are_told_of_funded_files_alone_by_college():
    made, _meeting = held(files=3, secret=True)
    made = concluded(made)
    text = page(address(made))
    for row in Application.objects.filter(call=made.call):
        assert (row.reference in text) == (row.state == "selected"), row.state
    assert "secret" in text.lower()
    # One file was refused: how many were voted on would tell it by a subtraction.
    assert told_outcomes()[0].reviewed.value is None and "3 dossiers" not in text and "soustraction" in text


def test_how_many_files_were_voted_on_is_told_when_it_gives_no_small_count_back():
    made, _meeting = held(files=6, refused=3)
    text = page(address(concluded(made)))
    assert told_outcomes()[0].reviewed.value == 6 and "6 dossiers ont été soumis au vote" in text


def test_a_vote_of_a_meeting_still_waiting_stays_untold():
    """An appeal or a second meeting after the call is concluded: its own decisions wait."""
    made, meeting = held(files=3)
    made = concluded(made)
    Decision.objects.filter(outcome="rejected").update(state="signed", notified_at=None)
    assert "Présence" not in page(address(made))


def test_unequal_attendance_is_told_on_both_pages_and_in_the_minutes():
    made, meeting = held(files=3, absent=1, majority="r133_11")
    item = hold.item_of(meeting, made.files[0])
    vote = Vote.objects.get(item=item)
    assert not vote.equal_weight and unequal.inequality_is_told(vote) and parity_of(item.application, item).holds
    assert MinutesSection.objects.filter(item=item, text__contains="pas voté en nombre égal").exists()
    decision = Decision.objects.get(application=item.application)
    make.notified(made, decision)
    words = "3 de la société civile, 2 de l’État"
    assert words in page(f"/projets/{item.application.reference}/")
    made = concluded(made)
    text = page(address(made))
    assert text.count(words) >= 3 and "3 votes en nombre inégal" in text


def test_a_vote_that_nobody_could_tell_is_not_paritary():
    made = make.reviewed(files=1, majority="r133_11")
    item = make.voted_item(made, made.files[0], equal_weight=False)
    assert parity_of(made.files[0], item).missing == "votes"


def test_a_recusal_is_a_number_and_no_name():
    made = make.reviewed(files=3, members=5)
    file = made.files[0]
    readers = Assignment.objects.filter(application=file).values_list("seat__user", flat=True)
    person = next(one for one in made.members[make.STATE] if one.pk not in readers and one not in made.presidents)
    hold.recuse(person, file)
    made, meeting, at = hold.opened(made)
    item = hold.item_of(meeting, file)
    agenda.step_out(agenda_item=item, actor=made.officer, at=at, seat=made.seat(person))
    hold.all_agreed(made, meeting, at)
    meeting = meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=at)
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=at)
    meeting = hold.rendered(meeting)
    for president in made.presidents:
        meeting = minutes.sign_minutes(meeting=meeting, actor=president, at=at, evidence={"method": "password"})
    concluded(made)
    text = page(f"/projets/{file.reference}/")
    assert "1 membre déporté" in text and str(person) not in text
    assert "personne n’est nommé" in page(address(made))


def test_one_validator_the_same_for_everybody(as_user):
    made, _meeting = held(files=3)
    made = concluded(made)
    for one in (address(made), f"/appels/{made.call.slug}/resultats/"):
        visitor, officer = Client().get(one), as_user(made.officer).get(one)
        assert visitor.content == officer.content and visitor["ETag"] == officer["ETag"]
        assert Client().get(one, headers={"if-none-match": visitor["ETag"]}).status_code == 304
        assert Client().post(one).status_code == 405
        assert Client().get(f"/en{one}").status_code == 200


@pytest.mark.parametrize("files", [1, 20])
def test_the_same_cost_at_any_size(files, django_assert_num_queries):
    made, _meeting = held(files=files, refused=0)
    made = concluded(made)
    reference = Application.objects.filter(call=made.call).first().reference
    fresh()  # the registry has read what was notified
    for one, cost in (
        (address(made), 17),
        (f"/appels/{made.call.slug}/resultats/", 11),
        ("/donnees/appels.csv", 11),
        ("/donnees/appels.json", 11),
    ):
        with django_assert_num_queries(cost):
            answer = Client().get(one)
            assert answer.status_code == 200 and (answer.getvalue() if answer.streaming else answer.content)
    assert reference in page(address(made))


# What was not funded.


@given(st.lists(st.integers(0, 9), min_size=2, max_size=5))
def test_no_small_count_can_be_found_again(counts):
    whole = {str(place): count for place, count in enumerate(counts)}
    cells, told = floored(whole, public=("0",))
    for name, count in whole.items():
        if name != "0" and 0 < count < FEWEST:
            assert cells[name].value is None and cells[name].hidden == "fewer"
        elif cells[name].value is not None:
            assert cells[name].value == count
    hidden = [name for name, cell in cells.items() if cell.value is None]
    if not told or not hidden:
        return
    rest = sum(counts) - sum(cell.value for cell in cells.values() if cell.value is not None)
    ranges = [range(1, FEWEST) if cells[name].hidden == "fewer" else range(FEWEST, rest + 1) for name in hidden]
    worlds = [world for world in product(*ranges) if sum(world) == rest]
    for place, name in enumerate(hidden):
        if cells[name].hidden == "fewer":
            assert {world[place] for world in worlds} == {1, 2}


def test_bands_hold_their_lower_figure():
    assert [band_of(text) for text in ("0.00", "0.99", "1.00", "3.50", "4.00", "5.00")] == [
        "0-1",
        "0-1",
        "1-2",
        "3-4",
        "4-5",
        "4-5",
    ]


def test_small_counts_are_told_as_fewer_than_three():
    made, _meeting = held(files=5, refused=2)
    assert told_outcomes() == []
    assert Client().get("/donnees/appels.csv").getvalue().decode().count("\n") == 1
    made = concluded(made)
    (row,) = told_outcomes()
    assert row.ends["funded"].value == 3 and row.ends["rejected"].hidden == "fewer" and row.ends["reserve"].value == 0
    assert row.filed.value is None and row.reviewed.value is None and row.requested is None and row.scored == 0
    text = page(f"/appels/{made.call.slug}/resultats/")
    assert "moins de 3" in text and "Trop peu de dossiers" in text and "non réalisée" not in text
    # One funded project gives its award up: it stays in what was awarded, which says so.
    gone = Application.objects.filter(call=made.call, state="selected").first()
    Application.objects.filter(pk=gone.pk).update(state="renounced", closed_at=timezone.now())
    text = page(f"/appels/{made.call.slug}/resultats/")
    assert "dont 1 aide non réalisée" in text


def test_figures_are_the_same_on_the_page_in_files_and_in_the_api():
    made, _meeting = held(make.reviewed(files=6, points=[9, 8, 7, 3, 3, 3]), refused=3)
    made = concluded(made)
    (row,) = told_outcomes()
    assert (row.filed.value, row.reviewed.value, row.ends["funded"].value, row.ends["rejected"].value) == (6, 6, 3, 3)
    assert row.scored == 3, (row.ends, row.bands, row.reviewed)
    assert row.bands["1-2"].value == 3 and row.days is not None
    assert row.awarded == 3 * 1_850_000 and row.requested == 6 * 1_850_000
    (line,) = csv.DictReader(io.StringIO(Client().get("/donnees/appels.csv").getvalue().decode()))
    assert line["call"] == made.call.slug and line["filed"] == "6" and line["awarded_amount"] == "55500.00"
    (record,) = json.loads(Client().get("/donnees/appels.json").getvalue())["calls"]
    assert record["rejected"] == 3 and record["median_days"] == row.days
    (api,) = Client().get("/api/v1/statistics/").json()["outcomes"]
    assert api["counts"]["rejected"] == 3 and api["awarded_amount"] == row.awarded
    assert "appels.csv" in page(f"/appels/{made.call.slug}/resultats/")
    for hidden in Application.objects.filter(call=made.call, state="rejected"):
        assert hidden.reference not in page(f"/appels/{made.call.slug}/resultats/")
