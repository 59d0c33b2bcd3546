"""Reads of the books and every figure made from them. Public figures count the sealed entries alone; staff figures count all.

A figure costs the same at any size: balances are columns, and what is not public yet is the handful of rows in `Unsealed`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import pgettext

from core.links import localized
from fund.ledger.checkpoints import latest
from fund.models import Checkpoint, Entry, Envelope, GrantAccount, LedgerHead, Posting, Seal
from fund.models.ledger import OF_GRANT, STANDING, Account, EnvelopeState, Kind


@dataclass(frozen=True)
class Bar:
    """Where money stands, in cents: `opened` is the sum of the others. `path`: the page of the public entries it is made of (empty for staff figures)."""

    label: str = ""
    opened: int = 0
    free: int = 0
    reserved: int = 0
    committed: int = 0
    ordered: int = 0
    paid: int = 0
    claimed: int = 0
    returned: int = 0
    path: str = ""
    accounts: tuple[str, ...] = STANDING

    @property
    def url(self) -> str:
        return localized(self.path) if self.path else ""

    @property
    def segments(self) -> list[dict]:
        """What the money bar draws: each account with its cents and the address of its entries."""
        sign = "&" if "?" in self.path else "?"
        return [
            {
                "account": name,
                "cents": getattr(self, name),
                "url": f"{self.url}{sign}compte={name}" if self.path else "",
            }
            for name in self.accounts
        ]

    @property
    def paid_total(self) -> int:
        """Gross: what the bank has paid, claimed and returned money included."""
        return self.paid + self.claimed + self.returned

    @property
    def came_back(self) -> int:
        """Of what the bank has paid, what was claimed or returned since: `paid_total` less `paid`."""
        return self.claimed + self.returned

    @property
    def execution_rate(self) -> float:
        """paid_total / opened, between 0 and 1."""
        return self.paid_total / self.opened if self.opened else 0.0


_MONEY = tuple(field.name for field in fields(Bar) if field.type == "int")


@dataclass(frozen=True)
class PublicEnvelope:
    reference: str
    label: str
    year: int
    state: str
    balances: Bar


@dataclass(frozen=True)
class PublicEntry:
    """A sealed entry as the public reads it. `moves`: (envelope, account, cents) in the canonical order; `amount` cents moved."""

    seq: int
    at: datetime
    kind: str
    grant: str | None
    basis: str | None
    reverses: int | None
    reversed_by: int | None
    hash: str
    moves: tuple[tuple[str, str, int], ...]

    @property
    def kind_label(self):
        return Kind(self.kind).label

    @property
    def amount(self) -> int:
        """What arrived. A carry moves the same cents in both envelopes: they are counted once."""
        arrived = sum(cents for _envelope, _account, cents in self.moves if cents > 0)
        return arrived // 2 if self.kind == Kind.CARRY else arrived

    @property
    def envelopes(self) -> list[str]:
        return sorted({envelope for envelope, _account, _cents in self.moves})

    def _places(self, sign: int) -> str:
        moves = [move for move in self.moves if move[2] * sign > 0]
        if len({envelope for envelope, _account, _cents in self.moves}) > 1:
            moves = [
                move for move in moves if move[1] != Account.SOURCE
            ]  # carried from one envelope's free money to the other's
            return ", ".join(f"{account_label(account)} ({envelope})" for envelope, account, _cents in moves)
        return ", ".join(str(account_label(account)) for _envelope, account, _cents in moves)

    @property
    def from_label(self) -> str:
        return self._places(-1)

    @property
    def to_label(self) -> str:
        return self._places(1)


def account_label(account: str):
    """Where money stands, in words; the authority's account is the authority."""
    return pgettext("money", "the authority") if account == Account.SOURCE else Account(account).label


@dataclass(frozen=True)
class Wanted:
    """What a reader of the accounts asks for; empty means everything, unknown values match nothing. `text`: a grant's or basis's reference, or a number;
    days of Paris, both included; cents moved, both included.
    """

    text: str = ""
    envelope: str = ""
    account: str = ""
    kind: str = ""
    year: int | None = None
    since: date | None = None
    until: date | None = None
    least: int | None = None
    most: int | None = None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def _sealed(wanted: Wanted) -> QuerySet[Seal]:
    rows = Seal.objects.all()
    if wanted.text:
        text = wanted.text.strip().upper()
        if text.isascii() and text.isdigit():
            rows = rows.filter(seq=int(text)) if len(text) < 16 else rows.none()
        else:
            rows = rows.filter(Q(entry__grant=text) | Q(entry__basis=text))
    if wanted.kind:
        rows = rows.filter(entry__kind=wanted.kind)
    if wanted.year:
        rows = rows.filter(entry__at__year=wanted.year)
    if wanted.since:
        rows = rows.filter(entry__at__gte=_midnight(wanted.since))
    if wanted.until:
        rows = rows.filter(entry__at__lt=_midnight(wanted.until + timedelta(days=1)))
    if wanted.least is not None or wanted.most is not None:
        # Every leg of an entry moves the same cents: what arrives on one account is its amount.
        bounds = {"cents__gte": max(1, wanted.least or 0)} | (
            {} if wanted.most is None else {"cents__lte": wanted.most}
        )
        rows = rows.filter(Exists(Posting.objects.filter(entry=OuterRef("entry"), **bounds)))
    if wanted.envelope or wanted.account:
        lines = Posting.objects.filter(entry=OuterRef("entry"))
        if wanted.envelope:
            lines = lines.filter(envelope__reference=wanted.envelope)
        if wanted.account:
            lines = lines.filter(account=wanted.account)
        rows = rows.filter(Exists(lines))
    return rows


def public_count(ref: str = "", **filters) -> int:
    """How many public entries there are (of this reference, envelope, account, kind)."""
    wanted = Wanted(ref, **filters)
    if wanted == Wanted():
        return LedgerHead.objects.values_list("count", flat=True).first() or 0
    return _sealed(wanted).count()


def public_entries(ref: str = "", start: int = 0, size: int = 50, **filters) -> list[PublicEntry]:
    """A page of public entries, newest first. Three queries at any size."""
    wanted = Wanted(ref, **filters)
    if wanted == Wanted():  # seq has no gaps: the page is a range of the primary key, however far back
        last = public_count() - start
        rows = Seal.objects.filter(seq__gt=last - size, seq__lte=last)
    else:
        rows = _sealed(wanted)
    return _read(rows.order_by("-seq")[:size] if wanted == Wanted() else rows.order_by("-seq")[start : start + size])


def public_entries_of(ref: str) -> list[PublicEntry]:
    """Every public entry of a grant, newest first. One query."""
    if not ref:
        return []
    rows = Seal.objects.filter(entry__grant=ref).order_by("-seq")
    moves: dict[tuple, list[tuple[str, str, int]]] = {}
    for row in rows.values_list(
        *_SAID, "entry__postings__envelope__reference", "entry__postings__account", "entry__postings__cents"
    ):
        moves.setdefault(row[:-3], []).append(row[-3:])
    return [_entry(said, found) for said, found in moves.items()]


def public_entry(seq: int) -> PublicEntry | None:
    found = _read(Seal.objects.filter(seq=seq))
    return found[0] if found else None


def public_seals(wanted: Wanted) -> QuerySet[Seal]:
    """Public entries as rows to page through; read them with `read_seals`."""
    return _sealed(wanted)


def read_seals(numbers: list[int]) -> list[PublicEntry]:
    """These public entries, newest first. Two queries."""
    return _read(Seal.objects.filter(seq__in=numbers).order_by("-seq"))


_SAID = (
    "seq",
    "hash",
    "entry_id",
    "entry__at",
    "entry__kind",
    "entry__grant",
    "entry__basis",
    "entry__reverses__seal__seq",
    "entry__reversed_by__seal__seq",
)


def _entry(said: tuple, moves) -> PublicEntry:
    seq, digest, _entry_id, at, kind, grant, basis, reverses, reversed_by = said
    return PublicEntry(seq, at, kind, grant, basis, reverses, reversed_by, digest, tuple(sorted(moves)))


def _read(rows: QuerySet[Seal]) -> list[PublicEntry]:
    found = list(rows.values_list(*_SAID))
    moves: dict[int, list[tuple[str, str, int]]] = {}
    for entry_id, envelope, account, cents in Posting.objects.filter(entry__in=[row[2] for row in found]).values_list(
        "entry_id", "envelope__reference", "account", "cents"
    ):
        moves.setdefault(entry_id, []).append((envelope, account, cents))
    return [_entry(row, moves.get(row[2], ())) for row in found]


# Figures.


def _columns(row, names=STANDING) -> dict[str, int]:
    return {name: getattr(row, f"{name}_amount") for name in names}


def _private(**filters) -> dict[tuple, int]:
    """Sums of what is not public yet, by (envelope, account) or as the values asked: one query over few rows."""
    rows = (
        Posting.objects.filter(entry__unsealed__isnull=False, **filters)
        .values_list("envelope_id", "account")
        .annotate(cents=Sum("cents"))
    )
    return {(envelope_id, account): cents for envelope_id, account, cents in rows.order_by()}


def envelope_bar(envelope: Envelope, public: bool = False) -> Bar:
    """Where the money of an envelope stands: all entries, or the public ones."""
    return envelope_bars([envelope], public)[envelope.pk]


def envelope_bars(envelopes, public: bool = False) -> dict[int, Bar]:
    """The same for many, in one query (none for staff figures)."""
    hidden = _private() if public else {}
    return {
        row.pk: Bar(
            label=row.label,
            opened=row.opened_amount,
            path=f"/comptes/?enveloppe={row.reference}" if public else "",
            **{name: cents - hidden.get((row.pk, name), 0) for name, cents in _columns(row).items()},  # type: ignore[arg-type]
        )
        for row in envelopes
    }


def public_envelopes() -> list[PublicEnvelope]:
    """Envelopes that were opened, newest first, with their public balances. Two queries."""
    rows = list(Envelope.objects.exclude(state=EnvelopeState.DRAFT))
    bars = envelope_bars(rows, public=True)
    return [PublicEnvelope(row.reference, row.label, row.year, row.state, bars[row.pk]) for row in rows]


def sum_bars(bars, path: str = "") -> Bar:
    bars = list(bars)
    return Bar(path=path, **{name: sum(getattr(bar, name) for bar in bars) for name in _MONEY})


def public_totals() -> Bar:
    """All envelopes together, public balances."""
    return sum_bars((envelope.balances for envelope in public_envelopes()), "/comptes/")


def grant_bar(ref: str, public: bool = True) -> Bar | None:
    """Where the money of one grant stands; `opened` is its live award. None while nothing (public) was ever posted for it. Two queries."""
    account = GrantAccount.objects.filter(reference=ref).first()
    if account is None:
        return None
    sums = _columns(account, OF_GRANT)
    if public:
        for (_envelope, name), cents in _private(entry__grant=ref).items():
            if name in sums:
                sums[name] -= cents
        if not any(sums.values()) and not Seal.objects.filter(entry__grant=ref).exists():
            return None
    return Bar(
        label=ref, opened=sum(sums.values()), path=f"/comptes/?ref={ref}" if public else "", accounts=OF_GRANT, **sums
    )


def bar_of(ref: str, entries: list[PublicEntry]) -> Bar | None:
    """The public `grant_bar`, from every public entry of the grant, read already. No query."""
    sums = dict.fromkeys(OF_GRANT, 0)
    for entry in entries:
        for _envelope, account, cents in entry.moves:
            if account in sums:
                sums[account] += cents
    if not entries:
        return None
    return Bar(label=ref, opened=sum(sums.values()), path=f"/comptes/?ref={ref}", accounts=OF_GRANT, **sums)


def was_committed(ref: str) -> bool:
    """Whether the agreement of a grant was ever signed by both, whatever became of it. One query."""
    return Entry.objects.filter(grant=ref, kind=Kind.COMMIT).exists()


def amount_disbursed(account: GrantAccount) -> int:
    """Cents paid over the life of a grant, gross; what 360Giving calls amountDisbursed. Payments are public at once."""
    return account.paid_total


def paid_by_month(year: int | None = None) -> list[tuple[int, int, int]]:
    """(year, month, net cents paid by the bank) of the public entries, oldest first, by the Paris day of the act. One query."""
    banked = [Kind.PAY, Kind.BOUNCE]
    rows = Posting.objects.filter(
        Q(entry__kind__in=banked) | Q(entry__reverses__kind__in=banked), account=Account.PAID, entry__seal__isnull=False
    )
    if year:
        rows = rows.filter(entry__at__year=year)
    return list(
        rows.values_list("entry__at__year", "entry__at__month")
        .annotate(cents=Sum("cents"))
        .order_by("entry__at__year", "entry__at__month")
    )


def public_head() -> tuple[str, str]:
    """Number and hash of the last public entry, as text; empty before the first."""
    head = LedgerHead.objects.first()
    return (str(head.count), head.head) if head else ("", "")


def latest_checkpoint() -> Checkpoint | None:
    return latest()
