"""Signing by hand: what is printed, and the copy put together from what came back."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone, translation

from core import documents
from core.models import Document
from core.pdf import draw
from fund.enums import ApplicantKind, Role
from fund.queries import holders
from payments import paper_marks
from payments.documents.common import day, fund
from payments.rules.people import agreement_of


def printed(document: Document, owner, *, at) -> bytes:
    """The rendered document followed by its page of signatures, every page with its code. Slow."""
    with translation.override("fr"):
        agreement = agreement_of(owner)
        lead = agreement.application.lead
        bearer = [(str(agreement.signatory or agreement.bearer_name), agreement.signatory_capacity)]
        if agreement.application.applicant_kind == ApplicantKind.COLLECTIVE and lead.pk != agreement.signatory_id:
            bearer.append((str(lead), "référent du projet"))
        orderer = holders(Role.AUTHORISING_OFFICER, at).first()
        page = render_to_string(
            "documents/partials/paper_signatures.html",
            {
                **fund(),
                "document": document,
                "frozen": timezone.localtime(document.frozen_at).isoformat(timespec="seconds"),
                "frozen_on": day(document.frozen_at),
                "bearer_name": agreement.bearer_name,
                "bearer": bearer,
                "orderer": str(orderer) if orderer else "",
                "sign_by_on": day(owner.sign_by_at),
                "return_to": agreement.case_officer.email if agreement.case_officer else "",
            },
        )
    with document.file.open("rb") as file:
        content = file.read()
    return paper_marks.stamped(content, draw(page), documents.verify_url(document), document.sha256)


def page_count(document: Document) -> int:
    """How many pages the printed copy has."""
    with document.file.open("rb") as file:
        return paper_marks.pages_of(file.read()) + 1


def freeze_signed_copy(original: Document, owner, pages, *, at) -> Document:
    """The signed copy, from the same owner: what it is a copy of, and of which scans it is made."""
    scans = {page.scan_id: page.scan for page in pages}
    places = {pk: [page.position for page in pages if page.scan_id == pk] for pk in scans}
    with translation.override("fr"):
        context = {
            **fund(),
            "reference": original.subject,
            "original": original.code,
            "original_title": original.title,
            "original_on": day(original.frozen_at),
            "original_sha256": original.sha256,
            "count": len(pages),
            "copied_on": day(at),
            "scans": [
                {
                    "name": scan.name,
                    "sha256": scan.sha256,
                    "on": day(scan.at),
                    "pages": ", ".join(map(str, sorted(places[pk]))),
                }
                for pk, scan in sorted(scans.items())
            ],
        }
    title = f"Exemplaire signé sur papier : {original.title}"
    return documents.freeze(
        "signed_copy", owner=owner, subject=original.subject, title=title[:200], context=context, at=at
    )
