"""The papers of a grant, frozen as plain French text in the act that makes them: agreement, amendment, payment order, copy of a report, letters."""

from core.documents import register_visibility
from payments.documents.agreement import freeze_agreement, freeze_amendment, freeze_closing_letter, freeze_lapse_letter
from payments.documents.payment import freeze_payment_order
from payments.documents.recovery import freeze_recovery_invitation, freeze_recovery_letter, freeze_return_receipt
from payments.documents.report import freeze_formal_notice, freeze_report_copy
from payments.documents.treasury import annual_statement, financial_figures, grant_statement
from payments.models import Agreement, Amendment, Recovery, Report, YearClosing
from payments.models.agreement import sees_all_money

__all__ = [
    "annual_statement",
    "financial_figures",
    "freeze_agreement",
    "freeze_amendment",
    "freeze_closing_letter",
    "freeze_formal_notice",
    "freeze_lapse_letter",
    "freeze_payment_order",
    "freeze_recovery_invitation",
    "freeze_recovery_letter",
    "freeze_report_copy",
    "freeze_return_receipt",
    "grant_statement",
]


def _agreement_visible(user, document) -> bool:
    return Agreement.objects.visible_to(user).filter(pk=document.owner_id).exists()


def _report_visible(user, document) -> bool:
    return Report.objects.visible_to(user).filter(pk=document.owner_id).exists()


def _amendment_visible(user, document) -> bool:
    return Amendment.objects.visible_to(user).filter(pk=document.owner_id).exists()


def _recovery_visible(user, document) -> bool:
    return Recovery.objects.visible_to(user).filter(pk=document.owner_id).exists()


def _order_visible(user, document) -> bool:
    """An internal accounting document: staff who follow the money."""
    return sees_all_money(user)


register_visibility(Agreement.machine, _agreement_visible)
register_visibility("report", _report_visible)
register_visibility("amendment", _amendment_visible)
register_visibility("recovery", _recovery_visible)
register_visibility("instalment", _order_visible)
register_visibility(YearClosing.machine, _order_visible)
