"""The only door to the balances: one kind of act, its entry, its postings and the columns they move, in the caller's transaction.

Locks are taken in the order of the house: envelopes by id, then the grant account, then (when the fact is public) the ledger's head, last. A verb that
posts several entries locks all their envelopes first with `lock`, or posts inside `batch`, which seals once at the end.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.money import format_euros
from core.transitions import Refusal
from fund.ledger.accounts import ENVELOPE_KINDS, SECRET_KINDS, Account, Kind, Leg, legs
from fund.ledger.canonical import LIMIT
from fund.ledger.head import LedgerError
from fund.ledger.sealing import check_public, seal
from fund.models import Entry, Envelope, GrantAccount, Posting, Unsealed
from fund.models.ledger import OF_GRANT, STANDING, EnvelopeState

money_log = logging.getLogger("fund.money")
_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9/.-]{0,59}")
_batch: ContextVar[list[Entry] | None] = ContextVar("ledger batch", default=None)


def post(
    kind: str,
    *,
    at: datetime,
    envelope: Envelope | int | None = None,
    amount: int | None = None,
    grant: str | None = None,
    basis: str | None = None,
    reverses: Entry | None = None,
    sealed: bool = True,
    to_envelope: Envelope | int | None = None,
    actor=None,
) -> Entry:
    """Do one kind of act of the ledger and return its entry.

    `amount` cents > 0; `grant` the reference of an account opened with `open_grant` (its envelope is then known and `envelope` may be left out);
    `basis` the public number of the ground; `to_envelope` for `carry`; `reverses` the entry that a `reversal` undoes (it gives envelope, amount and
    grant). `sealed=False` for what rests on a decision not yet notified: `seal(decision.reference, at)` makes it public. An Envelope given as an
    instance gets its new balances. Raises Refusal (`envelope_exceeded`, `envelope_not_open`, `balance_exceeded`, `award_exceeded`,
    `not_certified`…) and then nothing is written; LedgerError when the call itself makes no sense.
    """
    _require(transaction.get_connection().in_atomic_block, "posting needs a transaction")
    kind = str(Kind(kind))
    grant, moves = _moves(kind, envelope, amount, grant, reverses, to_envelope)
    for name in (grant, basis):
        _require(name is None or _REFERENCE.fullmatch(name), "references are upper-case letters, digits, - . and /")
    _require(
        sealed or kind in SECRET_KINDS, "only a reservation and its undoing may wait for their decision to be public"
    )

    envelopes, accounts = lock([leg.envelope_id for leg in moves], [grant] if grant else [])
    account = accounts.get(grant) if grant else None
    _require(
        account is None or all(leg.envelope_id == account.envelope_id for leg in moves),
        "this grant belongs to another envelope",
    )
    _refuse_impossible(kind, moves, envelopes, account)
    entry = Entry.objects.create(kind=kind, at=at.replace(microsecond=0), grant=grant, basis=basis, reverses=reverses)
    Posting.objects.bulk_create(
        [Posting(entry=entry, envelope_id=leg.envelope_id, account=leg.account, cents=leg.cents) for leg in moves]
    )
    for row in envelopes.values():
        _move(row, [leg for leg in moves if leg.envelope_id == row.pk])
    if account:
        _move(account, [leg for leg in moves if leg.account in OF_GRANT])
    for given in (envelope, to_envelope):
        if isinstance(given, Envelope) and given.pk in envelopes:
            _copy(envelopes[given.pk], given)
    _publish(entry, grant, at, sealed)
    if actor is not None:
        _log(entry, moves, actor)
    return entry


@contextmanager
def batch(at: datetime) -> Iterator[None]:
    """Post many entries, lock the ledger's head and seal them once, at the end. An inner batch joins the outer one."""
    if _batch.get() is not None:
        yield
        return
    token = _batch.set([])
    try:
        with transaction.atomic():
            yield
            seal(_batch.get() or [], at)
    finally:
        _batch.reset(token)


def lock(
    envelopes: Iterable[Envelope | int] = (), grants: Iterable[str] = ()
) -> tuple[dict[int, Envelope], dict[str, GrantAccount]]:
    """Lock these envelopes by id, then these grants' accounts by id, and read them again. Requires a transaction; unknown ones raise LedgerError."""
    ids, names = {getattr(row, "pk", row) for row in envelopes}, set(grants)
    rows = {row.pk: row for row in Envelope._base_manager.select_for_update().filter(pk__in=ids).order_by("pk")}
    accounts = (
        {
            row.reference: row
            for row in GrantAccount.objects.select_for_update().filter(reference__in=names).order_by("pk")
        }
        if names
        else {}
    )
    _require(len(rows) == len(ids), "no such envelope")
    _require(len(accounts) == len(names), "open the grant's account first")
    return rows, accounts


def _require(condition, message: str) -> None:
    if not condition:
        raise LedgerError(message)


def _pk(envelope: Envelope | int) -> int:
    return envelope.pk if isinstance(envelope, Envelope) else envelope


def _envelope_id(envelope: Envelope | int | None, grant: str | None) -> int:
    if envelope is not None:
        return _pk(envelope)
    _require(grant is not None, "say which envelope")
    found = GrantAccount.objects.filter(reference=grant).values_list("envelope_id", flat=True).first()
    if found is None:
        raise LedgerError("open the grant's account first")
    return found


def _moves(kind, envelope, amount, grant, reverses, to_envelope) -> tuple[str | None, list[Leg]]:
    """What moves, and of which grant. Raises LedgerError when the parameters are not those of the kind."""
    if kind == Kind.REVERSAL:
        grant, moves = _opposite(reverses, grant)
    else:
        _require(
            reverses is None and (to_envelope is not None) == (kind == Kind.CARRY), "this kind takes other parameters"
        )
        _require(isinstance(amount, int) and 0 < amount < LIMIT, "an amount is a positive number of cents")
        _require(
            (grant is None) == (kind in ENVELOPE_KINDS), "acts on grants name their grant, acts on envelopes name none"
        )
        moves = legs(kind, _envelope_id(envelope, grant), amount, _pk(to_envelope) if to_envelope is not None else 0)  # type: ignore[arg-type]
    _require(kind != Kind.CARRY or len({leg.envelope_id for leg in moves}) == 2, "money is carried to another envelope")
    return grant, moves


def _log(entry: Entry, moves: list[Leg], actor) -> None:
    cents = max(leg.cents for leg in moves)
    facts = {"who": actor.pk, "kind": entry.kind, "cents": cents, "subject": entry.grant or entry.basis}
    money_log.info("entry", extra={"facts": facts})


def _opposite(reverses: Entry | None, grant: str | None) -> tuple[str | None, list[Leg]]:
    if reverses is None or reverses.kind == Kind.REVERSAL:
        raise LedgerError("a reversal undoes one entry that is no reversal itself")
    _require(grant in (None, reverses.grant), "a reversal belongs to the grant of the entry it undoes")
    if Entry.objects.filter(reverses=reverses).exists():
        raise Refusal("already_reversed", _("This entry was already reversed."), status=409)
    return reverses.grant, [
        Leg(line.envelope_id, line.account, -line.cents)
        for line in reverses.postings.order_by("envelope_id", "account")
    ]


def _refuse_impossible(
    kind: str, moves: list[Leg], envelopes: dict[int, Envelope], account: GrantAccount | None
) -> None:
    """Say in words what the conditional UPDATE and the CHECKs would refuse."""
    if kind == Kind.RESERVE and envelopes[moves[0].envelope_id].state != EnvelopeState.OPEN:
        raise Refusal(
            "envelope_not_open",
            _("This envelope is not open."),
            article="art. 4",
            status=409,
            remedy=_("The authorising officer proposes opening it, a co-president approves."),
        )
    for leg in moves:
        holder = account if account is not None and leg.account in OF_GRANT else envelopes[leg.envelope_id]
        there = getattr(holder, leg.column)
        if there + leg.change < 0:
            raise _exceeded(leg, there, kind)
    if account is not None:
        check_limits(account, {leg.column: leg.change for leg in moves if leg.account in OF_GRANT})


def _exceeded(leg: Leg, there: int, kind: str) -> Refusal:
    amounts = {
        "there": format_euros(there, cents_if_round=False),
        "amount": format_euros(-leg.change, cents_if_round=False),
    }
    if leg.account != Account.FREE:
        return Refusal(
            "balance_exceeded",
            _("Only %(there)s stands at “%(account)s”; this act needs %(amount)s.")
            % {**amounts, "account": Account(leg.account).label},
            remedy=_("Lower the amount."),
            status=409,
        )
    remedy = _("Lower the amount.")
    if kind == Kind.RESERVE:
        remedy = _(
            "Lower the amount, put the application on the reserve list, or have the envelope raised (authorising officer, then co-president)."
        )
    return Refusal(
        "envelope_exceeded",
        _("%(there)s is left in the envelope; this act needs %(amount)s.") % amounts,
        remedy=remedy,
        article="art. 4",
        status=409,
    )


def check_limits(account: GrantAccount, changes: dict[str, int]) -> None:
    """Whether `paid <= ordered <= certified <= committed <= awarded` would still hold after these changes of columns. Raises Refusal."""
    after = {
        name: getattr(account, name) + changes.get(name, 0)
        for name in ("awarded_amount", "certified_amount", *(f"{n}_amount" for n in OF_GRANT))
    }
    reserved, committed, *others = (after[f"{name}_amount"] for name in OF_GRANT)
    ordered_total = sum(others)
    committed_total = committed + ordered_total
    awarded, certified = after["awarded_amount"], after["certified_amount"]
    if reserved + committed_total > awarded:
        raise Refusal(
            "award_exceeded",
            _("The money of this grant would reach %(amount)s, for an award of %(awarded)s.")
            % {
                "amount": format_euros(reserved + committed_total, cents_if_round=False),
                "awarded": format_euros(awarded, cents_if_round=False),
            },
            status=409,
        )
    if ordered_total > certified:
        raise Refusal(
            "not_certified",
            _("Orders would reach %(amount)s, and %(certified)s is certified.")
            % {
                "amount": format_euros(ordered_total, cents_if_round=False),
                "certified": format_euros(certified, cents_if_round=False),
            },
            remedy=_("Certify the instalment first."),
            status=409,
        )
    if certified > committed_total:
        raise Refusal(
            "certified_beyond_commitment",
            _("%(certified)s is certified, and %(amount)s would be committed.")
            % {
                "amount": format_euros(committed_total, cents_if_round=False),
                "certified": format_euros(certified, cents_if_round=False),
            },
            remedy=_("Take the certification back first, or lower the amount."),
            status=409,
        )


def _move(row: Envelope | GrantAccount, moves: list[Leg]) -> None:
    """One conditional UPDATE of a locked row; its instance follows."""
    changes: dict[str, int] = {}
    for leg in moves:
        changes[leg.column] = changes.get(leg.column, 0) + leg.change
    enough = {f"{column}__gte": -change for column, change in changes.items() if change < 0}
    moved = (
        type(row)
        ._base_manager.filter(pk=row.pk, **enough)
        .update(**{column: F(column) + change for column, change in changes.items()})
    )
    _require(moved == 1, f"{row} changed under its lock")
    for column, change in changes.items():
        setattr(row, column, getattr(row, column) + change)


def _copy(fresh: Envelope, given: Envelope) -> None:
    for column in ("opened_amount", *(f"{name}_amount" for name in STANDING)):
        setattr(given, column, getattr(fresh, column))


def _publish(entry: Entry, grant: str | None, at: datetime, sealed: bool) -> None:
    waiting = _batch.get()
    if not sealed:
        Unsealed.objects.create(entry=entry)
        if entry.kind != Kind.RESERVE:
            rest = dict.fromkeys(OF_GRANT, 0)
            for account, cents in Posting.objects.filter(entry__grant=grant, entry__unsealed__isnull=False).values_list(
                "account", "cents"
            ):
                rest[account] = rest.get(account, 0) + cents
            _require(
                not any(rest.values()), "undo all that the decision reserved before it is public, then reserve anew"
            )
    elif waiting is not None:
        waiting.append(entry)
        if grant:
            check_public({grant})
    else:
        seal([entry], at)
