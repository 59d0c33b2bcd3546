"""Acts of the demo in the order of time: each room plans its own, one loop performs them."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class Timeline:
    """Acts with their instant. `at` is "now" of the demo; nothing after it is performed. An act may plan others, not earlier than itself."""

    def __init__(self, at: datetime):
        self.at = at
        self._acts: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()

    def day(self, offset: int) -> date:
        """The calendar day `offset` days from the demo's now."""
        return self.at.astimezone(PARIS).date() + timedelta(days=offset)

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

    def play(self, until: datetime | None = None) -> int:
        """Perform every act up to `until` (default: the demo's now). Returns how many."""
        done, end = 0, min(until or self.at, self.at)
        while self._acts and self._acts[0][0] <= end:
            at, _order, act = heapq.heappop(self._acts)
            act(at)
            done += 1
        return done
