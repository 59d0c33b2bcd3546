"""The head of the public ledger: its genesis, how many entries it counts, the last link, the open edge of the tree."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from core.transitions import Refusal
from fund.ledger import canonical, hashes
from fund.models import FundIdentity, LedgerHead


class LedgerError(RuntimeError):
    """The caller asked for something that no act of the fund does; a bug, never a person's mistake."""


def start(fund: str, opened_on: date) -> LedgerHead:
    """Write the genesis, once: the fund's SIRET and the day it opened. Raises LedgerError when it was written with other facts."""
    content = canonical.canonical(canonical.genesis(fund, opened_on))
    head, created = LedgerHead.objects.get_or_create(
        pk=1, defaults={"fund": fund, "opened_on": opened_on, "head": hashes.genesis_hash(content).hex()}
    )
    if not created and (head.fund, head.opened_on) != (fund, opened_on):
        raise LedgerError("the ledger was started with another genesis")
    return head


def _start_from_identity() -> LedgerHead:
    identity = FundIdentity.current()
    if not identity.siret or not identity.opened_on:
        raise Refusal(
            "fund_identity_missing",
            _("The fund's SIRET and opening day are not recorded yet; the ledger starts from them."),
            remedy=_("Have the administrator complete the fund's identity."),
            status=409,
        )
    return start(identity.siret, identity.opened_on)


def genesis() -> dict:
    """The genesis object of the ledger. Starts it from the fund's identity when it never was."""
    head = LedgerHead.objects.first() or _start_from_identity()
    return canonical.genesis(head.fund, head.opened_on)


def genesis_hash() -> str:
    return hashes.genesis_hash(canonical.canonical(genesis())).hex()


def locked_head() -> LedgerHead:
    if not LedgerHead.objects.exists():
        _start_from_identity()
    return LedgerHead.objects.select_for_update().get(pk=1)
