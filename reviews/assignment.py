"""Who reads what: for each college the exact cheapest assignment, with the prices that prove it.

Parity makes the problem separable, so each college is one flow network. Objectives in order: fewest missing reviews, then (after a recusal) fewest new
pairs, then Σ(100 − affinity)² + 20·Σ(load − min)², then the smaller sum of ties, each tie being the first four bytes of SHA-256 of
`seed|application|member`: the optimum is unique, whatever the solver. HiGHS finds it; a check in whole numbers proves it, and mends it if it must.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

FORMAT = "paritary-assignment/1"
LOAD_COST = 20
POOL = -1


@dataclass(frozen=True)
class Reader:
    """A member who can read: at least `minimum` files while feasible, never more than `maximum`."""

    id: str
    college: str
    minimum: int
    maximum: int


@dataclass
class Problem:
    """`affinity[application][member]` is 0-100 (50 when not given). `current`, `started`, `removed` are pairs of an assignment to repair."""

    seed: str
    reviews_per_college: int
    colleges: list[str]
    members: list[Reader]
    applications: list[str]
    affinity: Mapping[str, Mapping[str, int]]
    conflicts: set[tuple[str, str]] = field(default_factory=set)
    current: set[tuple[str, str]] = field(default_factory=set)
    started: set[tuple[str, str]] = field(default_factory=set)
    removed: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Solution:
    """`missing` reviews by college and by (application, college); `prices` prove it is the best; `minima_dropped` where minima could not be held."""

    pairs: list[tuple[str, str]]
    missing: dict[str, int]
    missing_by_application: dict[tuple[str, str], int]
    prices: dict[str, int]
    minima_dropped: list[str]


class ProblemError(ValueError):
    """The instance makes no sense; the text says where."""


def tie(seed: str, application: str, member: str) -> int:
    """Public tie-break of a pair: first four bytes, big-endian, of SHA-256 of `seed|application|member`."""
    return int.from_bytes(hashlib.sha256(f"{seed}|{application}|{member}".encode()).digest()[:4], "big")


def pair_cost(affinity: int) -> int:
    """The square is the fairness device: one very poor match costs more than two mediocre ones."""
    return (100 - affinity) ** 2


def load_cost(load: int, minimum: int) -> int:
    return LOAD_COST * (load - minimum) ** 2


def solve(problem: Problem) -> Solution:
    """The best assignment of every college. Raises ProblemError."""
    _check(problem)
    pairs, missing, by_application, prices, dropped = [], {}, {}, {}, []
    for college in problem.colleges:
        network = _Network(problem, college)
        network.solve()
        chosen = network.chosen()
        pairs += chosen
        absent = network.absent()
        missing[college] = sum(absent.values())
        by_application |= {(application, college): count for application, count in absent.items()}
        prices |= network.prices()
        if network.minima_dropped:
            dropped.append(college)
    order = {application: place for place, application in enumerate(problem.applications)}
    pairs.sort(key=lambda pair: (order[pair[0]], pair[1]))
    return Solution(pairs, missing, by_application, prices, dropped)


def _check(problem: Problem) -> None:
    ids = [member.id for member in problem.members]
    if len(set(ids)) < len(ids) or len(set(problem.applications)) < len(problem.applications):
        raise ProblemError("members and applications have distinct ids")
    if problem.reviews_per_college < 1:
        raise ProblemError("reviews_per_college is at least 1")
    for member in problem.members:
        if member.college not in problem.colleges:
            raise ProblemError(f"{member.id}: unknown college {member.college}")
        if not 0 <= member.minimum <= member.maximum:
            raise ProblemError(f"{member.id}: min and max do not agree")


class _Network:
    """One college: POOL sends unit loads to members, members read applications, POOL covers what nobody can read (missing)."""

    def __init__(self, problem: Problem, college: str):
        self.college = college
        self.members = [member for member in problem.members if member.college == college]
        self.applications = problem.applications
        place = {member.id: column for column, member in enumerate(self.members)}
        rows = {application: row for row, application in enumerate(self.applications)}
        current, started = problem.current - problem.removed, problem.started - problem.removed - problem.conflicts
        closed = problem.conflicts | problem.removed
        self.pairs: list[tuple[int, int]] = []
        self.fixed: set[int] = set()
        costs: list[int] = []
        news: list[int] = []
        ties: list[int] = []
        for application, row in rows.items():
            affinities = problem.affinity.get(application, {})
            for member_id, column in place.items():
                if (application, member_id) in closed:
                    continue
                affinity = affinities.get(member_id, 50)
                if not 0 <= affinity <= 100:
                    raise ProblemError(f"affinity of {application} and {member_id} is not between 0 and 100")
                if (application, member_id) in started:
                    self.fixed.add(len(self.pairs))
                self.pairs.append((row, column))
                costs.append(pair_cost(affinity))
                news.append(int(bool(problem.current) and (application, member_id) not in current))
                ties.append(tie(problem.seed, application, member_id))
        kept = [0] * len(self.applications)
        loaded = [0] * len(self.members)
        for number in self.fixed:
            row, column = self.pairs[number]
            kept[row] += 1
            loaded[column] += 1
        self.demand = [max(problem.reviews_per_college, kept[row]) for row in range(len(self.applications))]
        self.maximum = [max(member.maximum, loaded[column]) for column, member in enumerate(self.members)]
        self.minimum = [member.minimum for member in self.members]
        self.costs, self.news, self.ties = costs, news, ties
        self.minima_dropped = False
        self._weigh()

    # Costs. One whole number holds the four objectives, the earlier ones out of reach of the later.

    def _weigh(self) -> None:
        total = sum(self.demand)
        ties = total * 2**32 + 1
        spread = (
            2
            * (
                total * 10_000
                + sum(
                    load_cost(maximum, minimum) + load_cost(0, minimum)
                    for maximum, minimum in zip(self.maximum, self.minimum, strict=True)
                )
            )
            + 1
        )
        self.scale_cost, self.scale_new = ties, ties * spread
        self.scale_missing = self.scale_new * (total + 1)
        self.weights = [
            new * self.scale_new + cost * self.scale_cost + small
            for new, cost, small in zip(self.news, self.costs, self.ties, strict=True)
        ]

    def unit(self, column: int, number: int) -> int:
        """What the `number`-th file (1 first) of a member adds to the load cost."""
        return load_cost(number, self.minimum[column]) - load_cost(number - 1, self.minimum[column])

    # Finding it.

    def solve(self) -> None:
        if not self.applications:
            self.taken, self.loads, self.short = [], [], []
            self.minima_dropped = any(self.minimum)
            self.dist: dict[tuple[str, int], int] = {}
            return
        self._highs()
        self._prove()

    def _highs(self) -> None:
        import highspy
        import numpy as np

        units = [
            (column, number) for column in range(len(self.members)) for number in range(1, self.maximum[column] + 1)
        ]
        pairs, rows, columns = len(self.pairs), len(self.applications), len(self.members)
        width = pairs + len(units) + rows
        lower, upper = np.zeros(width), np.ones(width)
        for number in self.fixed:
            lower[number] = 1
        upper[pairs + len(units) :] = self.demand
        starts, index, value = [], [], []
        for row, column in self.pairs:
            starts.append(len(index))
            index += [row, rows + column]
            value += [1.0, 1.0]
        for column, _number in units:
            starts.append(len(index))
            index.append(rows + column)
            value.append(-1.0)
        for row in range(rows):
            starts.append(len(index))
            index.append(row)
            value.append(1.0)
        starts.append(len(index))
        bounds = np.array([*map(float, self.demand), *[0.0] * columns])
        engine = highspy.Highs()
        engine.silent()
        for name, choice in (("solver", "simplex"), ("presolve", "off"), ("threads", 1), ("random_seed", 0)):
            engine.setOptionValue(name, choice)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = width, rows + columns
        model.col_cost_, model.col_lower_, model.col_upper_ = np.zeros(width), lower, upper
        model.row_lower_, model.row_upper_ = bounds, bounds
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(index, dtype=np.int32)
        model.a_matrix_.value_ = np.array(value)
        engine.passModel(model)
        every = np.arange(width, dtype=np.int32)

        def run(costs):
            engine.changeColsCost(width, every, np.asarray(costs, dtype=float))
            engine.changeColsBounds(width, every, lower, upper)
            engine.run()
            if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return None
            found = engine.getSolution()
            return np.asarray(found.col_value), np.asarray(found.col_dual)

        missing = np.concatenate([np.zeros(pairs + len(units)), np.ones(rows)])
        found = run(missing)
        fewest = round(float(missing @ found[0]))
        forced = np.array([1.0 if number <= self.minimum[column] else 0.0 for column, number in units])
        if forced.any():
            lower[pairs : pairs + len(units)] = forced
            held = run(missing)
            if held is None or round(float(missing @ held[0])) > fewest:
                lower[pairs : pairs + len(units)] = 0
                self.minima_dropped = True
                held = run(missing)
            found = held
        stages = [
            np.concatenate([np.array(self.news, dtype=float), np.zeros(len(units) + rows)]),
            np.concatenate(
                [np.array(self.costs, dtype=float), [float(self.unit(*unit)) for unit in units], np.zeros(rows)]
            ),
            np.concatenate([np.array(self.ties, dtype=float), np.zeros(len(units) + rows)]),
        ]
        for costs in stages:
            if not costs.any():
                continue
            # The optimal face: what has a reduced cost stays where it is (whole duals, because the matrix is a network's).
            values, duals = found
            upper = np.where(duals > 0.5, lower, upper)
            lower = np.where(duals < -0.5, upper, lower)
            again = run(costs)
            if again is None:
                break
            found = again
        values = np.rint(found[0]).astype(int)
        self.taken = [bool(one) for one in values[:pairs]]
        self.loads = [0] * columns
        for number, (_row, column) in enumerate(self.pairs):
            self.loads[column] += self.taken[number]
        self.short = [int(one) for one in values[pairs + len(units) :]]

    # Proving it.

    def _prove(self) -> None:
        """Prices under which no change of the assignment gains: shortest distances in the residual network. A cycle that gains is turned, then again."""
        while cycle := self._improving_cycle():
            for kind, number, direction in cycle:
                if kind == "pair":
                    self.taken[number] = direction > 0
                elif kind == "load":
                    self.loads[number] += direction
                else:
                    self.short[number] += direction

    def _arcs(self):
        """Residual arcs (from, to, cost, what to turn). Nodes: POOL, ("a", row), ("m", column) numbered in one range."""
        members, arcs = len(self.applications), []
        for number, (row, column) in enumerate(self.pairs):
            if not self.taken[number]:
                arcs.append((members + column, row, self.weights[number], ("pair", number, 1)))
            elif number not in self.fixed:
                arcs.append((row, members + column, -self.weights[number], ("pair", number, -1)))
        pool = members + len(self.members)
        for column, load in enumerate(self.loads):
            floor = 0 if self.minima_dropped else self.minimum[column]
            if load < self.maximum[column]:
                arcs.append(
                    (pool, members + column, self.unit(column, load + 1) * self.scale_cost, ("load", column, 1))
                )
            if load > floor:
                arcs.append((members + column, pool, -self.unit(column, load) * self.scale_cost, ("load", column, -1)))
        for row, short in enumerate(self.short):
            if short < self.demand[row]:
                arcs.append((pool, row, self.scale_missing, ("short", row, 1)))
            if short > 0:
                arcs.append((row, pool, -self.scale_missing, ("short", row, -1)))
        return arcs, pool

    def _improving_cycle(self) -> list[tuple[str, int, int]]:
        arcs, pool = self._arcs()
        distance = [0] * (pool + 1)
        before: list[tuple[int, tuple[str, int, int]] | None] = [None] * (pool + 1)
        for _sweep in range(pool + 2):
            last: int | None = None
            for start, end, cost, turn in arcs:
                if distance[start] + cost < distance[end]:
                    distance[end] = distance[start] + cost
                    before[end] = (start, turn)
                    last = end
            if last is None:
                self.dist = {("price", node): value - distance[pool] for node, value in enumerate(distance)}
                return []
        return _cycle_before(before, last)

    # Answers.

    def chosen(self) -> list[tuple[str, str]]:
        return [
            (self.applications[row], self.members[column].id)
            for number, (row, column) in enumerate(self.pairs)
            if self.taken[number]
        ]

    def absent(self) -> dict[str, int]:
        return {self.applications[row]: short for row, short in enumerate(self.short) if short}

    def prices(self) -> dict[str, int]:
        """By member id, and by `application|college` (an application has one price in each college)."""
        rows = len(self.applications)
        found = {
            f"{application}|{self.college}": self.dist[("price", row)]
            for row, application in enumerate(self.applications)
        }
        return found | (
            {member.id: self.dist[("price", rows + column)] for column, member in enumerate(self.members)}
            if rows
            else {}
        )


def _cycle_before(before, node) -> list[tuple[str, int, int]]:
    """The cycle that leads to a node which every sweep still improved."""
    for _step in before:
        node = before[node][0]
    cycle, last = [], node
    while True:
        node, turn = before[node]
        cycle.append(turn)
        if node == last:
            return cycle


def objective(problem: Problem, pairs: Iterable[tuple[str, str]]) -> tuple[int, int, int]:
    """(cost, new pairs, sum of ties) of an assignment, by the declared objective; to compare two of them."""
    pairs = list(pairs)
    loads = {member.id: 0 for member in problem.members}
    for _application, member in pairs:
        loads[member] += 1
    cost = sum(pair_cost(problem.affinity.get(application, {}).get(member, 50)) for application, member in pairs)
    cost += sum(load_cost(loads[member.id], member.minimum) for member in problem.members)
    new = sum(1 for pair in pairs if problem.current and pair not in problem.current)
    return cost, new, sum(tie(problem.seed, *pair) for pair in pairs)


def read_instance(data: Mapping) -> Problem:
    """A Problem from the JSON of `paritary-assignment/1`. Raises ProblemError."""
    if data.get("format") != FORMAT:
        raise ProblemError(f"the format must be {FORMAT}")
    try:
        members = [
            Reader(str(row["id"]), str(row["college"]), int(row["min"]), int(row["max"])) for row in data["members"]
        ]
        applications = [str(application) for application in data["applications"]]
        affinity = {
            application: {member.id: int(value) for member, value in zip(members, line, strict=True)}
            for application, line in zip(applications, data["affinity"], strict=True)
        }

        def pairs(name: str) -> set[tuple[str, str]]:
            return {(str(application), str(member)) for application, member in data.get(name) or []}

        return Problem(
            str(data["seed"]),
            int(data["reviews_per_college"]),
            [str(college) for college in data["colleges"]],
            members,
            applications,
            affinity,
            pairs("conflicts"),
            pairs("current"),
            pairs("started"),
            pairs("removed"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProblemError(f"the instance cannot be read: {error}") from error


def write_solution(solution: Solution) -> dict:
    return {
        "pairs": [list(pair) for pair in solution.pairs],
        "missing": solution.missing,
        "prices": solution.prices,
        "minima_dropped": solution.minima_dropped,
    }


def affinity(
    *, member_themes: Sequence[str], member_territories: Sequence[str], themes: Sequence[str], department: str
) -> int:
    """0-100 between a member and a file: 70 for shared themes (the first theme of a file counts double), 20 for the territory, 10 neutral for no wish."""
    weights = [2] + [1] * (len(themes) - 1) if themes else []
    shared = sum(weight for weight, theme in zip(weights, themes, strict=True) if theme in member_themes)
    theme_part = 70 * shared // sum(weights) if weights else 0
    return theme_part + (20 if department and department in member_territories else 0) + 5
