"""Whether a recipient has given a newer bank account than the one a payment would go to: said to whoever orders or pays, refuses nothing."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from core.templatetags import ui
from payments.enums import InstalmentState, PayeeAccountState

STILL_MOVING = (InstalmentState.CERTIFIED, InstalmentState.ORDERED, InstalmentState.IN_PAYMENT)


def newer_account(instalment, at) -> str:
    """In words, what happened since the account of this payment was approved; "" when it is the newest one given. Reads `orders` (each with its account)
    and the grant's `payee_accounts`, which a list reads once for all its rows."""
    if instalment.state not in STILL_MOVING:
        return ""
    accounts = list(instalment.agreement.payee_accounts.all())
    order = next((one for one in instalment.orders.all() if one.ended_at is None), None)
    approved = next((one for one in accounts if one.state == PayeeAccountState.APPROVED), None)
    used = order.account if order is not None else approved
    alive = (PayeeAccountState.RECORDED, PayeeAccountState.APPROVED)
    newer = [one for one in accounts if used is not None and one.number > used.number and one.state in alive]
    return _words(max(newer, key=lambda one: one.number), at) if newer else ""


def _words(account, at) -> str:
    if account.state == PayeeAccountState.RECORDED:
        said = _("The recipient gave a new account on %(day)s; it waits for approval.")
        return said % {"day": ui.day(timezone.localdate(account.recorded_at))}
    if at < account.usable_from:
        return _("A new account is approved; it can be used from %(instant)s.") % {
            "instant": ui.instant(account.usable_from)
        }
    said = _("A new account was approved on %(day)s, after the order.")
    return said % {"day": ui.day(timezone.localdate(account.approved_at))}
