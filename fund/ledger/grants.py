"""The account of one grant: opened by reference, with the amounts that bound it."""

from __future__ import annotations

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.money import format_euros
from core.transitions import Refusal
from fund.ledger.head import LedgerError
from fund.ledger.posting import check_limits, lock
from fund.models import Envelope, GrantAccount


def open_grant(reference: str, envelope: Envelope, requested_amount: int, ceiling_amount: int) -> GrantAccount:
    """The grant's account, opened if it is not yet. While nothing is awarded the two bounds may still be set again. Requires a transaction."""
    lock([envelope])
    account, created = GrantAccount.objects.get_or_create(
        reference=reference,
        defaults={"envelope": envelope, "requested_amount": requested_amount, "ceiling_amount": ceiling_amount},
    )
    if created or (account.envelope_id, account.requested_amount, account.ceiling_amount) == (
        envelope.pk,
        requested_amount,
        ceiling_amount,
    ):
        return account
    if account.awarded_amount or account.live_total:
        raise LedgerError("the bounds of a grant do not move once it is awarded")
    GrantAccount.objects.filter(pk=account.pk, awarded_amount=0).update(
        envelope=envelope, requested_amount=requested_amount, ceiling_amount=ceiling_amount
    )
    account.refresh_from_db()
    return account


def _locked(grant: str | GrantAccount) -> GrantAccount:
    reference = grant.reference if isinstance(grant, GrantAccount) else grant
    return lock(grants=[reference])[1][reference]


def set_awarded(grant: str | GrantAccount, amount: int) -> GrantAccount:
    """Record the amount of the grant's decision (0 when it is annulled). Set it before reserving, lower it after releasing. Raises Refusal."""
    account = _locked(grant)
    most = min(account.requested_amount, account.ceiling_amount)
    if not 0 <= amount <= most:
        raise Refusal(
            "award_above_request",
            _("%(amount)s is above the request, %(requested)s, or the ceiling.")
            % {
                "amount": format_euros(amount, cents_if_round=False),
                "requested": format_euros(account.requested_amount, cents_if_round=False),
            },
            remedy=_("Propose at most %(most)s.") % {"most": format_euros(most, cents_if_round=False)},
            article="art. 4",
            status=409,
        )
    check_limits(account, {"awarded_amount": amount - account.awarded_amount})
    GrantAccount.objects.filter(pk=account.pk).update(awarded_amount=amount)
    account.awarded_amount = amount
    return account


def add_certified(grant: str | GrantAccount, amount: int) -> GrantAccount:
    """Add cents to what is certified over the life of the grant; negative when a certification is taken back. Raises Refusal."""
    account = _locked(grant)
    check_limits(account, {"certified_amount": amount})
    GrantAccount.objects.filter(pk=account.pk, certified_amount__gte=-amount).update(
        certified_amount=F("certified_amount") + amount
    )
    account.certified_amount += amount
    return account
