"""The only door for writes of the panel's side: one module an aggregate."""

from reviews.transitions import (
    agenda,
    appeals,
    assignments,
    calls,
    decisions,
    declarations,
    discussions,
    draws,
    experts,
    meetings,
    minutes,
    panels,
    reminders,
    seats,
    withdrawals,
)

__all__ = [
    "agenda",
    "appeals",
    "assignments",
    "calls",
    "decisions",
    "declarations",
    "discussions",
    "draws",
    "experts",
    "meetings",
    "minutes",
    "panels",
    "reminders",
    "seats",
    "withdrawals",
]
