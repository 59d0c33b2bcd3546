"""Who still has reviews to file while reading is open, and when each was last reminded (by the clock or by hand)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max

from core.models import Mail
from reviews.enums.reading import AssignmentState
from reviews.models import Assignment, Panel

REMINDER = "reviews/panel.reminder"


def left_to_file(panel: Panel) -> dict[int, int]:
    """Reviews not filed, by reader (user's key); who has filed all is not in it."""
    rows = Assignment.objects.filter(
        seat__panel=panel,
        application__state="under_review",
        state__in=(AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS),
    )
    return dict(rows.order_by("seat__user").values_list("seat__user").annotate(count=Count("pk")))


def mark(panel: Panel, why: str) -> str:
    """The reference of a reminder: the call, and why it left (so many days before the closing, or by hand)."""
    return f"{panel.call.event_subject}/{why}"


def last_reminders(panel: Panel) -> dict[int, datetime]:
    """The last reminder that left to each reader for this call. One query."""
    rows = Mail.objects.filter(code=REMINDER, reference__startswith=mark(panel, ""), recipient__isnull=False)
    return dict(rows.order_by("recipient").values_list("recipient").annotate(last=Max("created_at")))
