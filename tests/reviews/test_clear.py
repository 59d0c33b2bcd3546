"""Clear files in one act: which are, who takes one out, and that each is voted as an item of its own."""

from __future__ import annotations

import pytest

from reviews.models import AgendaItem, Assignment, DiscussionRequest
from reviews.models.meeting import ClearPoint, Tally, Vote
from reviews.queries import clear as queries
from reviews.transitions import agenda, clear, meetings
from reviews.transitions import assignments as reading
from tests.factories import reviews as make
from tests.factories.meetings import called, item_of, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_meeting_pages import with_recusal
from tests.reviews.test_meetings import refused

pytestmark = pytest.mark.django_db


def scored(points: list[tuple[int, int]], **facts) -> make.World:
    """Reading is closed; file by file in the order of references, half points of civil society and of the State."""
    made = make.reading(files=len(points), **{"reviews_per_college": 1} | facts)
    order = {row.pk: place for place, row in enumerate(sorted(made.files, key=lambda row: row.reference))}
    for row in Assignment.objects.filter(state="assigned").select_related("seat__user", "application__call"):
        civil, state = points[order[row.application_id]]
        make.file_review(row, civil if row.seat.college == CIVIL else state)
    made.panel = reading.close_reading(panel=made.panel, actor=made.officer)
    return made


def items(meeting) -> list[AgendaItem]:
    rows = meeting.items.filter(application__isnull=False).select_related("application", "meeting__call")
    return list(rows.order_by("application__reference"))


def why(meeting) -> dict:
    """By reference: the proposal when the file is clear, else why not."""
    return {one.item.application.reference: one.reasons or one.proposal for one in queries.candidates(meeting)}


def proposed(made, meeting, at, chosen=None):
    chosen = items(meeting) if chosen is None else chosen
    clear.propose_clear(meeting=meeting, actor=made.presidents[0], at=at, items=chosen)
    return chosen


def test_clear_is_what_no_flag_points_out(at):
    made, meeting, at = opened(scored([(8, 8), (9, 3), (8, 8)]))
    first, gap, third = items(meeting)
    found = why(meeting)
    assert found[first.application.reference] == found[third.application.reference] == "selected"
    assert len(found[gap.application.reference]) >= 1
    member = made.members[CIVIL][1]
    DiscussionRequest.objects.create(application=third.application, user=member, reason="Le calendrier.", asked_at=at)
    assert isinstance(why(meeting)[third.application.reference], list)
    error = refused(
        "not_clear", clear.propose_clear, meeting=meeting, actor=made.presidents[0], at=at, items=[first, gap]
    )
    assert gap.application.reference in str(error) and not ClearPoint.objects.exists()


def test_the_file_at_the_line_is_discussed_and_those_well_below_wait(at):
    made, meeting, at = opened(scored([(9, 9), (8, 8), (7, 7), (6, 6), (2, 2)], envelope=4_000_000))
    found = [why(meeting)[item.application.reference] for item in items(meeting)]
    assert found[0] == found[1] == "selected" and isinstance(found[2], list)
    assert found[3] == "reserve" and found[4] == "rejected"


def test_one_act_votes_each_file_as_an_item_of_its_own(at):
    made, meeting, at = opened(scored([(8, 8)] * 3))
    chosen = proposed(made, meeting, at)
    clear.put_clear(meeting=meeting, actor=made.presidents[1], at=at)
    alone_made, alone_meeting, alone_at = opened(scored([(8, 8)]))
    alone = called(alone_made, item_of(alone_meeting), alone_at)
    agenda.agree(
        agenda_item=alone,
        actor=alone_made.presidents[0],
        at=alone_at,
        proposal="selected",
        amount=alone.application.requested_amount,
    )
    told = ("mode", "round", "proposal", "amount", "outcome", "rule", "weighted", "equal_weight")
    counted = ("round", "college", "votes_for", "against", "abstained", "present", "base")
    [vote] = Vote.objects.filter(item=alone).values(*told)
    tallies = list(Tally.objects.filter(item=alone).values(*counted))
    for item in chosen:
        assert list(Vote.objects.filter(item=item).values(*told)) == [vote]
        assert list(Tally.objects.filter(item=item).values(*counted)) == tallies
        assert AgendaItem.objects.get(pk=item.pk).state == "voted"
    assert ClearPoint.objects.filter(put_at=at).count() == 3
    lines = [{"item": item.pk, "grounds": "Un besoin établi."} for item in chosen]
    meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=at, lines=lines)
    assert sorted(item.decisions.count() for item in chosen) == [1, 1, 1]


def test_the_grounds_given_for_a_proposal_are_those_of_its_files_alone(at):
    made, meeting, at = opened(scored([(9, 9), (8, 8), (7, 7), (6, 6), (2, 2)], envelope=4_000_000))
    clear_ones = [item for item in items(meeting) if isinstance(why(meeting)[item.application.reference], str)]
    proposed(made, meeting, at, clear_ones)
    clear.put_clear(meeting=meeting, actor=made.presidents[0], at=at, grounds={"selected": "Un essai simple."})
    told = [AgendaItem.objects.get(pk=item.pk) for item in clear_ones]
    assert [(row.proposal, row.grounds) for row in told] == [
        ("selected", "Un essai simple."),
        ("selected", "Un essai simple."),
        ("reserve", ""),
        ("rejected", ""),
    ]


def test_one_member_is_enough_to_take_a_file_out_for_good(at):
    made, meeting, at = opened(scored([(8, 8)] * 2))
    first, second = proposed(made, meeting, at)
    member, alternate = made.members[STATE][2], made.alternates[STATE][0]
    refused("not_permitted", clear.take_out, agenda_item=first, actor=made.officer, at=at)
    refused("not_present", clear.take_out, agenda_item=first, actor=alternate, at=at)
    clear.take_out(agenda_item=first, actor=member, at=at)
    refused("not_proposed", clear.take_out, agenda_item=first, actor=member, at=at)
    refused("taken_out", clear.propose_clear, meeting=meeting, actor=made.presidents[0], at=at, items=[first])
    clear.put_clear(meeting=meeting, actor=made.presidents[0], at=at)
    states = [AgendaItem.objects.get(pk=item.pk).state for item in (first, second)]
    assert states == ["listed", "voted"]
    refused("nothing_proposed", clear.put_clear, meeting=meeting, actor=made.presidents[0], at=at)


def test_what_is_no_longer_clear_stops_the_act_and_nothing_is_voted(at):
    made, meeting, at = opened(scored([(8, 8)] * 2))
    first, second = proposed(made, meeting, at)
    for member in made.members[CIVIL][: meeting.rules["secret_ballot_on_request_of"]]:
        agenda.ask_secret(agenda_item=second, actor=member, at=at)
    error = refused("not_clear", clear.put_clear, meeting=meeting, actor=made.presidents[0], at=at)
    assert second.application.reference in str(error)
    assert not Vote.objects.exists()
    clear.propose_clear(meeting=meeting, actor=made.presidents[0], at=at, items=[first])
    clear.put_clear(meeting=meeting, actor=made.presidents[0], at=at)
    assert Vote.objects.get().item_id == first.pk


def test_a_recusal_is_counted_on_its_file_alone(at):
    made, recused, hidden = with_recusal(STATE, 2, files=2, members=3)
    made, meeting, at = opened(made)
    proposed(made, meeting, at)
    item, other = item_of(meeting, hidden), next(one for one in items(meeting) if one.application_id != hidden.pk)
    error = refused("recused_in_room", clear.put_clear, meeting=meeting, actor=made.presidents[0], at=at)
    assert str(error).startswith(hidden.reference) and not Vote.objects.exists()
    agenda.step_out(agenda_item=item, actor=made.officer, at=at, seat=made.seat(recused))
    refused("recused", clear.take_out, agenda_item=item, actor=recused, at=at)
    clear.put_clear(meeting=meeting, actor=made.presidents[0], at=at)
    counts = {one.pk: Tally.objects.get(item=one, college=STATE).present for one in (item, other)}
    assert counts == {item.pk: 2, other.pk: 3}


def test_without_its_quorum_one_file_stops_them_all(at):
    made, meeting, at = opened(scored([(8, 8)] * 2))
    first, _second = proposed(made, meeting, at)
    for user in made.members[STATE][1:]:
        meetings.record_attendance(meeting=meeting, actor=made.officer, at=at, seat=made.seat(user), presence="absent")
    refused("quorum_missing", clear.put_clear, meeting=meeting, actor=made.presidents[0], at=at)
    assert not Vote.objects.exists() and AgendaItem.objects.get(pk=first.pk).state == "listed"


def test_a_president_recused_from_any_file_proposes_none(at):
    """Which files are clear says something of each: he who may not know of one is not told by a refusal that depends on it."""
    made, recused, _hidden = with_recusal(CIVIL, 0, files=2, members=3)
    made, meeting, at = opened(made)
    others = [one for one in items(meeting) if one.application_id != _hidden.pk]
    refused("chair_is_recused", clear.propose_clear, meeting=meeting, actor=recused, at=at, items=others)
    clear.propose_clear(meeting=meeting, actor=made.presidents[1], at=at, items=others)
    refused("chair_is_recused", clear.put_clear, meeting=meeting, actor=recused, at=at)
    refused("not_permitted", clear.put_clear, meeting=meeting, actor=made.officer, at=at)
