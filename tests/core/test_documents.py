"""Documents: one content, one set of bytes, kept; accessible PDF; nothing fetched; signed by what was read; seen by whom the room says."""

import hashlib
import io
import re

import page
import pikepdf
import pytest
from django.template import engines

from core import documents, pdf
from core.models import Document, Event, Signature
from tests.core.helpers import frozen, refused
from tests.factories.core import UserFactory
from tests.pdf import text_of

pytestmark = pytest.mark.django_db


def test_a_real_letter_is_accessible_deterministic_and_kept_once(at):
    letter = frozen(at)
    first = documents.render(letter, at=at)
    content = first.file.read()
    assert (first.state, first.rendered_at) == ("rendered", at) and content.startswith(b"%PDF-")
    assert first.sha256 == hashlib.sha256(content).hexdigest()
    assert documents.pdf(letter) == content, "the same content gives the same bytes"
    verdict = page.validate_pdf_bytes(content, profile="ua1")
    assert verdict.is_compliant, verdict.failures
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert str(opened.docinfo["/Title"]) == "Votre convention est terminée" and str(opened.Root.Lang) == "fr"
        assert opened.Root.MarkInfo.Marked and "/StructTreeRoot" in opened.Root
        fonts = [font for sheet in opened.pages for font in sheet.Resources.Font.values()]
        described = [
            font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else font.FontDescriptor
            for font in fonts
        ]
        assert described and all({"/FontFile", "/FontFile2", "/FontFile3"} & set(one.keys()) for one in described)
    again = documents.render(letter, at=at)
    assert (again.sha256, again.file.name) == (first.sha256, first.file.name)


def test_nothing_is_fetched_while_rendering(at, tmp_path, monkeypatch):
    import socket

    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-file")
    asked = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: asked.append(address))
    hostile = (
        f'<img src="file://{secret}"><link rel=attachment href="file://{secret}"><img src="http://127.0.0.1:9/x.png">'
    )
    monkeypatch.setattr(
        documents,
        "page",
        lambda document: f"<html lang=fr><head><title>x</title></head><body>{hostile}<p>ok</p></body></html>",
    )
    content = documents.pdf(frozen(at))
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert not opened.attachments
    assert asked == [] and b"CANARY" not in content


def test_a_table_over_two_pages_is_read_in_order():
    """Its title stays with its first rows, its total is printed once, after its last row, wherever the page ends."""
    table = (
        "<table><thead><tr><th scope=col>Acte</th><th scope=col class=num>Montant</th></tr></thead><tbody>"
        + "".join(f"<tr><td>rang {n}</td><td class=num>{n}</td></tr>" for n in (1, 2, 3, 4))
        + "</tbody><tfoot><tr><th scope=row>somme</th><td class=num>10</td></tr></tfoot></table>"
    )
    cases = [
        f'<div style="break-before: page; height: {height}mm"></div><h2>écritures</h2><p>publiques</p>{table}'
        for height in range(184, 228, 4)
    ]
    source = '{% extends "documents/layout.html" %}{% block title %}x{% endblock %}{% block content %}{{ cases|safe }}{% endblock %}'
    page = engines["django"].from_string(source).render({"cases": "".join(cases)})
    sheets = re.split(r"page \d+ sur \d+", text_of(pdf.draw(page)))
    assert sum(sheet.count("somme") for sheet in sheets) == len(cases)
    assert [sheet for sheet in sheets if "écritures" in sheet and not ("rang 1 " in sheet and "rang 2 " in sheet)] == []
    assert [sheet for sheet in sheets if "somme" in sheet and "rang 4 " not in sheet] == []
    assert any("somme" in sheet and "écritures" not in sheet for sheet in sheets), "some table is cut"


def test_what_people_wrote_is_text_in_the_letter(at):
    letter = frozen(at, project_title='<script>alert(1)</script><link rel="attachment" href="file:///etc/hostname">')
    twin = documents.html(letter)
    assert "<script" not in twin and "&lt;script&gt;" in twin and "<link" not in twin


def test_the_twin_says_what_the_letter_says_and_the_page_carries_its_proof(at):
    letter = frozen(at)
    twin, whole = documents.html(letter), documents.page(letter)
    assert "Le courrier en clair" in twin and "<html" not in twin
    assert (
        letter.code in whole
        and f"/verifier/{letter.code}" in whole
        and letter.context_hash[:16] in whole
        and "data:image/svg+xml" in whole
    )


def test_a_wide_table_of_the_twin_names_the_column_of_each_cell():
    """Five columns do not fit a phone: read cell under cell, each says what it is."""
    said = documents._labelled(
        "<p>a&nbsp;« b » &amp; c</p><table><thead><tr><th>N°</th><th>Acte</th><th>Montant</th></tr></thead>"
        "<tbody><tr><td>1</td><td>payé</td><td class=num>2,00</td></tr></tbody>"
        "<tfoot><tr><th colspan=2>Aide</th><td>2,00</td></tr></tfoot></table>"
        "<table><thead><tr><th>Situation</th><th>Montant</th></tr></thead><tbody><tr><td>x</td><td>y</td></tr></tbody></table>"
    )
    assert said.startswith("<p>a\u00a0« b » &amp; c</p>")
    assert re.findall(r'data-label="([^"]+)"', said) == ["N°", "Acte", "Montant", "Montant"]
    assert said.count("table stacked") == 1


def test_a_context_is_plain(at):
    with pytest.raises(TypeError):
        frozen(at, when=at)


@pytest.mark.django_db(transaction=True)
def test_a_document_is_frozen_in_the_transaction_of_its_act(at):
    from tests.core.helpers import Owner

    with pytest.raises(RuntimeError):
        documents.freeze("closing_letter", owner=Owner, subject="", title="x", context={}, at=at)


def test_a_document_that_cannot_be_rendered_holds_up_no_other(at, monkeypatch):
    bad, good = frozen(at), frozen(at)
    real = documents.pdf
    monkeypatch.setattr(
        documents,
        "pdf",
        lambda document: (_ for _ in ()).throw(ValueError("ink")) if document.pk == bad.pk else b"%PDF-1.7 ok",
    )
    assert documents.render_due(at) == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("failed", "rendered") and "ink" in bad.error
    assert documents.render_due(at) == 0
    monkeypatch.setattr(documents, "pdf", lambda document: b"%PDF-1.7 now")
    assert documents.render_due(at, failed=True) == 1
    assert real is not documents.pdf


def test_a_race_keeps_one_file(at, monkeypatch):
    letter = frozen(at)
    monkeypatch.setattr(documents, "pdf", lambda document: b"%PDF-1.7 one")
    stale = Document.objects.get(pk=letter.pk)
    first = documents.render(letter, at=at)
    second = documents._keep(stale, b"%PDF-1.7 two", at)
    assert second.file.name == first.file.name and second.file.read() == b"%PDF-1.7 one"
    assert (
        len([name for name in first.file.storage.listdir(first.file.name.rpartition("/")[0])[1] if letter.code in name])
        == 1
    )


def test_only_what_is_rendered_is_signed_once_a_person(at, monkeypatch):
    monkeypatch.setattr(documents, "pdf", lambda document: b"%PDF-1.7 sign")
    letter, person = frozen(at), UserFactory()
    sign = lambda: documents.sign(letter, signer=person, capacity="présidente", at=at, evidence={"method": "password"})  # noqa: E731
    with refused("document_not_rendered"):
        sign()
    documents.render(letter, at=at)
    signature = sign()
    assert signature.sha256 == hashlib.sha256(b"%PDF-1.7 sign").hexdigest() and signature.evidence == {
        "method": "password"
    }
    with refused("already_signed"):
        sign()
    documents.void(letter, at)
    with refused("document_void"):
        documents.sign(letter, signer=UserFactory(), capacity="", at=at, evidence={})
    assert Signature.objects.count() == 1 and not Event.objects.exists()


def test_seen_by_whom_its_room_says_and_by_nobody_before(at, as_user, monkeypatch):
    monkeypatch.setattr(documents, "pdf", lambda document: b"%PDF-1.7 page")
    letter, reader, other = frozen(at), UserFactory(), UserFactory()
    page_url, pdf_url = documents.url(letter), documents.pdf_url(letter)
    assert not documents.is_visible(reader, letter)
    assert as_user(reader).get(page_url).status_code == 404
    monkeypatch.setitem(documents.VISIBILITY, "shelf", lambda user, document: user == reader)
    shown = as_user(reader).get(page_url)
    assert (
        shown.status_code == 200
        and "Le courrier en clair" in shown.text
        and shown["Cache-Control"] == "no-store, private"
    )
    given = as_user(reader).get(pdf_url)
    assert (
        given.getvalue() == b"%PDF-1.7 page"
        and given["Content-Type"] == "application/pdf"
        and "attachment" in given["Content-Disposition"]
    )
    assert "sandbox" in given["Content-Security-Policy"]
    absent = page_url.replace(letter.code, "DOC-00000000")
    foreign, missing = as_user(other).get(page_url), as_user(other).get(absent)
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert as_user(other).get(pdf_url).status_code == 404


def test_a_saved_pdf_is_called_by_its_title_in_its_own_language():
    paper = Document(kind="agreement", title="Convention d’aide n° FP-2026-4T8RWZ2M", code="DOC-1F2G3H4J")
    assert documents.file_name(paper) == "convention-d-aide-n-fp-2026-4t8rwz2m-DOC-1F2G3H4J.pdf"
    assert documents.file_name(Document(kind="minutes", title="", code="DOC-1")) == "minutes-DOC-1.pdf"


def test_a_paper_nobody_has_made_yet_is_not_said_ready(at, as_user, monkeypatch):
    monkeypatch.setitem(documents.VISIBILITY, "shelf", lambda user, document: True)
    page = as_user(UserFactory()).get(documents.url(frozen(at))).text
    assert "Produire le PDF et le télécharger" in page and "PDF en préparation" not in page and "PDF prêt" not in page


def test_anonymous_goes_to_sign_in(at, client):
    answer = client.get(documents.url(frozen(at)))
    assert answer.status_code == 302 and answer["Location"].startswith("/connexion/?next=/documents/")
