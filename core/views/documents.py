"""Documents on screen and as PDF, for those who may see them; for everybody else they do not exist."""

from __future__ import annotations

import logging

from django.http import FileResponse, Http404
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from core import documents, references
from core.access import allow, signed_in
from core.files import private
from core.models import Document
from core.models.document import DocumentState
from core.transitions import Refusal

log = logging.getLogger("fund.documents")


def _visible(request, code: str) -> Document:
    document = Document.objects.filter(code=code).first()
    if document is None or not documents.is_visible(request.user, document):
        raise Http404
    return document


@allow(signed_in)
@require_safe
def document(request, code):
    """The twin: what the document says, readable before the PDF is there, with its signatures and its proof."""
    row = _visible(request, code)
    signatures = row.signatures.select_related("signer").order_by("signed_at", "id")
    return render(
        request,
        "core/document.html",
        {
            "document": row,
            "twin": documents.html(row),
            "signatures": signatures,
            "is_about_a_file": references.is_valid(row.subject),
            "verify_url": documents.verify_url(row),
            "pdf_url": documents.pdf_url(row),
            "is_rendered": row.state == DocumentState.RENDERED or bool(row.file),
            "is_void": row.state == DocumentState.VOID,
        },
    )


@allow(signed_in)
@require_safe
def document_pdf(request, code):
    return pdf_response(_visible(request, code), at=request.received_at)


def pdf_response(row: Document, *, at) -> FileResponse:
    """The bytes, made now when nobody has made them yet."""
    if not row.file:
        try:
            row = documents.render(row, at=at)
        except Exception as error:
            log.exception("document not rendered on demand")
            raise Refusal(
                "document_not_rendered", documents.NOT_READY, remedy=documents.NOT_READY_REMEDY, status=503
            ) from error
    if not row.file:
        raise Http404
    response = FileResponse(row.file.open("rb"), content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, documents.file_name(row))
    return private(response)
