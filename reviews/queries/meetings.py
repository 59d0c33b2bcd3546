"""Meetings as they are read: who is in the room, who may see which file, scores and ranks, the money left. Figures are computed over what the reader may
see: `hidden` files are out of every count, rank and sum given to him (DESIGN 5.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from applications.models import Application
from applications.queries import officer_interest, officers_files
from core.models import Event
from fund.enums import College, Role
from fund.models import Envelope
from fund.queries import has_role
from reviews import scoring
from reviews.enums.meeting import MEETING_LIVE, AgendaItemState, MeetingState, Proposal
from reviews.enums.reading import DeclarationState, SeatKind
from reviews.models import Decision, Declaration, Panel, Seat
from reviews.models.meeting import (
    ActingPresident,
    AgendaItem,
    Attendance,
    Meeting,
    MinutesSignature,
    Tally,
    Vote,
)
from reviews.queries.draws import drawn_ranks
from reviews.queries.ranking import ballots, weights_of
from reviews.queries.room import IN_PERSON, Attended, Room, attended, files_of, panel_of, room_of, still_room

__all__ = ["IN_PERSON", "Attended", "attended", "panel_of", "room_of", "still_room"]


def next_days(calls) -> dict[int, date]:
    """Day of the next live meeting of each call; the day its call announced while no meeting was ever planned. One query."""
    found: dict[int, date] = {}
    known = set()
    for call_id, state, planned_at in (
        Meeting.objects.filter(call__in=calls).order_by("planned_at", "id").values_list("call", "state", "planned_at")
    ):
        known.add(call_id)
        if state in (MeetingState.PLANNED, MeetingState.CONVENED):
            found.setdefault(call_id, timezone.localdate(planned_at))
    return found | {call.pk: call.meeting_on for call in calls if call.pk not in known and call.meeting_on}


def notices_to_answer(user, at) -> list[Meeting]:
    """Meetings convened in which this full member has not said yet whether he comes."""
    seats = Seat.objects.filter(user=user, kind=SeatKind.FULL_MEMBER).current(at)
    answered = Attendance.objects.filter(seat__user=user, sitting=OuterRef("sitting"), meeting=OuterRef("pk")).exclude(
        announced=""
    )
    waiting = Meeting.objects.filter(state="convened", planned_at__gt=at, call__panel__in=seats.values("panel"))
    return list(waiting.exclude(Exists(answered)).select_related("call").order_by("planned_at", "id"))


def notice_due(meeting: Meeting) -> date | None:
    """Last day on which the notice of a planned meeting goes out without an urgency; None once it is sent."""
    if meeting.state != MeetingState.PLANNED:
        return None
    return timezone.localdate(meeting.planned_at) - timedelta(days=meeting.rules["notice_days_min"])


def notices_due(user, at, *, within: int = 7) -> list[tuple[Meeting, date]]:
    """Meetings of this president that are planned and whose notice is due in the days that come, or late, with that day."""
    seats = Seat.objects.filter(user=user, is_president=True).current(at)
    rows = Meeting.objects.filter(state=MeetingState.PLANNED, planned_at__gt=at, call__panel__in=seats.values("panel"))
    rows = rows.select_related("call__rule_version")
    last = timezone.localdate(at) + timedelta(days=within)
    found = ((meeting, notice_due(meeting)) for meeting in rows.order_by("planned_at", "id"))
    return [(meeting, day) for meeting, day in found if day is not None and day <= last]


def cancelled_by(meeting) -> str:
    """Who cancelled it, as the log says; empty when it was not cancelled."""
    event = (
        Event.objects.filter(machine=Meeting.machine, object_id=meeting.pk, verb="cancel")
        .select_related("actor")
        .order_by("-id")
        .first()
        if meeting.state == "cancelled"
        else None
    )
    return str(event.actor) if event else ""


def last_writer(row, *verbs: str, parts: Iterable):
    """Who last wrote one of these parts of the row by these acts, as the log says (`sections` of its facts)."""
    log = Event.objects.filter(machine=row.machine, object_id=row.pk, verb__in=verbs).select_related("actor")
    wanted = set(parts)
    return next((one.actor for one in log.order_by("-id") if wanted & set(one.payload.get("sections", ()))), None)


RANKED_STATES = ("under_review", "selected", "on_reserve", "rejected")


# ---- who presides ----


def acting_of(meeting: Meeting) -> dict[str, ActingPresident]:
    return {
        row.college: row for row in meeting.acting_presidents.filter(ended_at__isnull=True).select_related("seat__user")
    }


def presidents_of(meeting: Meeting, at: datetime | None = None) -> dict[str, Seat]:
    """The co-president of each college, by his seat in the panel."""
    seats = (
        Seat.objects.filter(panel__call=meeting.call_id, is_president=True)
        .current(at or timezone.now())
        .select_related("user")
    )
    return {seat.college: seat for seat in seats}


def presides(user, meeting: Meeting, at: datetime | None = None) -> str:
    """The college for which this person presides this meeting, as co-president or acting president; empty when he does not."""
    if not getattr(user, "pk", None):
        return ""
    seat = (
        Seat.objects.filter(panel__call=meeting.call_id, user=user).full_members().current(at or timezone.now()).first()
    )
    if seat is None:
        return ""
    if seat.is_president and has_role(user, Role.CO_PRESIDENT, at):
        return seat.college
    if meeting.pk and meeting.acting_presidents.filter(seat=seat, ended_at__isnull=True).exists():
        return seat.college
    return ""


def is_there(user, meeting: Meeting) -> bool:
    """Whether this member is recorded in the room or remote at this sitting."""
    rows = Attendance.objects.filter(meeting=meeting, sitting=meeting.sitting, presence__in=IN_PERSON)
    return rows.filter(seat__user=user).exists()


# ---- who sees what ----


def closed_files(user, meeting: Meeting, room: Room | None = None) -> dict[int, str]:
    """Files of the meeting this person may not see: `recused` (reference and recusal only) or `undeclared` (the card only)."""
    files = set(files_of(meeting).values_list("application", flat=True))
    found: dict[int, str] = {}
    seat = (
        room.seat_of(user)
        if room
        else Seat.objects.filter(panel__call=meeting.call_id, user=user).current(timezone.now()).first()
    )
    if seat is not None:
        states = dict(
            Declaration.objects.filter(user=user, application__in=files).values_list("application_id", "state")
        )
        for pk in files:
            if (state := states.get(pk)) != DeclarationState.NONE:
                found[pk] = "recused" if state == DeclarationState.RECUSED else "undeclared"
    if seat is None or has_role(user, Role.CASE_OFFICER):
        allowed = set(officers_files(user).filter(pk__in=files).values_list("pk", flat=True))
        found |= dict.fromkeys(files - allowed, "recused")
    return found


def may_see_file(user, application: Application) -> bool:
    """Whether the file is open to this person: declared without interest when he sits, no interest otherwise."""
    seat = Seat.objects.filter(panel__call=application.call_id, user=user).current(timezone.now()).exists()
    if seat:
        return Declaration.objects.filter(user=user, application=application, state=DeclarationState.NONE).exists()
    return not officer_interest(user, application)


# ---- scores, ranks, reviews ----


def scores_of(call, applications: Iterable[int]) -> dict[int, scoring.Score]:
    """The exact score of each file, from the reviews filed and not recused. Constant queries whatever the number."""
    wanted, weights = list(applications), weights_of(call)
    if not weights:
        return {}
    given = ballots(wanted)
    return {pk: scoring.score(given.get(pk, []), weights) for pk in wanted}


@dataclass(frozen=True)
class Rank:
    """A file's place on the list; `moved_from` when a vote gave it another one."""

    application_id: int
    number: int | None
    score: scoring.Score | None
    tied: bool = False
    shared: bool = False
    moved_from: int | None = None


def ranking(meeting: Meeting, hidden: Iterable[int] = ()) -> dict[int, Rank]:
    """Rank and score of every file of the call by id, over the files that are not hidden; empty before reading closes."""
    panel = panel_of(meeting)
    if panel is None or not panel.is_reading_closed:
        return {}
    files = list(
        Application.objects.filter(call=meeting.call_id, state__in=RANKED_STATES)
        .exclude(pk__in=set(hidden))
        .order_by("reference")
        .values_list("pk", flat=True)
    )
    found = scores_of(meeting.call, files)
    places = scoring.rank(found, weights_of(meeting.call)) if found else []
    ranks = {place.key: Rank(place.key, place.rank, place.score, place.tied, place.shared) for place in places}
    if meeting.rules["tie_draw"]:
        ranks = drawn_ranks(meeting.call_id, ranks)
    moved = list(
        AgendaItem.objects.filter(meeting=meeting.pk, place__isnull=False, application__in=ranks)
        .order_by("place_at", "id")
        .values_list("application_id", "place")
    )
    if not moved:
        return ranks
    order = [pk for pk, rank in ranks.items() if rank.number is not None]
    for pk, place in moved:
        if pk in order:
            order.remove(pk)
            order.insert(place - 1, pk)
    settled = {pk for pk, _place in moved}
    result = {}
    for number, pk in enumerate(order, 1):
        rank = ranks[pk]
        shared = (
            rank.shared
            and pk not in settled
            and any(
                ranks[other].shared and ranks[other].number == rank.number and other not in settled
                for other in order
                if other != pk
            )
        )
        result[pk] = Rank(pk, number, rank.score, rank.tied, shared, rank.number if pk in settled else None)
    return result | {pk: rank for pk, rank in ranks.items() if rank.number is None}


def has_fallback(application: Application) -> bool:
    """Whether a fallback of article 13 is recorded on the file."""
    panel = Panel.objects.filter(call=application.call_id).first()
    return panel is not None and panel.fallback_of(application.reference) is not None


# ---- the money ----


@dataclass(frozen=True)
class Meter:
    """The envelope as the list would leave it, in cents. `given`: what the votes give, by file."""

    total: int
    given: dict[int, int]

    @property
    def retained(self) -> int:
        return sum(self.given.values())

    @property
    def left(self) -> int:
        return self.total - self.retained

    @property
    def spendable(self) -> int:
        return max(0, self.left)

    @property
    def bar(self) -> dict[str, int]:
        return {"reserved": self.retained, "free": self.spendable}


def free_amount(meeting: Meeting) -> int:
    """Cents free before the list: the envelope's while nothing is adopted, afterwards what they were."""
    if meeting.list_adopted_at is not None:
        return meeting.list_free_amount
    return Envelope.objects.filter(pk=meeting.call.envelope_id).values_list("free_amount", flat=True).first() or 0


def meter(meeting: Meeting, items: Iterable[AgendaItem], hidden: Iterable[int] = ()) -> Meter:
    """What the votes so far would take of the envelope; hidden files left out. A vote under way takes nothing: it is not carried yet."""
    closed = set(hidden)
    decided = (
        dict(
            Decision.objects.filter(agenda_item__meeting=meeting.pk, outcome="selected")
            .exclude(state="annulled")
            .values_list("application_id", "amount")
        )
        if meeting.list_adopted_at
        else None
    )
    given: dict[int, int] = {}
    for item in items:
        if item.application_id is None or item.application_id in closed:
            continue
        if decided is not None:
            given[item.application_id] = decided.get(item.application_id, 0)
        elif item.disposition == Proposal.SELECTED:
            given[item.application_id] = item.amount or 0
    return Meter(free_amount(meeting), given)


# ---- lists ----


def meetings_for(user):
    """Meetings this person may see, latest first, with the number of their items."""
    return Meeting.objects.visible_to(user).select_related("call").annotate(item_count=Count("items", distinct=True))


def find(user, pk) -> Meeting | None:
    return (
        Meeting.objects.visible_to(user)
        .select_related("call__rule_version", "call__envelope", "notice", "minutes", "quorum_record")
        .filter(pk=pk)
        .first()
    )


def items_of(meeting: Meeting) -> list[AgendaItem]:
    found = list(
        meeting.items.select_related(
            "application__organisation",
            "application__lead",
            "application__bearer_organisation",
            "application__bearer_person",
            "minutes_of__call",
        )
    )
    for item in found:
        item.meeting = meeting
        if item.application_id is not None:
            item.application.call = meeting.call
    return found


def unscheduled(call) -> list[Application]:
    """Files under review that no live meeting deals with: what an agenda may list. By reference."""
    busy = AgendaItem.objects.filter(
        Q(state__in=(AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION))
        | Q(state=AgendaItemState.VOTED, meeting__state__in=MEETING_LIVE)
        | Q(state=AgendaItemState.VOTED, decisions__state__in=("voted", "signed", "notified")),
        application__isnull=False,
    )
    return list(
        Application.objects.filter(call=call, state="under_review")
        .exclude(pk__in=busy.values("application"))
        .order_by("reference")
    )


def calls_to_plan():
    """Calls under review that have a panel."""
    from fund.models import Call

    return Call.objects.filter(state="under_review", panel__isnull=False).order_by("-number")


def votes_of(meeting: Meeting) -> dict[int, list[Vote]]:
    """Every vote of the meeting by item, each with its `tallies` {college: Tally}."""
    counts: dict[tuple[int, int], dict[str, Tally]] = {}
    for row in Tally.objects.filter(item__in=Vote.objects.filter(meeting=meeting.pk).values("item")):
        counts.setdefault((row.item_id, row.round), {})[row.college] = row
    found: dict[int, list[Vote]] = {}
    for vote in Vote.objects.filter(meeting=meeting.pk).order_by("round"):
        vote.tallies = counts.get((vote.item_id, vote.round), {})
        found.setdefault(vote.item_id, []).append(vote)
    return found


def sections_of(meeting: Meeting, version: int | None = None) -> list:
    """Sections of a version, the present one by default, in order."""
    found = list(
        meeting.sections.filter(version=version or meeting.minutes_version)
        .select_related("item__application")
        .order_by("position")
    )
    for section in found:
        section.meeting = meeting
    return found


REVISIONS = ("revise_minutes", "revise_with_dissent")


@dataclass(frozen=True)
class MinutesVersion:
    number: int
    at: datetime
    by: object = None
    sections: int = 0
    """How many it changed."""


def versions_of(meeting: Meeting) -> list[MinutesVersion]:
    """Every version of the minutes, latest first: who made it and when, as the log says. The first one came of the closing."""
    log = Event.objects.filter(machine=meeting.machine, object_id=meeting.pk, verb__in=REVISIONS).select_related(
        "actor"
    )
    revised = [
        MinutesVersion(row.payload["version"], row.at, row.actor, len(row.payload["sections"]))
        for row in log.order_by("-id")
    ]
    return [*revised, MinutesVersion(1, meeting.closed_at)]


def signatures_of(meeting: Meeting) -> list[MinutesSignature]:
    return list(
        meeting.minutes_signatures.filter(version=meeting.minutes_version, voided_at__isnull=True).select_related(
            "user"
        )
    )


def both_colleges() -> tuple[str, str]:
    return str(College.CIVIL_SOCIETY), str(College.STATE)
