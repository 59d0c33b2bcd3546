"""Interests declared after a vote by somebody who had a part in it: a fact of its own, beside the recusals that held when the vote was taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F

from applications.models import Application
from applications.queries import with_interest
from core.models import Event
from fund.enums import Role
from fund.queries import has_role
from reviews.enums.meeting import AgendaItemState, VoteMode, VoteOutcome
from reviews.enums.reading import DeclarationState, SeatKind
from reviews.models import Declaration, Seat
from reviews.models.meeting import Ballot, Departure, Meeting, Vote
from reviews.queries.room import ATTENDED, Attended, Room

TOLD_FOR = timedelta(days=30)
"""How long the desks of those who answer for the decision say so."""


@dataclass(frozen=True)
class Late:
    """A member who had a part in the vote that decided on a file, and declared an interest in it afterwards."""

    declaration: Declaration
    vote: Vote
    college: str


def deciding(applications: Iterable[int]) -> dict[int, Vote]:
    """The vote that decided on each file, by file; one query."""
    rows = Vote.objects.filter(
        item__application__in=list(applications),
        item__state=AgendaItemState.VOTED,
        round=F("item__round"),
        outcome__in=(VoteOutcome.ADOPTED, VoteOutcome.REJECTED),
    )
    return {
        vote.item.application_id: vote for vote in rows.select_related("item", "meeting").order_by("closed_at", "id")
    }


def hands_in(votes: Iterable[Vote]) -> dict[int, dict[int, str]]:
    """By vote: who had a part in it (who spoke for a seat, who gave a proxy, who took the seat of one who left) -> college. Constant queries."""
    votes = list(votes)
    meetings = {vote.meeting_id: vote.meeting for vote in votes}
    if not votes:
        return {}
    logs: dict[int, list[Event]] = {pk: [] for pk in meetings}
    events = Event.objects.filter(machine=Meeting.machine, object_id__in=logs, verb__in=ATTENDED)
    for event in events.order_by("id"):
        logs[event.object_id].append(event)
    seats: dict[int, list[Seat]] = {}
    for seat in Seat.objects.filter(panel__call__in={one.call_id for one in meetings.values()}).select_related("panel"):
        seats.setdefault(seat.panel.call_id, []).append(seat)
    items = [vote.item_id for vote in votes]
    voted = set(Ballot.objects.filter(item__in=items).values_list("item", "round", "seat"))
    left: dict[int, list[Departure]] = {}
    for row in Departure.objects.filter(item__in=items).select_related("replaced_by"):
        left.setdefault(row.item_id, []).append(row)
    found: dict[int, dict[int, str]] = {}
    for vote in votes:
        meeting, at = meetings[vote.meeting_id], vote.closed_at
        mine = seats.get(meeting.call_id, [])
        out = {
            row.seat_id: row
            for row in left.get(vote.item_id, [])
            if row.left_at <= at and (row.returned_at is None or row.returned_at >= at)
        }
        room = Room(
            meeting,
            [seat for seat in mine if seat.kind == SeatKind.FULL_MEMBER],
            [seat for seat in mine if seat.kind == SeatKind.ALTERNATE],
            Attended(meeting, logs[meeting.pk]).at(at),
            departures={vote.item_id: out},
        )
        found[vote.pk] = {
            user: seat.college
            for seat in room.seats
            if vote.mode == VoteMode.CONSENT or (vote.item_id, vote.round, seat.pk) in voted
            for user in room.hands(seat, vote.item)
        }
    return found


def votes_shared(user, applications: Iterable[int]) -> dict[int, Vote]:
    """Of these files, those on which this person had a part in the vote that decided."""
    votes = deciding(applications)
    hands = hands_in(votes.values())
    return {pk: vote for pk, vote in votes.items() if user.pk in hands[vote.pk]}


def recusals_on(votes: dict[int, Vote]):
    """Recusals from the files of these votes, declared before or since."""
    rows = Declaration.objects.filter(application__in=votes, state=DeclarationState.RECUSED)
    return rows.select_related("user").order_by("declared_at", "id")


def late_on(votes: dict[int, Vote], recusals: Iterable[Declaration] | None = None) -> dict[int, list[Late]]:
    """By file of these votes, the interests declared after it by those who had a part in it."""
    rows = recusals_on(votes) if recusals is None else recusals
    after = [row for row in rows if row.declared_at > votes[row.application_id].closed_at]
    hands = hands_in({row.application_id: votes[row.application_id] for row in after}.values())
    found: dict[int, list[Late]] = {}
    for row in after:
        vote = votes[row.application_id]
        if (college := hands[vote.pk].get(row.user_id)) is not None:
            found.setdefault(row.application_id, []).append(Late(row, vote, college))
    return found


def late_interests(applications: Iterable[int]) -> dict[int, list[Late]]:
    return late_on(deciding(applications))


def late_to_know(user, at) -> list[Late]:
    """Those of the last days, for the co-presidents of the panel and the case officers; nothing of a file closed to the asker, nor his own."""
    presides, officer = has_role(user, Role.CO_PRESIDENT, at), has_role(user, Role.CASE_OFFICER, at)
    if not presides and not officer:
        return []
    rows = Declaration.objects.filter(
        state=DeclarationState.RECUSED,
        declared_at__gt=at - TOLD_FOR,
        application__agenda_items__state=AgendaItemState.VOTED,
    ).exclude(user=user)
    if not officer:
        chaired = Seat.objects.filter(user=user, is_president=True).current(at)
        rows = rows.filter(application__call__panel__in=chaired.values("panel"))
    files = set(rows.values_list("application", flat=True))
    if not files:
        return []
    files -= set(with_interest(user).filter(pk__in=files).values_list("pk", flat=True))
    known = Application.objects.select_related("call").in_bulk(files)
    found = [one for rows in late_interests(files).values() for one in rows if one.declaration.user_id != user.pk]
    for one in found:
        one.declaration.application = known[one.declaration.application_id]
    return [one for one in found if one.declaration.declared_at > at - TOLD_FOR]
