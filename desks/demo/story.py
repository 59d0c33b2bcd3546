"""The whole story of the demo, or its beginning: every act by its verb, in the order of time, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction

from desks.demo import chance, clock, files, history, institution, meeting, money, panel, publication, told
from desks.demo.timeline import PARIS, Timeline
from desks.demo.variants import Variant
from desks.demo.world import World


def tell(
    *, at: datetime, seed: int, stage: str = "", letter: str = "A", variant: Variant | None = None
) -> tuple[World, dict]:
    """Write the demo; returns what was made and the keys of its accounts. Raises whatever a verb refuses: nothing is then kept.
    `variant`: another world than A or B, with its own stage."""
    variant = variant or Variant(letter, stage)
    zero = at.astimezone(PARIS).date() - timedelta(days=variant.stops_on)
    world = World(Timeline(at, zero), variant)
    variant.change(world.data)
    # Whatever the story's day, the main call is paid from the exercise of the present year.
    world.year = at.astimezone(PARIS).year + (1 if variant.stage else 0)
    with quiet(), transaction.atomic(), chance.repeatable(seed), world.drawing():
        for room in (institution, clock, history, files, panel, meeting, money, publication):
            room.plan(world)
        world.timeline.play()
        panel.note_ranks(world, world.variant.main_call)
        return world, told.give_keys(world, seed)


@contextmanager
def quiet() -> Iterator[None]:
    """Thousands of acts of the past are no news: the log says what goes wrong only."""
    log = logging.getLogger("fund")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
