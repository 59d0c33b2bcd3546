"""The letters of decisions and appeals, frozen as plain French text in the act that makes them (CRPA L211-5, L212-1, L111-2, R311-3-1-1; CJA R421-5)."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.formats import date_format

from applications.periods import add_months
from core import documents, links
from core.documents import register_visibility
from core.models import Document, Event, User
from core.money import format_euros, in_words
from fund.enums import ApplicantKind, Authority
from fund.models import FundIdentity, LedgerHead
from reviews import queries
from reviews.enums.reading import DecisionKind, DecisionOutcome, DecisionState
from reviews.models import Appeal, Decision
from reviews.queries import appeals as appeal_dates

PARTIALS = (
    "documents/partials/_decision_head.html",
    "documents/partials/_decision_remedies.html",
    "documents/partials/_decision_end.html",
)
LETTERS: dict[str, tuple[str, str]] = {
    DecisionOutcome.SELECTED: ("award_letter", "Décision : votre projet est aidé"),
    DecisionOutcome.RESERVE: ("reserve_letter", "Décision : votre projet est sur la liste complémentaire"),
    DecisionOutcome.REJECTED: ("refusal_letter", "Décision : votre demande n’est pas retenue"),
    DecisionOutcome.INELIGIBLE: (
        "ineligibility_letter",
        "Décision : votre demande ne peut pas être examinée par la commission",
    ),
    DecisionOutcome.ELIGIBLE: ("reinstatement_letter", "Décision : votre demande sera examinée par la commission"),
}


RESERVE_EXTRACT = "reserve_extract"


def day(value) -> str:
    if value is None:
        return ""
    if hasattr(value, "hour"):
        value = timezone.localtime(value)
    return "1er " + date_format(value, "F Y") if value.day == 1 else date_format(value, "j F Y")


def _wording():
    """Hash of the parts shared by the letters: the proof of a letter covers their text too."""
    return hashlib.sha256("\n".join(get_template(name).template.source for name in PARTIALS).encode()).hexdigest()


def officer_of(application) -> User | None:
    """The case officer who followed the file: the last to have acted on it at the desk."""
    verbs = ("declare_eligible", "request_information", "drop_request", "extend")
    event = (
        Event.objects.filter(subject=application.reference, machine="application", verb__in=verbs)
        .select_related("actor")
        .order_by("-id")
        .first()
    )
    return event.actor if event else None


def _fund() -> dict:
    fund = FundIdentity.current()
    return {
        "fund_name": fund.name,
        "fund_legal_name": fund.legal_name or fund.name,
        "fund_address": fund.address,
        "fund_email": fund.email,
        "fund_phone": fund.phone,
        "fund_commune": fund.commune,
        "data_protection_email": fund.data_protection_email,
        "appeals_email": fund.appeals_email or fund.email,
        "privacy_url": links.absolute("/confidentialite/"),
        "rules_url": links.absolute("/aide/"),
        "wording": _wording(),
    }


def _file(application) -> dict:
    body = application.applicant_name if application.applicant_kind != ApplicantKind.CITIZEN else ""
    officer = officer_of(application)
    bearer = application.bearer_organisation
    return {
        "reference": application.reference,
        "project_title": application.display_title,
        "call": application.call.title,
        "recipient": str(application.lead),
        "recipient_body": body if body != str(application.lead) else "",
        "recipient_address": application.content.get("applicant", {}).get("address", ""),
        "requested": format_euros(application.requested_amount, "fr"),
        "received_on": day(application.first_received_at),
        "officer_name": str(officer) if officer else "",
        "officer_email": officer.email if officer else "",
        "laureate": application.laureate_name,
        "bearer": application.bearer_name,
        "bearer_siret": bearer.siret if bearer else "",
        "is_person": bearer is None,
        "purpose": application.summary,
        "duration_months": application.duration_months or application.call.max_duration_months,
        "partners": ", ".join(
            row.organisation.name
            for row in application.partnerships.select_related("organisation")
            if row.state == "confirmed"
        ),
        "file_url": links.absolute(f"/dossiers/{application.reference}/"),
        "decision_url": links.absolute(f"/dossiers/{application.reference}/decision/"),
        "economic_activity": application.economic_activity,
    }


def _plan(application) -> str:
    lines = [f"{line.label} ({line.percent} %)" for line in application.call.instalment_lines.order_by("number")]
    return " ; ".join(lines)


def _signatories(decision: Decision, at) -> list[dict]:
    return [
        {"name": signer.label, "capacity": signer.capacity, "college": signer.college}
        for signer in queries.signers(decision, at)
    ]


def _ledger() -> dict:
    head = LedgerHead.objects.first()
    return {"ledger_count": head.count if head else 0, "ledger_head": head.head if head else ""}


def _cited(decision: Decision) -> dict:
    cited = decision.cites
    return {
        "cited": cited.reference if cited else "",
        "cited_on": day(cited.notified_at) if cited else "",
        "cited_reserve_rank": cited.reserve_rank if cited else None,
        "reserve_until": day(queries.reserve_until(cited))
        if cited and cited.outcome == DecisionOutcome.RESERVE
        else "",
    }


def _meeting(decision: Decision) -> str:
    item = decision.agenda_item
    return day(item.meeting.opened_at or item.meeting.planned_at) if item is not None else ""


def _eligibility(application, at) -> dict:
    """What was asked before, and whether the call had closed: a condition is then said to be beyond correction, not otherwise."""
    last, is_open = application.information_requests.order_by("-number").first(), at < application.call.closes_at
    if last is None:
        return {"asked_on": "", "asked_until": "", "answered_on": "", "call_was_open": is_open}
    return {
        "call_was_open": is_open,
        "asked_on": day(last.opened_at),
        "asked_until": day(last.due_at),
        "answered_on": day(last.answered_at),
    }


def freeze_letter(decision: Decision, *, at) -> Document:
    """The letter of a decision, as it will be signed and sent. Its date is that of the act that made the decision; time runs from the notification."""
    with translation.override("fr"):
        application, rules = decision.application, decision.rule_version
        kind, title = LETTERS[decision.outcome]
        granted = decision.amount
        appeal = (
            Appeal.objects.filter(decision=decision.cites, state="granted").order_by("-id").first()
            if decision.kind == DecisionKind.APPEAL
            else None
        )
        context = {
            **_fund(),
            **_file(application),
            **_cited(decision),
            **_ledger(),
            "decision": decision.reference,
            "kind": decision.kind,
            "letter_on": day(at),
            "meeting_on": _meeting(decision),
            "grounds": decision.grounds,
            "article": decision.article,
            "remedy": decision.remedy,
            "amount": format_euros(granted, "fr") if granted else "",
            "amount_words": in_words(granted, "fr") if granted else "",
            "reduced": bool(granted and granted < application.requested_amount),
            "minimum": format_euros(application.minimum_viable_amount, "fr")
            if application.minimum_viable_amount
            else "",
            "score": decision.published_score.replace(".", ","),
            "minimum_score": str(rules["minimum_score"]).replace(".", ","),
            "below_minimum": bool(decision.published_score)
            and Decimal(decision.published_score) < Decimal(str(rules["minimum_score"])),
            "move_reason": str(decision.details.get("move_reason", "")),
            "reduction_reason": str(decision.details.get("reduction_reason", "")),
            "tie_rule": str(decision.details.get("tie_rule", "")),
            "reserve_cause": str(decision.details.get("reserve_cause", "")),
            "reserve_months": rules["reserve_list_validity_months"],
            "plan": _plan(application) if granted else "",
            "acceptance_days": rules["offer_acceptance_days"],
            "signature_days": rules["agreement_signature_days"],
            "rules_number": rules.number,
            "authority": decision.authority,
            "authority_label": "les deux co-présidents de la commission"
            if decision.authority == Authority.CO_PRESIDENTS
            else "l’ordonnateur, sur l’avis de la commission",
            "signatories": _signatories(decision, at),
            "appeal_months": rules["appeal_months"],
            "appeal_answer_months": rules["appeal_answer_months"],
            "appeal_on": day(appeal.filed_at) if appeal else "",
            "has_algorithm": decision.kind in ("award", "promotion", "appeal", "reserve_closure"),
            "observations_on": str(decision.details.get("observations_invited_on", "")),
            "observations": str(decision.details.get("observations", "")),
            **_eligibility(application, at),
        }
        return documents.freeze(
            kind,
            owner=decision,
            subject=application.reference,
            title=f"{title} (n° {decision.reference})",
            context=context,
            at=at,
        )


def freeze_reserve_extract(decision: Decision, *, at) -> Document:
    """Where a file stands on the reserve list, frozen with the notification. Not in the letter: who signs it may be recused from another file,
    whose place this rank would tell (rulebook, art. 12)."""
    with translation.override("fr"):
        return documents.freeze(
            RESERVE_EXTRACT,
            owner=decision,
            subject=decision.application.reference,
            title=f"Votre rang sur la liste complémentaire (n° {decision.reference})",
            context={
                **_fund(),
                **_file(decision.application),
                "decision": decision.reference,
                "letter_on": day(at),
                "meeting_on": _meeting(decision),
                "reserve_rank": decision.reserve_rank,
                "reserve_count": decision.details.get("reserve_count") or "",
                "reserve_until": day(queries.reserve_until(decision)),
            },
            at=at,
        )


def freeze_appeal_receipt(appeal: Appeal, *, at) -> Document:
    """Receipt of an appeal (CRPA L112-3): the day of the answer at the latest, what silence means, where to go then."""
    with translation.override("fr"):
        decision = appeal.decision
        context = {
            **_fund(),
            **_file(decision.application),
            "decision": decision.reference,
            "notified_on": day(decision.notified_at),
            "filed_on": day(appeal.filed_at),
            "late": appeal_dates.is_late(appeal),
            "until": day(queries.appeal_until(decision)),
            "answer_by": day(appeal_dates.implicit_rejection_on(appeal)),
            "court_by": day(add_months(appeal_dates.implicit_rejection_on(appeal), 2)),
            "letter_on": day(at),
            "text": appeal.text,
        }
        return documents.freeze(
            "appeal_receipt",
            owner=appeal,
            subject=decision.application.reference,
            title="Accusé de réception de votre recours",
            context=context,
            at=at,
        )


def freeze_appeal_rejection(appeal: Appeal, *, signer: User, at) -> Document:
    """The answer to a rejected appeal: each argument, the decision maintained, the court."""
    with translation.override("fr"):
        decision = appeal.decision
        context = {
            **_fund(),
            **_file(decision.application),
            "decision": decision.reference,
            "notified_on": day(decision.notified_at),
            "filed_on": day(appeal.filed_at),
            "late": appeal_dates.is_late(appeal),
            "answer": appeal.answer,
            "rules_number": decision.rule_version.number,
            "letter_on": day(at),
            "signer": str(signer),
            "appeal_months": decision.rule_version["appeal_months"],
        }
        return documents.freeze(
            "appeal_rejection",
            owner=appeal,
            subject=decision.application.reference,
            title="Réponse à votre recours : la décision est maintenue",
            context=context,
            at=at,
        )


def _decision_visible(user, document) -> bool:
    """The letter is its decision: the applicant's once notified, the deciders' before, nobody's who is recused."""
    decision = Decision.objects.visible_to(user).filter(pk=document.owner_id).select_related("application").first()
    if decision is None:
        return False
    known = decision.state in (DecisionState.NOTIFIED, DecisionState.REPLACED)
    return known or not queries.is_recused(user, decision.application)


def reserve_extract_of(decision: Decision) -> Document | None:
    return Document.objects.filter(kind=RESERVE_EXTRACT, owner_machine=Decision.machine, owner_id=decision.pk).first()


def _appeal_visible(user, document) -> bool:
    return Appeal.objects.visible_to(user).filter(pk=document.owner_id).exists()


register_visibility(Decision.machine, _decision_visible)
register_visibility(Appeal.machine, _appeal_visible)
