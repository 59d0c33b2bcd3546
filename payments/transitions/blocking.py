"""An account that nothing goes to any more: the recipient or the accounting officer has a doubt, or the bank sent money back."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.transitions import verb
from fund.enums import Role
from fund.queries import holders
from payments.models import PayeeAccount
from payments.notifications import tell
from payments.rules.people import accounting_officer, party, reason_given


@verb(
    machine=PayeeAccount,
    label=_("block the account"),
    who=(party, accounting_officer),
    guards=(reason_given,),
    danger=True,
    mails=("payments/payee_account.blocked",),
)
def block(act, account, *, reason):
    """No order goes to it any more, and orders not yet in a batch stop."""
    act.because(reason)
    account.block(act.actor, act.at, reason.strip())
    tell(
        "payee_account.blocked",
        account.agreement,
        f"/paiements/comptes/{account.pk}/",
        at=act.at,
        to=holders(Role.ACCOUNTING_OFFICER, act.at),
    )


@verb(machine=PayeeAccount, label=_("block the account after a return"), who=(accounting_officer,), inner=True)
def block_by_bank(act, account, *, code):
    """The bank says the account is wrong."""
    account.block_by_bank(act.actor, act.at, str(_("the bank sent a payment back (%s)") % code))
    act.note(code=code)
