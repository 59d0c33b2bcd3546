"""Proofs of RFC 9162 over the stored ledger: the subtrees a proof needs are read in two queries, whatever the size."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from fund.ledger import hashes
from fund.ledger.sealing import KEPT_LEVEL
from fund.models import Seal, TreeNode

KEPT = 1 << KEPT_LEVEL


def _pieces(start: int, size: int) -> Iterator[tuple[int, int]]:
    """The parts of a range that are read: kept subtrees, and runs shorter than one. A range of a proof starts at a multiple of its height."""
    if size < KEPT or size & (size - 1) == 0:
        yield start, size
        return
    cut = hashes.split(size)
    yield from _pieces(start, cut)
    yield from _pieces(start + cut, size - cut)


class Tree:
    """Hashes of these ranges, read at once. `hash_of` answers for them and nothing else."""

    def __init__(self, ranges: list[tuple[int, int]]):
        kept, runs = [], []
        for start, size in {piece for wanted in ranges for piece in _pieces(*wanted)}:
            (kept if size >= KEPT else runs).append((start, size))
        self._found: dict[tuple[int, int], bytes] = {}
        if kept:
            wanted = Q()
            for start, size in kept:
                level = size.bit_length() - 1
                wanted |= Q(level=level, position=start >> level)
            for level, position, digest in TreeNode.objects.filter(wanted).values_list("level", "position", "hash"):
                self._found[(position << level, 1 << level)] = bytes.fromhex(digest)
        if runs:
            wanted = Q()
            for start, size in runs:
                wanted |= Q(seq__gt=start, seq__lte=start + size)
            links = {
                seq: bytes.fromhex(digest) for seq, digest in Seal.objects.filter(wanted).values_list("seq", "hash")
            }
            for start, size in runs:
                self._found[(start, size)] = hashes.root_of([links[seq] for seq in range(start + 1, start + size + 1)])

    def hash_of(self, start: int, size: int) -> bytes:
        if (start, size) in self._found:
            return self._found[(start, size)]
        cut = hashes.split(size)
        return hashes.node(self.hash_of(start, cut), self.hash_of(start + cut, size - cut))


def _prove(walk) -> list[bytes]:
    """Run a proof twice: once to learn which ranges it asks for, once with them read."""
    asked: list[tuple[int, int]] = []

    def note(start: int, size: int) -> bytes:
        asked.append((start, size))
        return hashes.EMPTY

    walk(note)
    return walk(Tree(asked).hash_of)


def inclusion(seq: int, size: int) -> list[bytes]:
    """Path of public entry `seq` (from 1) in the tree of the first `size` entries. Raises ValueError when there is no such leaf."""
    return _prove(lambda range_hash: hashes.inclusion_proof(seq - 1, size, range_hash))


def consistency(first: int, second: int) -> list[bytes]:
    """Path from the tree of `first` entries to that of `second`. Raises ValueError unless 0 < first <= second."""
    return _prove(lambda range_hash: hashes.consistency_proof(first, second, range_hash))


def root(size: int) -> bytes:
    """Root of the tree of the first `size` public entries."""
    return Tree([(0, size)]).hash_of(0, size) if size else hashes.EMPTY
