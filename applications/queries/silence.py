"""The date on which silence would count as rejection (CRPA L231-4 3°): two months from the first receipt, pushed back by the days of each request for
missing items (L114-5), from its notification to the answer or the end of its deadline. A computed date, never a state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from applications.enums import InformationRequestState
from applications.models import Application
from applications.periods import add_months

DEFAULT_MONTHS = 2
ANSWERED = ("ineligible", "rejected", "selected", "on_reserve", "renounced", "lapsed", "withdrawn", "dismissed")
"""States after an express decision was notified, or the request withdrawn: silence says nothing any more."""


@dataclass(frozen=True)
class Silence:
    rejected_on: date
    paused: bool
    paused_days: int
    remaining_days: int
    decided_later: bool = False
    """The calendar of the call foresees a decision after that day."""

    @property
    def appeal_before_on(self) -> date:
        """Two months to contest an implicit rejection (CJA R421-2)."""
        return add_months(self.rejected_on, 2)

    @property
    def passed(self) -> bool:
        return self.remaining_days < 0


def _months(application: Application) -> int:
    rules = application.call.rule_version
    return rules["silence_months"] if rules else DEFAULT_MONTHS


def clock_of(application: Application, at) -> Silence:
    """The clock of a file that was filed; for one that never was the question has no sense."""
    if (found := silence(application, at)) is None:
        raise ValueError(f"{application.reference} was never filed")
    return found


def silence(application: Application, at, *, requests=None) -> Silence | None:
    """The clock of a filed file at an instant; None while never filed, and once answered.
    Give `requests` (its information requests) to spare a query in lists."""
    if application.first_received_at is None or application.state in ANSWERED:
        return None
    paused_days, paused = 0, False
    for request in requests if requests is not None else application.information_requests.all():
        is_open = request.state == InformationRequestState.OPEN
        end = (
            request.due_at
            if is_open
            else min(request.answered_at or request.closed_at or request.due_at, request.due_at)
        )
        paused = paused or (is_open and at < request.due_at)
        paused_days += max(0, (timezone.localdate(end) - timezone.localdate(request.opened_at)).days)
    rejected_on = add_months(timezone.localdate(application.first_received_at), _months(application)) + timedelta(
        days=paused_days
    )
    notified_by = application.call.notified_by_on
    later = notified_by is not None and notified_by > rejected_on
    return Silence(rejected_on, paused, paused_days, (rejected_on - timezone.localdate(at)).days, later)
