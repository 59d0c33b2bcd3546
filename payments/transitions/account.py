"""The bank account of a grant: recorded by one, approved by another, blocked by anyone who has a doubt. Every look at the number is an event."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from core.logs import current_request_id
from core.models import Event
from core.transitions import Refusal, TwoKey, Who, verb
from fund.enums import Role
from fund.queries import holders
from payments.enums import EvidenceKind, PayeeAccountState
from payments.iban import checked, checked_bic, last_four
from payments.models import PayeeAccount
from payments.notifications import tell
from payments.rules import account as rules
from payments.rules.people import (
    accounting_officer,
    authorising_officer,
    case_officer,
    no_interest,
    party,
    reason_given,
)
from payments.transitions import agreement as agreements
from payments.transitions.blocking import block, block_by_bank
from payments.transitions.common import keep_file, record_event

who_gave_it = Who(
    "AP", _("the person of the recipient who gave it"), lambda actor, obj, at: _gave(actor, obj) and not obj.from_paper
)
who_recorded_it = Who(
    "CO", _("the case officer who recorded it from paper"), lambda actor, obj, at: _gave(actor, obj) and obj.from_paper
)


def _gave(actor, account) -> bool:
    return isinstance(account, PayeeAccount) and account.recorded_by_id == actor.pk


def _no_interest_of_staff(act) -> None:
    if case_officer(act.actor, act.obj, act.at):
        no_interest(act)


@verb(
    machine=PayeeAccount,
    label=_("give a bank account"),
    who=(party, case_officer),
    creates="recorded",
    on="agreement",
    guards=(
        _no_interest_of_staff,
        rules.agreement_open,
        rules.none_waiting,
        rules.number_valid,
        rules.holder_is_bearer,
        rules.proof_given,
    ),
    mails=("payments/payee_account.to_approve", "payments/payee_account.changed"),
)
def record(act, agreement, *, holder, iban, bic="", proof=None, content_type="application/pdf"):
    """Record an account in the bearer's name. `proof` is an uploaded file already checked, of `content_type`. It waits for another person's approval."""
    number = checked(iban)
    former = list(agreement.payee_accounts.order_by("-number"))
    evidence = keep_file(
        proof, agreement=agreement, kind=EvidenceKind.BANK_PROOF, actor=act.actor, at=act.at, content_type=content_type
    )
    account = PayeeAccount.objects.create(
        agreement=agreement,
        number=former[0].number + 1 if former else 1,
        holder=holder.strip(),
        iban=number,
        bic=checked_bic(bic, number),
        iban_end=last_four(number),
        proof=evidence,
        from_paper=not party(act.actor, agreement, act.at),
        recorded_by=act.actor,
        recorded_at=act.at,
    )
    act.note(number=account.number)
    tell(
        "payee_account.to_approve",
        agreement,
        f"/paiements/comptes/{account.pk}/",
        at=act.at,
        to=holders(Role.ACCOUNTING_OFFICER, act.at),
        recorded_by=str(act.actor),
    )
    if any(old.state in (PayeeAccountState.APPROVED, PayeeAccountState.BLOCKED) for old in former):
        tell(
            "payee_account.changed",
            agreement,
            f"/dossiers/{agreement.reference}/compte/",
            at=act.at,
            already_paid=_was_paid(agreement),
        )
    return account


def _was_paid(agreement) -> bool:
    return agreement.instalments.filter(settled_at__isnull=False).exists()


@verb(
    machine=PayeeAccount,
    label=_("approve the account"),
    who=(accounting_officer,),
    guards=(no_interest, rules.agreement_open, rules.approver_is_not_recorder),
    mails=("payments/agreement.to_sign",),
)
def approve(act, account):
    """Another person approves: the former account is replaced; on a grant already paid once the new one waits (72 hours by default)."""
    agreement = account.agreement
    for former in agreement.payee_accounts.filter(state=PayeeAccountState.APPROVED).exclude(pk=account.pk):
        replace(payee_account=former, actor=act.actor, at=act.at)
    hours = agreement.rules["payee_account_change_hours"] if _was_paid(agreement) else 0
    account.approve(act.actor, act.at, act.at + timedelta(hours=hours))
    if agreement.state == "accepted" and not agreement.bearer_signed_at and not _anyone_signed(agreement):
        account.save()  # the agreement names the account
        agreement = agreements.prepare_document(agreement=agreement, actor=act.actor, at=act.at)
        tell(
            "agreement.to_sign",
            agreement,
            f"/dossiers/{agreement.reference}/convention/signer/",
            at=act.at,
            wait_for=agreement.document,
            sign_by_at=agreement.sign_by_at,
        )


def _anyone_signed(agreement) -> bool:
    return bool(agreement.document_id and agreement.document.signatures.exists())


@verb(machine=PayeeAccount, label=_("replace the account"), who=(accounting_officer,), inner=True)
def replace(act, account):
    """A newer approved account takes its place."""
    account.replace()


@verb(
    machine=PayeeAccount,
    label=_("refuse the account"),
    who=(accounting_officer,),
    guards=(no_interest, reason_given),
    mails=("payments/payee_account.refused",),
)
def refuse(act, account, *, reason):
    """The account is not accepted; the recipient gives another."""
    act.because(reason)
    account.refuse(act.actor, act.at, reason.strip())
    tell("payee_account.refused", account.agreement, f"/dossiers/{account.agreement.reference}/compte/", at=act.at)


@verb(machine=PayeeAccount, label=_("withdraw the account"), who=(who_gave_it, who_recorded_it))
def withdraw(act, account):
    """Whoever gave it takes it back while nobody has approved it: another can then be given. What was approved before stays in use."""
    account.withdraw(act.at)
    act.note(number=account.number)


@verb(
    machine=PayeeAccount,
    label=_("unblock the account"),
    who=(accounting_officer,),
    guards=(no_interest, rules.agreement_open, rules.no_other_approved),
    two_key=TwoKey(
        proposes=(accounting_officer,),
        approves=(authorising_officer,),
        title=lambda account: _("Unblock the account of %s") % account.agreement.reference,
    ),
)
def unblock(act, account):
    """Two people say the account is good."""
    account.unblock()


def reveal(*, payee_account, actor, at) -> str:
    """The number in clear, for the accounting officer who checks it against the proof; the look is an event."""
    if not accounting_officer(actor, payee_account, at):
        raise Refusal("not_permitted", _("Only an accounting officer may see the whole number."))
    record_event(payee_account, "reveal", actor=actor, at=at, number=payee_account.number)
    return payee_account.iban


def seen(*, payee_account, actor, at) -> None:
    """A page that shows the account masked was opened; the look is an event."""
    record_event(payee_account, "view", actor=actor, at=at, number=payee_account.number)


def seen_all(shown, *, actor, at) -> None:
    """The same for every account a page shows: (account, reference of its grant), each once, in one query."""
    once = {account.pk: (account, reference) for account, reference in shown if account is not None}
    Event.objects.bulk_create(
        Event(
            at=at,
            actor=actor,
            machine=account.machine,
            object_id=account.pk,
            subject=reference,
            verb="view",
            from_state=account.state,
            to_state=account.state,
            payload={"number": account.number},
            request_id=current_request_id(),
        )
        for account, reference in once.values()
    )


__all__ = [
    "approve",
    "block",
    "block_by_bank",
    "record",
    "refuse",
    "replace",
    "reveal",
    "seen",
    "seen_all",
    "unblock",
    "withdraw",
]
