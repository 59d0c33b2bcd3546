"""Scores of funded files as the public reads them: for each criterion and college the scores given, sorted, tied to no reader (rulebook, art. 18).

All of a file or nothing: when a college has fewer than two reviews, the other's ballots and the published score would tell the one review that is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from fund.enums import College
from fund.models import Criterion
from registry.queries.grants import PublishedGrant
from reviews.queries.feedback import FEWEST
from reviews.queries.ranking import ballots as filed_ballots
from reviews.scoring import points_text

CHUNK = 500
TOO_FEW = "fewer than two reviews in a college"


@dataclass(frozen=True)
class Line:
    """One criterion: the half points given by each college, sorted."""

    code: str
    label: str
    weight: int
    civil: tuple[int, ...] = ()
    state: tuple[int, ...] = ()

    @property
    def civil_points(self) -> list[str]:
        return [points_text(mark) for mark in self.civil]

    @property
    def state_points(self) -> list[str]:
        return [points_text(mark) for mark in self.state]


@dataclass(frozen=True)
class Judged:
    """The grid of a file's call, with the ballots or the reason why they are not told."""

    lines: list[Line] = field(default_factory=list)
    withheld: str = ""

    @property
    def criteria(self) -> list[dict]:
        return [{"code": line.code, "label": line.label, "weight": line.weight} for line in self.lines]

    @property
    def ballots(self) -> dict[str, dict[str, list[int]]] | None:
        if self.withheld:
            return None
        return {
            str(College.CIVIL_SOCIETY): {line.code: list(line.civil) for line in self.lines},
            str(College.STATE): {line.code: list(line.state) for line in self.lines},
        }


def judged(applications: Iterable) -> dict[int, Judged]:
    """By file, for files whose grant is published (the caller made sure of it). Two queries whatever their number."""
    rows = list(applications)
    grids: dict[int, list[Criterion]] = {}
    for row in Criterion.objects.filter(call__in={one.call_id for one in rows}).order_by("position", "id"):
        grids.setdefault(row.call_id, []).append(row)
    given = filed_ballots([one.pk for one in rows])
    return {one.pk: _judged(grids.get(one.call_id, []), given.get(one.pk, [])) for one in rows}


def _judged(grid, reviews) -> Judged:
    def points(code: str, college: str) -> tuple[int, ...]:
        marks = (one.half_points.get(code) for one in reviews if one.college == college)
        return tuple(sorted(mark for mark in marks if mark is not None))

    if any(sum(one.college == college for one in reviews) < FEWEST for college in College.values):
        return Judged([Line(row.code, row.label, row.weight) for row in grid], TOO_FEW)
    return Judged(
        [
            Line(
                row.code,
                row.label,
                row.weight,
                points(row.code, College.CIVIL_SOCIETY),
                points(row.code, College.STATE),
            )
            for row in grid
        ]
    )


def with_ballots(grants: Iterable[PublishedGrant]) -> Iterator[PublishedGrant]:
    """The same grants with what was judged of each: nothing of earlier ones, nor of those not taken up, whose score is not told either."""
    rest = iter(grants)
    while chunk := list(islice(rest, CHUNK)):
        told = {grant.reference: grant.source for grant in chunk if grant.score and grant.source is not None}
        found = judged(told.values())
        for grant in chunk:
            if grant.reference in told:
                grant.judged = found[told[grant.reference].pk]
            yield grant
