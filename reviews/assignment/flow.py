"""One college as a flow of files between its members, solved exactly in whole numbers.

Members are few and files are many, so the network is folded onto the members: the arc from one member to another is the cheapest file that can pass
between them. The pool is the last column: a file it holds is a missing review, and it lends each member his places at a price that rises with the load.
Any prices give a first choice in which no exchange gains, though some members hold too many files and some too few; each round sends files along the
cheapest paths from the former to the latter, which keeps it so. When nobody holds too many or too few, the choice is the best one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NEVER = np.int64(2**53)
FAR = np.int64(2**52)
GUESSES = 16
GRAINS = [32**power for power in range(5)]
SHUFFLE = 8
"""Bits below a cost that make members whose next file costs the same pass different files, so that a round can send many."""


@dataclass
class Level:
    """What is asked at once. `cost`, `free` and `held` are files x members; `demand`, `pool` and `short` by file; `loads` by member.

    `free` pairs may be taken or left at their cost; `held` pairs are taken whatever happens; the others are out. The pool takes between the first and the
    second `short` of a file's reviews, at `pool` each. Loads are between the first and the second of `loads`; `unit` is the price of each member's place
    of that number, and `worth` the number of places worth their price at given prices: at least, at most."""

    cost: np.ndarray
    free: np.ndarray
    held: np.ndarray
    demand: np.ndarray
    pool: np.ndarray
    short: tuple[np.ndarray, np.ndarray]
    loads: tuple[np.ndarray, np.ndarray]
    unit: Callable[[np.ndarray], np.ndarray]
    worth: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class Flow:
    """The best choice: `taken` pairs, `short` reviews by file, `load` by member."""

    def __init__(self, level: Level, order: np.ndarray, slope: Callable[[np.ndarray], np.ndarray] | None = None):
        """`order`, between 0 and 1/2 by pair, only tells apart what costs the same. With a `slope`, about what a place of that number costs,
        the first choice is made at prices near those of the answer."""
        self.level, self.order = level, order
        self.asked = np.where(level.free, level.cost + order, float(NEVER))
        self.files, self.members = level.cost.shape
        self._choose(self._guess(slope) if slope and self.members else np.zeros(self.members, dtype=np.int64))
        self._fold()
        while self.excess.any():
            for column in self._round():
                self._refresh(column)

    # The first choice.

    def _picks(self, prices: np.ndarray) -> np.ndarray:
        """The cheapest readers of every file at these prices of members."""
        level = self.level
        wanted = level.demand - level.short[0] - level.held.sum(axis=1)
        most = min(int(wanted.max(initial=0)), self.members)
        taken = level.held.copy()
        if most <= 0:
            return taken
        asked = self.asked + prices
        places = np.argpartition(asked, most - 1, axis=1)[:, :most]
        asked = np.take_along_axis(asked, places, axis=1)
        rank = asked.argsort(axis=1)
        places, asked = np.take_along_axis(places, rank, axis=1), np.take_along_axis(asked, rank, axis=1)
        dearest = np.where(level.short[0] < level.short[1], level.pool, FAR)[:, None]
        rows, ranks = ((np.arange(most) < wanted[:, None]) & (np.floor(asked) <= dearest)).nonzero()
        taken[rows, places[rows, ranks]] = True
        return taken

    def _guess(self, slope: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Prices at which about as many files come to each member as he has places worth them, approached by shorter and shorter steps."""
        prices = np.zeros(self.members)
        for turn in range(GUESSES):
            prices += (slope(self._picks(prices).sum(axis=0)) - prices) / (2 + turn)
        # Where many pairs cost the same, prices a little apart send every file to the same few members: coarser ones may serve better.
        middle = np.median(prices)
        guesses = [np.rint(middle + grain * np.rint((prices - middle) / grain)).astype(np.int64) for grain in GRAINS]
        return min(guesses, key=self._unbalance)

    def _unbalance(self, prices: np.ndarray) -> int:
        holds = self._picks(prices).sum(axis=0)
        return int(np.abs(holds - np.clip(holds, *self.level.worth(prices))).sum())

    def _choose(self, prices: np.ndarray) -> None:
        self.taken = self._picks(prices)
        self.short = self.level.demand - self.taken.sum(axis=1)
        holds = self.taken.sum(axis=0)
        self.load = np.clip(holds, *self.level.worth(prices))
        excess = holds - self.load
        self.excess = np.append(excess, -excess.sum())

    # The network folded onto its members.

    def _fold(self) -> None:
        level, size = self.level, self.members + 1
        column = self.short[:, None]
        noise = (self.order * 2 ** (SHUFFLE + 1)).astype(np.int64)
        self.noise = np.hstack([noise, np.zeros_like(column)])
        # By column: what each file costs there, and whether it can leave; by file: what it costs to come to each column.
        self.cost = np.vstack([level.cost.T, level.pool])
        self.gives = np.vstack([(self.taken & level.free).T, self.short > level.short[0]])
        takes = np.hstack([level.free & ~self.taken, column < level.short[1][:, None]])
        self.asks = (np.where(takes, self.cost.T, NEVER) << SHUFFLE) + self.noise
        self.arcs = np.full((size, size), NEVER)
        self.passes = np.full((size, size), -1)
        for start in range(size):
            self._refresh(start)

    def _refresh(self, start: int) -> None:
        """The cheapest way from a column to every other: `arcs`, and what `passes`: a file (its row), or a place of the pool (-1)."""
        level, pool = self.level, self.members
        arcs, passes = self.arcs[start], self.passes[start]
        arcs[:] = NEVER
        rows = self.gives[start].nonzero()[0]
        if len(rows):
            costs = self.asks[rows] - (self.cost[start, rows] << SHUFFLE)[:, None]
            best = costs.argmin(axis=0)
            arcs[:] = costs[best, np.arange(len(best))] >> SHUFFLE
            passes[:] = rows[best]
            arcs[arcs > FAR] = NEVER
        if start == pool:
            back = np.where(self.load > level.loads[0], -level.unit(self.load), NEVER)
            cheaper = (back < arcs[:pool]).nonzero()[0]
            arcs[cheaper], passes[cheaper] = back[cheaper], -1
        elif self.load[start] < level.loads[1][start]:
            more = level.unit(self.load + 1)[start]
            if more < arcs[pool]:
                arcs[pool], passes[pool] = more, -1

    # From those who hold too many to those who hold too few.

    def _round(self) -> set[int]:
        """Send a file along the cheapest path to each member who holds too few, or from each who holds too many if these are more; nothing passes twice.
        Returns the columns that changed."""
        over, under = self.excess > 0, self.excess < 0
        forward = under.sum() >= over.sum()
        starts, ends = (over, under) if forward else (under, over)
        distance, before = shortest(self.arcs if forward else self.arcs.T, np.where(starts, 0, NEVER))
        moved: set[tuple[bool, int]] = set()
        changed = {self.members}
        for end in sorted(ends.nonzero()[0].tolist(), key=distance.__getitem__):
            path, node = [], end
            while (last := int(before[node])) >= 0:
                step = (last, node) if forward else (node, last)
                path.append((*step, int(self.passes[step])))
                node = last
            things = {(row >= 0, row if row >= 0 else min(start, stop)) for start, stop, row in path}
            if things & moved or not self.excess[node]:
                continue
            moved |= things
            self.excess[node] -= 1 if forward else -1
            self.excess[end] += 1 if forward else -1
            for start, stop, row in path:
                changed |= self._pass(start, stop, row)
        return changed

    def _pass(self, start: int, stop: int, row: int) -> set[int]:
        """One step of a path. Returns the members it concerns: all who hold the file, for it can come to them no more or again."""
        level, pool = self.level, self.members
        if row < 0:
            self.load[min(start, stop)] += 1 if stop == pool else -1
            return {min(start, stop)}
        concerned = set(self.gives[:, row].nonzero()[0].tolist()) | {stop}
        for column, change in ((start, -1), (stop, 1)):
            if column == pool:
                self.short[row] += change
                gives, takes = self.short[row] > level.short[0][row], self.short[row] < level.short[1][row]
            else:
                self.taken[row, column] = gives = change > 0
                takes = not gives
            self.gives[column, row] = gives
            cost = self.cost[column, row] if takes else NEVER
            self.asks[row, column] = (cost << SHUFFLE) + self.noise[row, column]
        return concerned

    # The prices of the answer.

    def prices(self) -> tuple[np.ndarray, np.ndarray]:
        """Of files and of members: a free pair that is taken costs with its member's price its file's at most; one that is not, at least."""
        level = self.level
        distance, _before = shortest(self.arcs, np.zeros(self.members + 1, dtype=np.int64))
        members = distance[-1] - distance[:-1]
        asked = level.cost + members
        most = np.where(level.free & self.taken, asked, -NEVER).max(axis=1, initial=-NEVER)
        most = np.maximum(most, np.where(self.short > level.short[0], level.pool, -NEVER))
        least = np.where(level.free & ~self.taken, asked, NEVER).min(axis=1, initial=NEVER)
        least = np.minimum(least, np.where(self.short < level.short[1], level.pool, NEVER))
        return np.where(most > -FAR, most, least), members


def shortest(arcs: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances from where they are 0, in a network where no ring gains; and the node before each, -1 at a start."""
    before = np.full(len(distance), -1)
    every = np.arange(len(distance))
    fresh = (distance < FAR).nonzero()[0]
    while len(fresh):
        reach = distance[fresh][:, None] + arcs[fresh]
        best = reach.argmin(axis=0)
        found = reach[best, every]
        better = found < np.minimum(distance, FAR)
        distance = np.where(better, found, distance)
        before[better] = fresh[best[better]]
        fresh = better.nonzero()[0]
    return distance, before
