"""What the demo knows while it is written: its data, its instants, the rows made so far by their key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

from core import documents, two_key
from core.models import Document, User
from core.pdf import draw
from core.transitions import VERBS
from desks.demo.reader import Data
from desks.demo.timeline import Timeline
from desks.demo.variants import Variant

ROLES_SINCE = -700
"""Day on which the fund begins: its first roles, rules and envelopes."""


@dataclass
class World:
    timeline: Timeline
    variant: Variant = field(default_factory=Variant)
    data: Data = field(default_factory=Data)
    people: dict[str, User] = field(default_factory=dict)
    organisations: dict[str, Any] = field(default_factory=dict)
    envelopes: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)
    meetings: dict[str, Any] = field(default_factory=dict)
    acting: dict[str, User] = field(default_factory=dict)
    pairs: dict[tuple[str, str], int] = field(default_factory=dict)
    year: int = 0
    """Year of the fund's present exercise (default: that of now)."""

    _pool: ProcessPoolExecutor | None = None
    _drawn: dict[int, Future[bytes]] = field(default_factory=dict)

    A_DAY = timedelta(days=1)

    def both(self, row, verb: str, first: str, second: str, at, **params):
        """A two-key act done by two people at one instant; returns what the verb returns."""
        declared = VERBS[row.machine][verb]
        proposal = two_key.propose(declared, row, actor=self.people[first], at=at, params=params)
        return two_key.approve(proposal, actor=self.people[second], at=at)

    def fresh(self, row):
        """The row as it is now, without what an earlier act remembered on it."""
        return type(row)._base_manager.get(pk=row.pk)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Papers to sign are drawn by other processes while the story goes on, when the machine has another core."""
        if (os.cpu_count() or 1) < 2:
            yield
            return
        with ProcessPoolExecutor(2, get_context("spawn")) as self._pool:
            try:
                yield
            finally:
                self._pool.shutdown(cancel_futures=True)
                self._pool = None

    def render_soon(self, document: Document | None) -> None:
        """This one will have to be signed: its drawing may begin."""
        if self._pool is not None and document is not None:
            self._drawn[document.pk] = self._pool.submit(draw, documents.printed(document))

    def render(self, document: Document | None, at) -> Document:
        """What must be signed is rendered first; the rest is left to the worker."""
        if document is None:
            raise ValueError("there is nothing to sign")
        begun = self._drawn.pop(document.pk, None)
        return documents.render(document, at=at, content=begun.result() if begun is not None else None)
