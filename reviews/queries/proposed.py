"""What readers would give, in their own words: the amounts they propose and their notes for the panel. Neither enters a score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reviews.enums.reading import AssignmentState
from reviews.models import Assignment
from reviews.queries.reviewing import may_see_reviews


@dataclass(frozen=True)
class Proposed:
    """The amounts proposed for one file, in cents: the lowest, the highest, by how many readers."""

    low: int
    high: int
    readers: int


def proposed_amounts(applications: Iterable[int]) -> dict[int, Proposed]:
    """By file (ids), over filed reviews. Ask first whether the reader may see others' reviews. One query."""
    found: dict[int, list[int]] = {}
    rows = Assignment.objects.filter(
        application__in=list(applications), state=AssignmentState.SUBMITTED, proposed_amount__isnull=False
    )
    for application, amount in rows.values_list("application_id", "proposed_amount"):
        if amount is not None:
            found.setdefault(application, []).append(amount)
    return {key: Proposed(min(amounts), max(amounts), len(amounts)) for key, amounts in found.items()}


def words_of_readers(user, application, panel) -> list[Assignment]:
    """The filed reviews of a file that hold a note or an amount, for who may see others' reviews; nothing for anybody else."""
    if not may_see_reviews(user, application, panel):
        return []
    rows = Assignment.objects.filter(application=application, state=AssignmentState.SUBMITTED)
    said = rows.exclude(note="", proposed_amount=None)
    return list(said.select_related("seat__user").order_by("seat__college", "id"))
