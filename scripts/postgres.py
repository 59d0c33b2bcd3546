"""A PostgreSQL to test on: the one named by DATABASE_URL, one that answers here, or a throw-away cluster of the binaries on this machine.

In each case the tests get a role and databases of their own, dropped afterwards; nothing that exists is touched.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

SOCKETS = ("/var/run/postgresql", "/tmp")  # noqa: S108  where servers put their socket


def _as_postgres() -> list[str]:
    """Prefix that runs a command as the server's own user; empty when that is not possible or not needed."""
    if os.geteuid() != 0 or not shutil.which("runuser"):
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return []
    return ["runuser", "-u", "postgres", "--"]


def _psql(prefix: list[str], where: list[str], *statements: str) -> bool:
    command = [
        *prefix,
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--no-password",
        "-v",
        "ON_ERROR_STOP=1",
        *where,
        "-d",
        "postgres",
    ]
    for statement in statements:
        command += ["-c", statement]
    done = subprocess.run(
        command, capture_output=True, stdin=subprocess.DEVNULL, cwd="/", env={**os.environ, "PGCONNECT_TIMEOUT": "3"}
    )
    return done.returncode == 0


def _reachable() -> tuple[list[str], list[str], str] | None:
    """How an administrator reaches a running server: (prefix, psql options, host and port for the tests)."""
    if not shutil.which("psql"):
        return None
    places = [["-h", folder] for folder in SOCKETS if Path(folder, ".s.PGSQL.5432").exists()] + [
        ["-h", "127.0.0.1", "-U", "postgres"]
    ]
    for prefix in ([], _as_postgres()):
        for place in places:
            if _psql(prefix, place, "SELECT 1"):
                return prefix, place, "127.0.0.1:5432"
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def _throw_away_cluster() -> Iterator[tuple[list[str], list[str], str] | None]:
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    prefix = _as_postgres()
    if not homes or (os.geteuid() == 0 and not prefix):
        yield None
        return
    binaries, folder, port = homes[-1].parent, tempfile.mkdtemp(prefix="fund-postgres-"), _free_port()
    if prefix:
        shutil.chown(folder, "postgres")
    try:
        data = f"{folder}/data"
        quiet = {"capture_output": True, "stdin": subprocess.DEVNULL, "cwd": "/", "check": True}
        subprocess.run(
            [*prefix, str(binaries / "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"],
            **quiet,
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
        control = [*prefix, str(binaries / "pg_ctl"), "-D", data, "-w"]
        subprocess.run([*control, "-l", f"{folder}/log", "-o", options, "start"], **quiet)
        try:
            yield [], ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"], f"127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], capture_output=True, cwd="/")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _own_role(prefix: list[str], place: list[str], address: str) -> Iterator[str]:
    name, password = f"fund_tests_{secrets.token_hex(4)}", secrets.token_hex(12)
    if not _psql(
        prefix,
        place,
        f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}'",
        f"CREATE DATABASE {name} OWNER {name}",
    ):
        raise RuntimeError("the PostgreSQL server answers, and refuses to make a role for the tests")
    try:
        yield f"postgres://{name}:{password}@{address}/{name}"
    finally:
        listing = subprocess.run(
            [
                *prefix,
                "psql",
                "-At",
                *place,
                "-d",
                "postgres",
                "-c",
                f"SELECT datname FROM pg_database WHERE datdba = '{name}'::regrole",
            ],
            capture_output=True,
            text=True,
            cwd="/",
        )
        for database in listing.stdout.split():
            _psql(prefix, place, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        _psql(prefix, place, f"DROP ROLE IF EXISTS {name}")


@contextlib.contextmanager
def database() -> Iterator[str | None]:
    """The address of a database for tests, or None when there is no PostgreSQL here."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    if found := _reachable():
        with _own_role(*found) as url:
            yield url
        return
    with _throw_away_cluster() as started:
        if started is None:
            yield None
            return
        with _own_role(*started) as url:
            yield url
