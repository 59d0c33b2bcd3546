"""One meeting as one person sees it: quorum by college, seats, agenda, votes and money, in a constant number of queries. A file that is closed to the reader
gives its reference and nothing else: no state, no figure, no name (DESIGN 5.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from applications.models import Application
from applications.queries import officers_files
from fund.enums import College
from reviews import voting
from reviews.enums.meeting import (
    ITEM_OPEN,
    MEETING_HELD,
    AgendaItemState,
    AttendanceKind,
    BallotChoice,
    MeetingState,
)
from reviews.models import Decision, Seat
from reviews.models.meeting import ActingPresident, AgendaItem, Attendance, Ballot, ClearPoint, Departure, Meeting, Vote
from reviews.portfolio import shares
from reviews.queries import meetings as queries
from reviews.queries.advice import Advised, advice, figure
from reviews.queries.ranking import ranking
from reviews.queries.reviewing import review_counts
from reviews.queries.simulations import theme_names

TO_DISCUSS = (AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION, AgendaItemState.DEFERRED)


@dataclass(frozen=True)
class Chair:
    """One voting seat as the room sees it. `look` is how it is drawn: in, off (recused) or out."""

    seat: Seat
    presence: str
    speaker: Seat | None
    recused: bool
    row: Attendance | None

    @property
    def look(self) -> str:
        return "off" if self.recused else "in" if self.speaker is not None else "out"

    @property
    def presence_label(self) -> str:
        return str(AttendanceKind(self.presence).label)

    @property
    def stands_in(self) -> Seat | None:
        """Who speaks for the seat when it is not its member."""
        return self.speaker if self.speaker is not None and self.speaker.pk != self.seat.pk else None


@dataclass(frozen=True)
class Side:
    """One college in the room: its quorum, its seats, its votes while one is open."""

    college: str
    count: voting.Count
    chairs: list[Chair]
    tally: dict[str, int] | None = None
    expected: int = 0

    @property
    def recused(self) -> list[Chair]:
        return [chair for chair in self.chairs if chair.recused]

    @property
    def weight(self) -> str:
        """What one vote of this college weighs when each college weighs half; empty when nobody is there."""
        return f"1/{2 * self.count.present}" if self.count.present else ""

    @property
    def css(self) -> str:
        return "civil" if self.college == College.CIVIL_SOCIETY else "state"


@dataclass
class Point:
    """One line of the agenda. `closed` is `recused` or `undeclared` when the reader may not open its file."""

    item: AgendaItem
    closed: str = ""
    rank: queries.Rank | None = None
    votes: list[Vote] = field(default_factory=list)
    decision: Decision | None = None
    reasons: list[str] = field(default_factory=list)
    """Why the file is to be discussed first, as its ranking says it to the reader; empty once it is voted."""

    @property
    def is_current(self) -> bool:
        return self.item.state == AgendaItemState.IN_DISCUSSION

    @property
    def awaits_its_vote(self) -> bool:
        """Its file is open to the reader, and it is called or to call."""
        return not self.closed and self.item.state in ITEM_OPEN

    @property
    def score(self) -> str:
        return figure(self.rank.score.published) if self.rank is not None and self.rank.score is not None else ""

    @property
    def civil_score(self) -> str:
        return self._college(College.CIVIL_SOCIETY)

    @property
    def state_score(self) -> str:
        return self._college(College.STATE)

    def _college(self, college: str) -> str:
        if self.rank is None or self.rank.score is None:
            return ""
        return figure(self.rank.score.published_college(college))

    @property
    def open_vote(self) -> Vote | None:
        return next((vote for vote in self.votes if vote.closed_at is None), None)

    @property
    def closed_votes(self) -> list[Vote]:
        return [vote for vote in self.votes if vote.closed_at is not None]


@dataclass(frozen=True)
class ThemeSoFar:
    """One theme of the files the reader may see: cents and files voted so far, what those still to discuss request."""

    label: str
    files: int
    voted: int
    waiting: int


@dataclass
class Session:
    """What a page of the meeting shows to one person."""

    meeting: Meeting
    room: queries.Room
    points: list[Point]
    focus: Point | None
    sides: list[Side]
    quorum: voting.Quorum
    meter: queries.Meter
    my_seats: list[Seat]
    departures: list[Departure]
    voted: set[int]
    parity: voting.Parity | None = None
    proposed: int = 0
    """Files proposed to be settled without debate, those closed to the reader left out."""
    acting: list[ActingPresident] = field(default_factory=list)

    @property
    def weighted(self) -> bool:
        """Each college weighs half, whatever the number of its voters."""
        return self.meeting.rules["majority"] == "college_weighted"

    @property
    def unequal(self) -> bool:
        """The colleges are not there in equal numbers: under the ordinary majority the minutes and the public page say so."""
        return len({side.count.present for side in self.sides}) > 1

    @property
    def is_open(self) -> bool:
        return self.meeting.state == MeetingState.OPEN

    @property
    def is_held(self) -> bool:
        return self.meeting.state in MEETING_HELD

    @property
    def next(self) -> Point | None:
        """The point to call once the one in focus is settled."""
        if not self.is_open or self.current is not None or self.focus is None or self.focus.item.state in TO_DISCUSS:
            return None
        waiting = [one for one in self.points if one.item.state == AgendaItemState.LISTED and not one.closed]
        after = [one for one in waiting if one.item.position > self.focus.item.position]
        return next(iter(after or waiting), None)

    @property
    def hidden(self) -> list[Point]:
        return [point for point in self.points if point.closed]

    @property
    def current(self) -> Point | None:
        return next((point for point in self.points if point.is_current), None)

    @cached_property
    def by_theme(self) -> list[ThemeSoFar]:
        """What the votes gave so far and what is still requested, by theme, over the points that are not closed; the most voted first. A file with several
        themes is split equally between them."""
        seen = [
            (point.item.state, point.item.application)
            for point in self.points
            if not point.closed and point.item.application is not None
        ]
        voted = {one.key: one for one in shares((file.themes, self.meter.given.get(file.pk, 0)) for _, file in seen)}
        asked = shares((file.themes, file.requested_amount) for state, file in seen if state in TO_DISCUSS)
        waiting = {one.key: one.amount for one in asked}
        if not voted and not waiting:
            return []
        names = theme_names()
        rows = [
            ThemeSoFar(
                names.get(key, key),
                voted[key].files if key in voted else 0,
                voted[key].amount if key in voted else 0,
                waiting.get(key, 0),
            )
            for key in {*voted, *waiting}
        ]
        return sorted(rows, key=lambda row: (-row.voted, -row.waiting, row.label))

    @property
    def open_vote(self) -> Vote | None:
        return self.focus.open_vote if self.focus is not None and not self.focus.closed else None

    @property
    def awaits_me(self) -> bool:
        """A vote is open and a seat this person speaks for has not voted."""
        return self.open_vote is not None and any(seat.pk not in self.voted for seat in self.my_seats)

    @property
    def expected(self) -> int:
        """Votes not given yet in the vote under way."""
        return sum(side.expected for side in self.sides) if self.open_vote is not None else 0

    @property
    def stamp(self) -> str:
        """What the acts and ballots offered on the page depend on; a page whose stamp has changed has others to offer. Nothing of a closed file."""
        point, vote = self.focus, self.open_vote
        about = [point.item.pk, point.closed or f"{point.item.state} {point.item.round}"] if point is not None else []
        seats = [f"{chair.seat.pk} {chair.look} {chair.presence}" for side in self.sides for chair in side.chairs]
        return "|".join(
            str(one)
            for one in (
                self.meeting.state,
                self.meeting.sitting,
                self.meeting.list_adopted_at or "",
                *about,
                vote.round if vote is not None else "",
                sorted(self.voted) if vote is not None else "",
                *seats,
            )
        )


def _focus(points: list[Point], wanted: int | None, held: bool) -> Point | None:
    """The point asked for, else the one under discussion, else the next to call; once the meeting is held, the first."""
    chosen = next((point for point in points if point.item.pk == wanted), None)
    current = next((point for point in points if point.is_current), None)
    waiting = next((point for point in points if not point.closed and point.item.state == AgendaItemState.LISTED), None)
    first = next((point for point in points if held and not point.closed), None)
    return chosen or current or waiting or first


def _sides(room: queries.Room, item: AgendaItem | None, quorum, ballots: Iterable[Ballot], vote: Vote | None):
    chairs, voted = [], {ballot.seat_id for ballot in ballots}
    for seat in room.seats:
        voice, speaker = room._voice(seat, item)
        chairs.append(Chair(seat, room.presence(seat), speaker, voice.recused, room.attendance.get(seat.pk)))
    sides = []
    for college in queries.both_colleges():
        mine = [chair for chair in chairs if chair.seat.college == college]
        tally = None
        if vote is not None and not vote.is_secret:
            given = Counter(ballot.choice for ballot in ballots if ballot.seat.college == college)
            tally = {choice: given.get(choice, 0) for choice in BallotChoice.values}
        expected = sum(1 for chair in mine if chair.speaker is not None and chair.seat.pk not in voted)
        sides.append(Side(college, quorum.colleges[college], mine, tally, expected))
    return sides


def closed_on_the_wall(room: queries.Room, items: Iterable[AgendaItem]) -> dict[int, str]:
    """Files of which a screen seen by the whole room gives the reference alone: somebody who is there is recused, or has not declared, and did not leave."""
    found: dict[int, str] = {}
    there = {speaker.user_id: seat.pk for seat in room.seats if (speaker := room._standing(seat)) is not None}
    there |= {seat.user_id: seat.pk for seat in room.observers if room.presence(seat) != AttendanceKind.ABSENT}
    for item in items:
        if item.application_id is None:
            continue
        # Who stepped out comes back once the item is over: nothing of it stays on the wall then.
        left = room.departures.get(item.pk, {}) if item.state == AgendaItemState.IN_DISCUSSION else {}
        staying = {user for user, seat in there.items() if seat not in left}
        if staying & room.recused.get(item.application_id, set()):
            found[item.application_id] = "recused"
        elif {seat.user_id for seat in room.undeclared(item)} & staying:
            found[item.application_id] = "undeclared"
    return found


def _parity(meeting: Meeting, focus: Point | None, sides: list[Side]) -> voting.Parity | None:
    """Whether a vote taken now on the point would be paritary, before any is open; None when the question does not arise."""
    if focus is None or focus.closed or focus.item.application is None or not focus.is_current:
        return None
    panel, rule = queries.panel_of(meeting), meeting.rules["majority"]
    present = [side.count.present for side in sides]
    equal = all(present) if rule == "college_weighted" else len(set(present)) == 1
    return voting.parity(
        reviews=review_counts(focus.item.application),
        fallback=bool(panel and panel.fallback_of(focus.item.application.reference)),
        rule=rule,
        equal_weight=equal,
        inequality_recorded=all(present),
    )


def session(meeting: Meeting, user, at: datetime, wanted: int | None = None, *, wall: bool = False) -> Session:
    """The meeting for this person, with one point in focus; `wall`: for the screen of the room, which everybody there reads."""
    room, items = queries.room_of(meeting, at), queries.items_of(meeting)
    closed = queries.closed_files(user, meeting, room)
    if wall:
        closed = closed_on_the_wall(room, items) | closed
    votes, ranks = queries.votes_of(meeting), {} if wall else queries.ranking(meeting, closed)
    decisions = {
        row.agenda_item_id: row
        for row in Decision.objects.filter(agenda_item__meeting=meeting, kind="award").exclude(state="annulled")
    }
    points = [
        Point(item, closed[item.application_id])
        if item.application_id in closed
        else Point(item, "", ranks.get(item.application_id or 0), votes.get(item.pk, []), decisions.get(item.pk))
        for item in items
    ]
    focus = _focus(points, wanted, meeting.state in MEETING_HELD)
    shown = focus.item if focus is not None and not focus.closed and focus.is_current else None
    # The quorum that its acts are refused on: the one of the point, called or about to be.
    counted = focus.item if focus is not None and meeting.state == MeetingState.OPEN and focus.awaits_its_vote else None
    quorum = room.quorum(counted)
    vote = focus.open_vote if focus is not None else None
    ballots = (
        list(Ballot.objects.filter(item=vote.item_id, round=vote.round).select_related("seat"))
        if vote is not None
        else []
    )
    departures = (
        list(Departure.objects.filter(item=focus.item).select_related("seat__user", "replaced_by__user"))
        if focus is not None and not focus.closed
        else []
    )
    sides = _sides(room, counted, quorum, ballots, vote)
    return Session(
        meeting,
        room,
        points,
        focus,
        sides,
        quorum,
        queries.meter(meeting, items, closed),
        room.spoken_for(user, shown) if shown is not None else [],
        departures,
        {ballot.seat_id for ballot in ballots},
        _parity(meeting, focus, sides),
        0 if wall else _proposed(meeting, points),
        [] if wall else list(queries.acting_of(meeting).values()),
    )


def tell_reasons(seen: Session, user) -> None:
    """Beside each file still to vote on, why it is to be discussed: what the ranking tells this reader, over the files he may open."""
    panel, live = queries.panel_of(seen.meeting), (MeetingState.PLANNED, MeetingState.CONVENED, MeetingState.OPEN)
    if panel is None or seen.meeting.state not in live:
        return
    rows = {row.line.application.pk: row.reasons for row in advice(panel, ranking(panel, user)).rows}
    for point in seen.points:
        if point.awaits_its_vote and point.item.application_id is not None:
            point.reasons = rows.get(point.item.application_id, [])


def _proposed(meeting: Meeting, points: list[Point]) -> int:
    """How many of these files one act would settle now. One query while the meeting is open and its list is not adopted."""
    if meeting.state != MeetingState.OPEN or meeting.list_adopted_at is not None:
        return 0
    rows = ClearPoint.objects.filter(meeting=meeting.pk, taken_out_at__isnull=True, put_at__isnull=True)
    waiting = set(rows.values_list("item", flat=True))
    return sum(
        point.item.pk in waiting and not point.closed and point.item.state == AgendaItemState.LISTED for point in points
    )


# ---- what an agenda may list ----


@dataclass(frozen=True)
class Choice:
    """A file that may stand on the agenda, with what is said of it once reading is closed; `closed` gives its reference only."""

    application: Application
    row: Advised | None = None
    closed: bool = False

    @property
    def line(self):
        return self.row.line if self.row is not None else None

    @property
    def score(self) -> str:
        return figure(self.line.score.published) if self.line is not None else ""

    @property
    def first(self) -> bool:
        """To discuss first: its reviews disagree, it lacks some, it stands at the line, or a member asks for it."""
        return self.row is not None and self.row.to_discuss


def choices_for(call, user, meeting: Meeting | None = None) -> list[Choice]:
    """Files free for an agenda (and those already on it): those to discuss first, then the clear ones, each in the order of the ranking, the unranked last."""
    files = queries.unscheduled(call)
    if meeting is not None:
        waiting = (AgendaItemState.LISTED, AgendaItemState.DEFERRED)
        items = meeting.items.filter(state__in=waiting, application__isnull=False).select_related("application")
        known = {row.pk for row in files}
        files += [item.application for item in items if item.application_id not in known]
    panel = queries.panel_of(meeting) if meeting is not None else call.panel
    rows = {row.line.application.pk: row for row in advice(panel, ranking(panel, user)).rows} if panel else {}
    allowed = set(officers_files(user).filter(pk__in=[row.pk for row in files]).values_list("pk", flat=True))
    found = [
        Choice(row, rows.get(row.pk)) if row.pk in allowed else Choice(row, closed=True)
        for row in sorted(files, key=lambda row: row.reference)
    ]

    def proposed(one: Choice):
        rank = one.line.rank if one.line is not None else None
        return (one.closed, not one.first, rank is None, rank or 0)

    return sorted(found, key=proposed)
