"""Guards of the bank account a grant is paid to."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal, never_after
from fund.enums import Role
from fund.rules.common import when
from payments.enums import PayeeAccountState
from payments.iban import checked, checked_bic
from payments.queries import agreements
from payments.rules.people import agreement_of, names, same_person


def plain(name: str) -> str:
    """A name to compare: no accents, no punctuation, no case, words in order."""
    text = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae")).casefold()
    return " ".join(
        "".join(sign if sign.isalnum() else " " for sign in text if not unicodedata.combining(sign)).split()
    )


def agreement_open(act: Act) -> None:
    """Of an agreement that has ended, the account changes only for a payment that the bank sent back since."""
    agreement = agreement_of(act.obj)
    if agreements.account_is_closed(agreement):
        raise Refusal(
            "agreement_final",
            _("The agreement has ended and no payment waits: its account no longer changes."),
            article="art. 22",
            status=409,
        )


def none_waiting(act: Act) -> None:
    if act.obj.payee_accounts.filter(state=PayeeAccountState.RECORDED).exists():
        raise Refusal(
            "payee_account_waiting_approval",
            _("An account of this grant already waits for approval."),
            remedy=_(
                "Whoever gave it may withdraw it; or the accounting officer approves or refuses it first: %(people)s."
            )
            % {"people": names(Role.ACCOUNTING_OFFICER, act)},
            article="art. 22",
            status=409,
        )


def number_valid(act: Act) -> None:
    if act.preview and act.get("iban") is None:
        return
    checked_bic(act.get("bic") or "", checked(act.get("iban") or ""))


def holder_is_bearer(act: Act) -> None:
    if act.preview and act.get("holder") is None:
        return
    if plain(act.get("holder") or "") != plain(act.obj.bearer_name):
        raise Refusal(
            "payee_holder_mismatch",
            _("The account holder is not %(bearer)s.") % {"bearer": act.obj.bearer_name},
            remedy=_("The grant can only be paid to an account in that name."),
            article="art. 21",
            field="holder",
        )


def proof_given(act: Act) -> None:
    if not act.preview and not act.get("proof"):
        raise Refusal(
            "proof_missing",
            _("Attach the bank identity statement."),
            remedy=_("A PDF or a picture of it is enough."),
            article="art. 22",
            field="proof",
        )


@never_after("record")
def approver_is_not_recorder(act: Act) -> None:
    if act.obj.recorded_by_id == act.actor.pk:
        raise same_person(_("you recorded this account"), names(Role.ACCOUNTING_OFFICER, act, act.actor.pk))


def no_other_approved(act: Act) -> None:
    """A grant is paid to one account: a blocked one does not come back beside the one that took its place."""
    others = act.obj.agreement.payee_accounts.filter(state=PayeeAccountState.APPROVED).exclude(pk=act.obj.pk)
    if others.exists():
        raise Refusal(
            "other_account_approved",
            _("Another account of this grant was approved since: this one no longer serves."),
            remedy=_("To pay to this one again, the recipient gives it anew and the accounting officer approves it."),
            article="art. 22",
            status=409,
        )


def usable(account, at) -> None:
    """Raises the reason an order cannot go to this account now."""
    if account is None:
        raise Refusal(
            "payee_account_not_approved",
            _("No approved account for this grant."),
            remedy=_("The recipient gives one, the accounting officer approves it."),
            article="art. 20, 22",
            status=409,
        )
    if account.state == PayeeAccountState.BLOCKED:
        raise Refusal(
            "payee_account_blocked",
            _("The account is blocked: %(reason)s.") % {"reason": account.reason.rstrip(".")},
            remedy=_("Have another account approved, or have two people unblock this one."),
            article="art. 22",
            status=409,
        )
    if account.state != PayeeAccountState.APPROVED:
        raise Refusal(
            "payee_account_not_approved", _("The account is not approved."), article="art. 20, 22", status=409
        )
    if at < account.usable_from:
        raise Refusal(
            "payee_account_waiting",
            _("The account changed after a first payment."),
            remedy=_("For safety it can be used from %(instant)s.") % {"instant": when(account.usable_from)},
            article="art. 22",
            status=409,
        )
