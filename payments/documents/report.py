"""The copy of what a recipient reported, and the formal notice when nothing came."""

from __future__ import annotations

from django.utils import timezone, translation

from core import documents, links
from core.models import Document
from payments.documents.common import bearer, day, euros, fund, hour, letter
from payments.rules.report import HEADINGS, gap_text


def freeze_report_copy(report, *, at) -> Document:
    """What the recipient filed, with the gaps in euros and in percent."""
    with translation.override("fr"):
        agreement = report.agreement
        lines = [
            {
                "account": line.account,
                "label": line.label,
                "budget": euros(line.budget_amount),
                "actual": euros(line.actual_amount or 0),
                "gap": euros(line.gap_amount or 0),
                "percent": gap_text(line),
                "explanation": line.explanation,
            }
            for line in report.lines.all()
        ]
        context = {
            **fund(),
            "reference": agreement.reference,
            "project_title": agreement.application.title,
            "recipient_body": agreement.bearer_name,
            "kind": str(report.get_kind_display()),
            "sections": [
                {"title": str(title), "text": report.narrative.get(code, "")} for code, title, _hint in HEADINGS
            ],
            "learnt": report.learnt,
            "repository_url": report.repository_url,
            "demo_url": report.demo_url,
            "licence": report.licence,
            "adoption": str(report.get_adoption_display()) if report.adoption else "",
            "adoption_comment": report.adoption_comment,
            "lines": lines,
            "budget_total": euros(report.budget_total_amount),
            "actual_total": euros(report.actual_total_amount),
            "gap_total": euros(report.actual_total_amount - report.budget_total_amount),
            "filed_by": str(report.submitted_by),
            "filed_at": hour(at),
        }
        return documents.freeze(
            "report_copy",
            owner=report,
            subject=agreement.reference,
            title=f"Compte rendu de {agreement.reference}",
            context=context,
            at=at,
        )


def freeze_formal_notice(report, *, due_on, at) -> Document:
    """The report is late: what is asked, by when (`due_on`), what may follow, how to answer and to contest."""
    with translation.override("fr"):
        agreement = report.agreement
        facts = bearer(agreement)
        payments = [one for one in agreement.instalments.all() if one.state != "cancelled"]
        paid = sum(one.payable_amount for one in payments if one.state == "paid")
        context = {
            **letter(agreement, at),
            **{name: facts[name] for name in ("bearer_address", "is_body", "is_collective")},
            "kind": str(report.get_kind_display()),
            "is_final": report.kind == "final",
            "begun": report.state == "draft",
            "signed_on": day(agreement.agreed_on),
            "due_on": day(report.due_on),
            "days_late": (timezone.localdate(at) - report.due_on).days,
            "reminded": bool(report.reminded_days),
            "answer_by": day(due_on),
            "awarded": euros(agreement.amount),
            "paid": euros(paid) if paid else "",
            "left": euros(sum(one.payable_amount for one in payments) - paid),
            "suspended": agreement.state == "suspended",
            "rules_number": agreement.rules.number,
            "notice_days": agreement.rules["report_formal_notice_days_late"],
            "adversarial_days": agreement.rules["adversarial_days"],
            "report_url": links.absolute(f"/dossiers/{agreement.reference}/comptes-rendus/{report.pk}/"),
            "file_url": links.absolute(f"/dossiers/{agreement.reference}/"),
        }
        return documents.freeze(
            "formal_notice",
            owner=report,
            subject=agreement.reference,
            title=f"Mise en demeure : remettre votre {context['kind']}",
            context=context,
            at=at,
        )
