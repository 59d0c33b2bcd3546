"""The payment order: an internal accounting document."""

from __future__ import annotations

from django.utils import timezone, translation

from core import documents
from core.models import Document
from core.money import in_words
from payments.documents.common import day, envelope, euros, fund, hour, officer
from payments.models import Evidence


def freeze_payment_order(order, *, at, signature=None) -> Document:
    """Internal accounting document: the account is masked on it; the whole number is in the secured row and the bank file only.

    With `signature`, the order as it is once signed by a third person.
    """
    with translation.override("fr"):
        instalment = order.instalment
        agreement, account = instalment.agreement, order.account
        others = list(agreement.instalments.exclude(pk=instalment.pk))
        above = order.third_signature_above_amount
        paid = sum(one.payable_amount for one in others if one.state == "paid")
        ordered = sum(one.payable_amount for one in others if one.state in ("ordered", "in_payment"))
        left = sum(
            one.payable_amount for one in others if one.state not in ("paid", "cancelled", "ordered", "in_payment")
        )
        pieces = (
            [{"name": f"Convention {agreement.reference}", "sha256": agreement.document.sha256}]
            if agreement.document_id
            else []
        )
        pieces += [
            {"name": piece.name, "sha256": piece.sha256} for piece in Evidence.objects.filter(instalment=instalment)
        ]
        report = agreement.reports.filter(kind="final", state="accepted").first() if instalment.is_balance else None
        context = {
            **fund(),
            **officer(agreement),
            "order": order.reference,
            "reference": agreement.reference,
            "end_to_end_id": order.end_to_end_id,
            "year": str(timezone.localdate(at).year),
            **envelope(agreement.application.call),
            "signed_on": day(agreement.agreed_on),
            "decision": agreement.decision.reference,
            "decision_on": day(agreement.decision.signed_at),
            "notified_on": day(agreement.decision.notified_at),
            "creditor": agreement.bearer_name,
            "holder": order.holder,
            "account": order.masked_iban,
            "account_version": account.number,
            "account_recorded_by": str(account.recorded_by),
            "account_recorded_on": day(account.recorded_at),
            "account_approved_by": str(account.closed_by),
            "account_approved_on": day(account.approved_at),
            "awarded": euros(agreement.amount),
            "paid": euros(paid),
            "ordered": euros(ordered),
            "number": instalment.number,
            "share": f"{instalment.percent} %",
            "amount": euros(order.amount),
            "amount_words": in_words(order.amount, "fr"),
            "left": euros(left),
            "trigger": str(instalment.get_trigger_display()),
            "due_since": day(instalment.due_since_on),
            "pay_by": day(instalment.pay_by_on),
            "pieces": pieces,
            "note": instalment.certification_note,
            "is_advance": not instalment.is_balance,
            "report_accepted_on": day(report.accepted_at) if report else "",
            "accepted": euros(report.accepted_total_amount) if report else "",
            "certified_by": str(instalment.certified_by),
            "certified_at": hour(instalment.certified_at),
            "ordered_by": str(order.ordered_by),
            "delegation": order.delegation.mention() if order.delegation else "",
            "deed": order.delegation.deed if order.delegation else "",
            "ordered_at": hour(order.ordered_at),
            "third_above": "" if above is None else euros(above),
            "rules": order.rule_version.number if order.rule_version else "",
            "third_by": str(signature.signed_by) if signature else "",
            "third_delegation": signature.delegation.mention() if signature and signature.delegation else "",
            "third_deed": signature.delegation.deed if signature and signature.delegation else "",
            "third_at": hour(signature.signed_at) if signature else "",
        }
        return documents.freeze(
            "payment_order",
            owner=instalment,
            subject=agreement.reference,
            title=f"Ordre de paiement n° {order.reference}",
            context=context,
            at=at,
        )
