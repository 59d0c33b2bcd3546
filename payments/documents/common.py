"""What every paper of a grant says the same way."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format

from core import links
from core.money import format_euros
from fund.enums import ApplicantKind
from fund.models import FundIdentity


def day(value) -> str:
    if value is None:
        return ""
    if hasattr(value, "hour"):
        value = timezone.localtime(value)
    return "1er " + date_format(value, "F Y") if value.day == 1 else date_format(value, "j F Y")


def hour(value) -> str:
    local = timezone.localtime(value)
    return f"{day(value)} à {local:%H} h {local:%M}"


def euros(cents) -> str:
    return format_euros(cents, "fr")


def fund() -> dict:
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


def officer(agreement) -> dict:
    person = agreement.case_officer
    return {"officer_name": str(person) if person else "", "officer_email": person.email if person else ""}


def envelope(call) -> dict:
    """What the money is charged to."""
    return {"envelope": call.envelope.label, "envelope_reference": call.envelope.reference} if call.envelope else {}


def bearer(agreement) -> dict:
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
        "mandated_on": day(application.first_received_at) if collective else "",
        "referent": str(application.lead),
        "bearer_address": content.get(f"{prefix}address") or content.get("address") or "",
        "siret": body.siret if body else "",
        "rna": body.rna if body else "",
        "court_registry": body.court_registry if body else "",
        "signatory": str(agreement.signatory) if agreement.signatory_id else "",
        "signatory_capacity": agreement.signatory_capacity,
    }


def letter(agreement, at) -> dict:
    """What every letter of a grant begins with."""
    return {
        **fund(),
        **officer(agreement),
        "reference": agreement.reference,
        "project_title": agreement.application.title,
        "recipient": str(agreement.signatory or agreement.application.lead),
        "recipient_body": agreement.bearer_name,
        "referent": str(agreement.application.lead),
        "letter_on": day(at),
    }
