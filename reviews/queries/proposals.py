"""What the solver makes of a panel now, before anybody confirms it: the first assignment, or the smallest repair. Reads only."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property

from django.core.cache import cache

from applications.models import Application
from core.transitions import canonical_hash
from fund.enums import College
from reviews import assignment as solver
from reviews.affinity import affinity
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, AssignmentState, DeclarationState, SeatKind
from reviews.enums.result import ResultKind
from reviews.models import Assignment, Declaration, Panel, Seat

KEPT_SECONDS = 3600
"""How long a result that was looked at waits for its confirmation without being sought again."""

Pair = tuple[str, str]


def pair_of(row: Assignment) -> Pair:
    return row.application.reference, str(row.seat_id)


@dataclass
class Proposal:
    """What would stand: `taken` pairs, `left` readings that still lack a reader. `standing` pairs stand now; `gone` are those of readers who left."""

    panel: Panel
    kind: ResultKind
    files: list[Application]
    seats: list[Seat]
    instance: dict
    solution: solver.Solution
    taken: set[Pair]
    left: dict[Pair, int]
    standing: list[Assignment] = field(default_factory=list)
    gone: list[Assignment] = field(default_factory=list)

    @cached_property
    def digest(self) -> str:
        return canonical_hash(self.instance)

    @cached_property
    def mark(self) -> str:
        """What an officer saw when he confirmed: the same instance and the same pairs, or he looks again."""
        return hashlib.sha256(f"{self.digest}{sorted(self.taken)}".encode()).hexdigest()[:16]

    @cached_property
    def added(self) -> set[Pair]:
        """Asked once a pair by the page: found once."""
        return self.taken - {pair_of(row) for row in self.standing}

    @cached_property
    def taken_away(self) -> list[Assignment]:
        return [*self.gone, *(row for row in self.standing if pair_of(row) not in self.taken)]

    @cached_property
    def alternates(self) -> set[Pair]:
        """Pairs that the solver did not choose: alternates where full members lacked."""
        return self.taken - set(self.solution.pairs)

    @property
    def missing(self) -> int:
        return sum(self.left.values())

    def loads(self) -> list[tuple[Seat, int, int]]:
        """Each reader with the files he has now and those he would have."""
        before = Counter(str(row.seat_id) for row in [*self.standing, *self.gone])
        after = Counter(seat for _reference, seat in self.taken)
        return [(seat, before[str(seat.pk)], after[str(seat.pk)]) for seat in self.seats]


def files_of(panel: Panel) -> list[Application]:
    return list(Application.objects.filter(call=panel.call_id, state="under_review").order_by("reference"))


def _seats(panel: Panel, kind: str) -> list[Seat]:
    return list(panel.seats.current().filter(kind=kind).select_related("user").order_by("pk"))


class _Free:
    """Who may read what: no interest declared, not declined, not taken back (what an officer gave by hand since stands)."""

    def __init__(self, panel: Panel, files, standing: Iterable[Assignment] = ()):
        self.declared = set(
            Declaration.objects.filter(application__in=files, state=DeclarationState.NONE).values_list(
                "application_id", "user_id"
            )
        )
        kept = {(row.application_id, row.seat_id) for row in standing}
        self.closed = (
            set(Assignment.objects.filter(seat__panel=panel).excluded().values_list("application_id", "seat_id")) - kept
        )

    def __call__(self, application: Application, seat: Seat) -> bool:
        return (application.pk, seat.user_id) in self.declared and (application.pk, seat.pk) not in self.closed


def _instance(panel: Panel, files, seats, free: _Free) -> dict:
    """The paper `paritary-assignment/1` of these files and full members: references and ids of seats, no name."""
    return {
        "format": solver.FORMAT,
        "seed": panel.seed,
        "reviews_per_college": panel.reviews_per_college,
        "colleges": [str(college) for college in College],
        "members": [
            {
                "id": str(seat.pk),
                "college": str(seat.college),
                "min": min(seat.load_min, len(files)),
                "max": seat.load_max,
            }
            for seat in seats
        ],
        "applications": [row.reference for row in files],
        "affinity": [[affinity(seat, row) for seat in seats] for row in files],
        "conflicts": [[row.reference, str(seat.pk)] for row in files for seat in seats if not free(row, seat)],
    }


def _solved(instance: dict) -> solver.Solution:
    """The solution of an instance, sought once: the one that was looked at is the one that is confirmed."""
    key = f"assignment-{canonical_hash(instance)}"
    known = cache.get(key)
    if known is not None:
        return solver.Solution(**known)
    found = solver.solve(solver.read_instance(instance))
    cache.set(key, asdict(found), KEPT_SECONDS)
    return found


def _with_alternates(panel, files, alternates, free, solution, taken: set[Pair]) -> dict[Pair, int]:
    """Alternates take, in their college, the reviews that full members could not; returns what is still missing. `taken` grows."""
    by_reference = {row.reference: row for row in files}
    loads = Counter(seat for _reference, seat in taken)
    left = dict(solution.missing_by_application)
    for (reference, college), missing in sorted(solution.missing_by_application.items()):
        row = by_reference[reference]
        able = [
            seat
            for seat in alternates
            if seat.college == college
            and free(row, seat)
            and (reference, str(seat.pk)) not in taken
            and loads[str(seat.pk)] < seat.load_max
        ]
        able.sort(
            key=lambda seat: (
                loads[str(seat.pk)],
                -affinity(seat, row),
                solver.tie(panel.seed, reference, str(seat.pk)),
            )
        )
        for seat in able[:missing]:
            taken.add((reference, str(seat.pk)))
            loads[str(seat.pk)] += 1
            left[reference, college] -= 1
    return {key: count for key, count in left.items() if count}


def assign_proposal(panel: Panel) -> Proposal:
    """The assignment that `assign` would make now."""
    files, members, alternates = files_of(panel), _seats(panel, SeatKind.FULL_MEMBER), _seats(panel, SeatKind.ALTERNATE)
    free = _Free(panel, files)
    instance = _instance(panel, files, members, free)
    solution = _solved(instance)
    taken = set(solution.pairs)
    left = _with_alternates(panel, files, alternates, free, solution, taken)
    return Proposal(panel, ResultKind.ASSIGN, files, members + alternates, instance, solution, taken, left)


def _standing(panel: Panel, files: list[Application]) -> list[Assignment]:
    """Readings that stand on these files. Eight thousand of them share a few thousand files and a few dozen seats, each read once."""
    by_file, by_seat = {row.pk: row for row in files}, {seat.pk: seat for seat in panel.seats.select_related("user")}
    rows = Assignment.objects.filter(seat__in=by_seat, application__in=files, state__in=ACTIVE_ASSIGNMENTS)
    found = list(rows.order_by("pk"))
    for row in found:
        row.application, row.seat = by_file[row.application_id], by_seat[row.seat_id]
    return found


def reassign_proposal(panel: Panel) -> Proposal:
    """The smallest repair that `reassign` would make now: started readings and those given by hand stay."""
    files, members, alternates = files_of(panel), _seats(panel, SeatKind.FULL_MEMBER), _seats(panel, SeatKind.ALTERNATE)
    rows = _standing(panel, files)
    full, sitting = {seat.pk for seat in members}, {seat.pk for seat in members + alternates}
    gone = [row for row in rows if row.seat_id not in sitting and row.state != AssignmentState.SUBMITTED]
    away = {row.pk for row in gone}
    standing = [row for row in rows if row.pk not in away]
    free = _Free(panel, files, standing)
    instance = _instance(panel, files, members, free)
    instance["current"] = sorted(list(pair_of(row)) for row in standing if row.seat_id in full)
    instance["started"] = sorted(
        list(pair_of(row))
        for row in standing
        if row.seat_id in full and (row.is_manual or row.state != AssignmentState.ASSIGNED)
    )
    stand_ins = [row for row in standing if row.seat_id not in full]
    _keep_stand_ins(instance, files, stand_ins)
    solution = _solved(instance)
    taken = set(solution.pairs)
    lacking = _with_alternates(panel, files, alternates, free, solution, taken)
    seats = members + alternates + [row.seat for row in {row.seat_id: row for row in gone}.values()]
    return Proposal(panel, ResultKind.REASSIGN, files, seats, instance, solution, taken, lacking, standing, gone)


def _keep_stand_ins(instance: dict, files, rows) -> None:
    """Files that an alternate already reads need one full member less of his college: he keeps his place as a reader that cannot be moved."""
    for seat in {row.seat_id: row.seat for row in rows}.values():
        own = {row.application.reference for row in rows if row.seat_id == seat.pk}
        instance["members"].append({"id": str(seat.pk), "college": str(seat.college), "min": 0, "max": len(own)})
        for line, application in zip(instance["affinity"], files, strict=True):
            line.append(affinity(seat, application))
        instance["conflicts"] += [[row.reference, str(seat.pk)] for row in files if row.reference not in own]
        instance["current"] += [[reference, str(seat.pk)] for reference in sorted(own)]
        instance["started"] += [[reference, str(seat.pk)] for reference in sorted(own)]


def proposal_of(panel: Panel) -> Proposal:
    """What would be confirmed next: the assignment while nobody reads, afterwards the repair."""
    return assign_proposal(panel) if panel.assigned_at is None else reassign_proposal(panel)
