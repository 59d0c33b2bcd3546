"""The proof that an assignment is the best one, re-checked with additions alone: nothing here looks for an assignment, and nothing asks the solver.

Every member and every file of a college has a price, the pool of all loads has price 0. The assignment is the best when no change gains, that is when each
possible step costs at least the difference of the prices at its ends: giving a file to a member who could have it, taking one from a member who has it,
one file more or less for a member, one reading more or less left without a reader. A whole number holds the objectives, the earlier out of reach of the later:
`missing * S3 + new * S2 + cost * S1 + tie`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

LOAD_COST = 20


@dataclass(frozen=True)
class Gap:
    """How much worse a change makes the assignment, at least: missing readings first, then new pairs, then points; ties when all are 0."""

    missing: int
    new: int
    cost: int
    tie: int


def tie(seed: str, application: str, member: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|{application}|{member}".encode()).digest()[:4], "big")


def _pairs(rows) -> set[tuple[str, str]]:
    return {(str(application), str(member)) for application, member in rows or ()}


class CollegeProof:
    """One college of an instance of `paritary-assignment/1`, its pairs and its prices."""

    def __init__(self, instance: Mapping, pairs: Iterable, prices: Mapping, college: str):
        self.seed, self.college, self.prices = instance["seed"], college, prices
        self.applications = list(instance["applications"])
        rows = {name: place for place, name in enumerate(self.applications)}
        everyone = [row["id"] for row in instance["members"]]
        self.column = {name: place for place, name in enumerate(everyone)}
        self.row, self.affinities = rows, instance["affinity"]
        self.members = [row for row in instance["members"] if row["college"] == college]
        mine = {row["id"] for row in self.members}
        closed = _pairs(instance.get("conflicts")) | _pairs(instance.get("removed"))
        self.closed = {pair for pair in closed if pair[1] in mine}
        self.current = _pairs(instance.get("current"))
        self.fixed = {pair for pair in _pairs(instance.get("started")) - closed if pair[0] in rows and pair[1] in mine}
        self.pairs = {pair for pair in _pairs(pairs) if pair[1] in mine}
        kept, held = _count(self.fixed)
        self.demand = {name: max(instance["reviews_per_college"], kept.get(name, 0)) for name in self.applications}
        self.most = {row["id"]: max(row["max"], held.get(row["id"], 0)) for row in self.members}
        self.least = {row["id"]: row["min"] for row in self.members}
        self.readers, self.loads = _count(self.pairs)

    @cached_property
    def scales(self) -> tuple[int, int, int]:
        total = sum(self.demand.values())
        widest = sum(self._load_cost(name, most) + self._load_cost(name, 0) for name, most in self.most.items())
        cost = total * 2**32 + 1
        new = cost * (2 * (total * 10_000 + widest) + 1)
        return cost, new, new * (total + 1)

    def _load_cost(self, member: str, load: int) -> int:
        return LOAD_COST * (load - self.least[member]) ** 2

    def affinity(self, application: str, member: str) -> int:
        return self.affinities[self.row[application]][self.column[member]]

    def weight(self, application: str, member: str) -> int:
        cost, new, _missing = self.scales
        is_new = bool(self.current) and (application, member) not in self.current
        square = (100 - self.affinity(application, member)) ** 2
        return is_new * new + square * cost + tie(self.seed, application, member)

    def unit(self, member: str, number: int) -> int:
        """What the `number`-th file of a member adds."""
        return (self._load_cost(member, number) - self._load_cost(member, number - 1)) * self.scales[0]

    def price_of_file(self, application: str) -> int:
        return int(self.prices[f"{application}|{self.college}"])

    def price_of_member(self, member: str) -> int:
        return int(self.prices[member])

    def gap(self, application: str, member: str) -> int:
        """What the pair costs beyond the prices at its ends: at least 0 for one not chosen, at most 0 for one that is."""
        return self.price_of_member(member) + self.weight(application, member) - self.price_of_file(application)

    def read(self, amount: int) -> Gap:
        """A whole number as the four objectives it holds."""
        parts = []
        for scale in reversed(self.scales):
            part = (amount + scale // 2) // scale
            parts.append(part)
            amount -= part * scale
        missing, new, cost = parts
        return Gap(missing, new, cost, amount)

    def fault(self) -> str:
        """Where the proof fails, or an empty text. Least loads are asked of members as long as the assignment holds them all."""
        return self._shape() or self._files() or self._loads() or self._every_pair()

    def _shape(self) -> str:
        if wrong := self.pairs & self.closed or {pair for pair in self.pairs if pair[0] not in self.row}:
            return f"{self.college}: a pair that is excluded: {min(wrong)}"
        if wrong := self.fixed - self.pairs:
            return f"{self.college}: a started reading is not kept: {min(wrong)}"
        if any(count > self.demand[name] for name, count in self.readers.items()):
            return f"{self.college}: a file has too many readers"
        if any(count > self.most[name] for name, count in self.loads.items()):
            return f"{self.college}: a member has too many files"
        return ""

    def _files(self) -> str:
        lack = self.scales[2]
        for name, wanted in self.demand.items():
            short, price = wanted - self.readers.get(name, 0), self.price_of_file(name)
            if short < wanted and price > lack or short and price < lack:
                return f"{self.college}: the price of {name} does not hold"
        return ""

    def _loads(self) -> str:
        held = all(self.loads.get(name, 0) >= least for name, least in self.least.items())
        for name, most in self.most.items():
            load, price = self.loads.get(name, 0), self.price_of_member(name)
            floor = self.least[name] if held else 0
            if load < most and price > self.unit(name, load + 1) or load > floor and price < self.unit(name, load):
                return f"{self.college}: the price of {name} does not hold"
        return ""

    def _every_pair(self) -> str:
        for application in self.applications:
            for member in self.most:
                pair = (application, member)
                if pair in self.closed:
                    continue
                gap = self.gap(application, member)
                if pair not in self.pairs and gap < 0 or pair in self.pairs and gap > 0 and pair not in self.fixed:
                    return f"{self.college}: the pair {pair} gains"
        return ""


def _count(pairs) -> tuple[dict[str, int], dict[str, int]]:
    files: dict[str, int] = {}
    members: dict[str, int] = {}
    for application, member in pairs:
        files[application] = files.get(application, 0) + 1
        members[member] = members.get(member, 0) + 1
    return files, members


def check(instance: Mapping, pairs: Iterable, prices: Mapping) -> str:
    """Where the proof of an assignment fails, in the words of an auditor; an empty text when it holds. Prices are whole numbers or their digits."""
    pairs = list(pairs)
    try:
        faults = (CollegeProof(instance, pairs, prices, college).fault() for college in instance["colleges"])
        return next((fault for fault in faults if fault), "")
    except KeyError as missing:
        return f"no price for {missing}"
