"""Canonical bytes of `civic-fund-ledger/1`: the subset of RFC 8785 that needs no library (sorted keys, no space, integers, ASCII)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from json.encoder import encode_basestring_ascii as _quoted

FORMAT = "civic-fund-ledger/1"
LIMIT = 2**53


def text(value: str) -> str:
    """A JSON string of printable ASCII, where RFC 8785 and every JSON writer agree. Raises ValueError on anything else."""
    if not value.isascii() or not value.isprintable():
        raise ValueError("the ledger holds printable ASCII only")
    return _quoted(value)


def canonical(value) -> bytes:
    """Bytes of None, booleans, integers below 2^53, ASCII strings, lists and dicts of these. Raises ValueError on the rest."""
    return _write(value).encode("ascii")


def _write(value) -> str:
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        if abs(value) >= LIMIT:
            raise ValueError("integer out of range")
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_write(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{text(key)}:{_write(value[key])}" for key in sorted(value)) + "}"
    raise ValueError(f"{type(value).__name__} has no canonical form here")


def instant(at: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`, UTC, whole seconds (cut, never rounded)."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def genesis(fund: str, opened_on: date) -> dict:
    return {"currency": "EUR", "format": FORMAT, "fund": fund, "opened_on": opened_on.isoformat()}


def entry_bytes(
    seq: int,
    at: str,
    kind: str,
    grant: str | None,
    basis: str | None,
    reverses: int | None,
    postings: list[tuple[str, str, int]],
) -> bytes:
    """Canonical bytes of an entry. `postings` are (envelope reference, account, cents), in any order; `at` as `instant` writes it.

    Same bytes as `canonical(entry_object(…))`, written straight because a million of them are checked in one go.
    """
    lines = ",".join(
        f'{{"account":"{account}","cents":{cents},"envelope":{text(envelope)}}}'
        for envelope, account, cents in sorted(postings)
    )
    return (
        f'{{"at":"{at}","basis":{"null" if basis is None else text(basis)},"grant":{"null" if grant is None else text(grant)},"kind":"{kind}",'
        f'"postings":[{lines}],"reverses":{"null" if reverses is None else reverses},"seq":{seq}}}'
    ).encode("ascii")


def entry_object(seq: int, at: str, kind: str, grant, basis, reverses, postings) -> dict:
    """The same entry as plain data."""
    return {
        "at": at,
        "basis": basis,
        "grant": grant,
        "kind": kind,
        "reverses": reverses,
        "seq": seq,
        "postings": [
            {"account": account, "cents": cents, "envelope": envelope} for envelope, account, cents in sorted(postings)
        ],
    }
