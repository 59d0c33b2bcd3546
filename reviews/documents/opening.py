"""The first part of the minutes: each sitting of the meeting with its notice, its quorum, who sat and when, and what ended it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.models import Event
from reviews.documents.meetings import COLLEGES, PRESENCE, hour_of, instant_of, place_of
from reviews.documents.presence import presences, quorum_changes, stays_of, votes_at
from reviews.models.meeting import Meeting
from reviews.queries import genders
from reviews.queries import meetings as queries

MAJORITIES = {
    "college_weighted": "vote pondéré par collège",
    "r133_11": "majorité des membres présents ou représentés (CRPA R133-11)",
}


@dataclass
class Sitting:
    """One sitting of a meeting, by the events of its log: the last notice before it, its opening, what ended it before the minutes."""

    number: int
    noticed: Event | None = None
    opened: Event | None = None
    ended: Event | None = None


def _sittings(meeting: Meeting) -> list[Sitting]:
    """Every sitting in order; a second notice answers for the first, and votes were taken in each. One query."""
    log = Event.objects.filter(
        machine="meeting",
        object_id=meeting.pk,
        verb__in=("convene", "change_agenda", "reschedule", "reconvene", "open", "adjourn", "fail_quorum"),
    )
    found = [Sitting(1)]
    for event in log.select_related("reason").order_by("id"):
        if event.verb == "reconvene":
            found.append(Sitting(len(found) + 1, noticed=event))
        elif event.verb == "open":
            found[-1].opened = event
        elif event.verb in ("adjourn", "fail_quorum"):
            found[-1].ended = event
        else:
            found[-1].noticed = event
    return found


def reason_of(event: Event | None) -> str:
    """The reason kept with an event, without its last full stop."""
    kept = getattr(event, "reason", None) if event is not None else None
    return kept.text.strip().rstrip(" .") if kept is not None else ""


def _notice_line(at, reason: str) -> str:
    return f"Convocation envoyée le {instant_of(at)}" + (f", en urgence : {reason}." if reason else ".")


def opening_text(meeting: Meeting, room: queries.Room) -> str:
    told = _sittings(meeting)
    log, votes = queries.attended(meeting), votes_at(meeting)
    lines = _earlier_sittings(meeting, room, told[:-1], log, votes)
    if lines:
        lines += ["", f"Réunion n° {told[-1].number} de la séance."]
    lines.append(_notice_line(meeting.convened_at, meeting.urgency_reason.strip().rstrip(" .")))
    if meeting.second_notice:
        lines.append(
            "Seconde convocation, après un ajournement faute de quorum, précisant qu’aucun quorum ne serait exigé."
        )
    lines.append(f"Séance ouverte le {instant_of(meeting.opened_at)} par {meeting.opened_by}, {place_of(meeting)}.")
    lines.append(
        f"Règlement version {meeting.rules.number} ; règle de vote : {MAJORITIES[meeting.rules['majority']]}"
        + (f" ({meeting.rules['legal_basis'].rstrip(' .')})." if meeting.rules["legal_basis"] else ".")
    )
    stays = stays_of(room, log, meeting.sitting, votes)
    lines += presences(room, stays)
    lines += _genders(room)
    lines += _observers(room)
    lines += _quorum_lines(
        told[-1].opened, " (non requis, seconde convocation)." if meeting.second_notice else ", atteint."
    )
    lines += quorum_changes(room, stays, meeting.opened_at)
    for row in meeting.acting_presidents.select_related("seat__user"):
        lines.append(
            f"Présidence par intérim, collège {dict(COLLEGES)[row.college]} : {row.seat.user}, depuis {hour_of(row.designated_at)}"
            + _until(row)
            + f" ({row.get_reason_display()})."
        )
    return "\n".join(lines)


def _until(row) -> str:
    if row.ended_at is None:
        return ""
    same = hour_of(row.ended_at) == hour_of(row.designated_at)
    return ", pendant moins d’une minute" if same else f" jusqu’à {hour_of(row.ended_at)}"


def _quorum_lines(opened: Event | None, end: str) -> list[str]:
    if opened is None or "civil" not in opened.payload:
        return []
    facts = opened.payload
    return [
        "",
        f"Quorum à l’ouverture : société civile {facts['civil']} sur {facts['civil_base']}, État {facts['state']} sur {facts['state_base']}{end}",
    ]


def _earlier_sittings(meeting: Meeting, room: queries.Room, earlier: list[Sitting], log, votes) -> list[str]:
    """Each sitting before the last: its notice, its opening and quorum, who sat, what ended it and why. Seats that ended since are written as well."""
    lines: list[str] = []
    for one in earlier:
        lines += [""] if lines else []
        lines.append(f"Réunion n° {one.number} de la séance.")
        if one.noticed is not None:
            lines.append(_notice_line(one.noticed.at, reason_of(one.noticed)))
        lines.append(f"Ouverte le {instant_of(one.opened.at)}." if one.opened else "Elle n’a pas été ouverte.")
        then = _room_then(meeting, room, one.number)
        lines += presences(then, stays_of(then, log, one.number, votes))
        lines += _quorum_lines(one.opened, ".")
        if one.ended is not None:
            why = reason_of(one.ended) if one.ended.verb == "adjourn" else ""
            lines += [
                "",
                f"Ajournée {'' if one.ended.verb == 'adjourn' else 'faute de quorum '}le {instant_of(one.ended.at)}"
                + (f", pour ce motif : {why}." if why else "."),
            ]
    return lines


def _room_then(meeting: Meeting, room: queries.Room, sitting: int) -> queries.Room:
    rows = meeting.attendances.filter(sitting=sitting).select_related("seat__user", "represented_by__user")
    attendance = {row.seat_id: row for row in rows}
    held = {seat.pk: seat for seat in room.seats}
    held |= {row.seat_id: row.seat for row in attendance.values() if row.seat.is_full_member}
    seats = sorted(held.values(), key=lambda seat: (not seat.is_president, seat.pk))
    return replace(room, seats=seats, attendance=attendance)


def _genders(room: queries.Room) -> list[str]:
    """How many women and men sit in each college: counts, never names."""
    found = genders([*room.seats, *room.alternates])
    words = []
    for code, label in COLLEGES:
        count = found[code]
        said = [f"femmes {count['woman']}", f"hommes {count['man']}"]
        said += [f"autre {count['other']}"] if count["other"] else []
        said += [f"non dit {count['']}"] if count[""] else []
        words.append(f"{label}, {', '.join(said)}")
    return ["", f"Représentation des femmes et des hommes (titulaires et suppléants) : {' ; '.join(words)}."]


def _observers(room: queries.Room) -> list[str]:
    """Those who attended without a vote, and those who were absent."""
    if not room.observers:
        return []
    lines = ["", "Sans voix délibérative :"]
    for seat in room.observers:
        detail = PRESENCE[room.presence(seat)]
        lines.append(f"- {seat.user}{f', {seat.title}' if seat.title else ''} : {detail}")
    return lines
