"""One college of a problem in numbers: what a pair costs, the two levels at which it is solved, the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from reviews.assignment.flow import Flow, Level
from reviews.assignment.problem import LOAD_COST, Problem, Solution, load_cost
from reviews.assignment.proof import Proof

TIES = 2**32


class Network:
    """Arrays are files x members. `weights` and `scale_…` hold the four objectives in one whole number, the earlier out of reach of the later."""

    def __init__(self, problem: Problem, college: str):
        self.college = college
        self.members = [member for member in problem.members if member.college == college]
        self.applications = problem.applications
        self.rows = {application: row for row, application in enumerate(self.applications)}
        self.columns = {member.id: column for column, member in enumerate(self.members)}
        self.shape = len(self.rows), len(self.columns)
        self._read_pairs(problem)
        files, loads = self.held.sum(axis=1), self.held.sum(axis=0)
        self.demand = np.maximum(problem.reviews_per_college, files)
        self.minimum = np.array([member.minimum for member in self.members], dtype=np.int64)
        maximum = [max(member.maximum, load) for member, load in zip(self.members, loads.tolist(), strict=True)]
        # Nobody reads more than every file; the place after the last one keeps its price above those that are taken.
        self.maximum = np.array([min(most, len(self.rows) + 1) for most in maximum], dtype=np.int64)
        self._publish(maximum)
        self._scale()

    def _read_pairs(self, problem: Problem) -> None:
        lines = (problem.affinity.get(application, {}) for application in self.applications)
        affinity = np.array([[line.get(name, 50) for name in self.columns] for line in lines], dtype=np.int64)
        self.points: np.ndarray = (100 - affinity.reshape(self.shape)) ** 2
        self.ties = _ties(problem.seed, self.applications, self.columns).reshape(self.shape)
        open_pairs = ~(self._mark(problem.conflicts) | self._mark(problem.removed))
        self.held = self._mark(problem.started) & open_pairs
        self.free = open_pairs & ~self.held
        kept = self._mark(problem.current - problem.removed)
        self.new = (~kept if problem.current else np.zeros(self.shape, dtype=bool)).astype(np.int64)

    def _mark(self, pairs: Iterable[tuple[str, str]]) -> np.ndarray:
        marked = np.zeros(self.shape, dtype=bool)
        for application, member in pairs:
            if application in self.rows and member in self.columns:
                marked[self.rows[application], self.columns[member]] = True
        return marked

    def _publish(self, maximum: list[int]) -> None:
        """The scales of the published prices: no sum over a whole assignment reaches the next one."""
        total = int(self.demand.sum())
        bounds = zip(maximum, self.minimum.tolist(), strict=True)
        widest = sum(load_cost(most, least) + load_cost(0, least) for most, least in bounds)
        self.scale_cost = total * TIES + 1
        self.scale_new = self.scale_cost * (2 * (total * 10_000 + widest) + 1)
        self.scale_missing = self.scale_new * (total + 1)

    def _scale(self) -> None:
        """The scales of the search, small enough for the processor. Two assignments differ by exchanges in a ring, each of which passes a member at most
        once and the pool at most once: it is enough that no ring reaches the next scale."""
        places = len(self.columns) + 1
        widest = LOAD_COST * (2 * int(max(self.maximum.max(initial=0), self.minimum.max(initial=0))) + 1)
        self.step_new = 2 * (places * 10_000 + 2 * widest) + 1
        self.step_minimum = self.step_new * 2 * (places + 1)
        self.step_missing = self.step_minimum * 8
        self.cost = self.points + self.new * self.step_new

    @property
    def weights(self) -> np.ndarray:
        points, new, ties = (array.astype(object) for array in (self.points, self.new, self.ties))
        return new * self.scale_new + points * self.scale_cost + ties

    # Solving.

    def solve(self, solution: Solution) -> None:
        """Adds this college's part to the solution."""
        if not self.rows:
            solution.missing[self.college] = 0
            solution.minima_dropped += [self.college] if self.minimum.any() else []
            return
        first = self._cheapest(self.step_minimum if self.minimum.any() else 0)
        dropped = bool((first.load < self.minimum).any())
        if dropped:
            self._prove_dropped(first)
            first = self._cheapest(0)
        taken = self._smallest_ties(first).taken
        floor = np.zeros_like(self.minimum) if dropped else self.minimum
        proof = Proof(self, taken, self.weights, self.scale_missing, floor, lambda *place: self._load(*place))
        self._answer(solution, taken, proof, dropped)

    def _cheapest(self, penalty: int) -> Flow:
        """Fewest missing reviews, then least below the minima when that has a penalty, then fewest new pairs, then fewest points."""
        least, most = self.minimum, self.maximum

        def unit(number: np.ndarray) -> np.ndarray:
            return LOAD_COST * (2 * (number - least) - 1) - penalty * (number <= least)

        def worth(prices: np.ndarray) -> np.ndarray:
            above = least + (prices // LOAD_COST + 1) // 2
            below = np.minimum(least, least + ((prices + penalty) // LOAD_COST + 1) // 2)
            return np.clip(np.where(above > least, above, below), 0, most)

        nothing = np.zeros_like(self.demand)
        lack = np.full_like(self.demand, self.step_missing)
        level = Level(
            self.cost,
            self.free,
            self.held,
            self.demand,
            lack,
            (nothing, self.demand),
            (np.zeros_like(most), most),
            unit,
            lambda prices: (worth(prices - 1), worth(prices)),
        )
        return Flow(level, self.ties / (2 * TIES), lambda number: LOAD_COST * (2.0 * (number - least) - 1))

    def _smallest_ties(self, first: Flow) -> Flow:
        """Among all that is as cheap, which is what the prices leave open."""
        files, members = first.prices()
        gap = self.cost + members - files[:, None]
        lack = np.full_like(self.demand, self.step_missing)
        short = np.where(files > lack, self.demand, 0), np.where(files >= lack, self.demand, 0)
        places = first.level.worth(members)
        level = Level(
            self.ties,
            self.free & (gap == 0),
            self.held | (self.free & (gap < 0)),
            self.demand,
            np.zeros_like(self.demand),
            short,
            places,
            np.zeros_like,
            lambda _prices: places,
        )
        return Flow(level, np.zeros(self.shape))

    # Proving and telling.

    def _load(self, column: int, load: int) -> int:
        return self.scale_cost * load_cost(load, int(self.minimum[column]))

    def _prove_dropped(self, first: Flow) -> None:
        """That the minima cannot be held with the fewest missing reviews: the best choice with a penalty for each file below them still pays it."""

        def load(column: int, number: int) -> int:
            least = int(self.minimum[column])
            return load_cost(number, least) + self.step_minimum * max(0, least - number)

        Proof(self, first.taken, self.cost.astype(object), self.step_missing, np.zeros_like(self.minimum), load)

    def _answer(self, solution: Solution, taken: np.ndarray, proof: Proof, dropped: bool) -> None:
        names = list(self.columns)
        rows, columns = taken.nonzero()
        solution.pairs += [
            (self.applications[row], names[column]) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ]
        short = (self.demand - taken.sum(axis=1)).tolist()
        solution.missing[self.college] = sum(short)
        for application, count in zip(self.applications, short, strict=True):
            if count:
                solution.missing_by_application[application, self.college] = count
        solution.prices |= {
            f"{application}|{self.college}": price
            for application, price in zip(self.applications, proof.files, strict=True)
        } | dict(zip(names, proof.members, strict=True))
        if dropped:
            solution.minima_dropped.append(self.college)


def _ties(seed: str, applications: Iterable[str], members: Iterable[str]) -> np.ndarray:
    """`tie` of every pair at once."""
    sha, names = hashlib.sha256, [name.encode() for name in members]
    starts = (f"{seed}|{application}|".encode() for application in applications)
    digests = b"".join([sha(start + name).digest()[:4] for start in starts for name in names])
    return np.frombuffer(digests, dtype=">u4").astype(np.int64)
