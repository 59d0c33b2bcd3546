"""Files people give and take: checked by extension, content and opening; scanned when an antivirus is there; given back privately."""

from __future__ import annotations

import io
import socket
import struct
import unicodedata
import zipfile
from collections.abc import Collection
from urllib.parse import urlsplit

from django.conf import settings
from django.http import FileResponse
from django.utils.translation import gettext_lazy as _

from core.transitions import Refusal

PIXELS = 60_000_000
UNPACKED_BYTES = 300 * 1024 * 1024
RATIO = 200
PAGES = 2_000
KINDS = {
    "pdf": {"pdf": "application/pdf"},
    "image": {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"},
    "office": {
        "odt": "application/vnd.oasis.opendocument.text",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "odp": "application/vnd.oasis.opendocument.presentation",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    },
    "text": {"txt": "text/plain", "csv": "text/csv", "md": "text/plain"},
}
ACTIVE_KEYS = {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA"}
ACTIVE_ACTIONS = {"/Launch", "/JavaScript", "/ImportData", "/SubmitForm", "/GoToE", "/Rendition"}
PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}


def check_upload(uploaded, *, kinds=frozenset({"pdf", "image", "office", "text"}), max_bytes: int) -> str:
    """The content type of an uploaded file, found in its bytes. Fails closed: no answer of the antivirus, no file. Raises Refusal
    `file_empty`, `file_too_large`, `file_type`, `file_infected`, `scanner_unavailable`.
    """
    content_type, scanned = check_or_quarantine(uploaded, kinds=kinds, max_bytes=max_bytes)
    if not scanned:
        raise Refusal(
            "scanner_unavailable",
            _("“%(name)s” could not be checked for viruses right now.") % {"name": clean_name(uploaded.name)},
            remedy=_("Nothing is lost: send it again in a few minutes."),
            status=503,
        )
    return content_type


def check_or_quarantine(uploaded, *, kinds: Collection[str], max_bytes: int) -> tuple[str, bool]:
    """`check_upload` for who can keep a file closed meanwhile: its type, and False when the antivirus has still to say whether it is clean."""
    name = clean_name(uploaded.name)
    if not uploaded.size:
        raise Refusal("file_empty", _("“%(name)s” is empty.") % {"name": name}, remedy=_("Choose the file again."))
    if uploaded.size > max_bytes:
        raise too_large(name, max_bytes)
    extension = name.rpartition(".")[2].lower()
    kind = next((kind for kind in kinds if extension in KINDS[kind]), None)
    if kind is None:
        accepted = ", ".join(sorted(one for kind in kinds for one in KINDS[kind]))
        raise Refusal(
            "file_type",
            _("“%(name)s” is of a type we do not accept.") % {"name": name},
            remedy=_("Accepted types: %(types)s.") % {"types": accepted},
            article="art. 7",
        )
    uploaded.seek(0)
    content = uploaded.read()
    uploaded.seek(0)
    try:
        CHECKS[kind](content, extension)
    except Refusal:
        raise
    except Exception:  # noqa: BLE001  a file that breaks the library that opens it is not a file of that type
        raise _broken(name) from None
    return KINDS[kind][extension], scan(content, name)


def too_large(name: str, max_bytes: int) -> Refusal:
    return Refusal(
        "file_too_large",
        _("“%(name)s” is too large: the limit is %(limit)s MB.") % {"name": name, "limit": max_bytes // (1024 * 1024)},
        remedy=_("Reduce the pictures, or split the file in two."),
        article="art. 7",
        status=413,
    )


def clean_name(name: str) -> str:
    """A file's name that can be shown and sent: no path, no control or direction signs, at most 150 signs, the extension kept."""
    bare = unicodedata.normalize("NFC", (name or "").replace("\\", "/").rpartition("/")[2])
    bare = "".join(sign for sign in bare if unicodedata.category(sign)[0] != "C").strip(" .") or "fichier"
    stem, dot, extension = bare.rpartition(".")
    return f"{stem[:140]}.{extension[:9]}" if dot else bare[:150]


def _broken(name: str) -> Refusal:
    return Refusal(
        "file_type",
        _("“%(name)s” cannot be opened: it is damaged, or not what its name says.") % {"name": name},
        remedy=_("Open it on your side, save it again as PDF, and send that file."),
        article="art. 7",
    )


def _bad(reason) -> Refusal:
    return Refusal(
        "file_type",
        reason,
        remedy=_("Print it to a new PDF without these parts, and send that file."),
        article="art. 7",
    )


def _check_pdf(content: bytes, extension: str) -> None:
    import pikepdf

    if not content[:1024].lstrip().startswith(b"%PDF-"):
        raise ValueError("not a PDF")
    try:
        document = pikepdf.open(io.BytesIO(content))
    except pikepdf.PasswordError:
        raise _bad(_("This PDF is protected by a password: the panel could not read it.")) from None
    with document:
        if document.is_encrypted:
            raise _bad(_("This PDF is protected by a password: the panel could not read it."))
        if not 0 < len(document.pages) <= PAGES:
            raise ValueError("no pages, or too many")
        if any(_is_active(item) for item in document.objects):
            raise _bad(_("This PDF holds active content (a script, a program to launch, an embedded file)."))


def _is_active(item, depth: int = 0) -> bool:
    """Does an object, or what stands inside it (not what it points to: that is looked at by itself), run, launch or carry something?"""
    import pikepdf

    if isinstance(item, pikepdf.Array):
        inside = list(item)
    elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        keys = set(item.keys())
        if keys & ACTIVE_KEYS or "/S" in keys and str(item.get("/S")) in ACTIVE_ACTIONS:
            return True
        inside = [item.get(key) for key in keys]
    else:
        return False
    return depth < 40 and any(
        _is_active(child, depth + 1) for child in inside if isinstance(child, pikepdf.Object) and not child.is_indirect
    )


def _check_image(content: bytes, extension: str) -> None:
    import warnings

    from PIL import Image

    wanted = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}[extension]
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content), formats=[wanted]) as picture:
            if picture.width * picture.height > PIXELS:
                raise _bad(_("This picture is too large to be opened safely."))
            picture.verify()


def _check_office(content: bytes, extension: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > 5_000 or unpacked > UNPACKED_BYTES or unpacked > RATIO * max(len(content), 1024):
            raise _bad(_("This file unpacks to far more than it weighs."))
        names = {entry.filename for entry in entries}
        if any(name.startswith("/") or ".." in name.split("/") for name in names):
            raise ValueError("paths that leave the archive")
        if any(
            name.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js")) or name.startswith(("Basic/", "Scripts/"))
            for name in names
        ):
            raise _bad(_("This file holds macros."))
        if extension in PARTS:
            if PARTS[extension] not in names or "[Content_Types].xml" not in names:
                raise ValueError("not this office format")
        elif archive.read("mimetype")[:100].decode("ascii") != KINDS["office"][extension]:
            raise ValueError("not this office format")


def _check_text(content: bytes, extension: str) -> None:
    text = content.decode("utf-8-sig")
    if "\x00" in text or text.lstrip()[:200].lower().startswith(
        ("<!doctype", "<html", "<svg", "<?xml", "<script", "%pdf-")
    ):
        raise ValueError("not plain text")


CHECKS = {"pdf": _check_pdf, "image": _check_image, "office": _check_office, "text": _check_text}


def scan(content: bytes, name: str) -> bool:
    """Ask the antivirus, when one is set: False when it gives no verdict. Raises Refusal `file_infected`."""
    if not settings.CLAMD_URL:
        return True
    try:
        verdict = _instream(settings.CLAMD_URL, content)
    except OSError:
        return False
    if verdict.endswith("FOUND"):
        raise Refusal(
            "file_infected",
            _("“%(name)s” is infected: it was not kept.") % {"name": name},
            remedy=_("Check your computer, then send a clean copy."),
            article="art. 7",
        )
    return verdict.endswith("OK")


def _instream(address: str, content: bytes, timeout: float = 30) -> str:
    """clamd's INSTREAM: chunks with their length, a zero length ends; the answer is one line. Raises OSError."""
    where = urlsplit(address)
    if where.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        connection.connect(where.path)
    else:
        connection = socket.create_connection((where.hostname or "127.0.0.1", where.port or 3310), timeout=timeout)
    with connection:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), 65_536):
            chunk = content[start : start + 65_536]
            connection.sendall(struct.pack("!I", len(chunk)) + chunk)
        connection.sendall(struct.pack("!I", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4_096 and (part := connection.recv(4_096)):
            answer += part
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def send(field_file, name: str, content_type: str, *, inline: bool = False) -> FileResponse:
    """A stored file as a private download: never cached, never run, never shown inside a page of ours."""
    response = FileResponse(
        field_file.open("rb"), as_attachment=not inline, filename=clean_name(name), content_type=content_type
    )
    return private(response)


def show(field_file, name: str, content_type: str) -> FileResponse:
    """A stored PDF or picture to be seen inside a page of ours and of nobody else. It loads and runs nothing; PDFs with active content were refused when they
    came. No `sandbox` here: browsers would not open their PDF reader.
    """
    return shown_inside(send(field_file, name, content_type, inline=True))


def shown_inside(response):
    """The headers of what may be seen inside a page of ours."""
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def private(response):
    """The headers of every file that is not public."""
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
