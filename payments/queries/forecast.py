"""What the fund must pay in the coming weeks: payments that are due by the week of their last day, and those that a report would make due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Prefetch
from django.utils import timezone

from payments.enums import InstalmentState
from payments.models import Instalment, Report

S = InstalmentState
HORIZON_DAYS = 60
"""Time to pay, counted from the day a payment falls due (loi 2021-875)."""
STAGES = ("pay", "order", "certify", "rejected", "expected")
"""From the surest to the least sure: ordered or at the bank, certified, due, sent back by the bank, awaiting a report."""
STAGE_OF = {
    S.ORDERED: "pay",
    S.IN_PAYMENT: "pay",
    S.CERTIFIED: "order",
    S.DUE: "certify",
    S.PAYMENT_REJECTED: "rejected",
    S.SCHEDULED: "expected",
}


@dataclass
class Week:
    """Payments to make by the end of a week. `kind`: late, week or later (beyond the horizon, or no day yet). Cents."""

    kind: str
    monday: date | None = None
    n: int = 0
    amounts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    running: int = 0
    """Everything to pay until the end of this week."""

    @property
    def amount(self) -> int:
        return sum(self.amounts.values())

    @property
    def sunday(self) -> date | None:
        return self.monday + timedelta(days=6) if self.monday else None


def weeks(user, at) -> list[Week]:
    """Late, then every week of the next sixty days (empty ones too), then later. Two queries."""
    today = timezone.localdate(at)
    monday = today - timedelta(days=today.weekday())
    last = today + timedelta(days=HORIZON_DAYS)
    found = [Week("late")]
    while monday <= last:
        found.append(Week("week", monday))
        monday += timedelta(days=7)
    later = Week("later")
    for one in _open(user):
        day = one.pay_by_on or _expected(one)
        week = _place(found, later, day, today)
        week.n += 1
        week.amounts[STAGE_OF[S(one.state)]] += one.expected_amount
    running = 0
    for week in [*found, later]:
        running += week.amount
        week.running = running
    return [*found, later]


def _open(user):
    rows = Instalment.objects.visible_to(user).exclude(state__in=(S.PAID, S.CANCELLED))
    rows = rows.filter(agreement__state__in=("signed", "active", "suspended"))
    reports = Prefetch(
        "agreement__reports", Report.objects.exclude(state__in=("accepted", "cancelled")), to_attr="awaited"
    )
    return rows.select_related("agreement__application__call__rule_version").prefetch_related(reports)


def _expected(instalment) -> date | None:
    """The last day to pay if the report it waits for comes on its day and is examined in the time of the rules."""
    rules = instalment.agreement.rules
    for report in instalment.agreement.awaited:
        if instalment.trigger == f"{report.kind}_report_accepted":
            since = timezone.localdate(report.submitted_at) if report.state == "submitted" else report.expected_on
            return since + timedelta(days=rules["report_review_days"] + rules["payment_days"])
    return None


def _place(found: list[Week], later: Week, day: date | None, today: date) -> Week:
    if day is None or day > (found[-1].sunday or today):
        return later
    if day < today:
        return found[0]
    return next(week for week in found[1:] if week.monday and week.monday <= day <= week.monday + timedelta(days=6))
