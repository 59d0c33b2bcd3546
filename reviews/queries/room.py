"""The room of a meeting: who sits, who speaks for whom, who is recused from what, who left for which item."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from django.utils import timezone

from core.models import Event
from reviews import voting
from reviews.enums.meeting import AttendanceKind
from reviews.enums.reading import DeclarationState, SeatKind
from reviews.models import Declaration, Panel, Seat
from reviews.models.meeting import AgendaItem, Attendance, Departure, Meeting

IN_PERSON = (AttendanceKind.ROOM, AttendanceKind.REMOTE)


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
            holder = self.attendance.get(row.represented_by_id or 0)
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
        return found | ({gone.replaced_by.user_id} if gone is not None and gone.replaced_by else set())

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
        instead = gone.replaced_by if gone is not None else None
        if recused and instead is not None and not self.is_recused(instead.user_id, item):
            return voting.Voice(seat.pk, seat.college, voting.Presence.ALTERNATE), instead
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

    def held_proxies(self, holder_id: int, besides: int | None = None, *, announced: bool = False) -> int:
        """Proxies recorded for this holder; with `announced`, those that members gave in their answer to the notice too."""
        return sum(
            1
            for row in self.attendance.values()
            if row.represented_by_id == holder_id
            and row.seat_id != besides
            and (row.presence == AttendanceKind.PROXY or announced and row.announced == AttendanceKind.PROXY)
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


_still: ContextVar[tuple[tuple, Room] | None] = ContextVar("still", default=None)


@contextmanager
def still_room(meeting: Meeting, at: datetime):
    """Read the room once for many acts of one instant, in a transaction that holds the meeting's row: nobody comes or leaves before it ends."""
    token = _still.set(((meeting.pk, meeting.sitting, at), room_of(meeting, at)))
    try:
        yield
    finally:
        _still.reset(token)


def room_of(meeting: Meeting, at: datetime | None = None) -> Room:
    """The room of a meeting, in a constant number of queries."""
    at = at or timezone.now()
    still = _still.get()
    if still is not None and still[0] == (meeting.pk, meeting.sitting, at):
        return still[1]
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
    said = Declaration.objects.filter(user__in=users, application__in=files_of(meeting)).exclude(
        state=DeclarationState.REQUIRED
    )
    for application, user, state in said.values_list("application_id", "user_id", "state"):
        (room.recused if state == DeclarationState.RECUSED else room.declared).setdefault(application, set()).add(user)
    for row in Departure.objects.filter(meeting=meeting.pk, returned_at__isnull=True).select_related("replaced_by"):
        room.departures.setdefault(row.item_id, {})[row.seat_id] = row
    return room


@dataclass(frozen=True)
class Attended:
    """Who held each seat at any instant of a meeting, read once from its log: the row of a seat keeps only the last answer of its sitting."""

    meeting: Meeting
    log: list[Event]

    def at(self, then: datetime) -> dict[int, Attendance]:
        found: dict[int, Attendance] = {}
        for event in self.log:
            if event.at > then:
                break
            if event.verb != "record_attendance":
                found = {}  # another sitting: everybody is asked again
                continue
            seat, by = event.payload["seat"], event.payload.get("by")
            found[seat] = Attendance(
                meeting=self.meeting, seat_id=seat, presence=event.payload["presence"], represented_by_id=by
            )
        return found

    def room(self, room: Room, then: datetime | None) -> Room:
        """The same panel, held as it was at that instant; as it is now without one."""
        return room if then is None else replace(room, attendance=self.at(then))


ATTENDED = ("record_attendance", "adjourn", "fail_quorum")
"""Acts that say who sits: each answer, and the end of a sitting, after which everybody is asked again."""


def attended(meeting: Meeting) -> Attended:
    return Attended(
        meeting,
        list(Event.objects.filter(machine=Meeting.machine, object_id=meeting.pk, verb__in=ATTENDED).order_by("id")),
    )


def files_of(meeting: Meeting):
    """Keys of the files on its agenda, as a subquery."""
    return AgendaItem.objects.filter(meeting=meeting.pk, application__isnull=False).values("application")
