"""The papers of a grant, frozen as plain French text in the act that makes them: agreement, amendment, payment order, copy of a report, letters."""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.formats import date_format

from core import documents, links
from core.documents import register_visibility
from core.models import Document
from core.money import format_euros, in_words
from fund.enums import ApplicantKind, Role
from fund.models import FundIdentity
from fund.queries import holders
from payments.models import Agreement, Amendment, Evidence, Recovery, Report
from payments.rules.report import HEADINGS, gap_text
from payments.schedule import final_report_due, instalment_amounts, interim_report_due, project_end


def _day(value) -> str:
    if value is None:
        return ""
    if hasattr(value, "hour"):
        value = timezone.localtime(value)
    return "1er " + date_format(value, "F Y") if value.day == 1 else date_format(value, "j F Y")


def _hour(value) -> str:
    local = timezone.localtime(value)
    return f"{_day(value)} à {local:%H} h {local:%M}"


def _euros(cents) -> str:
    return format_euros(cents, "fr")


def _fund() -> dict:
    fund = FundIdentity.current()
    return {
        "fund_name": fund.name,
        "fund_legal_name": fund.legal_name or fund.name,
        "fund_address": fund.address,
        "fund_siret": fund.siret,
        "fund_email": fund.email,
        "fund_phone": fund.phone,
        "data_protection_email": fund.data_protection_email,
        "appeals_email": fund.appeals_email,
        "fund_commune": fund.commune,
        "privacy_url": links.absolute("/confidentialite/"),
    }


def _officer(agreement) -> dict:
    person = agreement.case_officer
    return {"officer_name": str(person) if person else "", "officer_email": person.email if person else ""}


def _plan(agreement) -> list[dict]:
    lines = list(agreement.application.call.instalment_lines.order_by("number"))
    amounts = instalment_amounts(agreement.amount, [line.percent for line in lines])
    return [
        {
            "number": line.number,
            "label": line.label,
            "percent": f"{line.percent} %",
            "amount": _euros(amount),
            "trigger": str(line.get_trigger_display()),
        }
        for line, amount in zip(lines, amounts, strict=True)
    ]


def _bearer(agreement) -> dict:
    application = agreement.application
    content = application.content.get("applicant", {})
    body = application.bearer_organisation or (
        application.organisation if application.applicant_kind == ApplicantKind.ASSOCIATION else None
    )
    collective = application.applicant_kind == ApplicantKind.COLLECTIVE
    prefix = "bearer_" if collective else ""
    return {
        "bearer_name": agreement.bearer_name,
        "is_body": body is not None,
        "is_person": body is None,
        "is_collective": collective,
        "collective_name": application.laureate_name if collective else "",
        "members": ", ".join(member.display_name for member in application.members.all()) if collective else "",
        "mandated_on": _day(application.first_received_at) if collective else "",
        "referent": str(application.lead),
        "bearer_address": content.get(f"{prefix}address") or content.get("address") or "",
        "siret": body.siret if body else "",
        "rna": body.rna if body else "",
        "court_registry": body.court_registry if body else "",
        "signatory": str(agreement.signatory) if agreement.signatory_id else "",
        "signatory_capacity": agreement.signatory_capacity,
    }


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
            {"account": row.get("account", ""), "label": row.get("label", ""), "amount": _euros(row.get("amount") or 0)}
            for row in budget.get("expenses", [])
        ],
        "budget_total": _euros(sum(row.get("amount") or 0 for row in budget.get("expenses", []))),
        "licence": openness.get("licence", ""),
        "repository_url": openness.get("repository_url", ""),
        "secret_reason": openness.get("secret_reason", ""),
    }


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
        bearer = _bearer(agreement)
        context = {
            **_fund(),
            **_officer(agreement),
            **bearer,
            **_project(agreement),
            "reference": agreement.reference,
            "amount": _euros(agreement.amount),
            "amount_words": in_words(agreement.amount, "fr"),
            "over_threshold": agreement.amount > 2_300_000,
            "plan": _plan(agreement),
            "payment_days": rules["payment_days"],
            "duration_months": agreement.duration_months,
            "ends_on": _day(ends_on),
            "final_report_on": _day(
                final_report_due(
                    ends_on, private_body=bearer["is_body"], months=rules["final_report_months_after_project_end"]
                )
            ),
            "interim_report_on": _day(interim_report_due(starts_on, ends_on)) if long else "",
            "rules_number": rules.number,
            "decision": agreement.decision.reference,
            "decision_on": _day(agreement.decision.signed_at),
            "notified_on": _day(agreement.decision.notified_at),
            "envelope": application.call.envelope.label,
            "envelope_reference": application.call.envelope.reference,
            "account_end": account.iban_end if account else "",
            "account_on": _day(account.approved_at) if account else "",
            "change_hours": rules["payee_account_change_hours"],
            "orderer": str(orderer) if orderer else "",
            "payer": str(payer) if payer else "",
            "de_minimis": application.economic_activity,
            "de_minimis_amount": _euros(agreement.de_minimis_amount) if agreement.de_minimis_amount is not None else "",
            "cer_on": _day(agreement.cer_at),
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


def _percent(rate) -> str:
    from fractions import Fraction

    share = Fraction(str(rate)) * 100
    return (
        f"{share.numerator // share.denominator} %"
        if share.denominator == 1
        else f"{float(share):.1f} %".replace(".", ",")
    )


def freeze_payment_order(order, *, at) -> Document:
    """Internal accounting document: the account is masked on it; the whole number is in the secured row and the bank file only."""
    with translation.override("fr"):
        instalment = order.instalment
        agreement, account = instalment.agreement, order.account
        others = list(agreement.instalments.exclude(pk=instalment.pk))
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
            **_fund(),
            **_officer(agreement),
            "order": order.reference,
            "reference": agreement.reference,
            "end_to_end_id": order.end_to_end_id,
            "year": str(timezone.localdate(at).year),
            "envelope": agreement.application.call.envelope.label,
            "envelope_reference": agreement.application.call.envelope.reference,
            "signed_on": _day(agreement.signed_at),
            "decision": agreement.decision.reference,
            "decision_on": _day(agreement.decision.signed_at),
            "notified_on": _day(agreement.decision.notified_at),
            "creditor": agreement.bearer_name,
            "holder": order.holder,
            "account": order.masked_iban,
            "account_version": account.number,
            "account_recorded_by": str(account.recorded_by),
            "account_recorded_on": _day(account.recorded_at),
            "account_approved_by": str(account.closed_by),
            "account_approved_on": _day(account.approved_at),
            "awarded": _euros(agreement.amount),
            "paid": _euros(paid),
            "ordered": _euros(ordered),
            "number": instalment.number,
            "share": f"{instalment.percent} %",
            "amount": _euros(order.amount),
            "amount_words": in_words(order.amount, "fr"),
            "left": _euros(left),
            "trigger": str(instalment.get_trigger_display()),
            "due_since": _day(instalment.due_since_on),
            "pay_by": _day(instalment.pay_by_on),
            "pieces": pieces,
            "note": instalment.certification_note,
            "is_advance": not instalment.is_balance,
            "report_accepted_on": _day(report.accepted_at) if report else "",
            "accepted": _euros(report.accepted_total_amount) if report else "",
            "certified_by": str(instalment.certified_by),
            "certified_at": _hour(instalment.certified_at),
            "ordered_by": str(order.ordered_by),
            "ordered_at": _hour(order.ordered_at),
        }
        return documents.freeze(
            "payment_order",
            owner=instalment,
            subject=agreement.reference,
            title=f"Ordre de paiement n° {order.reference}",
            context=context,
            at=at,
        )


def freeze_lapse_letter(agreement: Agreement, *, step: str, deadline, at) -> Document:
    """The award has lapsed: why, what remains possible, how to contest it."""
    with translation.override("fr"):
        context = {
            **_fund(),
            **_officer(agreement),
            "reference": agreement.reference,
            "project_title": agreement.application.title,
            "recipient": str(agreement.application.lead),
            "recipient_body": agreement.bearer_name,
            "amount": _euros(agreement.amount),
            "decision": agreement.decision.reference,
            "decision_on": _day(agreement.decision.signed_at),
            "step": step,
            "deadline": _day(deadline),
            "first_reminder_on": _day(agreement.first_reminded_at),
            "last_reminder_on": _day(agreement.last_reminded_at)
            if agreement.last_reminded_at != agreement.first_reminded_at
            else "",
            "lapsed_on": _day(at),
            "rules_number": agreement.rules.number,
            "letter_on": _day(at),
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
        payments = [
            {
                "number": one.number,
                "label": one.label,
                "amount": _euros(one.payable_amount),
                "paid_on": _day(one.paid_on),
                "state": one.state,
            }
            for one in agreement.instalments.order_by("number")
        ]
        context = {
            **_fund(),
            **_officer(agreement),
            "reference": agreement.reference,
            "project_title": agreement.application.title,
            "recipient": str(agreement.application.lead),
            "recipient_body": agreement.bearer_name,
            "amount": _euros(agreement.amount),
            "paid": _euros(sum(one.payable_amount for one in agreement.instalments.filter(state="paid"))),
            "payments": payments,
            "accepted": _euros(report.accepted_total_amount),
            "unspent": _euros(report.unspent_amount),
            "has_unspent": report.unspent_amount > 0,
            "accepted_on": _day(report.accepted_at),
            "signed_on": _day(agreement.signed_at),
            "letter_on": _day(at),
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


def freeze_report_copy(report, *, at) -> Document:
    """What the recipient filed, with the gaps in euros and in percent."""
    with translation.override("fr"):
        agreement = report.agreement
        lines = [
            {
                "account": line.account,
                "label": line.label,
                "budget": _euros(line.budget_amount),
                "actual": _euros(line.actual_amount or 0),
                "gap": _euros(line.gap_amount or 0),
                "percent": gap_text(line),
                "explanation": line.explanation,
            }
            for line in report.lines.all()
        ]
        context = {
            **_fund(),
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
            "budget_total": _euros(report.budget_total_amount),
            "actual_total": _euros(report.actual_total_amount),
            "gap_total": _euros(report.actual_total_amount - report.budget_total_amount),
            "filed_by": str(report.submitted_by),
            "filed_at": _hour(at),
        }
        return documents.freeze(
            "report_copy",
            owner=report,
            subject=agreement.reference,
            title=f"Compte rendu de {agreement.reference}",
            context=context,
            at=at,
        )


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


def _letter(agreement, at) -> dict:
    """What every letter of a grant begins with."""
    return {
        **_fund(),
        **_officer(agreement),
        "reference": agreement.reference,
        "project_title": agreement.application.title,
        "recipient": str(agreement.signatory or agreement.application.lead),
        "recipient_body": agreement.bearer_name,
        "referent": str(agreement.application.lead),
        "letter_on": _day(at),
    }


def freeze_amendment(amendment, *, at) -> Document:
    """The list of differences that both sides sign; nothing else of the agreement changes."""
    with translation.override("fr"):
        agreement = amendment.agreement
        rows = []
        if amendment.new_ends_on:
            due_on = final_report_due(
                amendment.new_ends_on,
                private_body=agreement.application.bearer_person_id is None,
                months=agreement.rules["final_report_months_after_project_end"],
            )
            final = agreement.reports.filter(kind="final").exclude(state="cancelled").first()
            rows.append(("Article 2, fin du projet", _day(agreement.ends_on), _day(amendment.new_ends_on)))
            rows.append(("Article 6, compte rendu final", _day(final.due_on) if final else "", _day(due_on)))
        if amendment.new_amount:
            rows.append(("Article 3, montant de l’aide", _euros(agreement.amount), _euros(amendment.new_amount)))
        if amendment.content:
            rows.append(("Annexes 1 à 3, contenu du projet", "ce que dit la convention", amendment.content))
        orderer = holders(Role.AUTHORISING_OFFICER, at).first()
        context = {
            **_letter(agreement, at),
            **_bearer(agreement),
            "number": amendment.number,
            "why": amendment.reason,
            "asked_on": _day(amendment.requested_at),
            "signed_on": _day(agreement.signed_at),
            "rows": [{"what": what, "before": before, "after": after} for what, before, after in rows],
            "lowered": bool(amendment.new_amount),
            "amount": _euros(amendment.new_amount) if amendment.new_amount else "",
            "amount_words": in_words(amendment.new_amount, "fr") if amendment.new_amount else "",
            "off": _euros(agreement.amount - amendment.new_amount) if amendment.new_amount else "",
            "sign_by": _hour(amendment.sign_by_at),
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


def _claim(recovery, at) -> dict:
    """The facts, the text and the sum of an amount to give back."""
    agreement = recovery.agreement
    report = agreement.reports.filter(kind="final", state="accepted").first()
    paid = sum(one.payable_amount for one in agreement.instalments.filter(state="paid"))
    returned = sum(one.repaid_amount for one in agreement.recoveries.exclude(pk=recovery.pk))
    return {
        **_letter(agreement, at),
        "claim": recovery.reference,
        "facts": recovery.facts,
        "ground": str(recovery.get_ground_display()),
        "law": LAW_OF_RECOVERY[recovery.ground],
        "awarded": _euros(agreement.amount),
        "paid": _euros(paid),
        "accepted": _euros(report.accepted_total_amount) if report else "",
        "returned": _euros(returned) if returned else "",
        "amount": _euros(recovery.amount),
        "amount_words": in_words(recovery.amount, "fr"),
        "invited_on": _day(recovery.proposed_at),
        "due_on": _day(recovery.observations_due_on),
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
            title=f"Nous envisageons de vous demander de rendre {_euros(recovery.amount)}",
            context=context,
            at=at,
        )


def freeze_recovery_letter(recovery, *, at) -> Document:
    """The decision: it answers the comments, gives its reasons, and says how to repay and how to contest."""
    with translation.override("fr"):
        agreement = recovery.agreement
        context = _claim(recovery, at) | {
            "observed_on": _day(recovery.observed_at),
            "observations": recovery.observations,
            "answer": recovery.answer,
            "pay_by": _day(recovery.pay_by_on),
            "signed_by": str(recovery.notified_by),
            "signed_at": _hour(at),
            "unspent": recovery.ground == "unspent",
            "url": links.absolute(f"/dossiers/{agreement.reference}/reversements/{recovery.pk}/"),
        }
        return documents.freeze(
            "recovery_letter",
            owner=recovery,
            subject=agreement.reference,
            title=f"Décision : {_euros(recovery.amount)} à rendre",
            context=context,
            at=at,
        )


def freeze_return_receipt(recovery, *, at) -> Document:
    """Money given back unasked: what was received, on which grant. It belongs to the agreement: the recovery is born repaid."""
    with translation.override("fr"):
        context = _letter(recovery.agreement, at) | {
            "claim": recovery.reference,
            "amount": _euros(recovery.amount),
            "amount_words": in_words(recovery.amount, "fr"),
            "received_by": str(recovery.notified_by),
        }
        return documents.freeze(
            "return_receipt",
            owner=recovery.agreement,
            subject=recovery.agreement.reference,
            title=f"Nous avons reçu {_euros(recovery.amount)}",
            context=context,
            at=at,
        )


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
    from payments.models.agreement import sees_all_money

    return sees_all_money(user)


register_visibility(Agreement.machine, _agreement_visible)
register_visibility("report", _report_visible)
register_visibility("amendment", _amendment_visible)
register_visibility("recovery", _recovery_visible)
register_visibility("instalment", _order_visible)
