"""Acts of the demo in the order of time: each room plans its own, one loop performs them."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import count
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.utils import timezone

PARIS = ZoneInfo("Europe/Paris")


class Timeline:
    """Acts with their instant. `at` is "now" of the demo: nothing after it is performed; `zero` is day 0 of the story (default: the same
    day). An act may plan others, not earlier than itself.
    """

    def __init__(self, at: datetime, zero: date | None = None):
        self.at = at
        self.zero = zero or at.astimezone(PARIS).date()
        self._acts: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()

    def day(self, offset: int) -> date:
        """The calendar day `offset` days from the story's day 0."""
        return self.zero + timedelta(days=offset)

    def instant(self, offset: int, hour: int = 10, minute: int = 0) -> datetime:
        """An instant of that day, Paris time."""
        return datetime.combine(self.day(offset), time(hour, minute), PARIS)

    def plan(self, at: datetime, act: Callable[[datetime], None]) -> None:
        """Acts of one instant are performed in the order they were planned."""
        heapq.heappush(self._acts, (at, next(self._order), act))

    def on(self, offset: int | None, act: Callable[[datetime], None], hour: int = 10, minute: int = 0) -> None:
        """The same by day; None (it never happened) plans nothing."""
        if offset is not None:
            self.plan(self.instant(offset, hour, minute), act)

    def play(self) -> int:
        """Perform every act up to now, each believing that now is its own instant. Returns how many."""
        done = 0
        while self._acts and self._acts[0][0] <= self.at:
            at, _order, act = heapq.heappop(self._acts)
            with patch.object(timezone, "now", lambda at=at: at):
                act(at)
            done += 1
        return done
