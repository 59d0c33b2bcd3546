"""The score of a file, in exact fractions (rulebook, art. 14): no floating-point number ever enters it.

Scores are half points, whole numbers 0…10 for 0…5. Per college and criterion the mean of the scores given ("cannot judge" gives none); the college's
score is their weighted mean; the file's score is the mean of the two colleges. A college that gave no score on a criterion leaves the file
incomplete, without score or rank. Published half-up to two decimals, once, at the end; equal published scores are a tie.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, TypeVar

from fund.enums import College

COLLEGES = (College.CIVIL_SOCIETY, College.STATE)
MAX_HALF_POINTS = 10
STEPS = range(MAX_HALF_POINTS + 1)
"""Every score that can be given."""
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Ballot:
    """One filed review: its college, and half points by criterion code (None: cannot judge). `reader` serves the calibration alone."""

    college: str
    half_points: Mapping[str, int | None]
    reader: int | None = None


@dataclass(frozen=True)
class Weight:
    """A criterion and its weight, a positive whole number; weights need not sum to 100."""

    code: str
    weight: int


@dataclass(frozen=True)
class Score:
    """`value` and the means are exact, out of 5, or None when incomplete. `missing` lists the (college, criterion) without any score."""

    value: Fraction | None
    colleges: dict[str, Fraction | None]
    criteria: dict[str, dict[str, Fraction | None]]
    missing: tuple[tuple[str, str], ...]
    range: Fraction
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return self.value is not None

    @property
    def published(self) -> str:
        """`3.88`, or an empty text when incomplete."""
        return published(self.value)

    @property
    def gap(self) -> Fraction | None:
        """Civil society minus State; None when one of them has no score."""
        civil, state = self.colleges[College.CIVIL_SOCIETY], self.colleges[College.STATE]
        return None if civil is None or state is None else civil - state

    def criterion(self, code: str) -> Fraction | None:
        """Mean of the two colleges on one criterion."""
        return mean([self.criteria[college][code] for college in COLLEGES], strict=True)

    def published_college(self, college: str) -> str:
        return published(self.colleges[college])


def mean(values: Iterable[Fraction | int | None], *, strict: bool = False) -> Fraction | None:
    """Exact mean of what is given; None when nothing is, or when `strict` and one is missing."""
    listed = list(values)
    given = [Fraction(value) for value in listed if value is not None]
    if not given or strict and len(given) < len(listed):
        return None
    return sum(given, Fraction(0)) / len(given)


def published(value: Fraction | None) -> str:
    """Two decimals, the half cent rounded up, with a point: `3.88`. Empty for None."""
    if value is None:
        return ""
    whole, part = divmod(hundredths(value), 100)
    return f"{whole}.{part:02d}"


def hundredths(value: Fraction | None) -> int:
    """A score in hundredths, half-up, as it is published; 0 for None."""
    return ((value or 0) * 200 + 1) // 2


def points_text(half_points: int | None) -> str:
    """One score as it is written, with a point: `4` or `4.5`. Empty for None."""
    if half_points is None:
        return ""
    return f"{half_points // 2}.5" if half_points % 2 else str(half_points // 2)


def own_total(ballot: Ballot, weights: Sequence[Weight]) -> Fraction | None:
    """One reader's own score over the criteria he judged."""
    given = [
        (weight.weight, points) for weight in weights if (points := ballot.half_points.get(weight.code)) is not None
    ]
    if not given:
        return None
    return Fraction(sum(weight * points for weight, points in given), 2 * sum(weight for weight, _points in given))


def score(ballots: Iterable[Ballot], weights: Sequence[Weight]) -> Score:
    """The score of a file from its filed reviews. Raises ValueError on half points out of 0…10 or weights that are not positive."""
    ballots, weights = list(ballots), list(weights)
    if not weights or any(weight.weight <= 0 for weight in weights):
        raise ValueError("a grid needs criteria with positive weights")
    for ballot in ballots:
        if any(points is not None and points not in STEPS for points in ballot.half_points.values()):
            raise ValueError(f"half points go from 0 to {MAX_HALF_POINTS}")
    criteria: dict[str, dict[str, Fraction | None]] = {}
    colleges: dict[str, Fraction | None] = {}
    missing = []
    total = sum(weight.weight for weight in weights)
    for college in COLLEGES:
        own = [ballot for ballot in ballots if ballot.college == college]
        means = {}
        for weight in weights:
            points = mean(ballot.half_points.get(weight.code) for ballot in own)
            means[weight.code] = None if points is None else points / 2
        missing += [(str(college), code) for code, value in means.items() if value is None]
        criteria[college] = means
        judged = [(value, weight.weight) for weight in weights if (value := means[weight.code]) is not None]
        complete = len(judged) == len(weights)
        colleges[college] = sum((value * weight for value, weight in judged), Fraction(0)) / total if complete else None
    totals = [points for ballot in ballots if (points := own_total(ballot, weights)) is not None]
    return Score(
        mean([colleges[college] for college in COLLEGES], strict=True),
        colleges,
        criteria,
        tuple(missing),
        max(totals) - min(totals) if totals else Fraction(0),
        {str(college): sum(1 for b in ballots if b.college == college) for college in COLLEGES},
    )


@dataclass(frozen=True)
class Place(Generic[Key]):
    """Rank of a file, 1 first; `shared` when the rules of art. 17 (1° to 3°) leave it equal with another. `rank` None: incomplete, unranked."""

    key: Key
    rank: int | None
    score: Score
    tied: bool = False
    shared: bool = False
    broken_by: str = ""


def rank(scores: Mapping[Key, Score], weights: Sequence[Weight]) -> list[Place[Key]]:
    """Files by published score, best first; ties by the heaviest criterion, the higher of the lowest college means, the smaller range.

    Equal after that share their rank: a vote decides. Incomplete files come last, unranked, in the order given.
    """
    heaviest = max(weights, key=lambda weight: weight.weight).code

    def key(item):
        _name, found = item
        lowest = min(value for value in found.colleges.values())
        return (-hundredths(found.value), -found.criterion(heaviest), -lowest, found.range)

    ranked = sorted(((name, found) for name, found in scores.items() if found.complete), key=key)
    places: list[Place[Key]] = []
    for position, item in enumerate(ranked):
        previous = ranked[position - 1] if position else None
        following = ranked[position + 1] if position + 1 < len(ranked) else None
        same_as_previous = previous is not None and key(previous) == key(item)
        neighbours = [
            other for other in (previous, following) if other is not None and other[1].published == item[1].published
        ]
        number = places[-1].rank if same_as_previous else position + 1
        shared = any(key(other) == key(item) for other in neighbours)
        places.append(Place(item[0], number, item[1], bool(neighbours), shared, _breaker(item, neighbours, key)))
    return places + [Place(name, None, found) for name, found in scores.items() if not found.complete]


def _breaker(item, neighbours, key) -> str:
    """Which rule parted the file from its nearest equal: heaviest_criterion, lowest_college, range, or nothing."""
    names = ("heaviest_criterion", "lowest_college", "range")
    for other in neighbours:
        for name, mine, theirs in zip(names, key(item)[1:], key(other)[1:], strict=True):
            if mine != theirs:
                return name
    return ""


def flags(found: Score, *, gap: Fraction, spread: Fraction) -> list[str]:
    """Why a file is pointed out for debate: `college_gap`, `range`, `incomplete`."""
    reasons = []
    if not found.complete:
        reasons.append("incomplete")
    if found.gap is not None and abs(found.gap) >= gap:
        reasons.append("college_gap")
    if found.range >= spread:
        reasons.append("range")
    return reasons
