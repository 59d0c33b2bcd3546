"""Who held each seat, how and from when to when, as the minutes tell it: from the log, since the row of a seat keeps its last answer only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from reviews.documents.meetings import COLLEGES, PRESENCE, hour_of
from reviews.enums.meeting import AttendanceKind
from reviews.models import Seat
from reviews.models.meeting import AgendaItem, Attendance, Meeting, Vote
from reviews.queries import meetings as queries

STOOD_FOR = (AttendanceKind.ALTERNATE, AttendanceKind.PROXY)


@dataclass(frozen=True)
class Stay:
    """How a seat is held from this instant on; `by` holds it when it is not its member."""

    at: datetime
    presence: str
    by: int | None = None

    @property
    def how(self) -> tuple[str, int | None]:
        return self.presence, self.by

    @property
    def is_held(self) -> bool:
        return self.presence != AttendanceKind.ABSENT


def stays_of(
    room: queries.Room, log: queries.Attended, sitting: int, votes: Iterable[datetime]
) -> dict[int, list[Stay]]:
    """By seat, every way it was held in one sitting. Before the first vote an answer changed within its minute is a slip of the sheet and gives way to the
    next; once a vote was taken every change is one in time."""
    answers, number = [], 1
    for event in log.log:
        if event.verb != "record_attendance":
            number += 1
        elif number == sitting:
            answers.append(event)
    found: dict[int, list[Stay]] = {}
    held: dict[int, Attendance] = {}
    for place, event in enumerate(answers):
        seat, by = event.payload["seat"], event.payload.get("by")
        held[seat] = Attendance(
            meeting=room.meeting, seat_id=seat, presence=event.payload["presence"], represented_by_id=by
        )
        if place + 1 < len(answers) and answers[place + 1].at == event.at:
            continue  # one sheet, read whole
        then = replace(room, attendance=held)
        for one in room.seats:
            presence = str(then.presence(one))
            stay = Stay(event.at, presence, held[one.pk].represented_by_id if presence in STOOD_FOR else None)
            mine = found.setdefault(one.pk, [])
            if stay.how != (mine[-1].how if mine else (str(AttendanceKind.ABSENT), None)):
                mine.append(stay)
    begun = answers[0].at if answers else None
    first = min((at for at in votes if begun is not None and at >= begun), default=None)
    return {seat: _without_slips(mine, first) for seat, mine in found.items()}


def _without_slips(stays: list[Stay], first_vote: datetime | None) -> list[Stay]:
    kept: list[Stay] = []
    for stay in stays:
        counted = first_vote is not None and first_vote <= stay.at
        if kept and not counted and hour_of(kept[-1].at) == hour_of(stay.at):
            stay = replace(stay, at=kept.pop().at)
        if stay.how != (kept[-1].how if kept else (str(AttendanceKind.ABSENT), None)):
            kept.append(stay)
    return kept


def _how(room: queries.Room, stay: Stay) -> str:
    other = room.seat(stay.by)
    if other is None:
        return PRESENCE[stay.presence]
    return (
        f"suppléance par {other.user}" if stay.presence == AttendanceKind.ALTERNATE else f"mandat donné à {other.user}"
    )


def told(room: queries.Room, stays: list[Stay]) -> str:
    """One seat in words: each change with its hour."""
    if not stays:
        return PRESENCE[AttendanceKind.ABSENT]
    words, last = [_how(room, stays[0])], stays[0]
    own = last.presence in queries.IN_PERSON
    words.append(f"arrivée à {hour_of(last.at)}" if own else f"dès {hour_of(last.at)}")
    shown = last
    for stay in stays[1:]:
        at, was_own, is_own = hour_of(stay.at), last.presence in queries.IN_PERSON, stay.presence in queries.IN_PERSON
        if not stay.is_held:
            words.append(f"départ à {at}" if was_own else f"place vide à partir de {at}")
        elif not last.is_held and is_own:
            words.append(f"retour à {at}" + (f" ({_how(room, stay)})" if stay.how != shown.how else ""))
        else:
            words.append(f"{_how(room, stay)} à partir de {at}")
        shown, last = (stay if stay.is_held else shown), stay
    return ", ".join(words)


def presences(room: queries.Room, stays: dict[int, list[Stay]]) -> list[str]:
    """Who held each seat of the two colleges, with the hours of every arrival, departure and change."""
    lines: list[str] = []
    for code, label in COLLEGES:
        lines += ["", f"{label} :"]
        for seat in (one for one in room.seats if one.college == code):
            title = f", {seat.title}" if seat.title else ""
            lines.append(f"- {seat.user}{title} : {told(room, stays.get(seat.pk, []))}")
    return lines


def quorum_changes(room: queries.Room, stays: dict[int, list[Stay]], opened_at: datetime) -> list[str]:
    """Each time the quorum of the sitting was lost, and found again, with the seats held by college."""
    lines, met = [], True
    for at in sorted({stay.at for mine in stays.values() for stay in mine if stay.at > opened_at}):
        now = replace(room, attendance=_held_at(room, stays, at)).quorum()
        if now.met != met:
            met = now.met
            counts = ", ".join(
                f"{label} {now.colleges[code].present} sur {now.colleges[code].base}" for code, label in COLLEGES
            )
            lines.append(f"Quorum {'retrouvé' if met else 'perdu'} à {hour_of(at)} : {counts}.")
    return lines


def _held_at(room: queries.Room, stays: dict[int, list[Stay]], at: datetime) -> dict[int, Attendance]:
    held = {}
    for seat, mine in stays.items():
        last = next((stay for stay in reversed(mine) if stay.at <= at), None)
        if last is not None:
            held[seat] = Attendance(
                meeting=room.meeting, seat_id=seat, presence=last.presence, represented_by_id=last.by
            )
    return held


def votes_at(meeting: Meeting) -> list[datetime]:
    return [at for at in Vote.objects.filter(meeting=meeting).values_list("closed_at", flat=True) if at is not None]


def took_part(room: queries.Room, item: AgendaItem) -> list[str]:
    """Per voted item: who took part by college and how. `room`: as it was when the vote was taken."""
    lines = []
    for code, label in COLLEGES:
        seats = [(seat, room.speaker(seat, item)) for seat in room.seats if seat.college == code]
        people = [f"{seat.user} ({_part(room, seat, speaker)})" for seat, speaker in seats if speaker is not None]
        lines.append(f"- {label} : {', '.join(people) or 'personne'}.")
    return ["", "Présents ou représentés à ce vote :", *lines]


def _part(room: queries.Room, seat: Seat, speaker: Seat) -> str:
    presence = str(room.presence(seat))
    if speaker.pk == seat.pk:
        return PRESENCE[presence]
    words = "mandat donné à" if presence == AttendanceKind.PROXY else "suppléance par"
    return f"{words} {speaker.user}"
