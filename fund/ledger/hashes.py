"""The chain (SHA-256 with domain tags) and the Merkle tree of RFC 9162 §2.1 over its links, with both proofs and their checks.

Pure functions over bytes: nothing here reads a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

GENESIS_TAG = b"civic-fund/ledger/1/genesis\n"
ENTRY_TAG = b"civic-fund/ledger/1/entry\n"
CHECKPOINT_TAG = b"civic-fund/ledger/1/checkpoint\n"
EMPTY = sha256(b"").digest()

RangeHash = Callable[[int, int], bytes]
"""`f(start, size)`: Merkle hash of the leaves start … start + size − 1, counted from 0."""


def genesis_hash(canonical: bytes) -> bytes:
    return sha256(GENESIS_TAG + canonical).digest()


def link(previous: bytes, canonical: bytes) -> bytes:
    """h(n) from h(n−1) and the canonical bytes of entry n."""
    return sha256(ENTRY_TAG + previous + canonical).digest()


def leaf(entry_hash: bytes) -> bytes:
    return sha256(b"\x00" + entry_hash).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two strictly below `size` (>= 2)."""
    return 1 << (size - 1).bit_length() - 1


class Frontier:
    """The right edge of a growing tree: roots of its complete subtrees, largest first, one for each bit of `count`."""

    def __init__(self, count: int = 0, roots: list[bytes] | None = None):
        self.count, self.roots = count, list(roots or [])
        if len(self.roots) != count.bit_count():
            raise ValueError("the frontier does not fit the count")

    def add(self, entry_hash: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Append one link; yields every subtree that it completes, as (level, position, hash), level 0 the leaf itself."""
        position, level, top = self.count, 0, leaf(entry_hash)
        yield level, position, top
        while position & 1:
            top = node(self.roots.pop(), top)
            position, level = position >> 1, level + 1
            yield level, position, top
        self.roots.append(top)
        self.count += 1

    @property
    def root(self) -> bytes:
        if not self.roots:
            return EMPTY
        top = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            top = node(left, top)
        return top


def root_of(links: list[bytes]) -> bytes:
    """The Merkle root of a whole list of links, by the definition."""
    if not links:
        return EMPTY
    if len(links) == 1:
        return leaf(links[0])
    cut = split(len(links))
    return node(root_of(links[:cut]), root_of(links[cut:]))


def inclusion_proof(index: int, size: int, range_hash: RangeHash) -> list[bytes]:
    """RFC 9162 §2.1.3.1: the path of leaf `index` (from 0) in the tree of the first `size` leaves, lowest sibling first."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in this tree")
    path, start = [], 0
    while size > 1:
        cut = split(size)
        if index < cut:
            path.append(range_hash(start + cut, size - cut))
            size = cut
        else:
            path.append(range_hash(start, cut))
            start, index, size = start + cut, index - cut, size - cut
    return path[::-1]


def consistency_proof(first: int, second: int, range_hash: RangeHash) -> list[bytes]:
    """RFC 9162 §2.1.4.1: that the tree of `first` leaves is a prefix of the tree of `second` leaves (0 < first <= second)."""
    if not 0 < first <= second:
        raise ValueError("a consistency proof goes from a smaller tree to a larger one")
    path, start, whole = [], 0, True
    while first != second:
        cut = split(second)
        if first <= cut:
            path.append(range_hash(start + cut, second - cut))
            second = cut
        else:
            path.append(range_hash(start, cut))
            start, first, second, whole = start + cut, first - cut, second - cut, False
    if not whole:
        path.append(range_hash(start, first))
    return path[::-1]


def verify_inclusion(entry_hash: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """RFC 9162 §2.1.3.2."""
    if not 0 <= index < size:
        return False
    place, last, top = index, size - 1, leaf(entry_hash)
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            top = node(sibling, top)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            top = node(top, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and top == root


def verify_consistency(first: int, second: int, path: list[bytes], first_root: bytes, second_root: bytes) -> bool:
    """RFC 9162 §2.1.4.2."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    steps = list(path)
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node(step, old), node(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
