"""The copy of what a recipient reported."""

from __future__ import annotations

from django.utils import translation

from core import documents
from core.models import Document
from payments.documents.common import euros, fund, hour
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
