"""The grants made before this software, imported as a case officer imports them."""

from __future__ import annotations

from desks.demo.world import ROLES_SINCE, World
from registry.resources import read_past_grants
from registry.transitions import import_past_grants


def plan(world: World) -> None:
    world.timeline.on(ROLES_SINCE + 1, lambda at: _import(world, at), 10)


def _import(world: World, at) -> None:
    found = read_past_grants(world.data.history)
    if found.problems:
        raise ValueError(f"history.csv: {found.problems[:3]}")
    import_past_grants(rows=found.rows, actor=world.people["instruction"], at=at, name="subventions-2021-2024.csv")
