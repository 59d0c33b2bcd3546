"""The assignment of a file to a reader, and the review it becomes."""

from reviews.transitions.assignments.assigning import (
    assign,
    assign_reader,
    close_reading,
    reassign,
    record_early_fallback,
    record_fallback,
    replace_by_alternate,
)
from reviews.transitions.assignments.reading import (
    decline,
    recuse,
    reopen,
    restore,
    review_content,
    save_draft,
    start,
    stop,
    submit,
    withdraw,
)
from reviews.transitions.assignments.results import undo_assignment, undo_reassignment

__all__ = [
    "assign",
    "assign_reader",
    "close_reading",
    "decline",
    "reassign",
    "record_early_fallback",
    "record_fallback",
    "recuse",
    "reopen",
    "replace_by_alternate",
    "restore",
    "review_content",
    "save_draft",
    "start",
    "stop",
    "submit",
    "undo_assignment",
    "undo_reassignment",
    "withdraw",
]
