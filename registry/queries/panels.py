"""The panel of a call as everybody may know it: who sits in that capacity, and, once its decisions are all notified, how it met and voted.

Nothing of a meeting is told before its minutes are adopted and every decision of the call is notified; of the files, those that are funded, and no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from applications.models import Application
from fund.enums import CallState
from fund.models import Call
from registry.models import public_title
from registry.queries.sittings import COLLEGES, SittingTold, name_of, tell_attendance
from registry.queries.told import published_applications
from reviews.enums.meeting import MeetingState
from reviews.enums.reading import NOT_NOTIFIED, SeatKind
from reviews.models import Decision, Panel, Seat
from reviews.models.meeting import Draw, Meeting, Tally, Vote
from reviews.queries.late import late_on, recusals_on
from reviews.queries.unequal import DECIDING, Inequality, inequality

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


def _holder(seat: Seat) -> Holder:
    ended = timezone.localdate(seat.ends_at) if seat.ends_at else None
    days = [day for day in (ended, seat.term_ends_on) if day]
    return Holder(
        name_of(seat),
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
class VoteTold:
    """The vote that decided on a funded file: counts by college, never who voted what. `recused` counts the members who were recused when it was taken and
    took no part; `late` those who took part and declared an interest afterwards."""

    reference: str
    title: str
    mode: str
    civil: Tally
    state: Tally
    weighted: str
    rule: str
    recused: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    unequal: Inequality | None = None

    @property
    def rate(self) -> float:
        """The weighted sum in favour, out of a hundred."""
        return float(100 * Fraction(self.weighted)) if self.weighted else 0.0

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
        tell_attendance(told, seats)
        _tell_votes(told)
    return views


def _deciding(meetings: Q) -> tuple[list[Vote], dict[tuple[int, int], dict[str, Tally]]]:
    """The last vote that decided, on each file, with the counts by college (two queries)."""
    votes = {
        vote.item_id: vote
        for vote in Vote.objects.filter(meetings, outcome__in=DECIDING, item__application__isnull=False)
        .select_related("item", "meeting")
        .order_by("round")
    }
    tallies: dict[tuple[int, int], dict[str, Tally]] = {}
    for row in Tally.objects.filter(item__in=list(votes)):
        tallies.setdefault((row.item_id, row.round), {})[row.college] = row
    return list(votes.values()), tallies


def _interests(votes: dict[int, Vote]) -> tuple[dict[int, Counter], dict[int, Counter]]:
    """By file, members of each college recused when its vote was taken, and members who took part and declared an interest afterwards. A recusal is never
    lifted after a vote: the first reads as it was."""
    seats = Seat.objects.members().filter(user=OuterRef("user"), panel__call=OuterRef("application__call"))
    sits = {f"in_{college}": Exists(seats.filter(college=college)) for college in COLLEGES}
    rows = list(recusals_on(votes).annotate(**sits))
    recused: dict[int, Counter] = {}
    for row in rows:
        for college in COLLEGES:
            if getattr(row, f"in_{college}") and row.declared_at <= votes[row.application_id].closed_at:
                recused.setdefault(row.application_id, Counter())[college] += 1
    late = {pk: Counter(one.college for one in found) for pk, found in late_on(votes, rows).items()}
    return recused, late


def _told(
    vote: Vote, tallies: dict[str, Tally], application: Application, recused: Counter, late: Counter
) -> VoteTold | None:
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
        {college: late[college] for college in COLLEGES if late[college]},
        inequality(vote, tallies),
    )


def _tell_votes(views: list[MeetingView]) -> None:
    """Votes on the funded files, and how many of all the votes on files were cast in unequal numbers."""
    by_meeting = {view.meeting.pk: view for view in views}
    votes, tallies = _deciding(Q(meeting__in=list(by_meeting)))
    files = {vote.item.application_id for vote in votes}
    funded = published_applications().filter(pk__in=files, state="selected").in_bulk()
    decided = {pk: vote for vote in votes if (pk := vote.item.application_id) is not None and pk in funded}
    recused, late = _interests(decided)
    pairs: dict[int, Counter] = {}
    for vote in sorted(votes, key=lambda one: (one.item.position, one.item_id)):
        view, counts = by_meeting[vote.meeting_id], tallies.get((vote.item_id, vote.round), {})
        view.counted += 1
        if (unequal := inequality(vote, counts)) is not None:
            pairs.setdefault(vote.meeting_id, Counter())[unequal] += 1
        application = funded.get(vote.item.application_id)
        if application is not None and (
            told := _told(
                vote, counts, application, recused.get(application.pk, Counter()), late.get(application.pk, Counter())
            )
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
    recused, late = _interests({application.pk: vote})
    return _told(
        vote,
        tallies.get((vote.item_id, vote.round), {}),
        application,
        *(one.get(application.pk, Counter()) for one in (recused, late)),
    )


__all__ = ["PanelView", "VoteTold", "composition", "is_told", "panel_view", "vote_on"]
