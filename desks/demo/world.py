"""What the demo knows while it is written: its data, its instants, the rows made so far by their key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core import two_key
from core.models import User
from core.transitions import VERBS
from desks.demo.reader import Data
from desks.demo.timeline import Timeline

ROLES_SINCE = -700
"""Day on which the fund begins: its first roles, rules and envelopes."""


@dataclass
class World:
    timeline: Timeline
    data: Data = field(default_factory=Data)
    people: dict[str, User] = field(default_factory=dict)
    organisations: dict[str, Any] = field(default_factory=dict)
    envelopes: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)

    def both(self, row, verb: str, first: str, second: str, at: datetime, **params):
        """A two-key act done by two people at one instant; returns what the verb returns."""
        declared = VERBS[row.machine][verb]
        proposal = two_key.propose(declared, row, actor=self.people[first], at=at, params=params)
        return two_key.approve(proposal, actor=self.people[second], at=at)

    def fresh(self, row):
        """The row as it is now, without what an earlier act remembered on it."""
        return type(row)._base_manager.get(pk=row.pk)
