"""Public references: eight Crockford base-32 signs, seven random and a check sign. They count nothing and can be read aloud."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ = str.maketrans({"O": "0", "I": "1", "L": "1"})


def check_sign(signs: str) -> str:
    """Weighted sum modulo 32: catches every single wrong sign and nearly every swap of neighbours."""
    return ALPHABET[sum((2 * place + 1) * ALPHABET.index(sign) for place, sign in enumerate(signs)) % 32]


def signs() -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(7))
    return body + check_sign(body)


def new(prefix: str, year: int | None = None) -> str:
    """`FP-2026-4T8RWZ2M`, or without a year `ACT-4T8RWZ2M`."""
    return f"{prefix}-{year}-{signs()}" if year else f"{prefix}-{signs()}"


def normalise(text: str) -> str:
    """What a person typed, as a reference: upper case, O read as 0, I and L as 1 in the random part."""
    head, _, tail = text.strip().upper().replace(" ", "").rpartition("-")
    return f"{head}-{tail.translate(_READ)}" if head else tail


def is_valid(reference: str) -> bool:
    tail = reference.rpartition("-")[2]
    return len(tail) == 8 and all(sign in ALPHABET for sign in tail) and check_sign(tail[:7]) == tail[7]
