"""The panel of a call as everybody may know it: who sits in that capacity, and, once its decisions are all notified, how it met and voted.

Nothing of a meeting is told before its minutes are adopted and every decision of the call is notified; of the files, those that are funded, and no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.models import Application
from core.models import Event
from fund.enums import COLLEGE_ROLES, CallState, College
from fund.models import Call, RoleGrant
from registry.models import public_title
from registry.queries.told import published_applications
from reviews.enums.meeting import AttendanceKind, MeetingState
from reviews.enums.reading import NOT_NOTIFIED, DeclarationState, SeatKind
from reviews.models import Decision, Declaration, Panel, Seat
from reviews.models.meeting import Draw, Meeting, Tally, Vote
from reviews.queries.unequal import DECIDING, Inequality, inequality

COLLEGES = (str(College.CIVIL_SOCIETY), str(College.STATE))
OVER = (CallState.DECIDED, CallState.ARCHIVED)
"""States of a call whose decisions are all notified: its concluding checks it."""


def is_told(call: Call) -> bool:
    return call.state in OVER


@dataclass(frozen=True)
class Holder:
    """One seat, as an office: nothing of the person but the name."""

    name: str
    title: str
    college: str
    kind: str
    is_president: bool
    starts_on: date
    ends_on: date | None
    act: str
    appointed_on: date | None

    @property
    def kind_label(self) -> str:
        return str(SeatKind(self.kind).label)


def _name(seat: Seat) -> str:
    """The name of the office's holder, never an address: an account without a name is told by its capacity."""
    return str(seat.user) if seat.user.name or seat.user.is_erased else seat.title or "–"


def _holder(seat: Seat) -> Holder:
    ended = timezone.localdate(seat.ends_at) if seat.ends_at else None
    days = [day for day in (ended, seat.term_ends_on) if day]
    return Holder(
        _name(seat),
        seat.title,
        seat.college,
        seat.kind,
        seat.is_president,
        seat.term_starts_on or timezone.localdate(seat.created_at),
        min(days) if days else None,
        seat.appointing_act,
        seat.appointed_on,
    )


@dataclass(frozen=True)
class Genders:
    """Women and men among the full members and alternates of a college who sit now; the others together, so that a count names nobody."""

    women: int
    men: int
    others: int


@dataclass
class CollegeView:
    code: str
    holders: list[Holder]
    genders: Genders


def composition(seats: Iterable[Seat], today: date) -> list[CollegeView]:
    """Both colleges: presidents first, alternates last, those who no longer sit at the end."""
    found = []
    for college in COLLEGES:
        mine = [seat for seat in seats if seat.college == college]
        rows = [(seat, _holder(seat)) for seat in mine]
        now = [seat.gender for seat, holder in rows if holder.ends_on is None or holder.ends_on >= today]
        women, men = now.count("woman"), now.count("man")
        holders = sorted(
            (holder for _seat, holder in rows),
            key=lambda one: (
                one.ends_on is not None and one.ends_on < today,
                not one.is_president,
                one.kind != SeatKind.FULL_MEMBER,
            ),
        )
        found.append(CollegeView(college, holders, Genders(women, men, len(now) - women - men)))
    return found


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


@dataclass(frozen=True)
class VoteTold:
    """The vote that decided on a funded file: counts by college, never who voted what. `recused` counts the members who took no part."""

    reference: str
    title: str
    mode: str
    civil: Tally
    state: Tally
    weighted: str
    rule: str
    recused: dict[str, int] = field(default_factory=dict)
    unequal: Inequality | None = None

    @property
    def tallies(self) -> list[Tally]:
        return [self.civil, self.state]


@dataclass
class MeetingView:
    """A meeting: its day, and the rest once it may be told. `unequal` counts all its votes on files, whatever they decided."""

    meeting: Meeting
    told: bool
    sittings: list[SittingTold] = field(default_factory=list)
    votes: list[VoteTold] = field(default_factory=list)
    counted: int = 0
    unequal: list[tuple[Inequality, int]] = field(default_factory=list)

    @property
    def day(self) -> date:
        return timezone.localdate(self.meeting.opened_at or self.meeting.planned_at)


@dataclass(frozen=True)
class DrawTold:
    """A public draw: what binds it from its announcement on; its files, nonce, seed and order once everything is notified."""

    commitment: str
    source: str
    source_on: date
    announced_on: date
    seed: str = ""
    nonce: str = ""
    order: tuple[str, ...] = ()


@dataclass
class PanelView:
    colleges: list[CollegeView]
    meetings: list[MeetingView]
    draws: list[DrawTold] = field(default_factory=list)

    @property
    def unequal(self) -> bool:
        return any(one.unequal for one in self.meetings)


def panel_view(call: Call, today: date) -> PanelView | None:
    """The panel of a public call, in a constant number of queries; None while it has none."""
    panel = Panel.objects.filter(call=call).first()
    if panel is None:
        return None
    seats = list(panel.seats.members().select_related("user").order_by("college", "-is_president", "-kind", "id"))
    return PanelView(composition(seats, today), _meetings(call, seats), _draws(call))


def _draws(call: Call) -> list[DrawTold]:
    """A draw is announced to all before its source exists; which files it parts is told once every decision of the call is notified."""
    told = is_told(call)
    return [
        DrawTold(
            row.commitment,
            row.source,
            row.source_on,
            timezone.localdate(row.announced_at),
            *((row.seed, row.nonce, tuple(row.order)) if told and row.drawn_at else ()),
        )
        for row in Draw.objects.filter(meeting__call=call)
    ]


def _meetings(call: Call, seats: list[Seat]) -> list[MeetingView]:
    """Those that were convened, oldest first; told when nothing of them is waiting any more."""
    waiting = Decision.objects.filter(agenda_item__meeting=OuterRef("pk"), state__in=NOT_NOTIFIED)
    rows = list(
        Meeting.objects.filter(call=call, convened_at__isnull=False)
        .exclude(state=MeetingState.CANCELLED)
        .annotate(waits=Exists(waiting))
        .order_by("planned_at", "id")
    )
    for row in rows:
        row.call = call
    views = [
        MeetingView(row, is_told(call) and row.state == MeetingState.MINUTES_ADOPTED and not row.waits) for row in rows
    ]
    told = [view for view in views if view.told]
    if told:
        _tell_attendance(told, seats)
        _tell_votes(told)
    return views


ATTENDED = ("open", "adjourn", "fail_quorum", "record_attendance")


def _tell_attendance(views: list[MeetingView], seats: list[Seat]) -> None:
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
                _name(seat),
                seat.college,
                presence,
                _name(shown) if shown else "",
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


def _deciding(meetings: Q) -> tuple[list[Vote], dict[tuple[int, int], dict[str, Tally]]]:
    """The last vote that decided, on each file, with the counts by college (two queries)."""
    votes = {
        vote.item_id: vote
        for vote in Vote.objects.filter(meetings, outcome__in=DECIDING, item__application__isnull=False)
        .select_related("item")
        .order_by("round")
    }
    tallies: dict[tuple[int, int], dict[str, Tally]] = {}
    for row in Tally.objects.filter(item__in=list(votes)):
        tallies.setdefault((row.item_id, row.round), {})[row.college] = row
    return list(votes.values()), tallies


def _recusals(applications: Iterable[int]) -> dict[int, Counter]:
    """How many members of each college are recused from each file."""
    found: dict[int, Counter] = {}
    seats = Seat.objects.members().filter(user=OuterRef("user"), panel__call=OuterRef("application__call"))
    rows = Declaration.objects.filter(application__in=list(applications), state=DeclarationState.RECUSED)
    sits = {f"in_{college}": Exists(seats.filter(college=college)) for college in COLLEGES}
    for pk, *colleges in rows.annotate(**sits).values_list("application_id", *sits):
        for college, does in zip(COLLEGES, colleges, strict=True):
            if does:
                found.setdefault(pk, Counter())[college] += 1
    return found


def _told(vote: Vote, tallies: dict[str, Tally], application: Application, recused: Counter) -> VoteTold | None:
    if any(college not in tallies for college in COLLEGES):
        return None
    return VoteTold(
        application.reference,
        public_title(application),
        str(vote.get_mode_display()),
        tallies[COLLEGES[0]],
        tallies[COLLEGES[1]],
        vote.weighted,
        vote.rule,
        {college: recused[college] for college in COLLEGES if recused[college]},
        inequality(vote, tallies),
    )


def _tell_votes(views: list[MeetingView]) -> None:
    """Votes on the funded files, and how many of all the votes on files were cast in unequal numbers."""
    by_meeting = {view.meeting.pk: view for view in views}
    votes, tallies = _deciding(Q(meeting__in=list(by_meeting)))
    files = {vote.item.application_id for vote in votes}
    funded = published_applications().filter(pk__in=files, state="selected").in_bulk()
    recused = _recusals(funded)
    pairs: dict[int, Counter] = {}
    for vote in sorted(votes, key=lambda one: (one.item.position, one.item_id)):
        view, counts = by_meeting[vote.meeting_id], tallies.get((vote.item_id, vote.round), {})
        view.counted += 1
        if (unequal := inequality(vote, counts)) is not None:
            pairs.setdefault(vote.meeting_id, Counter())[unequal] += 1
        application = funded.get(vote.item.application_id)
        if application is not None and (
            told := _told(vote, counts, application, recused.get(application.pk, Counter()))
        ):
            view.votes.append(told)
    for pk, counted in pairs.items():
        by_meeting[pk].unequal = sorted(counted.items(), key=lambda pair: (pair[0].civil, pair[0].state))


def vote_on(application: Application) -> VoteTold | None:
    """The vote that decided on a project (the caller made sure that it is published and taken up)."""
    votes, tallies = _deciding(Q(item__application=application, item__state="voted"))
    if not votes:
        return None
    vote = max(votes, key=lambda one: (one.closed_at, one.pk))
    recused = _recusals([application.pk]).get(application.pk, Counter())
    return _told(vote, tallies.get((vote.item_id, vote.round), {}), application, recused)


__all__ = ["PanelView", "VoteTold", "composition", "is_told", "panel_view", "vote_on"]
