"""Tests that open many connections take turns: PostgreSQL gives a hundred to everybody, and the tests run in several processes."""

from __future__ import annotations

import fcntl
import tempfile
from contextlib import contextmanager
from pathlib import Path

LOCK = Path(tempfile.gettempdir()) / "fund-tests-many-connections.lock"


@contextmanager
def many_connections():
    """One process of this machine at a time."""
    with LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
