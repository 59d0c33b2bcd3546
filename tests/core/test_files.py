"""Files: what is taken is what it says it is; the rest is refused with a reason, never an error."""

import io
import socket
import struct
import threading
import zipfile

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core import files
from core.files import check_upload, clean_name
from tests.core.helpers import refused

ALL = {"pdf", "image", "office", "text"}
LIMIT = 1024 * 1024


def upload(content: bytes, name: str):
    return SimpleUploadedFile(name, content, "application/octet-stream")


def pdf(change=None, **save) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    if change:
        change(document)
    target = io.BytesIO()
    document.save(target, **save)
    return target.getvalue()


def picture(kind="PNG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(target, kind)
    return target.getvalue()


def archive(**parts) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return target.getvalue()


DOCX = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}
ODT = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (pdf(), "budget.pdf", "application/pdf"),
        (picture(), "logo.PNG", "image/png"),
        (picture("JPEG"), "photo.jpg", "image/jpeg"),
        (archive(**DOCX), "lettre.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (archive(**ODT), "lettre.odt", "application/vnd.oasis.opendocument.text"),
        ("Élise;1\n".encode(), "liste.csv", "text/csv"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_good_files_are_known_by_their_content(content, name, kind):
    assert check_upload(upload(content, name), kinds=ALL, max_bytes=LIMIT) == kind


def javascript(document):
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def launch(document):
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")


def embedded(document):
    document.attachments["x.exe"] = b"MZ"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00", "budget.pdf"),
        (pdf()[:200], "cut.pdf"),
        (picture(), "image.pdf"),
        (pdf(), "pdf.png"),
        (picture("PNG"), "really-png.jpg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "logo.svg"),
        (b"<svg onload=alert(1)>", "logo.png"),
        (b"<!DOCTYPE html><script>", "notes.txt"),
        (b"a\x00b", "notes.txt"),
        (b"\xff\xfe\xfa", "notes.txt"),
        (archive(**DOCX), "lettre.odt"),
        (archive(**ODT), "lettre.docx"),
        (archive(**DOCX, **{"word/vbaProject.bin": "x"}), "macros.docx"),
        (archive(**DOCX, **{"../../etc/passwd": "x"}), "slip.docx"),
        (archive(**DOCX, **{"word/bomb": "0" * 3_000_000}), "bomb.docx"),
        (pdf(javascript), "script.pdf"),
        (pdf(launch), "launch.pdf"),
        (pdf(embedded), "embedded.pdf"),
        (pdf(encryption=pikepdf.Encryption(owner="o", user="u")), "locked.pdf"),
        (b"#!/bin/sh\n", "script.sh"),
        (b"x", "noextension"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_files_are_refused_with_a_reason(content, name):
    with refused("file_type") as caught:
        check_upload(upload(content, name), kinds=ALL, max_bytes=LIMIT)
    assert str(caught.value.reason) and str(caught.value.remedy)


def test_empty_and_large_files():
    with refused("file_empty"):
        check_upload(upload(b"", "x.pdf"), kinds=ALL, max_bytes=LIMIT)
    with refused("file_too_large") as caught:
        check_upload(upload(b"x" * 11, "x.txt"), kinds=ALL, max_bytes=10)
    assert caught.value.status == 413


def test_a_kind_that_is_not_asked_for_is_refused():
    with refused("file_type"):
        check_upload(upload(picture(), "x.png"), kinds={"pdf"}, max_bytes=LIMIT)


def test_a_picture_that_unpacks_to_a_wall_is_refused(monkeypatch):
    monkeypatch.setattr(files, "PIXELS", 100)
    with refused("file_type"):
        check_upload(upload(picture(), "wall.png"), kinds=ALL, max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\dossier\\budget.pdf", "budget.pdf"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("", "fichier"),
        ("x\r\nSet-Cookie: a.pdf", "xSet-Cookie: a.pdf"),
        ("é" * 300 + ".pdf", "é" * 140 + ".pdf"),
    ],
)
def test_names_are_shown_and_sent_safely(given, kept):
    assert clean_name(given) == kept


class Clamd(threading.Thread):
    """The antivirus: reads one INSTREAM, answers once."""

    def __init__(self, answer: bytes):
        super().__init__(daemon=True)
        self.answer, self.received = answer, b""
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self.server.getsockname()[1]}"
        self.start()

    def run(self):
        connection, _ = self.server.accept()
        with connection, connection.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            while length := struct.unpack("!I", stream.read(4))[0]:
                self.received += stream.read(length)
            connection.sendall(self.answer)


def test_the_antivirus_reads_every_byte_and_its_word_counts(settings):
    content = b"Bonjour\n" * 20_000
    clean = Clamd(b"stream: OK\0")
    settings.CLAMD_URL = clean.url
    assert check_upload(upload(content, "x.txt"), kinds=ALL, max_bytes=LIMIT) == "text/plain"
    assert clean.received == content
    settings.CLAMD_URL = Clamd(b"stream: Eicar-Test-Signature FOUND\0").url
    with refused("file_infected"):
        check_upload(upload(content, "x.txt"), kinds=ALL, max_bytes=LIMIT)


def test_an_antivirus_that_does_not_answer_lets_nothing_in(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.CLAMD_URL = f"tcp://127.0.0.1:{port}"
    with refused("scanner_unavailable") as caught:
        check_upload(upload(b"x", "x.txt"), kinds=ALL, max_bytes=LIMIT)
    assert caught.value.status == 503
