"""Calendar periods of the institution, in Paris."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def days_later(instant: datetime, days: int) -> datetime:
    """The same hour in Paris, so many calendar days later, whatever daylight saving does in between."""
    local = timezone.localtime(instant)
    return (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=local.tzinfo)


def end_of_day(day: date | None) -> datetime | None:
    """23:59 in Paris, excluded: the end of a time limit given in days."""
    return timezone.make_aware(datetime.combine(day, time(23, 59))) if day else None
