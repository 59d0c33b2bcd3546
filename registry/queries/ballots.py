"""Scores of a funded file as the public reads them: for each criterion and college the scores given, sorted, tied to no reader (rulebook, art. 18)."""

from __future__ import annotations

from dataclasses import dataclass

from fund.enums import College
from reviews.queries.feedback import FEWEST
from reviews.queries.reviewing import filed_reviews


@dataclass(frozen=True)
class Line:
    label: str
    weight: int
    civil: tuple[str, ...]
    state: tuple[str, ...]


def ballots(application) -> list[Line]:
    """One line a criterion, empty when nothing may be told. The caller has made sure that the grant is published. Three queries."""
    reviews = filed_reviews(application)
    told = {
        college for college in College.values if sum(review.seat.college == college for review in reviews) >= FEWEST
    }
    given: dict[tuple[int, str], list] = {}
    for review in reviews:
        for score in review.scores.all():
            if review.seat.college in told and score.half_points is not None:
                given.setdefault((score.criterion_id, review.seat.college), []).append(score)

    def points(criterion, college: str) -> tuple[str, ...]:
        scores = given.get((criterion.pk, college), [])
        return tuple(score.points for score in sorted(scores, key=lambda score: score.half_points))

    return [
        Line(row.label, row.weight, points(row, College.CIVIL_SOCIETY), points(row, College.STATE))
        for row in (application.call.criteria.order_by("position", "id") if given else ())
    ]
