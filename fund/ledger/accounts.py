"""From where to where each kind of act moves money."""

from __future__ import annotations

from dataclasses import dataclass

from fund.models.ledger import OF_GRANT, STANDING, Account, Kind

MOVES: dict[str, tuple[str, str]] = {
    Kind.OPEN: (Account.SOURCE, Account.FREE),
    Kind.LOWER: (Account.FREE, Account.SOURCE),
    Kind.RESERVE: (Account.FREE, Account.RESERVED),
    Kind.RELEASE_RESERVATION: (Account.RESERVED, Account.FREE),
    Kind.COMMIT: (Account.RESERVED, Account.COMMITTED),
    Kind.RELEASE_COMMITMENT: (Account.COMMITTED, Account.FREE),
    Kind.ORDER: (Account.COMMITTED, Account.ORDERED),
    Kind.UNORDER: (Account.ORDERED, Account.COMMITTED),
    Kind.PAY: (Account.ORDERED, Account.PAID),
    Kind.BOUNCE: (Account.PAID, Account.COMMITTED),
    Kind.CLAIM: (Account.PAID, Account.CLAIMED),
    Kind.UNCLAIM: (Account.CLAIMED, Account.PAID),
    Kind.RETURN: (Account.CLAIMED, Account.RETURNED),
}
"""`carry` (lower one envelope, open another) and `reversal` (the opposite of an earlier entry) have more legs and are built by `legs`."""

ENVELOPE_KINDS = frozenset({Kind.OPEN, Kind.LOWER, Kind.CARRY})
"""Acts on envelopes: no grant. Every other kind belongs to one grant."""

SECRET_KINDS = frozenset({Kind.RESERVE, Kind.RELEASE_RESERVATION, Kind.REVERSAL})
"""Kinds that may rest on a decision not yet notified."""


@dataclass(frozen=True)
class Leg:
    """One posting to write: `cents` > 0 arrive at, < 0 leave the account."""

    envelope_id: int
    account: str
    cents: int

    @property
    def column(self) -> str:
        return "opened_amount" if self.account == Account.SOURCE else f"{self.account}_amount"

    @property
    def change(self) -> int:
        """Of the column: the authority's account is kept as its negative."""
        return -self.cents if self.account == Account.SOURCE else self.cents


def legs(kind: str, envelope_id: int, amount: int, to_envelope_id: int = 0) -> list[Leg]:
    """Postings of every kind but a reversal, by envelope and account. `amount` in cents, > 0."""
    if kind == Kind.CARRY:
        out, into = legs(Kind.LOWER, envelope_id, amount), legs(Kind.OPEN, to_envelope_id, amount)
        return sorted(out + into, key=lambda leg: (leg.envelope_id, leg.account))
    left, arrived = MOVES[kind]
    return sorted(
        [Leg(envelope_id, str(left), -amount), Leg(envelope_id, str(arrived), amount)], key=lambda leg: leg.account
    )


def has_shape(kind: str, postings: list[tuple[str, str, int]]) -> bool:
    """Whether (envelope, account, cents) are what this kind writes. A reversal is only held to sum to zero within each envelope."""
    if kind == Kind.REVERSAL:
        sums: dict[str, int] = {}
        for envelope, _account, cents in postings:
            sums[envelope] = sums.get(envelope, 0) + cents
        return bool(postings) and not any(sums.values())
    if kind == Kind.CARRY:
        if len(postings) != 4:
            return False
        out = [
            row
            for row in postings
            if row[0] == next((p[0] for p in postings if p[1] == Account.FREE and p[2] < 0), None)
        ]
        into = [row for row in postings if row not in out]
        return has_shape(Kind.LOWER, out) and has_shape(Kind.OPEN, into) and abs(out[0][2]) == abs(into[0][2])
    if len(postings) != 2:
        return False
    (envelope, first, cents), (other, second, opposite) = postings
    left, arrived = MOVES[kind]
    if cents > 0:
        first, second, cents, opposite = second, first, opposite, cents
    return envelope == other and first == left and second == arrived and cents < 0 and cents == -opposite


__all__ = [
    "Account",
    "ENVELOPE_KINDS",
    "Kind",
    "Leg",
    "MOVES",
    "OF_GRANT",
    "SECRET_KINDS",
    "STANDING",
    "has_shape",
    "legs",
]
