"""The mark of a page that is printed to be signed by hand: a QR code that says which document, which version and which page, and the scans that hold it.

The mark is the address of the document's public verification, so that a telephone that reads it learns if the paper is genuine; what follows says the version
(the first signs of the SHA-256 of the bytes) and the page. It names nobody and opens nothing. Nothing of the database is known here.
"""

from __future__ import annotations

import io
import re
from typing import NamedTuple

import segno

VERSION = 16
"""Signs of the SHA-256 that a mark carries."""
MM = 72 / 25.4
SIDE, LEFT, BOTTOM = 21 * MM, 4 * MM, 24 * MM
"""Where the code stands: in the left margin, low on the page, its white border included. Printers leave it whole, staples and holes are elsewhere."""
_MARK = re.compile(r"/verifier/(DOC-[0-9A-Z]{4,12})\?page=([0-9a-f]{16})\.([1-9][0-9]{0,3})\.([1-9][0-9]{0,3})$")


class Mark(NamedTuple):
    code: str
    version: str
    number: int
    pages: int


def address(verify_url: str, sha256: str, number: int, count: int) -> str:
    """What the code of a page says."""
    return f"{verify_url}?page={sha256[:VERSION]}.{number}.{count}"


def read(text: str) -> Mark | None:
    """The mark that a code says, whatever the host was when it was printed; None for any other code."""
    found = _MARK.search(text)
    return Mark(found[1], found[2], int(found[3]), int(found[4])) if found else None


def stamped(content: bytes, last: bytes, verify_url: str, sha256: str) -> bytes:
    """The pages of a document and its one page of signatures, each with its code: what is printed."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document, pikepdf.open(io.BytesIO(last)) as signatures:
        document.pages.append(signatures.pages[0])
        count = len(document.pages)
        place = pikepdf.Rectangle(LEFT, BOTTOM, LEFT + SIDE, BOTTOM + SIDE)
        for number, page in enumerate(document.pages, 1):
            drawn = io.BytesIO()
            segno.make(address(verify_url, sha256, number, count), error="m").save(drawn, kind="pdf", border=4)
            with pikepdf.open(drawn) as code:
                page.add_overlay(code.pages[0], place)
        document.save(out, deterministic_id=True)
    return out.getvalue()


def pages_of(content: bytes) -> int:
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as document:
        return len(document.pages)


def as_pdf(content: bytes, content_type: str) -> bytes:
    """A scan as a PDF: a picture becomes a page of the size of a sheet."""
    from PIL import Image, ImageOps

    if content_type == "application/pdf":
        return content
    out = io.BytesIO()
    with Image.open(io.BytesIO(content)) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.save(out, "PDF", resolution=max(upright.size) / (297 / 25.4))
    return out.getvalue()


def one_page(content: bytes, position: int, turn: int = 0) -> bytes:
    return assembled([(content, position, turn)])


def assembled(pages: list[tuple[bytes, int, int]], title: str = "") -> bytes:
    """One PDF of pages of scans, in that order: for each the PDF, the position in it from 1, and by how many degrees it lies turned (clockwise)."""
    import pikepdf

    out, opened = io.BytesIO(), {}
    with pikepdf.new() as document:
        for content, position, turn in pages:
            source = opened.get(id(content))
            if source is None:
                source = opened[id(content)] = pikepdf.open(io.BytesIO(content))
            document.pages.append(source.pages[position - 1])
            if turn:
                document.pages[-1].rotate(-turn, relative=True)
        if title:
            document.docinfo["/Title"] = title
        document.save(out, deterministic_id=True)
    for source in opened.values():
        source.close()
    return out.getvalue()
