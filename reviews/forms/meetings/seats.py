"""What several forms of a meeting share: choices that are seats of its room."""

from __future__ import annotations

from core.forms import FundForm
from reviews.enums.meeting import AttendanceKind
from reviews.models import Seat

NOBODY = [("", "—")]
BY_ANOTHER = (AttendanceKind.ALTERNATE, AttendanceKind.PROXY)
IN_PERSON = (AttendanceKind.ROOM, AttendanceKind.REMOTE, AttendanceKind.ABSENT)


def number(value: str) -> int | None:
    return int(value) if value else None


def seat_choices(seats) -> list[tuple[str, str]]:
    return [*NOBODY, *((str(seat.pk), str(seat.user)) for seat in seats)]


class SeatsForm(FundForm):
    """A form whose choices are seats of the meeting's room; `room` is given by the page."""

    def __init__(self, *args, room=None, **options):
        super().__init__(*args, **options)
        self.room = room
        if room is not None:
            self.offer_seats()

    def offer_seats(self) -> None:
        raise NotImplementedError

    def seat_in(self, name: str) -> Seat | None:
        value = self.cleaned_data.get(name)
        return self.room.seat(int(value)) if value else None
