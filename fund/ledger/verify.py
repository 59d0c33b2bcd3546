"""Everything the ledger promises, computed anew from its rows: chain, tree, checkpoints, sums against columns, guards of the tables.

Reads in flat memory (one small counter a grant). Stops at the first fault and names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Sum

from core import append_only
from fund.ledger import canonical, hashes
from fund.ledger.accounts import SECRET_KINDS, has_shape
from fund.ledger.checkpoints import document, verify_signature
from fund.ledger.export import CHUNK, Row, sealed_rows
from fund.ledger.sealing import KEPT_LEVEL
from fund.models import Checkpoint, Entry, Envelope, GrantAccount, LedgerHead, Posting, Seal, TreeNode, Unsealed
from fund.models.ledger import OF_GRANT, STANDING, Account, EnvelopeState, Kind

ACCOUNTS = {name: place for place, name in enumerate(Account.values)}


class Fault(Exception):
    """What does not hold, and where."""


@dataclass(frozen=True)
class Verified:
    """What was found to hold."""

    entries: int
    public: int
    checkpoints: int
    head: str
    root: str
    warnings: tuple[str, ...] = ()
    """What is odd and changes nothing of what holds: a checkpoint dated before the last entry it signs."""


def _hold(condition, message: str) -> None:
    if not condition:
        raise Fault(message)


def read_checkpoints(text: str) -> list[dict]:
    """Published checkpoints of a file: one JSON object, or one a line. Raises Fault when it is neither."""
    try:
        found = [json.loads(text)]
    except ValueError:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise Fault("the checkpoint file is not JSON") from None
    names = {"at", "count", "format", "genesis", "head", "key", "root", "signature"}
    _hold(
        found
        and all(isinstance(point, dict) and set(point) == names and isinstance(point["count"], int) for point in found),
        "the checkpoint file does not hold checkpoints of civic-fund-ledger/1",
    )
    return found


@contextmanager
def _snapshot() -> Iterator[None]:
    """One state of the database for the whole check, while others go on writing (inside a transaction already: that one)."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")  # deferred: reads one state and blocks nobody
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def verify(checkpoint: str | dict | None = None, say: Callable[[str], None] = lambda line: None) -> Verified:
    """Check the whole ledger, and that each kept checkpoint (a published object, or the text of a file) is a prefix of it. Raises Fault."""
    kept = read_checkpoints(checkpoint) if isinstance(checkpoint, str) else [checkpoint] if checkpoint else []
    with _snapshot():
        return _verify(kept, say)


def _verify(kept: list[dict], say: Callable[[str], None]) -> Verified:
    missing = append_only.missing()
    _hold(not missing, f"no append-only guard on: {', '.join(missing)}")
    say("append-only guards in place")
    head = LedgerHead.objects.first()
    if head is None:
        _hold(not Entry.objects.exists() and not Checkpoint.objects.exists(), "there are entries, and no genesis")
        _hold(not kept, "the kept checkpoint speaks of a ledger that never started")
        return Verified(0, 0, 0, "", hashes.EMPTY.hex())
    chain = Chain(head)
    points = _checkpoint_check(chain, kept)
    chain.walk(points)
    say(f"{head.count} public entries: chain, tree and balances hold")
    say(f"{points.seen} checkpoints hold")
    _check_private()
    entries = _check_sums()
    _check_waiting()
    say(f"{entries} entries: the columns of envelopes and grants are the sums of their postings")
    return Verified(entries, head.count, points.seen, head.head, chain.frontier.root.hex(), tuple(points.early))


class Chain:
    """The walk over the public entries: links, shapes, balances >= 0 after each, then the stored tree and head."""

    def __init__(self, head: LedgerHead):
        self.head = head
        self.genesis = hashes.genesis_hash(canonical.canonical(canonical.genesis(head.fund, head.opened_on)))
        self.link, self.at, self.frontier = self.genesis, "", hashes.Frontier()
        self.envelopes: dict[str, list[int]] = {}
        self.grants: dict[str, list[int]] = {}
        self.nodes: list[tuple[int, int, str]] = []
        self.node_count = 0

    def walk(self, points: _Points) -> None:
        points.at_count(0, self)
        expected = 0
        for row in sealed_rows():
            expected += 1
            _hold(row.seq == expected, f"entry {expected} is missing: the next one is {row.seq}")
            self._add(row)
            points.at_count(row.seq, self)
        self._check_nodes(flush=True)
        _hold(
            Seal.objects.count() == expected == self.head.count,
            f"the head counts {self.head.count} entries, {expected} follow each other",
        )
        _hold(self.link.hex() == self.head.head, "the head of the chain is not the link of the last entry")
        _hold(
            [root.hex() for root in self.frontier.roots] == self.head.frontier,
            "the open edge of the tree is not that of the entries",
        )
        _hold(TreeNode.objects.count() == self.node_count, "the stored tree has more nodes than the entries make")
        points.finish(expected)

    def _add(self, row: Row) -> None:
        name = f"entry {row.seq}"
        self.link, self.at = hashes.link(self.link, row.content), row.at
        _hold(self.link.hex() == row.hash, f"{name}: its hash does not follow from the one before and its content")
        _hold(has_shape(row.kind, row.postings), f"{name}: its postings are not those of “{row.kind}”")
        _hold(
            (row.grant is None) == (row.kind in (Kind.OPEN, Kind.LOWER, Kind.CARRY)) or row.kind == Kind.REVERSAL,
            f"{name}: grant and kind disagree",
        )
        if row.kind == Kind.REVERSAL:
            self._check_reversal(row)
        else:
            _hold(row.reverses is None, f"{name}: only a reversal reverses")
        for envelope, account, cents in row.postings:
            _move(self.envelopes, envelope, account, cents)
            if row.grant and account in OF_GRANT:
                _move(self.grants, row.grant, account, cents)
        for holders, which in (
            (self.envelopes, {line[0] for line in row.postings}),
            (self.grants, {row.grant} if row.grant in self.grants else ()),
        ):
            for holder in which:
                balances = holders[holder]
                _hold(min(balances[1:]) >= 0 and balances[0] <= 0, f"{name}: a balance of {holder} falls below zero")
        for level, position, digest in self.frontier.add(self.link):
            if level >= KEPT_LEVEL:
                self.nodes.append((level, position, digest.hex()))
        if len(self.nodes) >= CHUNK:
            self._check_nodes()

    def _check_reversal(self, row: Row) -> None:
        _hold(row.reverses is not None and row.reverses < row.seq, f"entry {row.seq}: it reverses no earlier entry")
        former = next(sealed_rows(row.reverses or 0, row.reverses or 0), None)
        _hold(
            former is not None
            and former.kind != Kind.REVERSAL
            and former.grant == row.grant
            and sorted((envelope, account, -cents) for envelope, account, cents in former.postings)
            == sorted(row.postings),
            f"entry {row.seq}: it is not the exact opposite of entry {row.reverses}",
        )

    def _check_nodes(self, flush: bool = False) -> None:
        """Stored subtrees against those just computed, level by level."""
        if not self.nodes or not (flush or len(self.nodes) >= CHUNK):
            return
        self.nodes.sort()
        for level, group in groupby(self.nodes, key=lambda node: node[0]):
            wanted = {position: digest for _level, position, digest in group}
            stored = dict(
                TreeNode.objects.filter(level=level, position__gte=min(wanted), position__lte=max(wanted)).values_list(
                    "position", "hash"
                )
            )
            for position, digest in wanted.items():
                _hold(
                    stored.get(position) == digest,
                    f"node {position} of level {level} of the stored tree is not that of the entries",
                )
        self.node_count += len(self.nodes)
        self.nodes = []


def _move(holders: dict[str, list[int]], name: str, account: str, cents: int) -> None:
    balances = holders.get(name)
    if balances is None:
        balances = holders[name] = [0] * len(ACCOUNTS)
    balances[ACCOUNTS[account]] += cents


class _Points:
    """Checkpoints in the order of their count, each held against the walk when it gets there."""

    def __init__(self, genesis: str, published: Iterable[tuple[dict, str]]):
        self._genesis, self._rest, self.seen = genesis, iter(published), 0
        self.early: list[str] = []
        self._next = next(self._rest, None)

    def at_count(self, count: int, chain: Chain) -> None:
        while self._next is not None and self._next[0]["count"] == count:
            point, name = self._next
            _hold(
                point["format"] == canonical.FORMAT and verify_signature(point), f"{name}: its signature does not hold"
            )
            _hold(point["genesis"] == self._genesis, f"{name}: it speaks of another genesis")
            _hold(
                point["head"] == chain.link.hex(),
                f"{name}: entry {count} has another hash now: something before it was changed",
            )
            _hold(
                point["root"] == chain.frontier.root.hex(),
                f"{name}: the tree of the first {count} entries has another root now",
            )
            if point["at"] < chain.at:
                self.early.append(f"{name}: dated {point['at']}, before the last entry it signs ({chain.at})")
            self.seen += 1
            self._next = next(self._rest, None)

    def finish(self, count: int) -> None:
        if self._next is not None:
            point, name = self._next
            raise Fault(f"{name}: it counts {point['count']} entries, {count} are there: the end was cut off")


def _checkpoint_check(chain: Chain, kept: list[dict]) -> _Points:
    def stored():
        for point in Checkpoint.objects.order_by("count", "id").iterator(chunk_size=CHUNK):
            yield document(point), f"checkpoint {point.pk}"

    if not kept:
        return _Points(chain.genesis.hex(), stored())
    mine = sorted(kept, key=lambda point: point["count"])
    given = ((point, f"kept checkpoint of {point['at']}") for point in mine)
    return _Points(chain.genesis.hex(), merge(stored(), given, key=lambda pair: pair[0]["count"]))


def _check_private() -> None:
    """Every entry is either public or waiting, never both; what waits only takes from the free money."""
    both = Unsealed.objects.filter(entry__seal__isnull=False).first()
    _hold(both is None, f"entry of id {both and both.pk} is public and waiting at once")
    neither = Entry.objects.filter(seal__isnull=True, unsealed__isnull=True).first()
    _hold(neither is None, f"entry of id {neither and neither.pk} is neither public nor waiting")
    rows = (
        Posting.objects.filter(entry__unsealed__isnull=False)
        .values_list("entry__grant", "account")
        .annotate(cents=Sum("cents"))
        .order_by()
    )
    for grant, account, cents in rows:
        _hold(
            account != Account.FREE or cents <= 0,
            f"what is not public yet of {grant} would lower the public free money",
        )


def _check_waiting() -> None:
    """What is not public yet is in no chain: at least each of its entries moves money as its kind does."""
    waiting: dict[int, tuple[str, list[tuple[str, str, int]]]] = {}
    lines = Posting.objects.filter(entry__unsealed__isnull=False).order_by("entry", "envelope", "account")
    columns = ("entry", "entry__kind", "envelope__reference", "account", "cents")
    for entry_id, kind, envelope, account, cents in lines.values_list(*columns):
        waiting.setdefault(entry_id, (kind, []))[1].append((envelope, account, cents))
    for entry_id, (kind, postings) in waiting.items():
        _hold(
            kind in SECRET_KINDS and has_shape(kind, postings), f"entry of id {entry_id}, not public yet, is no {kind}"
        )


def _sums(*group: str):
    return Posting.objects.values_list(*group, "account").annotate(cents=Sum("cents")).order_by(*group)


def _check_sums() -> int:
    """Identities 1, 2, 4 and 6 over all entries: columns are the sums of the postings, entries sum to zero, bounds of grants hold."""
    uneven = (
        Posting.objects.values("entry", "envelope")
        .annotate(cents=Sum("cents"))
        .exclude(cents=0)
        .order_by("entry")
        .first()
    )
    _hold(uneven is None, f"entry of id {uneven and uneven['entry']} does not sum to zero in its envelope")
    empty = Entry.objects.filter(postings__isnull=True).first()
    _hold(empty is None, f"entry of id {empty and empty.pk} has no posting")
    found: dict[int, dict[str, int]] = {}
    for envelope_id, account, cents in _sums("envelope"):
        found.setdefault(envelope_id, {})[account] = cents
    for row in Envelope.objects.order_by("pk"):
        sums = found.get(row.pk, {})
        _hold(
            row.opened_amount == -sums.get(Account.SOURCE, 0),
            f"envelope {row.reference}: the column “opened” is not the sum of its postings",
        )
        for name in STANDING:
            _hold(
                getattr(row, f"{name}_amount") == sums.get(name, 0) >= 0,
                f"envelope {row.reference}: the column “{name}” is not the sum of its postings",
            )
        _hold(
            row.opened_amount == sum(getattr(row, f"{name}_amount") for name in STANDING),
            f"envelope {row.reference}: its money does not add up",
        )
        _hold(
            row.state != EnvelopeState.DRAFT or not sums, f"envelope {row.reference} moves money and was never opened"
        )
    _check_grants()
    return Entry.objects.count()


def _check_grants() -> None:
    grouped = groupby(
        _sums("entry__grant", "envelope").filter(entry__grant__isnull=False).iterator(chunk_size=CHUNK),
        key=lambda row: row[0],
    )
    books = {
        reference: {(envelope_id, account): cents for _grant, envelope_id, account, cents in rows}
        for reference, rows in grouped
    }
    for row in GrantAccount.objects.order_by("pk").iterator(chunk_size=CHUNK):
        name = f"grant {row.reference}"
        sums = books.pop(row.reference, {})
        _hold(
            all(envelope_id == row.envelope_id for envelope_id, _account in sums),
            f"{name}: it moves money of another envelope than its own",
        )
        for account in OF_GRANT:
            _hold(
                getattr(row, f"{account}_amount") == sums.get((row.envelope_id, account), 0) >= 0,
                f"{name}: the column “{account}” is not the sum of its postings",
            )
        _hold(
            row.live_total <= row.awarded_amount <= min(row.requested_amount, row.ceiling_amount),
            f"{name}: more money than its award, or an award above the request or the ceiling",
        )
        _hold(
            row.ordered_total <= row.certified_amount <= row.committed_total,
            f"{name}: ordered <= certified <= committed fails",
        )
    _hold(not books, f"grant {next(iter(books), '')} has postings and no account")
