"""An assignment to find: the instance, what is best in it, and its files (`paritary-assignment/1`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FORMAT = "paritary-assignment/1"
LOAD_COST = 20
MOST_MINIMUM = 1_000_000


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


def check(problem: Problem) -> None:
    """Raises ProblemError."""
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
        if member.minimum > MOST_MINIMUM:
            raise ProblemError(f"{member.id}: min is at most {MOST_MINIMUM}")
    for application, line in problem.affinity.items():
        if line and not (0 <= min(line.values()) and max(line.values()) <= 100):
            raise ProblemError(f"an affinity of {application} is not between 0 and 100")


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
