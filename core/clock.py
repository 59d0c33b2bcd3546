"""The fund's clock: what happens because time passes. Jobs are idempotent, and no rule or page depends on them having run.

`<app>/tasks.py`: `@register("payments.offers") def offers(at, actor) -> int: …` returns how many things it did; `actor` is the system user.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from core.models import User

log = logging.getLogger("fund.clock")


@dataclass(frozen=True)
class Job:
    name: str
    function: Callable[..., int | None]
    every_seconds: int
    aside: bool = False


JOBS: dict[str, Job] = {}


def register(name: str, *, every_seconds: int = 60, aside: bool = False):
    """Declare a job of the clock: `function(at, actor)` returns how many things it did. `aside`: one that may last minutes; a running worker gives it
    a thread of its own, so that no mail waits behind it, and stops it where it is: it must be able to go on from there.
    """

    def keep(function):
        if name in JOBS and JOBS[name].function is not function:
            raise TypeError(f"the job {name} is registered twice")
        JOBS[name] = Job(name, function, every_seconds, aside)
        return function

    return keep


def load() -> None:
    """Import `tasks` of every app that has one, lowest first."""
    for app in settings.FUND_APPS:
        if find_spec(f"{app}.tasks"):
            import_module(f"{app}.tasks")


def run(job: Job, at=None) -> int:
    """One job, now. What breaks it is logged and holds up no other."""
    try:
        return int(job.function(at or timezone.now(), User.objects.system()) or 0)
    except Exception as error:
        log.exception("job failed", extra={"facts": {"job": job.name}})
        if isinstance(error, DatabaseError):
            close_old_connections()
        return 0


def run_all(at=None) -> int:
    """Every job once, in the order they were registered. Returns how many things were done."""
    return sum(run(job, at) for job in list(JOBS.values()))
