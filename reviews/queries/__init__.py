"""Reads and figures of the panel's work, one definition each. `meetings` holds those of sessions and votes."""

from reviews.queries.decisions import (
    appeal_until,
    known_decisions,
    live_award,
    missing_signers,
    preview,
    reserve_list,
    reserve_until,
    rows_of_call,
    signers,
    standing,
    to_sign,
)
from reviews.queries.interests import declarations_missing, is_recused, recused_files
from reviews.queries.panels import (
    candidates,
    find_panel,
    genders,
    my_panels,
    observers,
    panel_of,
    seat_of,
    seats,
    vacancies,
)
from reviews.queries.ranking import Ranking, ranking, score_of
from reviews.queries.reviewing import filed_reviews, may_see_reviews, my_assignments, readable_files, review_counts

__all__ = [
    "Ranking",
    "appeal_until",
    "candidates",
    "declarations_missing",
    "filed_reviews",
    "find_panel",
    "genders",
    "is_recused",
    "known_decisions",
    "live_award",
    "may_see_reviews",
    "missing_signers",
    "my_assignments",
    "my_panels",
    "observers",
    "panel_of",
    "preview",
    "ranking",
    "readable_files",
    "recused_files",
    "reserve_list",
    "reserve_until",
    "review_counts",
    "rows_of_call",
    "score_of",
    "seat_of",
    "seats",
    "signers",
    "standing",
    "to_sign",
    "vacancies",
]
