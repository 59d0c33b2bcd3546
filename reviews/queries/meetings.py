"""Meetings as they are read: who is in the room, who may see which file, scores and ranks, the money left. Figures are computed over what the reader may
see: `hidden` files are out of every count, rank and sum given to him (DESIGN 5.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from applications.models import Application
from applications.queries import officer_interest, officers_files
from core.models import Event
from fund.enums import College, Role
from fund.models import Envelope
from fund.queries import has_role
from reviews import scoring, voting
from reviews.enums.meeting import MEETING_LIVE, AgendaItemState, AttendanceKind, MeetingState, Proposal
from reviews.enums.reading import DeclarationState, SeatKind
from reviews.models import Decision, Declaration, Panel, Seat
from reviews.models.meeting import (
    ActingPresident,
    AgendaItem,
    Attendance,
    Departure,
    Meeting,
    MinutesSignature,
    Tally,
    Vote,
)
from reviews.queries.draws import drawn_ranks
from reviews.queries.ranking import ballots, weights_of


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


IN_PERSON = (AttendanceKind.ROOM, AttendanceKind.REMOTE)
RANKED_STATES = ("under_review", "selected", "on_reserve", "rejected")


# ---- the room ----


@dataclass
class Room:
    """The panel in its meeting, read once: voting seats, who speaks for each, who is recused from what, who left for which item."""

    meeting: Meeting
    seats: list[Seat]
    alternates: list[Seat]
    attendance: dict[int, Attendance]
    recused: dict[int, set[int]] = field(default_factory=dict)
    declared: dict[int, set[int]] = field(default_factory=dict)
    departures: dict[int, dict[int, Departure]] = field(default_factory=dict)
    observers: list[Seat] = field(default_factory=list)

    def seat(self, pk) -> Seat | None:
        return next((seat for seat in (*self.seats, *self.alternates, *self.observers) if seat.pk == pk), None)

    def seat_of(self, user) -> Seat | None:
        """This person's own seat in the panel, full member or alternate."""
        return next((seat for seat in (*self.seats, *self.alternates) if seat.user_id == user.pk), None)

    def presence(self, seat: Seat) -> str:
        """How the seat is held; a proxy lapses when its holder is not there in person."""
        row = self.attendance.get(seat.pk)
        if row is None:
            return AttendanceKind.ABSENT
        if row.presence == AttendanceKind.PROXY:
            holder = self.attendance.get(row.represented_by_id)
            if holder is None or holder.presence not in IN_PERSON:
                return AttendanceKind.ABSENT
        return row.presence

    def _standing(self, seat: Seat) -> Seat | None:
        """Who speaks for the seat, whatever the item: the member, his alternate or the one who holds his proxy; None when absent."""
        presence = self.presence(seat)
        if presence == AttendanceKind.ABSENT:
            return None
        return seat if presence in IN_PERSON else self.seat(self.attendance[seat.pk].represented_by_id)

    def hands(self, seat: Seat, item: AgendaItem) -> set[int]:
        """Users who have a part in this seat's vote on the item, recused or not: who speaks for it, who gave the proxy, who took the seat of one who left."""
        found = {one.user_id for one in (self._standing(seat),) if one is not None}
        if self.presence(seat) == AttendanceKind.PROXY:
            found.add(seat.user_id)
        gone = self.departures.get(item.pk, {}).get(seat.pk)
        return found | ({gone.replaced_by.user_id} if gone is not None and gone.replaced_by_id else set())

    def is_recused(self, user_id: int, item: AgendaItem | None) -> bool:
        return (
            item is not None
            and item.application_id is not None
            and user_id in self.recused.get(item.application_id, ())
        )

    def _voice(self, seat: Seat, item: AgendaItem | None) -> tuple[voting.Voice, Seat | None]:
        presence, speaker = self.presence(seat), self._standing(seat)
        if speaker is None:
            return voting.Voice(seat.pk, seat.college, recused=self.is_recused(seat.user_id, item)), None
        recused = self.is_recused(speaker.user_id, item)
        if presence == AttendanceKind.PROXY:
            recused = recused or self.is_recused(seat.user_id, item)
        gone = self.departures.get(item.pk, {}).get(seat.pk) if item is not None else None
        if recused and gone is not None and gone.replaced_by_id and not self.is_recused(gone.replaced_by.user_id, item):
            return voting.Voice(seat.pk, seat.college, voting.Presence.ALTERNATE), gone.replaced_by
        return voting.Voice(
            seat.pk, seat.college, voting.Presence(str(presence)), recused
        ), None if recused else speaker

    def voices(self, item: AgendaItem | None = None) -> list[voting.Voice]:
        return [self._voice(seat, item)[0] for seat in self.seats]

    def speaker(self, seat: Seat, item: AgendaItem | None) -> Seat | None:
        """Who votes for this seat on this item; None when nobody may."""
        return self._voice(seat, item)[1]

    def spoken_for(self, user, item: AgendaItem | None) -> list[Seat]:
        """Voting seats for which this person votes on this item: his own, the one he fills as an alternate, the proxy he holds."""
        found = ((seat, self.speaker(seat, item)) for seat in self.seats)
        return [seat for seat, speaker in found if speaker is not None and speaker.user_id == user.pk]

    def quorum(self, item: AgendaItem | None = None) -> voting.Quorum:
        rules = self.meeting.rules
        return voting.quorum(
            self.voices(item),
            share=Fraction(str(rules["quorum"])),
            college_share=Fraction(str(rules.parameters.get("quorum_college", rules["quorum"]))),
            recused_leave_base=rules["quorum_recused"] == "leaves_base",
            second_notice=self.meeting.second_notice,
            second_notice_minimum=rules["second_notice_voters_per_college_min"],
        )

    def recused_in_room(self, item: AgendaItem) -> list[Seat]:
        """Seats whose speaker is recused from the item and was not noted as having left."""
        gone, found = self.departures.get(item.pk, {}), []
        for seat in self.seats:
            if self.presence(seat) in (AttendanceKind.ABSENT, AttendanceKind.PROXY) or seat.pk in gone:
                continue
            if (speaker := self._standing(seat)) is not None and self.is_recused(speaker.user_id, item):
                found.append(seat)
        return found

    def undeclared(self, item: AgendaItem) -> list[Seat]:
        """Those who would vote on a file and have not said whether they have an interest in it."""
        if item.application_id is None:
            return []
        said = self.declared.get(item.application_id, set())
        speakers = {speaker.pk: speaker for seat in self.seats if (speaker := self.speaker(seat, item)) is not None}
        return [speaker for speaker in speakers.values() if speaker.user_id not in said]

    def held_proxies(self, holder_id: int, besides: int | None = None) -> int:
        return sum(
            1
            for row in self.attendance.values()
            if row.presence == AttendanceKind.PROXY and row.represented_by_id == holder_id and row.seat_id != besides
        )

    def replacing(self, alternate_id: int, besides: int | None = None) -> bool:
        return any(
            row.presence == AttendanceKind.ALTERNATE
            and row.represented_by_id == alternate_id
            and row.seat_id != besides
            for row in self.attendance.values()
        )

    def sits_in(self, alternate_id: int, besides: int) -> bool:
        """Whether this alternate has taken, for one item, the seat of a recused member other than this one."""
        return any(
            row.replaced_by_id == alternate_id and row.seat_id != besides
            for rows in self.departures.values()
            for row in rows.values()
        )


def panel_of(meeting: Meeting) -> Panel | None:
    return Panel.objects.filter(call=meeting.call_id).first()


def room_of(meeting: Meeting, at: datetime | None = None) -> Room:
    """The room of a meeting, in a constant number of queries."""
    at = at or timezone.now()
    everyone = list(Seat.objects.filter(panel__call=meeting.call_id).current(at).select_related("user"))
    attendance = {row.seat_id: row for row in Attendance.objects.filter(meeting=meeting.pk, sitting=meeting.sitting)}
    room = Room(
        meeting,
        [seat for seat in everyone if seat.kind == SeatKind.FULL_MEMBER],
        [seat for seat in everyone if seat.kind == SeatKind.ALTERNATE],
        attendance,
        observers=[seat for seat in everyone if seat.kind == SeatKind.OBSERVER],
    )
    users = [seat.user_id for seat in everyone]
    said = Declaration.objects.filter(user__in=users, application__in=_files(meeting)).exclude(
        state=DeclarationState.REQUIRED
    )
    for application, user, state in said.values_list("application_id", "user_id", "state"):
        (room.recused if state == DeclarationState.RECUSED else room.declared).setdefault(application, set()).add(user)
    for row in Departure.objects.filter(meeting=meeting.pk, returned_at__isnull=True).select_related("replaced_by"):
        room.departures.setdefault(row.item_id, {})[row.seat_id] = row
    return room


def _files(meeting: Meeting):
    return AgendaItem.objects.filter(meeting=meeting.pk, application__isnull=False).values("application")


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


# ---- who sees what ----


def closed_files(user, meeting: Meeting, room: Room | None = None) -> dict[int, str]:
    """Files of the meeting this person may not see: `recused` (reference and recusal only) or `undeclared` (the card only)."""
    files = set(_files(meeting).values_list("application", flat=True))
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
    current: int = 0

    @property
    def retained(self) -> int:
        return sum(self.given.values())

    @property
    def left(self) -> int:
        return self.total - self.retained - self.current

    @property
    def bar(self) -> dict[str, int]:
        return {"reserved": self.retained + self.current, "free": max(0, self.left)}


def free_amount(meeting: Meeting) -> int:
    """Cents free before the list: the envelope's while nothing is adopted, afterwards what they were."""
    if meeting.list_adopted_at is not None:
        return meeting.list_free_amount
    return Envelope.objects.filter(pk=meeting.call.envelope_id).values_list("free_amount", flat=True).first() or 0


def meter(
    meeting: Meeting, items: Iterable[AgendaItem], hidden: Iterable[int] = (), current: AgendaItem | None = None
) -> Meter:
    """What the votes so far would take of the envelope, and the file under discussion; hidden files left out."""
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
    shown = (
        current is not None
        and current.application_id not in closed
        and current.state == AgendaItemState.IN_DISCUSSION
        and current.proposal == Proposal.SELECTED
    )
    return Meter(free_amount(meeting), given, (current.amount or 0) if shown else 0)


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


def sections_of(meeting: Meeting) -> list:
    """Sections of the present version, in order."""
    found = list(
        meeting.sections.filter(version=meeting.minutes_version)
        .select_related("item__application")
        .order_by("position")
    )
    for section in found:
        section.meeting = meeting
    return found


def signatures_of(meeting: Meeting) -> list[MinutesSignature]:
    return list(
        meeting.minutes_signatures.filter(version=meeting.minutes_version, voided_at__isnull=True).select_related(
            "user"
        )
    )


def both_colleges() -> tuple[str, str]:
    return str(College.CIVIL_SOCIETY), str(College.STATE)
