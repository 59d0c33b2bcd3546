"""Reads and figures of the money side, one definition each."""

from payments.queries import agreements, desk, figures, public, treasury
from payments.queries.agreements import tasks_of_recipient, timeline
from payments.queries.public import grants, payments_of, public_instalments

__all__ = [
    "agreements",
    "desk",
    "figures",
    "grants",
    "payments_of",
    "public",
    "public_instalments",
    "tasks_of_recipient",
    "timeline",
    "treasury",
]
