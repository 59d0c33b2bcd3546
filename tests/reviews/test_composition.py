"""Seats: ended and filled while the panel is at work, equality kept as a rule, terms, people without a vote, gender as counts."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from math import ceil

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from applications.periods import add_months
from core.transitions import Refusal
from fund.enums import College, Role
from fund.models import RoleGrant
from reviews import queries, voting
from reviews.documents.minutes import draft_sections
from reviews.enums.reading import SeatKind
from reviews.models import Assignment, Declaration, Meeting, Panel, Seat, Vote
from reviews.queries import meetings as rooms
from reviews.rules.seats import colleges_sit_equal, term_end
from reviews.transitions import agenda, meetings, panels, seats
from tests.factories import meetings as sittings
from tests.factories import reviews as make
from tests.factories.core import UserFactory
from tests.factories.fund import person_with
from tests.reviews.test_panel import refused
from tests.reviews.test_reading_pages import counted, text

CIVIL, STATE = College.CIVIL_SOCIETY, College.STATE
pytestmark = pytest.mark.django_db


def ended(made, user, cause="resignation"):
    return seats.end_seat(panel=made.panel, actor=made.officer, seat=made.seat(user), cause=cause)


def appointed(made, user, college, kind="full_member", **facts):
    return seats.appoint(panel=made.panel, actor=made.officer, user=user, college=college, kind=kind, **facts)


def test_readings_of_a_member_who_leaves_go_to_an_alternate_and_what_he_filed_stays(at):
    made = make.reading(files=2)
    leaving = made.members[CIVIL][1]
    rows = list(Assignment.objects.filter(seat__user=leaving, state="assigned").order_by("pk"))
    assert rows
    filed = make.file_review(rows[0])
    ended(made, leaving)
    filed.refresh_from_db()
    assert filed.state == "submitted"
    for row in rows[1:]:
        row.refresh_from_db()
        assert row.state == "withdrawn"
        assert Assignment.objects.filter(instead_of=row, seat__college=CIVIL).exists()
    assert made.seat(made.members[CIVIL][0]) and not made.panel.seats.current().filter(user=leaving).exists()


def test_without_an_alternate_the_missing_reading_is_told(at):
    made = make.reading(files=2, alternates=0)
    leaving = next(row.seat.user for row in Assignment.objects.filter(state="assigned", seat__college=STATE))
    files = {row.application.reference for row in Assignment.objects.filter(seat__user=leaving, state="assigned")}
    ended(made, leaving, "death")
    made.panel.refresh_from_db()
    assert {ref for ref, facts in made.panel.shortages.items() if facts.get("missing", {}).get(STATE)} >= files


def test_an_unequal_panel_is_not_convened_and_says_who_is_missing(at):
    made = make.reviewed()
    leaving = made.members[CIVIL][1]
    meeting = meetings.plan(
        call=made.call, actor=made.officer, planned_at=timezone.now() + timedelta(days=9), place="Nevers"
    )
    ended(made, leaving, "death")
    error = refused("panel_unbalanced", meetings.convene, meeting=meeting, actor=made.officer)
    assert str(leaving) in str(error.reason) and str(made.alternates[CIVIL][0]) in str(error.remedy)
    appointed(made, made.alternates[CIVIL][0], CIVIL, replaces=Seat.objects.get(user=leaving))
    assert made.seat(made.alternates[CIVIL][0]).kind == SeatKind.FULL_MEMBER
    assert not queries.vacancies(made.panel, timezone.now())
    meeting = meetings.convene(meeting=meeting, actor=made.officer)
    ended(made, made.members[STATE][2])
    Meeting.objects.filter(pk=meeting.pk).update(planned_at=timezone.now() - timedelta(minutes=1))
    refused("panel_unbalanced", meetings.open, meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0])


def test_a_role_that_ends_ends_the_seat_without_a_clock(at):
    made = make.reading(files=1)
    gone = made.members[STATE][1]
    RoleGrant.objects.filter(user=gone).update(state="ended", ends_at=timezone.now() - timedelta(days=1))
    assert not made.panel.seats.current().filter(user=gone).exists()
    assert [row.seat.user for row in queries.vacancies(made.panel, timezone.now())] == [gone]
    with pytest.raises(Refusal) as caught:
        colleges_sit_equal(made.panel, timezone.now())
    assert str(gone) in str(caught.value)
    assert queries.seat_of(gone, made.panel) is None
    assert not Panel.objects.visible_to(type(gone).objects.get(pk=gone.pk)).exists()
    seat = Seat.objects.get(user=gone)
    seats.end_seat(panel=made.panel, actor=made.officer, seat=seat, cause="role_ended")
    assert not Assignment.objects.filter(seat=seat, state__in=("assigned", "in_progress")).exists()


def test_a_term_that_is_over_ends_the_seat(at):
    made = make.constituted()
    seat = made.seat(made.members[CIVIL][1])
    today = timezone.localdate()
    Seat.objects.filter(pk=seat.pk).update(term_starts_on=today - timedelta(days=30), term_ends_on=today)
    assert made.panel.seats.current().filter(pk=seat.pk).exists()
    assert not made.panel.seats.current(timezone.now() + timedelta(days=1)).filter(pk=seat.pk).exists()


def with_first(made, **facts):
    rows = made.seats()
    rows[1] |= facts
    return rows


def test_terms_follow_the_rules(at):
    made = make.world(term_months=12, term_renewals_max=0)
    today = timezone.localdate()
    for code, facts in (
        ("term_without_start", {"term_ends_on": today}),
        ("term_not_begun", {"term_starts_on": today + timedelta(days=1)}),
        ("term_over", {"term_starts_on": today - timedelta(days=500)}),
        ("term_too_long", {"term_starts_on": today, "term_ends_on": add_months(today, 12)}),
        ("dates_out_of_order", {"term_starts_on": today, "term_ends_on": today - timedelta(days=1)}),
    ):
        refused(code, panels.constitute, call=made.call, actor=made.officer, seats=with_first(made, **facts))
    made.panel = panels.constitute(
        call=made.call, actor=made.officer, seats=with_first(made, term_starts_on=today - timedelta(days=10))
    )
    seat = made.seat(made.members[CIVIL][1])
    assert seat.term_ends_on == term_end(today - timedelta(days=10), made.call.rule_version)
    refused(
        "term_renewed_too_often",
        panels.revise,
        panel=made.panel,
        actor=made.officer,
        seats=with_first(made, term_starts_on=today),
    )


@given(
    start=st.dates(min_value=timezone.datetime(2020, 1, 1).date(), max_value=timezone.datetime(2090, 1, 1).date()),
    months=st.integers(1, 120),
)
def test_terms_follow_each_other_without_gap_or_overlap(start, months):
    end = term_end(start, {"term_months": months})
    assert end + timedelta(days=1) == add_months(start, months)
    assert end >= start


def test_the_numbers_of_the_rules_hold(at):
    made = make.world(members=3, full_members_per_college=4)
    refused("members_not_the_number", panels.constitute, call=made.call, actor=made.officer, seats=made.seats())
    made = make.world(members=3, alternates=2, alternates_per_college_max=1)
    refused("alternates_too_many", panels.constitute, call=made.call, actor=made.officer, seats=made.seats())
    made = make.constituted(members=2)
    refused("no_free_place", appointed, made=made, user=person_with(Role.PANEL_MEMBER, CIVIL), college=CIVIL)
    refused("seat_without_role", appointed, made=made, user=person_with(Role.PANEL_MEMBER, STATE), college=CIVIL)
    refused("seat_person_twice", appointed, made=made, user=made.members[CIVIL][0], college=CIVIL)


def test_who_has_no_vote_is_named_in_the_minutes_and_counts_in_nothing(at):
    made = make.reviewed()
    before = rooms.room_of(make.meeting(made)).quorum()
    user = UserFactory(name="Odile Usagère")
    appointed(made, user, "", kind="observer", title="Usagère du service")
    refused("observer_has_no_college", appointed, made=made, user=UserFactory(), college=CIVIL, kind="observer")
    meeting = make.meeting(made)
    room = rooms.room_of(meeting)
    assert room.quorum() == before and [seat.user for seat in room.observers] == [user]
    colleges_sit_equal(made.panel, timezone.now())
    assert not Declaration.objects.filter(user=user).exists()
    assert set(rooms.closed_files(user, meeting).values()) <= {"undeclared"}
    Meeting.objects.filter(pk=meeting.pk).update(state="open", closed_at=None, minutes_adopted_at=None)
    meeting = Meeting.objects.get(pk=meeting.pk)
    seat = room.observers[0]
    other = made.seat(made.alternates[CIVIL][0])
    refused(
        "observer_is_not_replaced",
        meetings.record_attendance,
        meeting=meeting,
        actor=made.officer,
        seat=seat,
        presence="alternate",
        represented_by=other,
    )
    meetings.record_attendance(meeting=meeting, actor=made.officer, seat=seat, presence="room")
    opening = draft_sections(meeting, timezone.now())[0]["text"]
    assert "Odile Usagère, Usagère du service : dans la salle" in opening and "non dit 4" in opening


def test_gender_is_said_by_the_member_and_counted(at, as_user):
    made = make.constituted()
    member = made.members[CIVIL][1]
    path = f"/commission/siege/{made.call.slug}/"
    assert "loi du 4 août 2014" in text(as_user(member).get(path))
    assert as_user(member).post(path, {"gender": "woman"}).status_code == 302
    assert made.seat(member).gender == "woman"
    assert queries.genders(queries.seats(made.panel))[CIVIL] == {"woman": 1, "man": 0, "other": 0, "": 3}
    assert as_user(member).post(path, {"gender": "x"}).status_code == 422
    assert as_user(person_with(Role.PANEL_MEMBER, CIVIL)).get(path).status_code == 404


def test_a_seat_ends_and_is_filled_by_the_page(at, as_user):
    made = make.reading()
    browser, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/sieges/"
    seat = made.seat(made.members[STATE][1])
    assert browser.post(path, {"act": "end_seat", "end_seat-seat": seat.pk}).status_code == 422
    data = {"act": "end_seat", "end_seat-seat": seat.pk, "end_seat-cause": "resignation"}
    assert browser.post(path, data).status_code == 302
    assert str(seat.user) in text(browser.get(path))
    newcomer = person_with(Role.PANEL_MEMBER, STATE)
    data = {
        "act": "appoint",
        "appoint-person": f"{newcomer.pk}:state",
        "appoint-kind": "full_member",
        "appoint-replaces": seat.pk,
        "appoint-appointing_act": "Arrêté 2026-12",
        "appoint-term_starts_on": "2099-01-01",
    }
    answer = browser.post(path, data)
    assert answer.status_code == 409 and "Arrêté 2026-12" in text(answer)
    assert browser.post(path, data | {"appoint-term_starts_on": ""}).status_code == 302
    assert made.seat(newcomer).replaces == seat
    assert Declaration.objects.filter(user=newcomer, state="required").exists()
    assert as_user(made.members[CIVIL][0]).get(path).status_code == 403


@pytest.mark.parametrize("members", [2, 20])
def test_the_seats_cost_the_same_whatever_their_number(at, as_user, django_assert_num_queries, members):
    made = make.constituted(members=members, files=1)
    browser, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/sieges/"
    browser.get(path)
    counted(django_assert_num_queries, browser, path, 15)


# ---- the rules of the meeting ----

TALLIES = st.tuples(*[st.integers(0, 6)] * 4)


@given(counts=TALLIES, rule=st.sampled_from(["r133_11", "college_weighted"]), first=st.booleans())
def test_the_rule_on_ties_changes_equal_splits_and_nothing_else(counts, rule, first):
    for_civil, against_civil, for_state, against_state = counts
    tallies = {
        "civil_society": voting.CollegeTally(for_civil, against_civil, 0, for_civil + against_civil),
        "state": voting.CollegeTally(for_state, against_state, 0, for_state + against_state),
    }
    found = {
        tie: voting.decide(tallies, rule=rule, round_number=1 if first else 2, tie=tie)
        for tie in ("second_discussion", "defer", "reject")
    }
    outcomes = {tie: result.outcome for tie, result in found.items()}
    if len(set(outcomes.values())) > 1:
        assert outcomes["second_discussion"] == (voting.Outcome.TIED if first else voting.Outcome.REJECTED)
        assert outcomes["defer"] == voting.Outcome.DEFERRED and not found["defer"].silent
        assert outcomes["reject"] == voting.Outcome.REJECTED
    assert voting.Outcome.ADOPTED not in set(outcomes.values()) or len(set(outcomes.values())) == 1


@given(size=st.integers(1, 12), civil=st.integers(0, 12), state=st.integers(0, 12), college=st.integers(0, 4))
def test_the_quorum_of_a_college_has_its_own_share(size, civil, state, college):
    share = Fraction(college, 4)
    voices = [
        voting.Voice((name, place), name, voting.Presence.ROOM if place < there else voting.Presence.ABSENT)
        for name, there in (("civil_society", civil), ("state", state))
        for place in range(size)
    ]
    found = voting.quorum(voices, share=Fraction(1, 2), college_share=share)
    assert found.overall.needed == size
    assert {count.needed for count in found.colleges.values()} == {max(1, ceil(share * size))}


def test_every_recusal_is_named_in_the_minutes_absent_members_too(at):
    made = make.reviewed(files=2)
    gone = made.members[STATE][2]
    made, meeting, when = sittings.opened(made, absent=(gone,))
    item = sittings.item_of(meeting, made.files[0])
    sittings.recuse(gone, made.files[0], when)
    part = next(one for one in draft_sections(meeting, when) if one["item"] == item)
    assert f"Déport : {gone} (État), absent." in part["text"]
    other = next(one for one in draft_sections(meeting, when) if one["item"] and one["item"] != item)
    assert "Déport" not in other["text"]


@pytest.mark.parametrize(
    ("tie", "state", "outcome"),
    [
        ("second_discussion", "in_discussion", "tied"),
        ("defer", "deferred", "deferred"),
        ("reject", "voted", "rejected"),
    ],
)
def test_an_equal_split_ends_as_the_rules_of_the_call_say(at, tie, state, outcome):
    made, meeting, when = sittings.opened(make.reviewed(make.world(files=1, tie=tie)))
    item = sittings.called(made, sittings.item_of(meeting), when)
    agenda.open_ballot(
        agenda_item=item, actor=made.presidents[0], at=when, mode="open", proposal="rejected", grounds="Trop tôt."
    )
    for college, choice in ((CIVIL, "for"), (STATE, "against")):
        for user in made.members[college]:
            agenda.cast(agenda_item=item, actor=user, at=when, seat=made.seat(user), choice=choice)
    item = agenda.close_vote(agenda_item=item, actor=made.presidents[0], at=when)
    assert item.state == state
    assert Vote.objects.get(item=item).outcome == outcome
