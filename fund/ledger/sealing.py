"""Entries become public: a number, a place in the chain and in the tree. The head's row is locked last of all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Case, F, Sum, When

from fund.ledger import canonical, hashes
from fund.ledger.accounts import OF_GRANT, Account, Kind
from fund.ledger.checkpoints import checkpoint_if_new
from fund.ledger.head import LedgerError, locked_head
from fund.models import Entry, LedgerHead, Posting, Seal, TreeNode, Unsealed

KEPT_LEVEL = 4
"""Subtrees of 2^4 leaves and more are stored, so that a proof reads a few rows; smaller ones are hashed again from their leaves."""


def pending(basis: str) -> list[Entry]:
    """Entries on this ground that wait for it to become public. Those cancelled before that stay private for ever and are not among them."""
    waiting = list(
        Entry.objects.filter(unsealed__isnull=False, basis=basis).prefetch_related("postings").order_by("id")
    )
    live: dict[str | None, list[Entry]] = {}
    free: dict[str | None, int] = {}
    for entry in waiting:
        live.setdefault(entry.grant, []).append(entry)
        free[entry.grant] = free.get(entry.grant, 0) + sum(
            line.cents for line in entry.postings.all() if line.account == Account.FREE
        )
        if free[entry.grant] == 0:
            live[entry.grant] = []
    return sorted((entry for entries in live.values() for entry in entries), key=lambda entry: entry.pk)


def seal(entries: Iterable[Entry] | str, at: datetime) -> list[Seal]:
    """Make entries public, in the order they were written. `entries`: a list, or the public number of their ground (a decision).

    Locks the ledger's head: call it after every other lock. A checkpoint follows once the transaction is committed.
    """
    if not transaction.get_connection().in_atomic_block:
        raise LedgerError("sealing needs a transaction")
    chosen = pending(entries) if isinstance(entries, str) else sorted(entries, key=lambda entry: entry.pk)
    if not chosen:
        return []
    ids = [entry.pk for entry in chosen]
    late = set(Unsealed.objects.filter(pk__in=ids).values_list("pk", flat=True))
    if any(entry.pk in late and entry.kind != Kind.RESERVE for entry in chosen):
        raise LedgerError("an entry that was cancelled before its ground became public stays private")
    head = locked_head()
    if Seal.objects.filter(entry__in=ids).exists():
        raise LedgerError("an entry is sealed once")
    Unsealed.objects.filter(pk__in=late).delete()
    seals = _chain(head, chosen)
    check_public({entry.grant for entry in chosen if entry.grant})
    transaction.on_commit(partial(checkpoint_if_new, at), robust=True)
    return seals


def _chain(head: LedgerHead, chosen: list[Entry]) -> list[Seal]:
    lines = _lines([entry.pk for entry in chosen])
    numbers = dict(
        Seal.objects.filter(entry__in=[entry.reverses_id for entry in chosen if entry.reverses_id]).values_list(
            "entry_id", "seq"
        )
    )
    frontier = hashes.Frontier(head.count, [bytes.fromhex(root) for root in head.frontier])
    previous, seals, nodes = bytes.fromhex(head.head), [], []
    for seq, entry in enumerate(chosen, head.count + 1):
        if entry.reverses_id and entry.reverses_id not in numbers:
            raise LedgerError("an entry is public before its reversal is")
        content = canonical.entry_bytes(
            seq,
            canonical.instant(entry.at),
            entry.kind,
            entry.grant,
            entry.basis,
            numbers.get(entry.reverses_id or 0),
            lines[entry.pk],
        )
        previous = hashes.link(previous, content)
        numbers[entry.pk] = seq
        seals.append(Seal(seq=seq, entry=entry, hash=previous.hex()))
        nodes += [
            TreeNode(level=level, position=place, hash=top.hex())
            for level, place, top in frontier.add(previous)
            if level >= KEPT_LEVEL
        ]
    Seal.objects.bulk_create(seals, batch_size=2000)
    TreeNode.objects.bulk_create(nodes, batch_size=2000)
    head.count, head.head, head.frontier = frontier.count, previous.hex(), [root.hex() for root in frontier.roots]
    head.save(update_fields=["count", "head", "frontier"])
    return seals


def _lines(ids: list[int]) -> dict[int, list[tuple[str, str, int]]]:
    found: dict[int, list[tuple[str, str, int]]] = {}
    for start_at in range(0, len(ids), 2000):
        rows = Posting.objects.filter(entry__in=ids[start_at : start_at + 2000]).values_list(
            "entry_id", "envelope__reference", "account", "cents"
        )
        for entry_id, envelope, account, cents in rows:
            found.setdefault(entry_id, []).append((envelope, account, cents))
    return found


def check_public(grants: set[str]) -> None:
    """The public sums of these grants stay >= 0, and what is still private only makes the public free amount larger. Raises LedgerError."""
    concerned = set(Entry.objects.filter(unsealed__isnull=False, grant__in=grants).values_list("grant", flat=True))
    if not concerned:
        return  # all public: the columns' own checks say it
    private = Case(When(entry__unsealed__isnull=False, then=F("cents")), default=0)
    rows = (
        Posting.objects.filter(entry__grant__in=concerned)
        .values_list("entry__grant", "account")
        .annotate(all=Sum("cents"), private=Sum(private))
    )
    for grant, account, everything, hidden in rows.order_by():
        if account in OF_GRANT and everything - hidden < 0 or account == Account.FREE and hidden > 0:
            raise LedgerError(f"the public sums of {grant} would not hold: seal what its decision reserved first")
