"""The fund's clock of the demo: what the worker would have done meanwhile, at the instants that matter and once a month."""

from __future__ import annotations

from core import clock
from core.models import User
from desks.demo.world import ROLES_SINCE, World

A_MONTH = 28
GRACE_MINUTES = 16
PARTNERS_HAVE = 8
"""Days after a closing on which every invitation of its partners is over."""


def plan(world: World) -> None:
    clock.load()
    for row in world.data.calls.values():
        closes = row["calendar"]["closes_offset"]
        world.timeline.on(closes, tick, 17, GRACE_MINUTES)
        world.timeline.on(closes + PARTNERS_HAVE, tick, 18)
    for offset in range(ROLES_SINCE + A_MONTH, 0, A_MONTH):
        world.timeline.on(offset, tick, 3)
    world.timeline.plan(world.timeline.at, tick)


def tick(at) -> None:
    """Every job of the fund once; documents are left to the worker, who has the time to draw them. The people of the demo act without signing in: their
    accounts are not tidied away between two acts."""
    for name, job in clock.JOBS.items():
        if not name.startswith(("core.", "desks.")):
            job.function(at, User.objects.system())
