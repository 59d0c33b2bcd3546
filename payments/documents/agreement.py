"""The agreement, its amendments, and the letters of its end."""

from __future__ import annotations

from django.utils import timezone, translation

from core import documents, links
from core.models import Document
from core.money import in_words
from fund.enums import Role
from fund.queries import holders
from payments.documents.common import bearer, day, envelope, euros, fund, hour, letter, officer
from payments.models import Agreement
from payments.queries.threshold import cumulated
from payments.schedule import final_report_due, instalment_amounts, interim_report_due, project_end


def _plan(agreement) -> list[dict]:
    lines = list(agreement.application.call.instalment_lines.order_by("number"))
    amounts = instalment_amounts(agreement.amount, [line.percent for line in lines])
    return [
        {
            "number": line.number,
            "label": line.label,
            "percent": f"{line.percent} %",
            "amount": euros(amount),
            "trigger": str(line.get_trigger_display()),
        }
        for line, amount in zip(lines, amounts, strict=True)
    ]


def _project(agreement) -> dict:
    application = agreement.application
    content = application.content
    project, budget, openness = (content.get(code, {}) for code in ("project", "budget", "openness"))
    partners = [
        f"{partner.organisation.name} ({partner.service})" if partner.service else partner.organisation.name
        for partner in application.partnerships.select_related("organisation")
        if partner.state == "confirmed"
    ]
    return {
        "project_title": application.title,
        "need": project.get("need", ""),
        "summary": project.get("summary", ""),
        "origin": project.get("origin", ""),
        "partners": ", ".join(partners),
        "commitment": content.get("partnership", {}).get("commitment", ""),
        "deliverables": [row.get("title", "") for row in project.get("deliverables", [])],
        "outcomes": [
            f"{row.get('indicator', '')} : {row.get('target', '')}" for row in project.get("expected_outcomes", [])
        ],
        "expenses": [
            {"account": row.get("account", ""), "label": row.get("label", ""), "amount": euros(row.get("amount") or 0)}
            for row in budget.get("expenses", [])
        ],
        "budget_total": euros(sum(row.get("amount") or 0 for row in budget.get("expenses", []))),
        "licence": openness.get("licence", ""),
        "repository_url": openness.get("repository_url", ""),
        "secret_reason": openness.get("secret_reason", ""),
    }


def _percent(rate) -> str:
    from fractions import Fraction

    share = Fraction(str(rate)) * 100
    return (
        f"{share.numerator // share.denominator} %"
        if share.denominator == 1
        else f"{float(share):.1f} %".replace(".", ",")
    )


def freeze_agreement(agreement: Agreement, *, at) -> Document:
    """The agreement as it will be signed: complete mentions of the law, the plan, the project and the budget as annexes."""
    with translation.override("fr"):
        application, rules = agreement.application, agreement.rules
        account = agreement.payee_accounts.filter(state="approved").first()
        starts_on = timezone.localdate(at)
        ends_on = project_end(starts_on, agreement.duration_months)
        long = agreement.duration_months > rules["interim_report_over_months"] or any(
            line.trigger == "interim_report_accepted" for line in application.call.instalment_lines.all()
        )
        orderer, payer = holders(Role.AUTHORISING_OFFICER, at).first(), holders(Role.ACCOUNTING_OFFICER, at).first()
        receiver = bearer(agreement)
        context = {
            **fund(),
            **officer(agreement),
            **receiver,
            **_project(agreement),
            "reference": agreement.reference,
            "amount": euros(agreement.amount),
            "amount_words": in_words(agreement.amount, "fr"),
            "over_threshold": bool((together := cumulated(agreement)) and together.is_above),
            "plan": _plan(agreement),
            "conditions": [
                {"number": one.number, "text": one.text, "due_on": day(one.due_on)}
                for one in agreement.conditions.exclude(state="dropped").order_by("number")
            ],
            "payment_days": rules["payment_days"],
            "duration_months": agreement.duration_months,
            "ends_on": day(ends_on),
            "final_report_on": day(
                final_report_due(
                    ends_on, private_body=receiver["is_body"], months=rules["final_report_months_after_project_end"]
                )
            ),
            "interim_report_on": day(interim_report_due(starts_on, ends_on)) if long else "",
            "rules_number": rules.number,
            "decision": agreement.decision.reference,
            "decision_on": day(agreement.decision.signed_at),
            "notified_on": day(agreement.decision.notified_at),
            **envelope(application.call),
            "account_end": account.iban_end if account else "",
            "account_on": day(account.approved_at) if account else "",
            "change_hours": rules["payee_account_change_hours"],
            "orderer": str(orderer) if orderer else "",
            "payer": str(payer) if payer else "",
            "de_minimis": application.economic_activity,
            "de_minimis_amount": euros(agreement.de_minimis_amount) if agreement.de_minimis_amount is not None else "",
            "cer_on": day(agreement.cer_at),
            "keepable": _percent(rules["unspent_keepable_rate"]),
            "adversarial_days": rules["adversarial_days"],
            "shift": _percent(rules["budget_shift_free_rate"]),
            "publication_months": rules["publication_months_after_signature"],
        }
        return documents.freeze(
            "agreement",
            owner=agreement,
            subject=agreement.reference,
            title=f"Convention d’aide n° {agreement.reference}",
            context=context,
            at=at,
        )


TERMS = {
    "ends_on": "Article 2, fin du projet",
    "final_report": "Article 6, compte rendu final",
    "amount": "Article 3, montant de l’aide",
    "prototype": "Annexe 1, prototype ou résultat",
    "budget": "Annexe 2, ligne du budget",
    "partner": "Annexe 3, administration partenaire",
    "bearer": "Structure porteuse",
    "other": "Autre terme",
}
"""Where a term stands in the agreement."""


def freeze_amendment(amendment, *, at) -> Document:
    """The list of differences that both sides sign; nothing else of the agreement changes."""
    with translation.override("fr"):
        agreement = amendment.agreement
        rows = amendment.changes.all()
        orderer = holders(Role.AUTHORISING_OFFICER, at).first()
        context = {
            **letter(agreement, at),
            **bearer(agreement),
            "number": amendment.number,
            "why": amendment.reason,
            "asked_on": day(amendment.requested_at),
            "signed_on": day(agreement.agreed_on),
            "rows": [
                {"what": TERMS[row.term], "before": row.before_shown or "–", "after": row.after_shown} for row in rows
            ],
            "lowered": bool(amendment.new_amount),
            "amount": euros(amendment.new_amount) if amendment.new_amount else "",
            "amount_words": in_words(amendment.new_amount, "fr") if amendment.new_amount else "",
            "off": euros(agreement.amount - amendment.new_amount) if amendment.new_amount else "",
            "sign_by": hour(amendment.sign_by_at),
            "rules_number": agreement.rules.number,
            "orderer": str(orderer) if orderer else "",
        }
        return documents.freeze(
            "amendment",
            owner=amendment,
            subject=agreement.reference,
            title=f"Avenant n° {amendment.number} à la convention n° {agreement.reference}",
            context=context,
            at=at,
        )


def freeze_lapse_letter(agreement: Agreement, *, step: str, deadline, at) -> Document:
    """The award has lapsed: why, what remains possible, how to contest it."""
    with translation.override("fr"):
        context = {
            **fund(),
            **officer(agreement),
            "reference": agreement.reference,
            "project_title": agreement.application.title,
            "recipient": str(agreement.application.lead),
            "recipient_body": agreement.bearer_name,
            "amount": euros(agreement.amount),
            "decision": agreement.decision.reference,
            "decision_on": day(agreement.decision.signed_at),
            "step": step,
            "deadline": day(deadline),
            "first_reminder_on": day(agreement.first_reminded_at),
            "last_reminder_on": day(agreement.last_reminded_at)
            if agreement.last_reminded_at != agreement.first_reminded_at
            else "",
            "lapsed_on": day(at),
            "rules_number": agreement.rules.number,
            "letter_on": day(at),
        }
        return documents.freeze(
            "lapse_letter",
            owner=agreement,
            subject=agreement.reference,
            title="L’attribution de votre aide est caduque",
            context=context,
            at=at,
        )


def freeze_closing_letter(agreement: Agreement, *, at) -> Document:
    """Everything is paid and reported: the account of the grant, and thanks."""
    with translation.override("fr"):
        report = agreement.reports.filter(kind="final", state="accepted").first()
        unspent = (report.unspent_amount or 0) if report else 0
        payments = [
            {
                "number": one.number,
                "label": one.label,
                "amount": euros(one.payable_amount),
                "paid_on": day(one.paid_on),
                "state": one.state,
            }
            for one in agreement.instalments.order_by("number")
        ]
        context = {
            **fund(),
            **officer(agreement),
            "reference": agreement.reference,
            "project_title": agreement.application.title,
            "recipient": str(agreement.application.lead),
            "recipient_body": agreement.bearer_name,
            "amount": euros(agreement.amount),
            "paid": euros(sum(one.payable_amount for one in agreement.instalments.filter(state="paid"))),
            "payments": payments,
            "accepted": euros(report.accepted_total_amount if report else 0),
            "unspent": euros(unspent),
            "has_unspent": unspent > 0,
            "accepted_on": day(report.accepted_at) if report else "",
            "signed_on": day(agreement.agreed_on),
            "letter_on": day(at),
            "public_url": links.absolute(f"/projets/{agreement.reference}/"),
        }
        return documents.freeze(
            "closing_letter",
            owner=agreement,
            subject=agreement.reference,
            title="Votre convention est terminée",
            context=context,
            at=at,
        )
