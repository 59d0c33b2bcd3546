"""Legal documents: frozen in the act's transaction, rendered once to PDF/UA after commit, signed by the SHA-256 of their bytes.

`documents/<kind>/<language>.html` extends `documents/layout.html` (blocks `title`, `content`) and sees only the frozen context, which is
plain JSON, and `document`, `verify_url`, `qr` (an image address), `hash16`; its `<main>` is the twin on screen. Nothing is ever fetched
while rendering: pictures and style travel inside the page. The bytes are a pure function of template, context and libraries; they are kept,
never made again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable

import segno
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from lxml import html as lxml_html

from core import links, outbox, references
from core.models import Document, Signature, User
from core.models.document import DocumentState
from core.pdf import draw
from core.transitions import Refusal, canonical_hash

log = logging.getLogger("fund.documents")
LAYOUT = "documents/layout.html"
VISIBILITY: dict[str, Callable[[User, Document], bool]] = {}
NOT_READY = _("The document is not ready yet: you only sign what you can read as a PDF.")
NOT_READY_REMEDY = _("Try again in a minute, or have it produced now.")


def freeze(kind: str, *, owner, subject: str, title: str, context: dict, at, language: str = "fr") -> Document:
    """Write down what the document says, in the act's transaction. `context` is plain JSON (text, numbers, lists); raises TypeError
    otherwise.

    `owner` is the row it belongs to (its machine decides who may see it), `subject` the reference of the file.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a document is frozen in the transaction of its act")
    plain = json.loads(json.dumps(context))
    return Document.objects.create(
        code=references.new("DOC"),
        kind=kind,
        language=language,
        title=title[:200],
        template_version=template_version(kind, language),
        context=plain,
        context_hash=canonical_hash(plain),
        subject=subject,
        owner_machine=owner.machine,
        owner_id=owner.pk,
        frozen_at=at,
    )


def template_version(kind: str, language: str) -> str:
    """Hash of the text of the template and of the layout it stands in."""
    sources = [get_template(name).template.source for name in (f"documents/{kind}/{language}.html", LAYOUT)]  # type: ignore[attr-defined]
    return hashlib.sha256("\n".join(sources).encode()).hexdigest()


def url(document: Document) -> str:
    """The page of the document, for those who may see it; `.pdf` instead of the last slash gives the bytes."""
    return f"/documents/{document.code}/"


def pdf_url(document: Document) -> str:
    return f"/documents/{document.code}.pdf"


def file_name(document: Document) -> str:
    """What the PDF is called once saved: the beginning of its title, in its own language, and its code."""
    words = slugify(re.sub(r"[’']", " ", document.title.replace("°", "")))
    return f"{words[:60].rstrip('-') or document.kind}-{document.code}.pdf"


def verify_url(document: Document) -> str:
    """What the QR code says: the public page that tells whether the document is genuine."""
    return links.absolute(f"/verifier/{document.code}")


def _qr(document: Document) -> str:
    return segno.make(verify_url(document), error="m").svg_data_uri(scale=2, border=2, dark="#000")


def page(document: Document) -> str:
    """The whole HTML page of a document, as it is given to the renderer."""
    with translation.override(document.language):
        facts = {
            "document": document,
            "verify_url": verify_url(document),
            "qr": _qr(document),
            "hash16": document.context_hash[:16],
            "language": document.language,
        }
        return get_template(f"documents/{document.kind}/{document.language}.html").render({**document.context, **facts})


MANY = 3
"""From how many columns on a table is read cell under cell on a phone."""


def _labelled(twin: str) -> str:
    """Each cell of a wide table says its column: on a phone the heads are out of sight."""
    root = lxml_html.fragment_fromstring(twin, create_parent="div")
    for table in root.iter("table"):
        heads = [" ".join(head.text_content().split()) for head in table.xpath("./thead/tr[1]/th")]
        if len(heads) < MANY:
            continue
        table.set("class", f"{table.get('class', '')} table stacked".strip())
        for row in table.xpath("./tbody/tr | ./tfoot/tr"):
            place = 0
            for cell in row:
                if cell.tag == "td" and place < len(heads) and heads[place] and len(cell.xpath("./@colspan")) == 0:
                    cell.set("data-label", heads[place])
                place += int(cell.get("colspan", 1))
    return escape(root.text or "") + "".join(lxml_html.tostring(one, encoding="unicode") for one in root)


_MAIN = re.compile(r"<main\b[^>]*>(.*)</main>", re.S)


def html(document: Document) -> SafeString:
    """The twin on screen: the `<main>` of the page. Readable from `frozen` on."""
    found = _MAIN.search(page(document))
    if found is None:
        raise ValueError(f"{LAYOUT} must have a <main>")
    return mark_safe(_labelled(found[1]))  # noqa: S308  a template's output, escaped there


def printed(document: Document) -> str:
    """The page with what its PDF says of itself: what `pdf.draw` is given."""
    instant = timezone.localtime(document.frozen_at).isoformat(timespec="seconds")
    metas = (
        f'<meta name="dcterms.created" content="{instant}"><meta name="dcterms.modified" content="{instant}">'
        f'<meta name="description" content="{escape(document.code)} {document.context_hash}">'
    )
    return page(document).replace("</head>", f"{metas}</head>", 1)


def pdf(document: Document) -> bytes:
    """The bytes of a document: PDF/UA-1, tagged, the same for the same content. Slow."""
    return draw(printed(document))


def render(document: Document, *, at, content: bytes | None = None) -> Document:
    """Make and keep the bytes, now; does nothing when they are there. `content`: what another process drew of `printed(document)`. Returns
    the fresh row. Raises what the renderer raises, the row then `failed`.
    """
    document = Document.objects.get(pk=document.pk)
    if document.state in (DocumentState.RENDERED, DocumentState.VOID):
        return document
    try:
        content = content or pdf(document)
    except Exception as error:
        _note_failure(document, error)
        raise
    return _keep(document, content, at)


def _keep(document: Document, content: bytes, at) -> Document:
    digest = hashlib.sha256(content).hexdigest()
    name = default_storage.save(f"documents/{document.frozen_at:%Y/%m}/{document.code}.pdf", ContentFile(content))
    _sync(name)
    with transaction.atomic():
        row = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
        kept = row.state in (DocumentState.FROZEN, DocumentState.FAILED)
        if kept:
            if row.state == DocumentState.FAILED:
                row.retry()
            row.render(name, digest, at)
            row.save()
            outbox.release(row, at)
    if not kept:  # another worker was quicker, or it was voided meanwhile: one document, one file
        default_storage.delete(name)
    return row


def _sync(name: str) -> None:
    """Bytes reach the disk before the row says they are there."""
    try:
        path = default_storage.path(name)
    except NotImplementedError:  # object storage
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _note_failure(document: Document, error: Exception) -> None:
    log.error(
        "document not rendered",
        extra={"facts": {"document": document.code, "kind": document.kind, "error": type(error).__name__}},
    )
    with transaction.atomic():
        row = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
        if row.state == DocumentState.FROZEN:
            row.fail(f"{type(error).__name__}: {error}")
            row.save()


def render_due(at, limit: int = 20, *, failed: bool = False) -> int:
    """Worker: render what waits (with `failed`, what failed too). Returns how many were rendered; a document that fails holds up no other."""
    states = [DocumentState.FROZEN, DocumentState.FAILED] if failed else [DocumentState.FROZEN]
    done = 0
    for document in Document.objects.filter(state__in=states).order_by("id")[:limit]:
        try:
            done += render(document, at=at).state == DocumentState.RENDERED
        except Exception:  # noqa: BLE001, S112  noted on the row and in the log
            continue
    return done


def sign(document: Document, *, signer: User, capacity: str, at, evidence: dict) -> Signature:
    """A simple electronic signature of the rendered bytes. Raises Refusal `document_not_rendered`, `document_void`, `already_signed`."""
    with transaction.atomic():
        row = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
        if row.state == DocumentState.VOID:
            raise Refusal(
                "document_void", _("This document was replaced or withdrawn: it can no longer be signed."), status=409
            )
        if row.state != DocumentState.RENDERED:
            raise Refusal("document_not_rendered", NOT_READY, remedy=NOT_READY_REMEDY, status=409)
        if row.signatures.filter(signer=signer).exists():
            raise Refusal("already_signed", _("You have already signed this document."), article="art. 18", status=409)
        return Signature.objects.create(
            document=row, signer=signer, capacity=capacity[:120], signed_at=at, sha256=row.sha256, evidence=evidence
        )


def void(document: Document, at) -> Document:
    """The document no longer counts; it stays readable, marked void. Mails that waited for it are dropped."""
    with transaction.atomic():
        row = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
        if row.state != DocumentState.VOID:
            row.void(at)
            row.save()
            outbox.drop(row, at)
    return row


def register_visibility(machine: str, test: Callable[[User, Document], bool]) -> None:
    """Who may see the documents of a machine's rows: the same test as for the row itself."""
    VISIBILITY[machine] = test


def is_visible(user, document: Document) -> bool:
    """May this person open the document? Nobody may, until its room says who."""
    test = VISIBILITY.get(document.owner_machine)
    return bool(test and user.is_authenticated and user.is_active and test(user, document))
