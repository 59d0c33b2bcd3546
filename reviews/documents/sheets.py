"""The meeting on paper, for a room without a network: agenda, attendance to sign, one page an item with blank votes. Drawn for one reader, never kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.template.loader import get_template
from django.utils import translation

from core.pdf import draw
from fund.models import FundIdentity
from reviews.models import Seat
from reviews.models.meeting import Meeting
from reviews.queries import meetings as queries
from reviews.queries.session import Point, Session, session


@dataclass(frozen=True)
class Row:
    """One seat on the sheet of an item, alternates after the full members they may stand for: to fill in by hand, or left out of the vote."""

    seat: Seat
    recused: bool


@dataclass(frozen=True)
class ItemSheet:
    """The page of one item that this reader may open."""

    point: Point
    colleges: list[tuple[str, list[Row]]]


def _sheets(seen: Session) -> list[ItemSheet]:
    """One sheet for each item that waits for a vote. A file closed to the reader has none: its reference on the agenda, and nothing else."""
    found = []
    for point in seen.points:
        if point.closed or point.item.state not in ("listed", "in_discussion"):
            continue
        rows = {voice.seat: voice.recused for voice in seen.room.voices(point.item)}
        colleges = [
            (
                college,
                [
                    *(Row(seat, rows[seat.pk]) for seat in seen.room.seats if seat.college == college),
                    *(
                        Row(seat, seen.room.is_recused(seat.user_id, point.item))
                        for seat in seen.room.alternates
                        if seat.college == college
                    ),
                ],
            )
            for college in queries.both_colleges()
        ]
        found.append(ItemSheet(point, colleges))
    return found


def printed(meeting: Meeting, user, at: datetime) -> str:
    """The HTML page that the PDF is drawn from."""
    seen = session(meeting, user, at)
    facts = {
        "meeting": meeting,
        "seen": seen,
        "sheets": _sheets(seen),
        "signers": [
            (college, [seat for seat in (*seen.room.seats, *seen.room.alternates) if seat.college == college])
            for college in queries.both_colleges()
        ],
        "reader": str(user),
        "at": at,
        "language": translation.get_language() or "fr",
        "fund_name": FundIdentity.current().name,
    }
    return get_template("reviews/print/meeting.html").render(facts)


def pdf(meeting: Meeting, user, at: datetime) -> bytes:
    """Slow: about a second for twenty items."""
    return draw(printed(meeting, user, at))
