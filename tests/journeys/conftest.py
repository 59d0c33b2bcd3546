"""A real browser, a clock that the journey moves, and the fund's worker on demand."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

PARIS = ZoneInfo("Europe/Paris")


class Calendar:
    """The journey's clock. It starts on a coming Tuesday, so that cookies set by the fund are never old for the browser."""

    def __init__(self, traveller):
        self.traveller = traveller

    @property
    def now(self) -> datetime:
        return datetime.now(PARIS)

    def later(self, *, days: int = 0, hours: float = 0, at: time | None = None) -> datetime:
        """Move on; returns the new instant, in Paris."""
        then = self.now + timedelta(days=days, hours=hours)
        then = then.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0) if at else then
        assert then >= self.now, "a journey never goes back in time"
        self.traveller.move_to(then)
        return then

    def work(self) -> None:
        """Let the fund's worker do all that is due now."""
        from core import clock
        from core.management.commands.worker import drain

        clock.load()
        drain()


@pytest.fixture
def calendar():
    today = datetime.now(PARIS)
    tuesday = today + timedelta(days=(1 - today.weekday()) % 7 or 7)
    with time_machine.travel(tuesday.replace(hour=9, minute=0, second=0, microsecond=0), tick=True) as traveller:
        yield Calendar(traveller)


@pytest.fixture
def stage(browser, calendar, live_server):
    """The running fund, for separate people. What any of them met that no one should meet fails the test at its end."""
    from tests.journeys.people import Stage

    here = Stage(browser, live_server.url)
    yield here
    for context in browser.contexts:
        context.close()
    assert here.faults == []


@pytest.fixture
def letters():
    """`letters(address)` is the mails this person received, newest last; `.link` finds an address of the fund in the newest."""

    class Letters:
        def __call__(self, address: str) -> list:
            from django.core import mail

            return [one for one in mail.outbox if address in one.to]

        def link(self, address: str, part: str) -> str:
            for one in reversed(self(address)):
                if found := re.search(rf"https?://[^\s/]+(/[^\s]*{part}[^\s]*)", one.body):
                    return found.group(1).rstrip(".")
            raise AssertionError(f"no mail to {address} links to {part}: {[one.subject for one in self(address)]}")

    return Letters()
