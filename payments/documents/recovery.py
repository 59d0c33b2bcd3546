"""The letters of an amount to give back."""

from __future__ import annotations

from django.utils import translation

from core import documents, links
from core.models import Document
from core.money import in_words
from fund.enums import ApplicantKind
from payments.documents.common import day, euros, hour, letter

CRPA = "code des relations entre le public et l’administration"
LAW_OF_RECOVERY = {
    "unspent": "l’aide est un maximum, limité aux dépenses admises (convention, articles 3 et 8 ; règlement, article 25)",
    "off_purpose": "l’aide sert aux seules dépenses du projet (loi n° 2000-321 du 12 avril 2000, article 9-1 ; convention, article 5)",
    "unjustified": "les dépenses sont justifiées par des pièces (convention, articles 6 et 7 ; règlement, articles 23 et 25)",
    "terms_breached": f"l’aide est retirée si ses conditions ne sont pas respectées ({CRPA}, article L. 242-2, 2°)",
    "cer_breached": "un manquement au contrat d’engagement républicain conduit au retrait de l’aide, au prorata de la période "
    "restant à courir (loi n° 2000-321 du 12 avril 2000, article 10-1)",
    "fraud": f"un acte obtenu par fraude peut être retiré à tout moment ({CRPA}, article L. 241-2)",
}
"""The text behind each ground, as a letter quotes it."""


def _claim(recovery, at) -> dict:
    """The facts, the text and the sum of an amount to give back."""
    agreement = recovery.agreement
    report = agreement.reports.filter(kind="final", state="accepted").first()
    paid = sum(one.payable_amount for one in agreement.instalments.filter(state="paid"))
    returned = sum(one.repaid_amount for one in agreement.recoveries.exclude(pk=recovery.pk))
    return {
        **letter(agreement, at),
        "claim": recovery.reference,
        "facts": recovery.facts,
        "ground": str(recovery.get_ground_display()),
        "law": LAW_OF_RECOVERY[recovery.ground],
        "awarded": euros(agreement.amount),
        "paid": euros(paid),
        "accepted": euros(report.accepted_total_amount) if report else "",
        "returned": euros(returned) if returned else "",
        "amount": euros(recovery.amount),
        "amount_words": in_words(recovery.amount, "fr"),
        "invited_on": day(recovery.proposed_at),
        "due_on": day(recovery.observations_due_on),
        "is_collective": agreement.application.applicant_kind == ApplicantKind.COLLECTIVE,
    }


def freeze_recovery_invitation(recovery, *, at) -> Document:
    """Before any decision: the facts, the text, the sum, and fifteen days to comment."""
    with translation.override("fr"):
        agreement = recovery.agreement
        context = _claim(recovery, at) | {
            "suspended": agreement.state == "suspended",
            "suspension_reason": agreement.suspension_reason,
            "url": links.absolute(f"/dossiers/{agreement.reference}/reversements/{recovery.pk}/"),
        }
        return documents.freeze(
            "recovery_invitation",
            owner=recovery,
            subject=agreement.reference,
            title=f"Nous envisageons de vous demander de rendre {euros(recovery.amount)}",
            context=context,
            at=at,
        )


def freeze_recovery_letter(recovery, *, at) -> Document:
    """The decision: it answers the comments, gives its reasons, and says how to repay and how to contest."""
    with translation.override("fr"):
        agreement = recovery.agreement
        context = _claim(recovery, at) | {
            "observed_on": day(recovery.observed_at),
            "observations": recovery.observations,
            "answer": recovery.answer,
            "pay_by": day(recovery.pay_by_on),
            "signed_by": str(recovery.notified_by),
            "signed_at": hour(at),
            "unspent": recovery.ground == "unspent",
            "url": links.absolute(f"/dossiers/{agreement.reference}/reversements/{recovery.pk}/"),
        }
        return documents.freeze(
            "recovery_letter",
            owner=recovery,
            subject=agreement.reference,
            title=f"Décision : {euros(recovery.amount)} à rendre",
            context=context,
            at=at,
        )


def freeze_return_receipt(recovery, *, at) -> Document:
    """Money given back unasked: what was received, on which grant. It belongs to the agreement: the recovery is born repaid."""
    with translation.override("fr"):
        context = letter(recovery.agreement, at) | {
            "claim": recovery.reference,
            "amount": euros(recovery.amount),
            "amount_words": in_words(recovery.amount, "fr"),
            "received_by": str(recovery.notified_by),
        }
        return documents.freeze(
            "return_receipt",
            owner=recovery.agreement,
            subject=recovery.agreement.reference,
            title=f"Nous avons reçu {euros(recovery.amount)}",
            context=context,
            at=at,
        )
