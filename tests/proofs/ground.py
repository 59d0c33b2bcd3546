"""A fund of its own for a program: an empty database on the engine of `DATABASE_URL` (SQLite without), dropped at the end; processes that may be killed."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests import environment  # before Django: a closed world, never the instance in `var/`


@contextmanager
def own_fund() -> Iterator[None]:
    """Tables, triggers and identity, nothing else."""
    with _own_database():
        _set_up()
        yield


@contextmanager
def _own_database() -> Iterator[None]:
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield
        return
    import psycopg

    name = f"{urlsplit(given).path.strip('/')[:40]}_{secrets.token_hex(4)}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        os.environ["DATABASE_URL"] = urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
        try:
            yield
        finally:
            from django.db import connections

            connections.close_all()
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _set_up() -> None:
    import django
    from django.conf import settings

    environment.prepare_settings()
    settings.MIGRATION_MODULES = dict.fromkeys(settings.FUND_APPS)
    django.setup()
    import logging

    logging.disable(logging.CRITICAL)
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)


class Ended:
    """How a process ended: killed, or with what its act returned."""

    def __init__(self, status: int, text: str):
        self.killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not self.killed and status:
            raise RuntimeError(f"a process failed: {text}")
        self.said = json.loads(text) if text and not self.killed else None


def begin(act: Callable[[], Any]) -> Callable[[], Ended]:
    """Start `act` in a process of its own, with connections of its own. Returns what waits for its end."""
    from django.db import connections

    connections.close_all()
    sys.stdout.flush()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            os.close(read)
            answer = json.dumps(act())
        except BaseException:  # noqa: BLE001  told to the parent, whatever it is
            code, answer = 1, traceback.format_exc()
        with os.fdopen(write, "w") as pipe:
            pipe.write(answer)
        os._exit(code)
    os.close(write)

    def wait() -> Ended:
        with os.fdopen(read) as pipe:
            text = pipe.read()
        return Ended(os.waitpid(pid, 0)[1], text)

    return wait


def in_a_process(act: Callable[[], Any]) -> Ended:
    return begin(act)()


def program(name: str, *arguments: str) -> dict:
    """Run a program of this folder on the engine of `DATABASE_URL` and give what it printed last. Raises with what it said when it found a fault."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", f"tests.proofs.{name}", *arguments],
        cwd=environment.ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise AssertionError(f"{done.stdout[-2000:]}\n{done.stderr[-6000:]}")
    return json.loads(done.stdout.splitlines()[-1])
