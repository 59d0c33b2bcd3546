"""What an applicant reads of his reviews once the decision is notified: scores by criterion and college, the readers' words, no name (rulebook, art. 18)."""

from __future__ import annotations

from dataclasses import dataclass

from fund.enums import College
from reviews.enums.reading import DecisionKind
from reviews.queries.decisions import known_decisions
from reviews.queries.ranking import score_of
from reviews.queries.reviewing import filed_reviews
from reviews.scoring import published


@dataclass(frozen=True)
class CriterionLine:
    label: str
    weight: int
    civil: str
    state: str
    mean: str
    comments: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Feedback:
    score: str
    civil: str
    state: str
    lines: tuple[CriterionLine, ...]
    words: tuple[tuple[str, str], ...]
    reviews: int


def feedback(application) -> Feedback | None:
    """The feedback sheet of a reviewed file, or None while no decision of the panel is notified. Each remark goes with its college, never a name."""
    if not known_decisions(application).filter(kind=DecisionKind.AWARD).exists():
        return None
    found, reviews = score_of(application), filed_reviews(application)
    if not reviews:
        return None
    remarks: dict[str, list[tuple[str, str]]] = {}
    for review in reviews:
        for score in review.scores.all():
            if score.justification.strip():
                remarks.setdefault(score.criterion.code, []).append((review.seat.college, score.justification))
    lines = tuple(
        CriterionLine(
            row.label,
            row.weight,
            published(found.criteria[College.CIVIL_SOCIETY][row.code]),
            published(found.criteria[College.STATE][row.code]),
            published(found.criterion(row.code)),
            tuple(remarks.get(row.code, ())),
        )
        for row in application.call.criteria.order_by("position", "id")
    )
    words = tuple((review.seat.college, review.comment) for review in reviews if review.comment.strip())
    return Feedback(
        found.published,
        found.published_college(College.CIVIL_SOCIETY),
        found.published_college(College.STATE),
        lines,
        words,
        len(reviews),
    )
