"""Papers signed by hand: a scan is kept, its pages are filed to the document they belong to, a complete document becomes its signed copy.

Nothing here signs: a person looks at the copy, and the signatures on it are recorded by the verbs of the agreement and of the amendment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from core import documents, references
from core.files import clean_name
from core.models import Document
from core.transitions import Refusal, check_text, locked
from payments import paper_marks
from payments.documents.paper import freeze_signed_copy, page_count
from payments.enums import PAGE_TO_LOOK_AT
from payments.models import Agreement, Amendment, PaperCopy, PaperPage, PaperScan
from payments.rules.paper import live_copy
from payments.rules.people import agreement_of, case_officer
from payments.transitions.common import record_event, system

SCAN_BYTES, SCAN_PAGES, PICTURE_PIXELS = 35 * 1024 * 1024, 500, 60_000_000
KINDS = ("agreement", "amendment")
"""Documents that both sides sign."""


def _allowed(actor, at) -> None:
    if not case_officer(actor, None, at):
        raise Refusal("not_permitted", _("Only a case officer files papers signed by hand."))


def owner_of(document: Document):
    """The agreement or the amendment that this document is, None for any other document."""
    rows = {"agreement": Agreement.objects, "amendment": Amendment.objects}.get(document.kind)
    return rows.filter(pk=document.owner_id).first() if rows else None


def waits(owner, document: Document) -> bool:
    """Whether this document is the one whose signatures are awaited."""
    awaited = "accepted" if isinstance(owner, Agreement) else "approved"
    return owner is not None and owner.document_id == document.pk and owner.state == awaited


# ---- the scan ----


def _is_large(item) -> bool:
    import pikepdf

    return (
        isinstance(item, pikepdf.Stream)
        and item.get("/Subtype") == "/Image"
        and int(item.get("/Width", 0)) * int(item.get("/Height", 0)) > PICTURE_PIXELS
    )


def check_pages(content: bytes, content_type: str, name: str) -> int:
    """How many pages a scan has. Raises Refusal when there are too many, or a picture in it is too large to be opened safely."""
    import io

    import pikepdf

    if content_type != "application/pdf":
        return 1
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            pages = len(document.pages)
            large = any(_is_large(one) for one in document.objects)
    except Exception:  # noqa: BLE001  whatever a strange file does to the library that opens it
        raise Refusal(
            "file_type",
            _("“%(name)s” cannot be opened: it is damaged, or not what its name says.") % {"name": clean_name(name)},
            remedy=_("Scan the papers again to a new PDF."),
            field="scans",
        ) from None
    if pages > SCAN_PAGES:
        raise Refusal(
            "scan_too_long",
            _("“%(name)s” has %(n)s pages: %(limit)s at most.")
            % {"name": clean_name(name), "n": pages, "limit": SCAN_PAGES},
            remedy=_("Give it in several files."),
            field="scans",
        )
    if large:
        raise Refusal(
            "file_type",
            _("“%(name)s” holds a picture too large to be opened safely.") % {"name": clean_name(name)},
            remedy=_("Scan again at 200 or 300 dots an inch."),
            field="scans",
        )
    return pages


def give_scan(*, uploaded, content_type: str, scanned: bool, actor, at) -> tuple[PaperScan, bool]:
    """Keep a scan that was checked (`core.files.check_or_quarantine`); the worker reads it. Returns it, and False when these bytes were there already.

    A scan that could not be read may be given again: it is then read again.
    """
    _allowed(actor, at)
    uploaded.seek(0)
    content = uploaded.read()
    digest = hashlib.sha256(content).hexdigest()
    known = PaperScan.objects.filter(sha256=digest).first()
    if known is not None and not known.failed:
        return known, False
    pages = check_pages(content, content_type, uploaded.name)
    uploaded.seek(0)
    with transaction.atomic():
        row, _created = PaperScan.objects.select_for_update().get_or_create(
            sha256=digest,
            defaults={
                "name": clean_name(uploaded.name),
                "content_type": content_type,
                "size": len(content),
                "pages_count": pages,
                "by": actor,
                "at": at,
            },
        )
        if not row.file:
            row.file, row.failed, row.claimed_until = uploaded, "", None
            row.clean_at = at if scanned else None
            row.save()
    return row, True


def fail_scan(scan: PaperScan, words: str) -> None:
    """It cannot be read, or is infected: the bytes go, the row says why."""
    storage, path = scan.file.storage, scan.file.name
    PaperScan.objects.filter(pk=scan.pk).update(failed=words, file="", claimed_until=None)
    if path:
        storage.delete(path)


# ---- its pages ----


def file_pages(scan: PaperScan, read: Iterable[tuple[int, list[tuple[str, int]] | None]]) -> None:
    """What the reader found on some pages (position from 1, codes with their angle; None: the page could not be drawn). A page known already stays as it is."""
    for position, codes in read:
        marks = {mark: angle for text, angle in codes or () if (mark := paper_marks.read(text))}
        page = PaperPage(scan=scan, position=position, finding="no_code")
        if len(marks) > 1:
            page.finding = "several"
        elif marks:
            [(mark, angle)] = marks.items()
            page.turn = round(angle / 90) % 4 * 90
            _recognise(page, mark)
        elif codes:
            page.finding = "unknown"
        _keep(page)


def _recognise(page: PaperPage, mark: paper_marks.Mark) -> None:
    original = Document.objects.filter(code=mark.code, kind__in=KINDS).exclude(sha256="").first()
    if original is None or not original.sha256.startswith(mark.version):
        page.finding = "unknown"
        return
    page.original, page.number, page.count = original, mark.number, mark.pages
    page.finding = _place(original, mark.number, mark.pages)
    if page.finding == "unknown":
        page.original = page.number = page.count = None


def _place(original: Document, number: int, count: int) -> str:
    if original.state == "void":
        return "stale"
    if not waits(owner_of(original), original):
        return "closed"
    if count != page_count(original) or number > count:
        return "unknown"
    return "filed"


def _keep(page: PaperPage) -> None:
    """Write the page unless its place in the scan is known; a number that is filed already makes it a double."""
    with transaction.atomic():
        if page.original is not None:
            locked(page.original)
        if PaperPage.objects.filter(scan=page.scan, position=page.position).exists():
            return
        if page.finding == "filed" and _filed(page.original, page.number) is not None:
            page.finding = "doubled"
        page.save()


def finish_scan(scan: PaperScan, at) -> None:
    """Every page is read: the documents that have all theirs get their signed copy."""
    for original in Document.objects.filter(paper_pages__scan=scan, paper_pages__finding="filed").distinct():
        complete(original, at)
    PaperScan.objects.filter(pk=scan.pk).update(finished_at=at, claimed_until=None)


def _filed(original, number) -> PaperPage | None:
    return PaperPage.objects.filter(original=original, number=number, finding="filed").first()


# ---- the signed copy ----


def complete(original: Document, at) -> PaperCopy | None:
    """Put the signed copy together once every page is there. Does nothing before, nor twice. Slow: the bytes are made outside any transaction."""
    pages = list(PaperPage.objects.filter(original=original, finding="filed").select_related("scan").order_by("number"))
    if not pages or len(pages) != pages[0].count or live_copy(original):
        return None
    contents = {}
    for scan in {page.scan for page in pages}:
        with scan.file.open("rb") as file:
            contents[scan.pk] = paper_marks.as_pdf(file.read(), scan.content_type)
    content = paper_marks.assembled(
        [(contents[page.scan_id], page.position, page.turn) for page in pages], f"{original.title} ({original.code})"
    )
    with transaction.atomic():
        locked(original)
        filed = PaperPage.objects.filter(original=original, finding="filed").order_by("number").values_list("pk")
        if live_copy(original) or [pk for (pk,) in filed] != [page.pk for page in pages]:
            return None
        owner = owner_of(original)
        copy = freeze_signed_copy(original, owner, pages, at=at)
        copy = documents.render(copy, at=at, content=content)
        record_event(agreement_of(owner), "file_paper", actor=system(), at=at, document=original.code, copy=copy.code)
        return PaperCopy.objects.create(original=original, document=copy, complete_at=at)


def withdraw_copy(*, paper_copy: PaperCopy, note: str, actor, at) -> PaperCopy:
    """This copy does not serve (nobody signed it, a page cannot be read): it no longer counts, its pages are set aside, others may be scanned."""
    _allowed(actor, at)
    note = _said(note)
    with transaction.atomic():
        copy = _unused(paper_copy)
        _withdraw(copy, note, actor, at)
        PaperPage.objects.filter(original=copy.original, finding="filed").update(
            finding="set_aside", handled_by=actor, handled_at=at, note=note
        )
    return copy


def _unused(paper_copy: PaperCopy) -> PaperCopy:
    locked(paper_copy.original)
    copy = PaperCopy.objects.select_related("original", "document").get(pk=paper_copy.pk)
    if copy.withdrawn_at:
        raise Refusal("not_allowed_in_state", _("This copy was withdrawn already."))
    if any(one.on_paper for one in copy.original.signatures.all()):
        raise Refusal(
            "copy_in_use",
            _("A signature was recorded from this copy."),
            remedy=_("It stays: a page that is better goes to the file as a document of its own."),
            status=409,
        )
    return copy


def _withdraw(copy: PaperCopy, note: str, actor, at) -> None:
    documents.void(copy.document, at)
    copy.withdrawn_at, copy.withdrawn_by, copy.note = at, actor, note
    copy.save(update_fields=["withdrawn_at", "withdrawn_by", "note"])
    agreement = agreement_of(owner_of(copy.original))
    record_event(agreement, "withdraw_paper", actor=actor, at=at, copy=copy.document.code)


# ---- what a person does with a page ----


def _said(note: str) -> str:
    check_text(note)
    if not note.strip():
        raise Refusal("reason_missing", _("Say why in one sentence."), field="note")
    return note.strip()[:300]


def _waiting(paper_page: PaperPage) -> PaperPage:
    page = PaperPage.objects.select_for_update(of=("self",)).get(pk=paper_page.pk)
    stale = page.finding == "filed" and page.original is not None and page.original.state == "void"
    if page.finding not in PAGE_TO_LOOK_AT and not stale:
        raise Refusal("not_allowed_in_state", _("This page is settled already."))
    return page


def set_aside(*, paper_page: PaperPage, note: str, actor, at) -> PaperPage:
    """The page serves no document. It stays in its scan, with why."""
    _allowed(actor, at)
    note = _said(note)
    with transaction.atomic():
        page = _waiting(paper_page)
        page.finding, page.note, page.handled_by, page.handled_at = "set_aside", note, actor, at
        page.save()
    return page


def file_by_hand(*, paper_page: PaperPage, code: str, number: int, turn: int = 0, actor, at) -> PaperPage:
    """A person says which page of which document it is, its code could not be read. `code`: the document's, printed at the foot of every page."""
    _allowed(actor, at)
    check_text(code)
    original = Document.objects.filter(code=references.normalise(code), kind__in=KINDS).exclude(sha256="").first()
    if original is None or not waits(owner_of(original), original):
        raise Refusal(
            "document_not_awaited",
            _("No document with this code waits for a signature."),
            remedy=_("Copy the code from the foot of the page: DOC-, then eight signs."),
            field="code",
        )
    count = page_count(original)
    if not 1 <= number <= count:
        raise Refusal(
            "page_unknown", _("The printed copy has pages 1 to %(count)s.") % {"count": count}, field="number"
        )
    with transaction.atomic():
        locked(original)
        page = _waiting(paper_page)
        if _filed(original, number) is not None:
            raise Refusal(
                "page_filed_already",
                _("Page %(n)s is there already.") % {"n": number},
                remedy=_("Set this page aside, or look at the other one first."),
                field="number",
            )
        page.original, page.number, page.count, page.turn = original, number, count, turn
        page.finding, page.handled_by, page.handled_at = "filed", actor, at
        page.save()
    complete(original, at)
    return page


def take_instead(*, paper_page: PaperPage, actor, at) -> PaperPage:
    """Of two scans of one page, keep this one: the other is set aside, a copy already put together is made again."""
    _allowed(actor, at)
    with transaction.atomic():
        if paper_page.original is None:
            raise Refusal("not_allowed_in_state", _("This page is settled already."))
        original = locked(paper_page.original)
        page = _waiting(paper_page)
        if page.finding != "doubled" or not waits(owner_of(original), original):
            raise Refusal("not_allowed_in_state", _("This page is settled already."))
        note = str(_("Replaced by another scan of the same page."))
        if copy := live_copy(original):
            _withdraw(_unused(copy), note, actor, at)
        PaperPage.objects.filter(original=original, number=page.number, finding="filed").update(
            finding="set_aside", handled_by=actor, handled_at=at, note=note
        )
        page.finding, page.handled_by, page.handled_at = "filed", actor, at
        page.save()
    complete(original, at)
    return page
