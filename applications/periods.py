"""Legal and rulebook periods of the file, each with its article. Days are calendar days in Paris; a period given to someone to act that ends on a
Saturday, a Sunday or a public holiday runs to the next working day; the closing of a call and the silence of two months do not."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta

from django.utils import timezone

CLOSING_GRACE = timedelta(minutes=15)
"""Rulebook, art. 8: time to finish handling what arrived before closing; it admits nothing new."""
TEAM_INVITATION_DAYS = 21
REMIND_BEFORE_DAYS = (7, 2)
ERASURE_NOTICE_DAYS = 30
"""Between the warning and the erasure of a draft (rulebook, art. 27)."""
ELIGIBILITY_DAYS = 15
"""Rulebook, art. 9: eligibility is told within fifteen days of the closing."""
REASONS_MONTHS = 1
"""The fund gives the reasons of an implicit rejection within this time of the request (CRPA L232-4)."""


def add_months(day: date, months: int) -> date:
    """Same day of the month, or its last day when shorter (L231-4 counts from day to same day)."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def public_holidays(year: int) -> set[date]:
    """The eleven national holidays (labour code, L3133-1)."""
    fixed = {
        date(year, month, day) for month, day in ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    }
    return fixed | {easter(year) + timedelta(days=days) for days in (1, 39, 50)}


def next_working_day(day: date) -> date:
    while day.weekday() >= 5 or day in public_holidays(day.year):
        day += timedelta(days=1)
    return day


def end_of(day: date) -> datetime:
    """The deadline of a day: 23:59 in Paris, excluded."""
    return timezone.make_aware(datetime.combine(day, time(23, 59)))


def deadline_in(days: int, at: datetime) -> datetime:
    """End of the day that comes `days` days after `at`, or of the next working day."""
    return end_of(next_working_day(timezone.localdate(at) + timedelta(days=days)))
