"""Reads and figures of the money side, one definition each."""
from payments.queries import agreements, desk, public
from payments.queries.agreements import tasks_of_recipient, timeline
from payments.queries.public import grants, payments_of

__all__ = ["agreements", "desk", "grants", "payments_of", "public", "tasks_of_recipient", "timeline"]
