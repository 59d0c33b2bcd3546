"""The payment order: given by a second person, signed by a third above the threshold of the rules, returned, refused, recalled, suspended."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import documents, references
from core.transitions import verb
from fund import ledger
from fund.enums import Role
from fund.queries import holders, rules_in_force
from payments import documents as papers
from payments.models import Instalment, PaymentOrder, ThirdSignature
from payments.notifications import tell
from payments.rules import instalment as rules
from payments.rules import third_signature
from payments.rules.agreement import in_force
from payments.rules.delegation import countersign_within_delegation, order_within_delegation
from payments.rules.people import accounting_officer, authorising_officer, delegate, no_interest, reason_given
from payments.transitions.common import lock_money


def basis_of(instalment) -> dict:
    """What its ledger entries rest on."""
    return {"grant": instalment.agreement.reference, "basis": instalment.basis}


@verb(
    machine=Instalment,
    label=_("order"),
    who=(authorising_officer, delegate),
    documents=("payment_order",),
    ledger=("order",),
    lock=lock_money,
    guards=(
        no_interest,
        order_within_delegation,
        in_force,
        rules.orderer_did_not_certify,
        rules.account_usable,
        rules.balance_available,
    ),
)
def order(act, instalment):
    """A second person orders the payment: a new end-to-end id, a copy of the account as approved, a payment order."""
    agreement, account = instalment.agreement, rules.current_account(instalment.agreement)
    attempt, delegation = instalment.orders.count() + 1, act.found.get("delegation")
    end_to_end_id = f"{agreement.reference}-{instalment.number}-{attempt}"
    version = rules_in_force() or agreement.rules
    above = third_signature.threshold_of(version, instalment.certified_amount)
    instalment.order(act.actor, act.at, end_to_end_id, above)
    paid = PaymentOrder.objects.create(
        instalment=instalment,
        attempt=attempt,
        reference=references.new("OP", timezone.localdate(act.at).year),
        end_to_end_id=end_to_end_id,
        amount=instalment.certified_amount,
        account=account,
        holder=account.holder,
        iban=account.iban,
        bic=account.bic,
        ordered_by=act.actor,
        ordered_at=act.at,
        delegation=delegation,
        rule_version=version,
        third_signature_above_amount=above,
    )
    ledger.post("order", at=act.at, amount=instalment.certified_amount, **basis_of(instalment))
    paid.document = papers.freeze_payment_order(paid, at=act.at)
    paid.save(update_fields=["document"])
    act.note(amount=instalment.certified_amount, end_to_end_id=end_to_end_id)
    if above is not None:
        act.note(rules=version.number, third_signature_above=above)
    if delegation:
        act.note(**delegation.evidence())


@verb(
    machine=Instalment,
    label=_("sign as third person"),
    who=(authorising_officer, delegate),
    documents=("payment_order",),
    guards=(
        no_interest,
        third_signature.is_needed,
        third_signature.is_not_given_yet,
        rules.not_suspended,
        in_force,
        countersign_within_delegation,
        third_signature.signer_did_nothing_before,
    ),
)
def countersign_order(act, instalment):
    """Above the threshold of the rules, another authorising person signs the order before it may be paid; the order is written again with this signature."""
    live, delegation = instalment.orders.get(ended_at__isnull=True), act.found.get("delegation")
    instalment.countersign_order(act.actor, act.at)
    signature = ThirdSignature.objects.create(order=live, signed_by=act.actor, signed_at=act.at, delegation=delegation)
    signature.document = papers.freeze_payment_order(live, at=act.at, signature=signature)
    signature.save(update_fields=["document"])
    act.note(amount=live.amount, end_to_end_id=live.end_to_end_id, order=live.reference)
    if delegation:
        act.note(**delegation.evidence())


@verb(
    machine=Instalment,
    label=_("return to the case officer"),
    who=(authorising_officer,),
    guards=(no_interest, reason_given),
    lock=lock_money,
)
def return_to_due(act, instalment, *, reason):
    """The certification is void; a case officer certifies again."""
    act.because(reason)
    ledger.add_certified(instalment.agreement.reference, -instalment.certified_amount)
    instalment.return_to_due()


def end_order(instalment, outcome, at) -> PaymentOrder:
    """The live order ends so; its third signature stays with it as it was. Returns the order."""
    live = instalment.orders.get(ended_at__isnull=True)
    live.outcome, live.ended_at = outcome, at
    live.save(update_fields=["outcome", "ended_at"])
    instalment.batch_lines.filter(live=True).exclude(order__outcome="paid").update(live=False)
    return live


@verb(
    machine=Instalment,
    label=_("refuse the order"),
    who=(accounting_officer,),
    guards=(no_interest, reason_given, rules.not_in_live_batch),
    ledger=("unorder",),
    mails=("payments/order.refused",),
    lock=lock_money,
)
def refuse(act, instalment, *, reason):
    """The accounting officer does not accept the order; it goes back to the authorising officer with the reason."""
    act.because(reason)
    ledger.post("unorder", at=act.at, amount=instalment.certified_amount, **basis_of(instalment))
    end_order(instalment, "refused", act.at)
    instalment.refuse()
    tell(
        "order.refused",
        instalment.agreement,
        f"/paiements/versements/{instalment.pk}/",
        at=act.at,
        to=holders(Role.AUTHORISING_OFFICER, act.at),
        number=instalment.number,
    )


@verb(
    machine=Instalment,
    label=_("recall the order"),
    who=(authorising_officer,),
    guards=(no_interest, reason_given, rules.not_in_live_batch),
    ledger=("unorder",),
    lock=lock_money,
)
def recall(act, instalment, *, reason):
    """The authorising officer takes the order back, before any batch."""
    act.because(reason)
    ledger.post("unorder", at=act.at, amount=instalment.certified_amount, **basis_of(instalment))
    end_order(instalment, "recalled", act.at)
    instalment.recall()


def _lose_third_signature(instalment, act) -> None:
    signature = instalment.orders.get(ended_at__isnull=True).third_signature
    signature.ended_at = act.at
    signature.save(update_fields=["ended_at"])
    if signature.document is not None:
        documents.void(signature.document, act.at)
    act.note(third_signature="lost")


@verb(
    machine=Instalment,
    label=_("suspend payment"),
    who=(accounting_officer,),
    guards=(no_interest, rules.not_suspended, reason_given),
    mails=("payments/payment.suspended",),
)
def suspend(act, instalment, *, reason):
    """The accounting officer suspends payment; the sixty days stay shown. The reason stays in the register once the suspension is lifted.

    A third signature is lost: what made the payment stop may be what it was given on, so it is asked again.
    """
    act.because(reason)
    if instalment.countersigned_by_id:
        _lose_third_signature(instalment, act)
    instalment.suspend(act.at, reason.strip())
    tell(
        "payment.suspended",
        instalment.agreement,
        f"/dossiers/{instalment.agreement.reference}/convention/",
        at=act.at,
        number=instalment.number,
        by="accountant",
    )


@verb(
    machine=Instalment,
    label=_("lift the suspension"),
    who=(accounting_officer,),
    guards=(no_interest, rules.is_suspended),
)
def unsuspend(act, instalment):
    """Payment may go on."""
    instalment.unsuspend()
