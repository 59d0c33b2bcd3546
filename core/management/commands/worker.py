"""The fund's worker: documents, mails, the clock, queued tasks."""

from __future__ import annotations

import logging
import signal
import threading
import time

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection, connections
from django.utils import timezone

from core import clock, documents, outbox

log = logging.getLogger("fund.worker")
TICK_SECONDS = 1.0
MOST_ROUNDS = 200


class Command(BaseCommand):
    help = (
        "Do what waits: render documents, send mails, let time pass (deadlines, expiries, reminders), run queued tasks, until told to stop; "
        "with --drain, does everything that is due once, and what follows from it, then stops."
    )

    def add_arguments(self, parser):
        parser.add_argument("--drain", action="store_true", help="do everything that is due, then stop")
        parser.add_argument("--quiet", action="store_true", help="with --drain, say nothing")

    def handle(self, *args, **options):
        clock.load()
        if options["drain"]:
            counts = drain()
            if not options["quiet"]:
                self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        run(stop)


def drain() -> dict[str, int]:
    """Everything that is due, and what follows from it, until nothing is left. Returns how many of each."""
    total = {"jobs": 0, "documents": 0, "mails": 0, "tasks": 0}
    first = True
    for _ in range(MOST_ROUNDS):
        at = timezone.now()
        done = {
            "documents": documents.render_due(at, failed=first),
            "jobs": clock.run_all(at),
            "mails": outbox.deliver_due(at),
            "tasks": run_tasks(),
        }
        first = False
        for name, count in done.items():
            total[name] += count
        if not any(done.values()):
            break
    return total


def run(stop: threading.Event) -> None:
    """Go round until told to stop; an act under way is finished first. Waits for work a second at a time, which three indexed reads cost
    nothing.
    """
    next_at = dict.fromkeys(clock.JOBS, 0.0)
    log.info("worker started", extra={"facts": {"jobs": sorted(clock.JOBS)}})
    while not stop.is_set():
        close_old_connections()
        busy = 0
        for step in (
            lambda: documents.render_due(timezone.now(), limit=5),
            lambda: outbox.deliver_due(timezone.now(), limit=50),
            run_tasks,
        ):
            if not stop.is_set():
                busy += _safely(step)
        for name, job in list(clock.JOBS.items()):
            if stop.is_set():
                break
            if time.monotonic() >= next_at.get(name, 0.0):
                next_at[name] = time.monotonic() + job.every_seconds
                busy += _aside(job) if job.aside else clock.run(job)
        if not busy:
            stop.wait(TICK_SECONDS)
    connection.close()
    log.info("worker stopped")


_threads: dict[str, threading.Thread] = {}


def _aside(job: clock.Job) -> int:
    """Start a long job beside the round, unless it still runs."""

    def work():
        try:
            clock.run(job)
        finally:
            connections.close_all()

    running = _threads.get(job.name)
    if running is None or not running.is_alive():
        _threads[job.name] = threading.Thread(target=work, name=job.name, daemon=True)
        _threads[job.name].start()
    return 0


def _safely(step) -> int:
    """One step; a database that is away is waited for, never the end of the worker."""
    try:
        return step()
    except Exception:
        log.exception("worker step failed")
        close_old_connections()
        time.sleep(TICK_SECONDS)
        return 0


def run_tasks() -> int:
    """Tasks queued through django-tasks (higher rooms use it for long exports). Returns how many were waiting."""
    from django_tasks_db.management.commands.db_worker import Worker
    from django_tasks_db.models import DBTaskResult

    waiting = DBTaskResult.objects.ready().count()
    if waiting:
        Worker(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=waiting,
            worker_id="fund",
            excluded_queue_names=[],
        ).run()
    return waiting
