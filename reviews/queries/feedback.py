"""What an applicant reads of his reviews once the decision is notified: scores by criterion and college, the readers' words, no name (rulebook, art. 18)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from fund.enums import College
from reviews.enums.reading import DecisionKind
from reviews.models import Decision
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
    line: str
    """Score of the last file the panel's list funded, empty when it is not public."""
    short_by: str
    """What this file lacks to reach the line; empty at the line or above it."""


FEWEST = 2
"""A college with fewer reviews publishes nothing: one score would be one reader's (rulebook, art. 18)."""


def funding_line(call) -> Fraction | None:
    """Score of the last file funded on the panel's list of this call, once notified. None while nothing is, or when its scores are not public."""
    funded = Decision.objects.public().filter(application__call=call, kind=DecisionKind.AWARD).exclude(rank=None)
    last = funded.select_related("application__call").order_by("-rank").first()
    if last is None:
        return None
    colleges = Counter(review.seat.college for review in filed_reviews(last.application))
    return score_of(last.application).value if all(colleges[one] >= FEWEST for one in College.values) else None


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
    line = funding_line(application.call)
    lacking = line - found.value if line is not None and found.value is not None else Fraction(0)
    words = tuple((review.seat.college, review.comment) for review in reviews if review.comment.strip())
    return Feedback(
        found.published,
        found.published_college(College.CIVIL_SOCIETY),
        found.published_college(College.STATE),
        lines,
        words,
        len(reviews),
        published(line),
        published(lacking) if lacking > 0 else "",
    )
