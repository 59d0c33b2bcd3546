"""The public ledger as files: streamed, in the order of `seq`, from the sealed entries alone. The bytes of `entry` are the canonical bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from core.money import decimal_text
from fund.ledger import canonical, hashes, proofs
from fund.ledger.checkpoints import document, latest
from fund.ledger.checkpoints import public_key_pem as _pem
from fund.ledger.queries import Wanted, public_seals
from fund.models import Checkpoint, FundIdentity, LedgerHead, Posting, Seal

CHUNK = 2000
CSV_COLUMNS = ("seq", "hash", "at", "kind", "grant", "basis", "reverses", "envelope", "account", "amount")


@dataclass(frozen=True, slots=True)
class Row:
    """A sealed entry read for checking or writing. `postings`: (envelope reference, account, cents); `reverses` a seq."""

    seq: int
    hash: str
    entry_id: int
    at: str
    kind: str
    grant: str | None
    basis: str | None
    reverses: int | None
    postings: list[tuple[str, str, int]]

    @property
    def content(self) -> bytes:
        return canonical.entry_bytes(self.seq, self.at, self.kind, self.grant, self.basis, self.reverses, self.postings)


def sealed_rows(first: int = 1, last: int | None = None) -> Iterator[Row]:
    """Public entries from `first` to `last` (default: the present head), in flat memory: two queries for each CHUNK."""
    if last is None:
        last = LedgerHead.objects.values_list("count", flat=True).first() or 0
    for start in range(first, last + 1, CHUNK):
        stop = min(start + CHUNK, last + 1)
        span = Seal.objects.filter(seq__gte=start, seq__lt=stop)
        yield from _read(span, Posting.objects.filter(entry__seal__seq__gte=start, entry__seal__seq__lt=stop))


def wanted_rows(wanted: Wanted) -> Iterator[Row]:
    """Public entries that match, oldest first, in flat memory: three queries for each CHUNK."""
    after, rows = 0, public_seals(wanted).order_by("seq")
    while numbers := list(rows.filter(seq__gt=after).values_list("seq", flat=True)[:CHUNK]):
        yield from _read(Seal.objects.filter(seq__in=numbers), Posting.objects.filter(entry__seal__seq__in=numbers))
        after = numbers[-1]


def _read(span, postings) -> Iterator[Row]:
    found = list(
        span.order_by("seq").values_list(
            "seq",
            "hash",
            "entry_id",
            "entry__at",
            "entry__kind",
            "entry__grant",
            "entry__basis",
            "entry__reverses__seal__seq",
        )
    )
    lines: dict[int, list[tuple[str, str, int]]] = {}
    for entry_id, envelope, account, cents in postings.order_by().values_list(
        "entry_id", "envelope__reference", "account", "cents"
    ):
        lines.setdefault(entry_id, []).append((envelope, account, cents))
    for seq, digest, entry_id, at, kind, grant, basis, reverses in found:
        yield Row(seq, digest, entry_id, canonical.instant(at), kind, grant, basis, reverses, lines.get(entry_id, []))


def genesis_object() -> dict | None:
    """The genesis, read only: of the ledger, or what it will be once it starts; None on a fund without an identity."""
    head = LedgerHead.objects.first()
    if head:
        return canonical.genesis(head.fund, head.opened_on)
    identity = FundIdentity.current()
    return canonical.genesis(identity.siret, identity.opened_on) if identity.siret and identity.opened_on else None


def jsonl_lines(last: int | None = None) -> Iterator[str]:
    """`comptes.jsonl`: the genesis and its hash, then each entry and its hash."""
    genesis = genesis_object()
    if genesis is None:
        return
    content = canonical.canonical(genesis)
    yield f'{{"genesis":{content.decode()},"hash":"{hashes.genesis_hash(content).hex()}"}}\n'
    for row in sealed_rows(last=last):
        yield f'{{"entry":{row.content.decode()},"hash":"{row.hash}"}}\n'


def csv_lines(last: int | None = None, wanted: Wanted | None = None) -> Iterator[str]:
    """`comptes.csv`, or the rows of it that match: one row a posting, amounts in euros. For reading: it proves nothing by itself. No cell needs quotes:
    all are ASCII references.
    """
    yield ",".join(CSV_COLUMNS) + "\n"
    for row in wanted_rows(wanted) if wanted else sealed_rows(last=last):
        head = f"{row.seq},{row.hash},{row.at},{row.kind},{row.grant or ''},{row.basis or ''},{row.reverses or ''}"
        yield "".join(
            f"{head},{envelope},{account},{decimal_text(cents)}\n" for envelope, account, cents in sorted(row.postings)
        )


def checkpoint_object(point: Checkpoint) -> dict:
    return document(point)


def checkpoint_text(point: Checkpoint) -> str:
    """One published line: the canonical bytes of the signed object."""
    return canonical.canonical(document(point)).decode() + "\n"


def newest_checkpoint() -> dict | None:
    """What backups and exports carry: kept elsewhere, it proves that nothing before it was changed since."""
    point = latest()
    return document(point) if point else None


def checkpoint_lines() -> Iterator[str]:
    """`checkpoints.jsonl`: all of them, oldest first."""
    for point in Checkpoint.objects.order_by("count", "id").iterator(chunk_size=CHUNK):
        yield checkpoint_text(point)


def public_key_pem() -> str:
    return _pem().decode()


def verifier() -> str:
    """The program of outsiders: it needs nothing of ours."""
    return (settings.BASE_DIR / "docs" / "verify_ledger.py").read_text(encoding="utf-8")


def _proven_size(seq: int, count: int | None) -> int:
    head = LedgerHead.objects.values_list("count", flat=True).first() or 0
    if count is None:
        point = latest()
        count = point.count if point and point.count >= seq else head
    if not 0 < seq <= count <= head:
        raise LookupError("no such entry in a tree of this size")
    return count


def inclusion_proof(seq: int, count: int | None = None) -> dict:
    """Proof that public entry `seq` is in the tree of the newest checkpoint (or of the first `count` entries). Raises LookupError."""
    count = _proven_size(seq, count)
    row = next(sealed_rows(seq, seq))
    entry = canonical.entry_object(row.seq, row.at, row.kind, row.grant, row.basis, row.reverses, row.postings)
    path = proofs.inclusion(seq, count)
    return {
        "format": canonical.FORMAT,
        "entry": entry,
        "hash": row.hash,
        "index": seq - 1,
        "count": count,
        "path": [step.hex() for step in path],
        "root": proofs.root(count).hex(),
    }


def consistency_proof(first: int, second: int) -> dict:
    """Proof that the ledger of `second` entries only adds to that of `first`. Raises LookupError when one is not there."""
    head = LedgerHead.objects.values_list("count", flat=True).first() or 0
    if not 0 < first <= second <= head:
        raise LookupError("a consistency proof goes from a smaller ledger to a larger one that exists")
    path = proofs.consistency(first, second)
    return {
        "format": canonical.FORMAT,
        "from": first,
        "to": second,
        "path": [step.hex() for step in path],
        "from_root": proofs.root(first).hex(),
        "to_root": proofs.root(second).hex(),
    }
