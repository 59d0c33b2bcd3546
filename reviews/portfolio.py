"""What an envelope could fund: pure figures, whole cents, over the files they are given and no other. Nothing here decides.

The rule is the list's (rulebook, art. 17): in the order given each file is funded whole; the first that does not fit gets what is left when that is not
below its least, and closes the list. Nobody behind it is served in its place.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


def most_amount(application) -> int:
    """The request or the call's ceiling, the lower, in cents."""
    return min(application.requested_amount, application.call.ceiling_amount)


def least_amount(application) -> int:
    """The applicant's minimum and the call's floor, in cents; without a declared minimum a project is funded whole or not at all."""
    declared = application.minimum_viable_amount
    return min(
        most_amount(application),
        max(most_amount(application) if declared is None else declared, application.call.floor_amount),
    )


@dataclass(frozen=True)
class Wish(Generic[Key]):
    """One file in the order of a ranking: what it may be given at most, and the least below which it is given nothing."""

    key: Key
    most: int
    least: int


def fill(wishes: Iterable[Wish[Key]], free: int) -> dict[Key, int]:
    """Cents by file, for those that the money reaches."""
    found: dict[Key, int] = {}
    left = max(0, free)
    for wish in wishes:
        if wish.most <= 0:
            continue
        if wish.most <= left:
            found[wish.key] = wish.most
            left -= wish.most
            continue
        if left >= max(1, wish.least):
            found[wish.key] = left
        break
    return found


def split(amount: int, parts: int) -> list[int]:
    """An amount in equal parts, to the cent: the first ones take the cents that are left over."""
    each, over = divmod(amount, parts)
    return [each + (place < over) for place in range(parts)]


@dataclass(frozen=True)
class Share:
    """One group of a break-down. A file that stands in several counts as one in each; its euros are split between them."""

    key: str
    files: int
    amount: int


def shares(rows: Iterable[tuple[Iterable[str], int]]) -> list[Share]:
    """Funded files by group, from (groups, cents) of each; the largest first. The cents sum to the total, whatever the groups. Files without a group
    stand under an empty key."""
    files: dict[str, int] = {}
    cents: dict[str, int] = {}
    for groups, amount in rows:
        if amount <= 0:
            continue
        named = sorted(set(groups)) or [""]
        for group, part in zip(named, split(amount, len(named)), strict=True):
            files[group] = files.get(group, 0) + 1
            cents[group] = cents.get(group, 0) + part
    return [Share(key, files[key], cents[key]) for key in sorted(cents, key=lambda key: (-cents[key], key))]


@dataclass(frozen=True)
class Agreement:
    """The files that are funded, by what each college's own ranking would have funded with the same money."""

    both: int
    civil: int
    state: int
    neither: int


def agreement(funded: Iterable[Key], civil: Mapping[Key, int], state: Mapping[Key, int]) -> Agreement:
    """How many of the funded files both colleges' rankings reach, the civil society's alone, the State's alone, neither."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for key in funded:
        counts[key in civil, key in state] += 1
    return Agreement(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def faults(amount: int, *, requested: int, ceiling: int, least: int) -> list[str]:
    """What no vote could give: `above_requested`, `above_ceiling`, `below_least`. Nothing is said of a file that is not funded."""
    if amount <= 0:
        return []
    found = []
    if amount > requested:
        found.append("above_requested")
    if amount > ceiling:
        found.append("above_ceiling")
    if amount < least:
        found.append("below_least")
    return found
