"""The papers of the file, frozen as plain French text in the act that makes them: receipt (CRPA R112-11-1), request for information (L114-5), dismissal."""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.formats import date_format

from applications.enums import SectionCode
from applications.models import Application, ApplicationVersion, InformationRequest
from applications.queries import rules_of
from applications.queries.silence import clock_of
from core import documents, links
from core.documents import register_visibility
from core.models import Document
from core.money import format_euros
from fund.enums import ApplicantKind
from fund.models import FundIdentity


def _day(value) -> str:
    if value is None:
        return ""
    if hasattr(value, "hour"):
        value = timezone.localtime(value)
    return "1er " + date_format(value, "F Y") if value.day == 1 else date_format(value, "j F Y")


def _hour(value, *, seconds: bool = False) -> str:
    local = timezone.localtime(value)
    return f"{_day(value)} à {local:%H} h {local:%M}" + (f" min {local:%S} s" if seconds else "")


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
        "appeals_email": fund.appeals_email,
        "privacy_url": links.absolute("/confidentialite/"),
    }


def _recipient(application: Application) -> dict:
    """To whom the letter is written: a person, for a body when the applicant is one."""
    body = application.applicant_name if application.applicant_kind != ApplicantKind.CITIZEN else ""
    return {
        "recipient": str(application.lead),
        "recipient_body": body if body != str(application.lead) else "",
        "recipient_address": application.content.get("applicant", {}).get("address", ""),
        "reference": application.reference,
        "project_title": application.display_title,
        "call": application.call.title,
        "file_url": links.absolute(f"/dossiers/{application.reference}/"),
        "is_collective": application.applicant_kind == ApplicantKind.COLLECTIVE,
        "is_association": application.applicant_kind == ApplicantKind.ASSOCIATION,
    }


def freeze_receipt(application: Application, version: ApplicationVersion, *, at) -> Document:
    """Receipt of a filing: what R112-11-1 asks (date, service and how to reach it, date of the implicit rejection, remedies) and what was received, hashed."""
    with translation.override("fr"):
        call, clock = application.call, clock_of(application, at)
        pieces = version.content["documents"].get("files", [])
        waiting = [
            partner.organisation.name
            for partner in application.partnerships.select_related("organisation").filter(state="invited")
        ]
        has_partner = application.partnerships.filter(state="confirmed").exists()
        context = {
            **_fund(),
            **_recipient(application),
            "filed_by": str(version.filed_by),
            "applicant": application.laureate_name,
            "bearer": application.bearer_name,
            "received_at": _hour(version.received_at, seconds=True),
            "version": version.number,
            "first_received_at": _hour(application.first_received_at, seconds=True),
            "amount": format_euros(application.requested_amount, "fr"),
            "pieces": [piece["name"] for piece in pieces],
            "content_hash": version.content_hash,
            "eligibility_by": _day(call.eligibility_by_on),
            "meeting_on": _day(call.meeting_on),
            "notified_by": _day(call.notified_by_on),
            "closes_at": _hour(call.closes_at) if call.is_open(at) else "",
            "late_reason": application.late_reason,
            "partners_waiting": "" if has_partner else ", ".join(waiting),
            "partner_deadline": _hour(call.partner_deadline_at),
            "partners_url": links.absolute(f"/dossiers/{application.reference}/partenaires/"),
            "rejected_on": _day(clock.rejected_on),
            "appeal_before_on": _day(clock.appeal_before_on),
            "beyond_two_months": clock.decided_later,
            "contact_email": call.contact_email,
            "letter_on": _day(at),
        }
        return documents.freeze(
            "receipt",
            owner=application,
            subject=application.reference,
            title=f"Accusé de réception du dossier {application.reference}",
            context=context,
            at=at,
        )


def freeze_information_request(application: Application, request: InformationRequest, *, at) -> Document:
    """The letter that lists what is missing, why, by which text, until when (L114-5): it stops the two months."""
    with translation.override("fr"):
        clock = clock_of(application, at)
        receipt = (
            application.versions.exclude(receipt=None)
            .order_by("number")
            .values_list("receipt__code", flat=True)
            .first()
        )
        context = {
            **_fund(),
            **_recipient(application),
            "officer_name": str(request.requested_by),
            "officer_email": request.requested_by.email,
            "received_on": _day(application.first_received_at),
            "items": request.items,
            "message": request.message,
            "due_at": _hour(request.due_at),
            "due_on": _day(request.due_at),
            "answer_url": links.absolute(f"/dossiers/{application.reference}/complements/"),
            "opened_on": _day(at),
            "rejected_on_if_last_day": _day(clock.rejected_on),
            "is_last": request.number >= rules_of(application)["information_request_max"],
            "receipt": receipt or "",
            "sections": [str(SectionCode(code).label) for code in SectionCode.values if code in request.sections],
            "letter_on": _day(at),
        }
        return documents.freeze(
            "information_request",
            owner=request,
            subject=application.reference,
            title="Il manque quelque chose à votre dossier",
            context=context,
            at=at,
        )


def freeze_dismissal(application: Application, *, reason: str, at) -> Document:
    """The call is cancelled: the file is closed without judgement, with the ways to contest it."""
    with translation.override("fr"):
        context = {
            **_fund(),
            **_recipient(application),
            "reason": reason,
            "cancelled_on": _day(at),
            "received_on": _day(application.first_received_at),
            "clone_url": links.absolute("/mes-dossiers/"),
            "letter_on": _day(at),
        }
        return documents.freeze(
            "dismissal",
            owner=application,
            subject=application.reference,
            title="Votre dossier est classé sans suite",
            context=context,
            at=at,
        )


def _file_visible(user, document) -> bool:
    return Application.objects.visible_to(user).filter(pk=document.owner_id).exists()


def _request_visible(user, document) -> bool:
    return InformationRequest.objects.visible_to(user).filter(pk=document.owner_id).exists()


register_visibility(Application.machine, _file_visible)
register_visibility(InformationRequest.machine, _request_visible)
