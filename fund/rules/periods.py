"""Calendar periods of the institution, in Paris."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone


def days_later(instant: datetime, days: int) -> datetime:
    """The same hour in Paris, so many calendar days later, whatever daylight saving does in between."""
    local = timezone.localtime(instant)
    return (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=local.tzinfo)
