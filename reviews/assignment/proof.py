"""The proof of an answer, in whole numbers of any size, whoever found it: prices under which no exchange gains, and the bound they give."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reviews.assignment.network import Network


class Unproved(RuntimeError):
    """The answer is not the best one."""


class Proof:
    """Prices of `files` and `members`, the pool's being 0, for the `taken` pairs. Raises Unproved.

    A pair costs `weights`, a missing review `lack`, a member's load `load(column, number)`, which rises ever faster; loads are between `floor` and the
    network's maximum. With these prices no assignment costs less than the bound: the answer, which costs just that, is the best one."""

    def __init__(
        self,
        network: Network,
        taken: np.ndarray,
        weights: np.ndarray,
        lack: int,
        floor: np.ndarray,
        load: Callable[[int, int], int],
    ):
        self.network, self.taken, self.weights, self.lack, self.load = network, taken, weights, lack, load
        self.demand, self.floor, self.maximum = network.demand.tolist(), floor.tolist(), network.maximum.tolist()
        self.short, self.loads = (network.demand - taken.sum(axis=1)).tolist(), taken.sum(axis=0).tolist()
        self._set_prices()
        if not self._allowed() or self._value() != self._bound():
            raise Unproved(f"{network.college}: the assignment found is not the best one")

    def _allowed(self) -> bool:
        held, free = self.network.held, self.network.free
        bounds = zip(self.floor, self.loads, self.maximum, strict=True)
        within = all(least <= load <= most for least, load, most in bounds)
        return (
            within
            and min(self.short) >= 0
            and bool(((self.taken & ~held) <= free).all() and (held <= self.taken).all())
        )

    def _set_prices(self) -> None:
        """Shortest distances from anywhere over every change that could still be made."""
        pool = len(self.loads)
        arcs = self._arcs()
        distance = np.zeros(pool + 1, dtype=object)
        for _sweep in range(pool + 2):
            shorter = np.minimum(distance, (distance[:, None] + arcs).min(axis=0))
            if (shorter == distance).all():
                break
            distance = shorter
        self.members = [distance[pool] - far for far in distance[:pool]]
        free, asked = self.network.free, self.weights + np.array(self.members, dtype=object)
        most = np.where(free & self.taken, asked, -inf).max(axis=1, initial=-inf)
        least = np.where(free & ~self.taken, asked, inf).min(axis=1, initial=inf)
        self.files = []
        for row, short in enumerate(self.short):
            high = min(least[row], self.lack) if short < self.demand[row] else least[row]
            low = max(most[row], self.lack) if short else most[row]
            self.files.append(low if low > -inf else high)

    def _arcs(self) -> np.ndarray:
        """What a file, or a place, that passes from one member to another costs at least; the pool is the last."""
        pool, free = len(self.loads), self.network.free
        column = np.array(self.short)[:, None]
        costs = np.hstack([self.weights, np.full(column.shape, self.lack, dtype=object)])
        gives = np.hstack([self.taken & free, column > 0])
        asks = np.where(np.hstack([free & ~self.taken, column < self.network.demand[:, None]]), costs, inf)
        arcs = np.full((pool + 1, pool + 1), inf, dtype=object)
        for start in range(pool + 1):
            rows = gives[:, start].nonzero()[0]
            arcs[start] = (asks[rows] - costs[rows, start][:, None]).min(axis=0, initial=inf)
        for member, load in enumerate(self.loads):
            now = self.load(member, load)
            if load < self.maximum[member]:
                arcs[member, pool] = min(arcs[member, pool], self.load(member, load + 1) - now)
            if load > self.floor[member]:
                arcs[pool, member] = min(arcs[pool, member], self.load(member, load - 1) - now)
        return arcs

    def _value(self) -> int:
        loads = sum(self.load(member, load) for member, load in enumerate(self.loads))
        return sum(self.weights[self.taken]) + loads + self.lack * sum(self.short)

    def _bound(self) -> int:
        """What any assignment costs at least: each pair, load and missing review on its own, at these prices."""
        held, free = self.network.held, self.network.free
        gaps = self.weights + np.array(self.members, dtype=object) - np.array(self.files, dtype=object)[:, None]
        bound = sum(gaps[held]) + sum(gap for gap in gaps[free] if gap < 0)
        for member, price in enumerate(self.members):
            numbers = range(self.floor[member], self.maximum[member])
            suits = numbers.start + bisect_left(
                numbers, price, key=lambda load: self.load(member, load + 1) - self.load(member, load)
            )
            bound += self.load(member, suits) - price * suits
        for wanted, price in zip(self.demand, self.files, strict=True):
            bound += wanted * price + wanted * min(0, self.lack - price)
        return bound
