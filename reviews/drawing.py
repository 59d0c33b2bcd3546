"""The draw itself, pure: anyone does it again with docs/recompute_draw.py.

The pool is bound before the seed exists: SHA-256 of `tie-pool/1|<nonce>|<reference>|<reference>…`, references sorted. The order is by ascending SHA-256 of
`tie-break/1|<seed>|<reference>`, UTF-8, as hexadecimal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def _hash(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def commitment(nonce: str, references: Iterable[str]) -> str:
    return _hash("tie-pool/1", nonce, *sorted(references))


def order(seed: str, references: Iterable[str]) -> list[str]:
    return sorted(references, key=lambda reference: _hash("tie-break/1", seed, reference))
