"""How near a file is to a member, in parts that a person can follow."""

from __future__ import annotations

from dataclasses import dataclass

THEMES, TERRITORY, EVERYBODY = 70, 20, 10
MOST = 3


@dataclass(frozen=True)
class ThemePart:
    """A theme of the file: `weight` in it (the first counts double), `level` of the member (0 when it is not his)."""

    code: str
    weight: int
    level: int


@dataclass(frozen=True)
class Affinity:
    """Out of 100: themes 70, territory 20, and 10 that everybody has, because no wish is asked."""

    themes: int
    territory: int
    shared: tuple[ThemePart, ...]
    everybody: int = EVERYBODY

    @property
    def total(self) -> int:
        return self.themes + self.territory + self.everybody


def affinity_parts(seat, application) -> Affinity:
    """The parts between a member and a file: each theme of the file by the level (1 to 3) at which the member knows it, then the territory."""
    levels = seat.themes
    shared = tuple(
        ThemePart(code, 1 if place else 2, min(MOST, levels.get(code, 0)))
        for place, code in enumerate(application.themes)
    )
    whole = MOST * sum(part.weight for part in shared)
    themes = THEMES * sum(part.weight * part.level for part in shared) // whole if whole else 0
    near = bool(application.department) and application.department in seat.departments
    return Affinity(themes, TERRITORY if near else 0, shared)


def affinity(seat, application) -> int:
    return affinity_parts(seat, application).total
