"""What the fund's clock does for the registry. Nothing waits for it: whoever reads the index first brings it up to date."""

from __future__ import annotations

from django.utils import timezone

from core.clock import register
from registry import transitions
from registry.index.refresh import fresh
from registry.models import Pending
from registry.queries import questions


@register("registry.refresh_index")
def refresh_index(at, actor) -> int:
    """Read what changed before a visitor has to; returns how many sources were noted."""
    noted = Pending.objects.count()
    fresh()
    return noted


@register("registry.overdue_questions", every_seconds=3600)
def tell_overdue_questions(at, actor) -> int:
    """Questions of the public that passed their day."""
    rows = list(questions.overdue(timezone.localdate(at)).select_related("call", "application")[:200])
    for row in rows:
        transitions.tell_overdue(question=row, at=at)
    return len(rows)
