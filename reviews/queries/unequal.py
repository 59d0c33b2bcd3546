"""Votes in which the colleges did not take part in equal numbers: what the minutes, the page of the panel and the page of the project say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fund.enums import College
from reviews.enums.meeting import VoteOutcome
from reviews.models.meeting import Tally, Vote

DECIDING = (VoteOutcome.ADOPTED, VoteOutcome.REJECTED)
"""Outcomes of a vote that settles something; the others are followed by another vote, or by none."""


@dataclass(frozen=True)
class Inequality:
    """How many of each college took part."""

    civil: int
    state: int


def inequality(vote: Vote, tallies: Mapping[str, Tally]) -> Inequality | None:
    """What is to be told of a vote that decided with unequal numbers; None when there is nothing to tell, or no count to tell it from."""
    if vote.equal_weight or vote.outcome not in DECIDING or any(college not in tallies for college in College.values):
        return None
    civil, state = (tallies[college] for college in (College.CIVIL_SOCIETY, College.STATE))
    return Inequality(*(row.votes_for + row.against + row.abstained for row in (civil, state)))


def inequality_is_told(vote: Vote) -> bool:
    """Whether the minutes and the public pages will say that the colleges voted in unequal numbers: both write it from these counts."""
    rows = Tally.objects.filter(item=vote.item_id, round=vote.round)
    return inequality(vote, {row.college: row for row in rows}) is not None
