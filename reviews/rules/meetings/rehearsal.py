"""A rehearsal: the rules of a meeting played on invented files. Nothing is read from a real file, nothing is written: the whole of it is in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from reviews import voting
from reviews.enums.meeting import Proposal, VoteOutcome
from reviews.rules.meetings.convening import quorum_words
from reviews.rules.meetings.frame import LABELS
from reviews.rules.meetings.listing import Candidate, Line, propose_list

ENVELOPE = 60_000_00
FILES = (
    ("A", 25_000_00, 25_000_00),
    ("B", 20_000_00, 12_000_00),
    ("C", 25_000_00, 10_000_00),
    ("D", 15_000_00, 15_000_00),
)
"""Name, request and minimum of the invented files, in the order of their ranks. Cents."""
SHORT = {"civil_society": "civil", "state": "state"}


@dataclass
class Side:
    """One college on one invented file, as it was typed: recused among those present, votes."""

    college: str
    recused: int
    votes_for: int
    against: int
    abstained: int
    present: int

    @property
    def key(self) -> str:
        return SHORT[self.college]

    @property
    def label(self) -> str:
        return str(LABELS[self.college])

    @property
    def too_many(self) -> bool:
        return self.votes_for + self.against + self.abstained > self.present


@dataclass
class Played:
    """One invented file and what its vote gives; `line` is what the list makes of it."""

    name: str
    requested: int
    least: int
    proposal: str
    sides: list[Side]
    quorum: voting.Quorum
    result: voting.Result | None
    line: Line | None = None

    @property
    def why_not(self) -> str:
        """Why no vote may be held; empty when one was."""
        return "" if self.quorum.met else quorum_words(self.quorum)

    @property
    def outcome(self) -> str:
        return str(self.result.outcome) if self.result is not None else ""

    @property
    def outcome_label(self) -> str:
        return str(VoteOutcome(self.outcome).label) if self.outcome else ""

    @property
    def disposition(self) -> str:
        if self.outcome == VoteOutcome.ADOPTED:
            return self.proposal
        return (
            str(Proposal.REJECTED)
            if self.outcome == VoteOutcome.REJECTED and self.proposal != Proposal.REJECTED
            else ""
        )


@dataclass
class Rehearsal:
    seats: int
    present: dict[str, int]
    files: list[Played] = field(default_factory=list)

    @property
    def colleges(self) -> list[tuple[str, Any, int]]:
        return [(SHORT[name], LABELS[name], self.present[name]) for name in LABELS]

    @property
    def left(self) -> int:
        return ENVELOPE - sum((one.line.amount or 0) for one in self.files if one.line is not None)


def _number(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    value = given.get(name, "")
    return min(int(value), most) if value.isdigit() and len(value) < 4 else default


def _voices(rules, seats: int, present: dict[str, int], recused: dict[str, int]) -> list[voting.Voice]:
    return [
        voting.Voice(
            (name, seat),
            name,
            voting.Presence.ROOM if seat < present[name] else voting.Presence.ABSENT,
            seat < recused[name],
        )
        for name in LABELS
        for seat in range(seats)
    ]


def _play(given, rules, seats: int, present: dict[str, int], one: tuple[str, int, int]) -> Played:
    name, requested, least = one
    sides = []
    for college, key in SHORT.items():
        recused = _number(given, f"{name}-{key}-recused", 0, present[college])
        there = present[college] - recused
        against = _number(given, f"{name}-{key}-against", 0, seats)
        abstained = _number(given, f"{name}-{key}-abstain", 0, seats)
        given_for = _number(given, f"{name}-{key}-for", max(0, there - against - abstained), seats)
        sides.append(Side(college, recused, given_for, against, abstained, there))
    quorum = voting.quorum(
        _voices(rules, seats, present, {side.college: side.recused for side in sides}),
        share=Fraction(str(rules["quorum"])),
        college_share=Fraction(str(rules.parameters.get("quorum_college", rules["quorum"]))),
        recused_leave_base=rules["quorum_recused"] == "leaves_base",
    )
    result = None
    if quorum.met and not any(side.too_many for side in sides):
        tallies = {
            side.college: voting.CollegeTally(side.votes_for, side.against, side.abstained, side.present)
            for side in sides
        }
        result = voting.decide(tallies, rule=rules["majority"], tie=rules["tie"])
    asked = given.get(f"{name}-proposal", "")
    proposal = asked if asked in Proposal.values else str(Proposal.SELECTED)
    return Played(name, requested, least, proposal, sides, quorum, result)


def rehearse(given: Mapping[str, str], rules) -> Rehearsal:
    """Play what was typed (`given`, from the address) under a rule version, with the very functions of a real vote and of a real list."""
    seats = rules["full_members_per_college"]
    present = {name: _number(given, f"present-{key}", seats, seats) for name, key in SHORT.items()}
    found = Rehearsal(seats, present, [_play(given, rules, seats, present, one) for one in FILES])
    candidates = [
        Candidate(
            place, place, one.disposition, one.requested if one.disposition == Proposal.SELECTED else None, one.least
        )
        for place, one in enumerate(found.files, 1)
        if one.disposition
    ]
    for line in propose_list(candidates, ENVELOPE):
        found.files[line.key - 1].line = line
    return found
