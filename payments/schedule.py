"""The calendar of a grant: amounts of the instalments, days they and the reports are due. Calendar periods; each rule names its article."""

from __future__ import annotations

from datetime import date, timedelta

from applications.periods import add_months, easter, next_working_day
from core.money import split


def instalment_amounts(total: int, percents: list[int]) -> list[int]:
    """Cents of each instalment, rounded down, the remainder on the last; they sum to `total`. `percents` must sum to 100."""
    if sum(percents) != 100:
        raise ValueError("an instalment plan sums to 100 %")
    return split(total, percents)


def pay_by(due_since: date, days: int = 60) -> date:
    """Last day to pay: `days` after the trigger (loi 2021-875). It never rolls later: the recipient's time is not the fund's to lengthen."""
    return due_since + timedelta(days=days)


def project_end(starts_on: date, months: int) -> date:
    """Last day of a project of `months` months."""
    return add_months(starts_on, months) - timedelta(days=1)


def final_report_due(ends_on: date, *, private_body: bool, months: int = 3) -> date:
    """`months` after the end; for a private body at the latest six months after the financial year of the end (loi 2000-321, art. 10)."""
    due = next_working_day(add_months(ends_on, months))
    return min(due, date(ends_on.year + 1, 6, 30)) if private_body else due


def interim_report_due(starts_on: date, ends_on: date) -> date:
    """Half-way through the project."""
    return next_working_day(starts_on + (ends_on - starts_on) // 2)


def unspent(budget: int, accepted: int, award: int) -> int:
    """Cents of the grant that the accepted spending does not use, at most the award: the other resources were to come in full."""
    return min(award, max(0, budget - accepted))


def balance_due(scheduled: int, unspent_amount: int) -> int:
    """Cents of the balance that remain due once what was not spent is taken off; zero when nothing is."""
    return max(0, scheduled - unspent_amount)


def target_closing_days(year: int) -> set[date]:
    """Days but Saturdays and Sundays on which TARGET, the system of the euro's central banks, is closed (ECB/2022/8)."""
    sunday = easter(year)
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 1), (12, 25), (12, 26))}
    return fixed | {sunday - timedelta(days=2), sunday + timedelta(days=1)}


def next_target_day(day: date) -> date:
    """This day when banks exchange payments on it, else the next one."""
    while day.weekday() >= 5 or day in target_closing_days(day.year):
        day += timedelta(days=1)
    return day
