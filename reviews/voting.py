"""Quorum, votes and parity, as pure rules (rulebook, art. 15 and 16; CRPA R133-9 to R133-11). Nothing here reads the database.

The unit is the voting seat: one full member's place, filled by himself, his alternate, or a proxy of the same college.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil

from fund.enums import College

COLLEGES = (College.CIVIL_SOCIETY, College.STATE)


class Presence(StrEnum):
    ROOM = "room"
    REMOTE = "remote"
    ALTERNATE = "alternate"
    PROXY = "proxy"
    ABSENT = "absent"


class Choice(StrEnum):
    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


class Outcome(StrEnum):
    ADOPTED = "adopted"
    REJECTED = "rejected"
    TIED = "tied"
    DEFERRED = "deferred"


@dataclass(frozen=True)
class Voice:
    """A voting seat on one item. `recused`: whoever would speak for the seat (or gave the proxy) has an interest in the file."""

    seat: Hashable
    college: str
    presence: Presence = Presence.ABSENT
    recused: bool = False

    @property
    def present(self) -> bool:
        return self.presence != Presence.ABSENT and not self.recused


@dataclass(frozen=True)
class Count:
    """Seats present out of a base, and how many are needed."""

    present: int
    base: int
    needed: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.present)


@dataclass(frozen=True)
class Quorum:
    overall: Count
    colleges: dict[str, Count]
    required: bool

    @property
    def met(self) -> bool:
        return not self.overall.missing and not any(count.missing for count in self.colleges.values())


def quorum(
    voices: Iterable[Voice],
    *,
    share: Fraction = Fraction(1, 2),
    college_share: Fraction | None = None,
    recused_leave_base: bool = False,
    second_notice: bool = False,
    second_notice_minimum: int = 1,
) -> Quorum:
    """Is the quorum met, overall (`share`) and in each college (`college_share`, the same unless given)? On a second notice only
    `second_notice_minimum` voters of each college are needed."""
    voices = list(voices)

    within = share if college_share is None else college_share

    def count(group: list[Voice], part: Fraction, needed: int | None) -> Count:
        base = [voice for voice in group if not (voice.recused and recused_leave_base)]
        return Count(
            sum(voice.present for voice in group), len(base), ceil(part * len(base)) if needed is None else needed
        )

    by_college = {str(college): [voice for voice in voices if voice.college == college] for college in COLLEGES}
    # One voice of each college is always needed: half of nothing is nothing, and no decision is taken by one college alone.
    colleges = {
        name: count(group, within, second_notice_minimum if second_notice else None)
        for name, group in by_college.items()
    }
    colleges = {name: Count(found.present, found.base, max(found.needed, 1)) for name, found in colleges.items()}
    return Quorum(count(voices, share, 0 if second_notice else None), colleges, not second_notice)


def proxy_fault(giver: Voice, holder: Voice, *, held: int, maximum: int = 1) -> str:
    """Why a proxy may not stand: `proxy_other_college`, `proxy_limit` (already `held` by the holder), `proxy_void`, or nothing."""
    if giver.college != holder.college:
        return "proxy_other_college"
    if held >= maximum:
        return "proxy_limit"
    if giver.recused or holder.recused:
        return "proxy_void"
    return ""


@dataclass(frozen=True)
class CollegeTally:
    votes_for: int = 0
    against: int = 0
    abstained: int = 0
    present: int = 0

    @property
    def cast(self) -> int:
        return self.votes_for + self.against

    @property
    def voters(self) -> int:
        return self.votes_for + self.against + self.abstained

    @property
    def share(self) -> Fraction | None:
        """Part in favour of the votes for and against; None when there are none."""
        return Fraction(self.votes_for, self.cast) if self.cast else None


@dataclass(frozen=True)
class Result:
    """`weighted` is the sum of the two halves (college-weighted votes only); `silent` the colleges without a vote for or against."""

    outcome: Outcome
    rule: str
    colleges: dict[str, CollegeTally]
    weighted: Fraction | None
    silent: tuple[str, ...] = ()
    needed: int = 0

    @property
    def equal_weight(self) -> bool:
        """Both colleges voted, with the same total weight: always by half under the weighted rule, seat for seat under the ordinary one."""
        if self.rule == "college_weighted":
            return not self.silent
        voters = {tally.voters for tally in self.colleges.values()}
        return len(voters) == 1 and voters != {0}


def tally(choices: Iterable[tuple[str, str]], present: Mapping[str, int]) -> dict[str, CollegeTally]:
    """Counts by college from (college, choice) of each seat that voted; `present` seats present or represented in each."""
    listed = list(choices)
    return {
        str(college): CollegeTally(
            listed.count((college, Choice.FOR)),
            listed.count((college, Choice.AGAINST)),
            listed.count((college, Choice.ABSTAIN)),
            present.get(college, 0),
        )
        for college in COLLEGES
    }


def decide(
    colleges: Mapping[str, CollegeTally], *, rule: str, round_number: int = 1, tie: str = "second_discussion"
) -> Result:
    """The result of a vote under `r133_11` or `college_weighted`. An equal split follows the rule on ties: TIED then, at the second round, REJECTED; or
    DEFERRED; or REJECTED at once."""
    colleges = {str(name): count for name, count in colleges.items()}
    if any(count.voters > count.present for count in colleges.values()):
        raise ValueError("more votes than seats present")
    if rule == "college_weighted":
        return _weighted(colleges, split(tie, round_number))
    if rule != "r133_11":
        raise ValueError(f"unknown majority: {rule}")
    return _ordinary(colleges, split(tie, round_number))


def split(tie: str, round_number: int) -> Outcome:
    """What an equal split becomes under a rule on ties."""
    if tie == "defer":
        return Outcome.DEFERRED
    return Outcome.TIED if tie == "second_discussion" and round_number == 1 else Outcome.REJECTED


def _weighted(colleges, equal: Outcome) -> Result:
    silent = tuple(name for name, count in colleges.items() if not count.cast)
    if silent:
        return Result(Outcome.DEFERRED, "college_weighted", colleges, None, silent)
    total = sum((count.share / 2 for count in colleges.values()), Fraction(0))
    if total == Fraction(1, 2):
        outcome = equal
    else:
        outcome = Outcome.ADOPTED if total > Fraction(1, 2) else Outcome.REJECTED
    return Result(outcome, "college_weighted", colleges, total)


def _ordinary(colleges, equal: Outcome) -> Result:
    present = sum(count.present for count in colleges.values())
    in_favour = sum(count.votes_for for count in colleges.values())
    against = sum(count.against for count in colleges.values())
    if 2 * in_favour > present:
        outcome = Outcome.ADOPTED
    elif in_favour and in_favour == against:
        outcome = equal
    else:
        outcome = Outcome.REJECTED
    return Result(outcome, "r133_11", colleges, None, needed=present // 2 + 1)


@dataclass(frozen=True)
class Parity:
    """Whether a decision by vote is paritary, and if not why: `reviews` or `votes`."""

    holds: bool
    missing: str = ""


def parity(
    *, reviews: Mapping[str, int], fallback: bool, rule: str, equal_weight: bool, inequality_recorded: bool
) -> Parity:
    """Both colleges filed the same number >= 1 of reviews (or a recorded fallback holds), and both voted with equal weight (or the rule is r133_11 and
    the inequality is recorded in the minutes and on the public page)."""
    counts = [reviews.get(college, 0) for college in COLLEGES]
    if not fallback and (min(counts) < 1 or counts[0] != counts[1]):
        return Parity(False, "reviews")
    if not equal_weight and not (rule == "r133_11" and inequality_recorded):
        return Parity(False, "votes")
    return Parity(True)
