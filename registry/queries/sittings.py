"""Who sat, sitting by sitting, as everybody may know it: read from the log, since the row of a seat keeps the last answer only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Event
from fund.enums import COLLEGE_ROLES, College
from fund.models import RoleGrant
from reviews.enums.meeting import AttendanceKind
from reviews.enums.reading import SeatKind
from reviews.models import Seat
from reviews.models.meeting import Meeting

COLLEGES = (str(College.CIVIL_SOCIETY), str(College.STATE))
ATTENDED = ("open", "adjourn", "fail_quorum", "record_attendance")


def name_of(seat: Seat) -> str:
    """The name of the office's holder, never an address: an account without a name is told by its capacity."""
    return str(seat.user) if seat.user.name or seat.user.is_erased else seat.title or "–"


@dataclass(frozen=True)
class Present:
    """How one seat was held at a sitting: the last way it was, with a note on who came after the opening or left before the end."""

    name: str
    college: str
    presence: str
    by: str = ""
    came_late: bool = False
    left_early: bool = False

    @property
    def label(self) -> str:
        return str(AttendanceKind(self.presence).label)

    @property
    def note(self) -> str:
        if self.came_late and self.left_early:
            return _("for a part of the sitting")
        if self.left_early:
            return _("left before the end")
        return _("arrived during the sitting") if self.came_late else ""


@dataclass
class SittingTold:
    """One sitting of a meeting that was adjourned and resumed, or the only one. Only those that were opened."""

    number: int
    opened_at: datetime
    present: list[Present] = field(default_factory=list)

    @property
    def sheet(self) -> list[tuple[str, list[Present]]]:
        return [(college, [one for one in self.present if one.college == college]) for college in COLLEGES]


def tell_attendance(views, seats: list[Seat]) -> None:
    """Each voting seat of every sitting: who sat, how, or who stood for the member. From the log: a seat's row keeps the last answer only."""
    grants: dict[tuple[int, str], list[RoleGrant]] = {}
    users = {seat.user_id for seat in seats}
    for grant in RoleGrant.objects.filter(user__in=users, role__in=COLLEGE_ROLES, state__in=("granted", "ended")):
        grants.setdefault((grant.user_id, grant.college), []).append(grant)
    log: dict[int, list[Event]] = {view.meeting.pk: [] for view in views}
    for event in Event.objects.filter(machine=Meeting.machine, object_id__in=log, verb__in=ATTENDED).order_by("id"):
        log[event.object_id].append(event)
    for view in views:
        found = [_Answers()]
        for event in log[view.meeting.pk]:
            if event.verb == "open":
                found[-1].open(event.at)
            elif event.verb == "record_attendance":
                found[-1].add(event.payload)
            else:  # this sitting is over
                found.append(_Answers())
        for number, answers in enumerate(found, 1):
            if answers.opened_at is not None:
                view.sittings.append(_told_sitting(number, answers.opened_at, answers, seats, grants))


class _Answers:
    """How each seat was held in one sitting, answer by answer."""

    def __init__(self) -> None:
        self.opened_at: datetime | None = None
        self.last: dict[int, tuple[str, int | None]] = {}  # the last way it was held, whether or not it still is
        self.gone: set[int] = set()
        self.at_opening: set[int] = set()

    def open(self, at: datetime) -> None:
        self.opened_at, self.at_opening = at, set(self.last)

    def add(self, payload: dict) -> None:
        seat, presence = payload["seat"], payload["presence"]
        if presence == AttendanceKind.ABSENT:
            if self.opened_at and seat in self.last:
                self.gone.add(seat)
            elif not self.opened_at:
                self.last.pop(seat, None)
            return
        self.last[seat] = presence, payload.get("by")
        self.gone.discard(seat)


def _told_sitting(number: int, opened_at, answers: _Answers, seats: list[Seat], grants) -> SittingTold:
    known, told = {seat.pk: seat for seat in seats}, SittingTold(number, opened_at)
    for seat in seats:
        here = answers.last.get(seat.pk)
        if seat.kind != SeatKind.FULL_MEMBER or (
            here is None and not _sat(seat, grants.get((seat.user_id, seat.college), []), opened_at)
        ):
            continue
        presence, by = here or (AttendanceKind.ABSENT, None)
        shown = known.get(by) if by and presence in (AttendanceKind.ALTERNATE, AttendanceKind.PROXY) else None
        told.present.append(
            Present(
                name_of(seat),
                seat.college,
                presence,
                name_of(shown) if shown else "",
                came_late=here is not None and seat.pk not in answers.at_opening,
                left_early=seat.pk in answers.gone,
            )
        )
    return told


def _sat(seat: Seat, grants: list[RoleGrant], at) -> bool:
    """Whether the seat was filled at that instant."""
    if seat.created_at > at or (seat.ends_at and seat.ends_at <= at):
        return False
    if seat.term_ends_on and seat.term_ends_on < timezone.localdate(at):
        return False
    return any(one.starts_at <= at and (one.ends_at is None or one.ends_at > at) for one in grants)
