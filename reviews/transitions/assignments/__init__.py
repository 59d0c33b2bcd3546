"""The assignment of a file to a reader, and the review it becomes."""

from reviews.transitions.assignments.assigning import (
    Proposal,
    assign,
    assign_reader,
    close_reading,
    proposal,
    reassign,
    record_early_fallback,
    record_fallback,
    replace_by_alternate,
)
from reviews.transitions.assignments.reading import (
    decline,
    recuse,
    reopen,
    review_content,
    save_draft,
    start,
    stop,
    submit,
    withdraw,
)

__all__ = [
    "Proposal",
    "assign",
    "assign_reader",
    "close_reading",
    "decline",
    "proposal",
    "reassign",
    "record_early_fallback",
    "record_fallback",
    "recuse",
    "reopen",
    "replace_by_alternate",
    "review_content",
    "save_draft",
    "start",
    "stop",
    "submit",
    "withdraw",
]
