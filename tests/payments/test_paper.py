"""Agreements signed by hand: printed with a code on every page, scanned in any order, filed back, recorded by a person, signed by the same verb."""

from __future__ import annotations

import io
from datetime import timedelta

import pikepdf
import pypdfium2
import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageFilter

from core import documents
from core.files import check_or_quarantine
from core.models import Document, Event
from core.transitions import Refusal
from fund.models import GrantAccount
from payments import paper_marks, paper_reader, tasks
from payments.documents import paper as prints
from payments.models import Agreement, Amendment, PaperCopy, PaperPage, PaperScan
from payments.queries import invariants
from payments.queries import paper as queries
from payments.transitions import agreement as agreements
from payments.transitions import amendment as amendments
from payments.transitions import paper as papers
from tests.factories import payments as make
from tests.factories.core import UserFactory
from tests.pdf import text_of

pytestmark = pytest.mark.django_db


# ---- paper: printing, and a scanner ----


def really_rendered(row):
    """Drawn by WeasyPrint: what is printed here has real pages."""
    documents.render(row.document, at=timezone.now())
    return type(row).objects.get(pk=row.pk)


def to_sign(people, at, **options) -> Agreement:
    row = make.accepted(people, at=at, **options)
    make.account.approve(payee_account=make.give_account(row, at=at), actor=people.payer, at=at)
    return really_rendered(Agreement.objects.get(pk=row.pk))


def print_out(row, at) -> bytes:
    return prints.printed(row.document, row, at=at)


def sheets(content: bytes, dots: int = 110) -> list[Image.Image]:
    """The pages as a scanner sees them: pictures, a little blurred."""
    drawn = [page.render(scale=dots / 72, grayscale=True).to_pil() for page in pypdfium2.PdfDocument(content)]
    return [one.filter(ImageFilter.GaussianBlur(0.6)) for one in drawn]


def scanned(*pictures: Image.Image, name: str = "lot.pdf") -> SimpleUploadedFile:
    out = io.BytesIO()
    first, *others = [one.convert("L") for one in pictures]
    first.save(out, "PDF", resolution=110, save_all=True, append_images=others)
    return SimpleUploadedFile(name, out.getvalue(), content_type="application/pdf")


def give(people, uploaded, at):
    content_type, clean = check_or_quarantine(uploaded, kinds=("pdf", "image"), max_bytes=papers.SCAN_BYTES)
    return papers.give_scan(uploaded=uploaded, content_type=content_type, scanned=clean, actor=people.officer, at=at)


def read(people, uploaded, at) -> PaperScan:
    row, _new = give(people, uploaded, at)
    while tasks.read_papers(at, None):
        pass
    return PaperScan.objects.get(pk=row.pk)


def findings(scan) -> list[tuple]:
    return [(one.finding, one.number, one.turn) for one in scan.pages.order_by("position")]


@pytest.fixture
def people():
    return make.People()


# ---- tests ----


def test_every_printed_page_says_document_version_and_page_and_nothing_more(people, at):
    row = to_sign(people, at)
    content = print_out(row, at)
    pictures = sheets(content)
    assert len(pictures) == paper_marks.pages_of(row.document.file.open("rb").read()) + 1
    import zxingcpp

    for number, picture in enumerate(pictures, 1):
        said = [code.text for code in zxingcpp.read_barcodes(picture) if "?page=" in code.text]
        assert said == [
            f"{documents.verify_url(row.document)}?page={row.document.sha256[:16]}.{number}.{len(pictures)}"
        ]
    last = text_of(content)
    assert "Page de signature" in last and str(row.signatory) in last and people.orderer.name in last


def test_a_shuffled_batch_of_two_agreements_with_pages_upside_down_becomes_two_signed_copies(people, at):
    first, second = to_sign(people, at), to_sign(people, at)
    a, b = sheets(print_out(first, at)), sheets(print_out(second, at))
    mixed = [pair for row in (a, b) for pair in enumerate(row)]
    mixed = mixed[1::2] + mixed[0::2][::-1]
    turned = [picture.rotate(180 if n % 3 == 0 else 90 if n % 3 == 1 else 0, expand=True) for n, picture in mixed]
    scan = read(people, scanned(*turned), at)
    assert (scan.phase, scan.done) == ("done", len(a) + len(b))
    assert {one[0] for one in findings(scan)} == {"filed"}
    for row, pictures in ((first, a), (second, b)):
        copy = PaperCopy.objects.get(original=row.document)
        assert copy.document.state == "rendered" and copy.document.kind == "signed_copy"
        content = copy.document.file.open("rb").read()
        import hashlib

        assert hashlib.sha256(content).hexdigest() == copy.document.sha256
        back = list(pypdfium2.PdfDocument(content))
        assert len(back) == len(pictures)
        for number, page in enumerate(back, 1):  # in order, and upright, as the fund itself reads them
            [(text, angle)] = [code for code in paper_reader.codes_of(page) if "?page=" in code[0]]
            assert (paper_marks.read(text).number, abs(angle) < 10) == (number, True)
        assert documents.is_visible(row.signatory, copy.document)
    assert Event.objects.filter(verb="file_paper").count() == 2


def test_the_same_scan_twice_changes_nothing(people, at):
    row = to_sign(people, at)
    pictures = sheets(print_out(row, at))
    once = read(people, scanned(*pictures), at)
    before = (PaperPage.objects.count(), PaperCopy.objects.count(), Document.objects.count())
    again, new = give(people, scanned(*pictures), at)
    assert (again.pk, new, tasks.read_papers(at, None)) == (once.pk, False, 0)
    assert before == (PaperPage.objects.count(), PaperCopy.objects.count(), Document.objects.count())
    other = read(people, scanned(*reversed(pictures)), at)  # the same sheets, scanned once more
    assert {one[0] for one in findings(other)} == {"doubled"} and PaperCopy.objects.count() == 1


def test_missing_foreign_stale_unknown_and_crowded_pages_wait_for_a_person(people, at):
    row = to_sign(people, at)
    pictures = sheets(print_out(row, at))
    foreign = sheets(make.pdf_proof().read())[0]
    other_code = Image.open(_png(segno.make("https://example.org/")))
    letter = Image.open(_png(segno.make(documents.verify_url(row.document))))
    forged = Image.open(_png(segno.make(documents.verify_url(row.document) + f"?page={'0' * 16}.1.{len(pictures)}")))
    short = Image.open(
        _png(segno.make(paper_marks.address(documents.verify_url(row.document), row.document.sha256, 1, 1)))
    )
    crowded = Image.new("L", (pictures[0].width * 2, pictures[0].height), 255)
    crowded.paste(pictures[0], (0, 0))
    crowded.paste(pictures[1], (pictures[0].width, 0))
    scan = read(
        people,
        scanned(pictures[0], foreign, other_code, letter, forged, short, crowded, *pictures[2:], pictures[0]),
        at,
    )
    assert [one[0] for one in findings(scan)] == [
        "filed",
        "no_code",
        "unknown",
        "unknown",
        "unknown",
        "unknown",
        "several",
        *["filed"] * (len(pictures) - 2),
        "doubled",
    ]
    assert not PaperCopy.objects.exists()
    [sheaf] = queries.sheaves(people.officer)
    assert (sheaf.missing, sheaf.copy) == ([2], None)
    looks = list(queries.pages_to_look_at(people.officer))
    assert len(looks) == 7 and all(queries.finding_of(one)[1] for one in looks)
    # The crowded sheet holds page 2: a person says so, and the copy is whole.
    page = scan.pages.get(finding="several")
    papers.file_by_hand(paper_page=page, code=row.document.code.lower(), number=2, actor=people.officer, at=at)
    assert PaperCopy.objects.get().original == row.document
    for one in queries.pages_to_look_at(people.officer):
        papers.set_aside(paper_page=one, note="Feuille d’un autre dossier.", actor=people.officer, at=at)
    assert queries.waiting(people.officer) == 1  # the copy to look at
    with pytest.raises(Refusal) as refused:
        papers.set_aside(
            paper_page=scan.pages.get(finding="filed", position=1), note="Non", actor=people.officer, at=at
        )
    assert refused.value.code == "not_allowed_in_state"


def _png(code) -> io.BytesIO:
    out = io.BytesIO()
    code.save(out, kind="png", scale=6, border=4)
    out.seek(0)
    return out


def test_a_former_version_is_told_and_a_page_filed_before_it_too(people, at):
    row = to_sign(people, at)
    pictures = sheets(print_out(row, at))
    read(people, scanned(pictures[0]), at)
    # The account changes before anybody signed: the agreement is made again.
    make.account.approve(payee_account=make.give_account(row, at=at), actor=people.payer, at=at)
    fresh = really_rendered(Agreement.objects.get(pk=row.pk))
    assert fresh.document_id != row.document_id
    scan = read(people, scanned(*pictures[1:]), at)
    assert {one[0] for one in findings(scan)} == {"stale"}
    looks = list(queries.pages_to_look_at(people.officer))
    assert len(looks) == len(pictures) and queries.sheaves(people.officer) == []
    papers.set_aside(paper_page=looks[0], note="Ancienne version.", actor=people.officer, at=at)
    assert queries.pages_to_look_at(people.officer).count() == len(pictures) - 1


def test_signed_on_paper_by_both_the_money_is_committed_by_the_same_verb(people, at):
    made = at - timedelta(days=6)
    row = to_sign(people, made)
    lead, signed_on = row.signatory, timezone.localdate(at - timedelta(days=4))
    with pytest.raises(Refusal) as refused:
        agreements.record_paper_signature(
            agreement=row, actor=people.officer, at=at, signer=lead, signed_on=signed_on, seen=True
        )
    assert refused.value.code == "paper_copy_missing"
    read(people, scanned(*sheets(print_out(row, made))), at)

    def record(**changes):
        given = {"signer": lead, "signed_on": signed_on, "seen": True} | changes
        return agreements.record_paper_signature(agreement=row, actor=people.officer, at=at, **given)

    for changes, code in (
        ({"seen": False}, "copy_not_seen"),
        ({"signed_on": None}, "day_missing"),
        ({"signed_on": timezone.localdate(at + timedelta(days=1))}, "day_of_paper_refused"),
        ({"signed_on": timezone.localdate(made - timedelta(days=1))}, "day_of_paper_refused"),
        ({"signer": people.orderer}, "signer_not_expected"),
    ):
        with pytest.raises(Refusal) as refused:
            record(**changes)
        assert refused.value.code == code
    with pytest.raises(Refusal) as refused:
        agreements.record_paper_signature(
            agreement=row, actor=people.orderer, at=at, signer=lead, signed_on=signed_on, seen=True
        )
    assert refused.value.code == "not_permitted"
    row = record()
    assert (row.state, row.bearer_signed_by) == ("accepted", lead)
    with pytest.raises(Refusal) as refused:
        record()
    assert refused.value.code in ("already_signed", "signer_not_expected")
    with pytest.raises(Refusal) as refused:  # the fund signs last, on paper too
        agreements.sign(agreement=row, actor=people.orderer, at=at, signed_on=signed_on - timedelta(days=1))
    assert refused.value.code == "day_of_paper_refused"
    agreements.sign(agreement=row, actor=people.orderer, at=at, signed_on=signed_on + timedelta(days=1))
    row = Agreement.objects.get(pk=row.pk)
    assert (row.state, row.starts_on, row.agreed_on) == (
        "active",
        signed_on + timedelta(days=1),
        signed_on + timedelta(days=1),
    )
    assert GrantAccount.objects.get(reference=row.reference).committed_amount == row.amount
    assert invariants.problems([row.reference]) == []
    copy = PaperCopy.objects.get()
    for signature in row.document.signatures.all():
        assert signature.on_paper and signature.sha256 == row.document.sha256
        assert signature.evidence["copy_sha256"] == copy.document.sha256
    with pytest.raises(Refusal) as refused:
        papers.withdraw_copy(paper_copy=copy, note="Trop tard.", actor=people.officer, at=at)
    assert refused.value.code == "copy_in_use"


def test_a_bearer_on_paper_and_the_fund_here(people, at):
    row = to_sign(people, at)
    read(people, scanned(*sheets(print_out(row, at))), at)
    row = agreements.record_paper_signature(
        agreement=row, actor=people.officer, at=at, signer=row.signatory, signed_on=timezone.localdate(at), seen=True
    )
    agreements.sign(agreement=row, actor=people.orderer, at=at, evidence={"method": "password"})
    row = Agreement.objects.get(pk=row.pk)
    assert [one.on_paper for one in row.document.signatures.order_by("pk")] == [True, False]
    assert row.paper_signed_on is None and row.state == "active"


def test_an_amendment_is_signed_on_paper_as_the_agreement_is(people, at):
    row = make.signed(people, at=at)
    asked = amendments.request(
        agreement=row, actor=row.application.lead, at=at, reason="Moins cher.", new_amount=row.amount - 100_000
    )
    amendment = really_rendered(amendments.approve(amendment=asked, actor=people.officer, at=at))
    read(people, scanned(*sheets(print_out(amendment, at))), at)
    today = timezone.localdate(at)
    amendment = amendments.record_paper_signature(
        amendment=amendment, actor=people.officer, at=at, signer=row.signatory, signed_on=today, seen=True
    )
    amendments.sign(amendment=amendment, actor=people.orderer, at=at, signed_on=today)
    assert Amendment.objects.get(pk=amendment.pk).state == "signed"
    assert GrantAccount.objects.get(reference=row.reference).committed_amount == row.amount - 100_000
    late = read(people, scanned(sheets(print_out_again(amendment, at))[0], name="tard.pdf"), at)
    assert findings(late)[0][0] == "closed"


def print_out_again(row, at) -> bytes:
    return print_out(type(row).objects.get(pk=row.pk), at)


def test_a_copy_that_does_not_serve_is_withdrawn_and_a_better_page_takes_the_place_of_another(people, at):
    row = to_sign(people, at)
    pictures = sheets(print_out(row, at))
    read(people, scanned(*pictures), at)
    copy = PaperCopy.objects.get()
    papers.withdraw_copy(paper_copy=copy, note="Personne n’a signé.", actor=people.officer, at=at)
    copy.refresh_from_db()
    assert copy.withdrawn_at and copy.document.state == "void"
    assert not PaperPage.objects.filter(finding="filed").exists()
    again = read(people, scanned(*reversed(pictures), name="signe.pdf"), at)
    assert {one[0] for one in findings(again)} == {"filed"}
    second = PaperCopy.objects.get(withdrawn_at__isnull=True)
    better = read(people, scanned(pictures[-1].rotate(180), name="nette.pdf"), at)
    page = better.pages.get()
    assert page.finding == "doubled"
    papers.take_instead(paper_page=page, actor=people.officer, at=at)
    third = PaperCopy.objects.get(withdrawn_at__isnull=True)
    assert third.pk != second.pk and third.document.sha256 != second.document.sha256
    assert paper_marks.pages_of(third.document.file.open("rb").read()) == len(pictures)


def test_pictures_are_read_as_scans_and_a_stopped_worker_is_taken_over(people, at, monkeypatch):
    monkeypatch.setattr(tasks, "SLICE", 2)
    row = to_sign(people, at)
    pictures = sheets(print_out(row, at))
    out = io.BytesIO()
    pictures[0].rotate(90, expand=True).save(out, "PNG")
    one = read(people, SimpleUploadedFile("photo.png", out.getvalue(), content_type="image/png"), at)
    assert findings(one)[0][:2] == ("filed", 1)
    real, calls = papers.file_pages, []

    def stops(scan, read):
        if calls:
            raise KeyboardInterrupt
        calls.append(real(scan, read))

    monkeypatch.setattr(papers, "file_pages", stops)
    rest, _new = give(people, scanned(*pictures[1:]), at)
    with pytest.raises(KeyboardInterrupt):
        tasks.read_papers(at, None)
    monkeypatch.setattr(papers, "file_pages", real)
    assert tasks.read_papers(at, None) == 0  # held by the one that stopped
    assert tasks.read_papers(at + timedelta(hours=1), None) == 1
    rest.refresh_from_db()
    assert rest.phase == "done" and rest.pages.count() == len(pictures) - 1
    assert PaperCopy.objects.count() == 1


# ---- what is refused, and the pages ----


def bomb() -> bytes:
    """A page of which the only picture says to be a hundred thousand points wide and high."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        picture = pikepdf.Stream(document, b"\0" * 100)
        picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        picture.Width = picture.Height = 100_000
        picture.ColorSpace, picture.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        document.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture))
        document.save(out)
    return out.getvalue()


def blank(pages: int, size=(595, 842)) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        for _page in range(pages):
            document.add_blank_page(page_size=size)
        document.save(out)
    return out.getvalue()


def test_what_cannot_be_read_is_refused_in_words_beside_the_field(people, at, as_user, settings):
    browser = as_user(people.officer)
    for name, content in (
        ("faux.pdf", b"bonjour"),
        ("vide.pdf", b""),
        ("tronque.pdf", blank(1)[:200]),
        ("bombe.pdf", bomb()),
        ("long.pdf", blank(papers.SCAN_PAGES + 1)),
        ("texte.txt", b"bonjour"),
        ("image.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40),
    ):
        answer = browser.post(reverse("payments:papers"), {"scans": SimpleUploadedFile(name, content)})
        assert answer.status_code == 422, name
        assert answer.context["form"].errors["scans"], name
    assert not PaperScan.objects.exists()
    assert browser.post(reverse("payments:papers"), {}).status_code == 422
    huge = read(
        people, SimpleUploadedFile("geant.pdf", blank(2, (14_000, 14_000))), at
    )  # a page says to be five metres wide
    assert findings(huge) == [("no_code", None, 0)] * 2


def test_a_page_that_breaks_the_drawing_costs_that_page_alone(people, at, monkeypatch):
    def breaks(name, first, last):
        return [(last, None)] if last - first == 1 and last == 1 else real(name, first, last)

    real = tasks._codes
    row = to_sign(people, at)
    monkeypatch.setattr(tasks, "_codes", breaks)
    pictures = sheets(print_out(row, at))
    monkeypatch.setattr(tasks, "SLICE", 1)
    scan = read(people, scanned(*pictures), at)
    assert [one[0] for one in findings(scan)] == ["no_code", *["filed"] * (len(pictures) - 1)]
    monkeypatch.setattr(tasks.paper_reader, "__file__", "/nowhere.py")  # a process that never says anything
    assert real("x.pdf", 0, 3) == [(1, None), (2, None), (3, None)]


def test_the_antivirus_keeps_a_scan_closed_until_it_answers(people, at, settings, monkeypatch):
    row = to_sign(people, at)
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    scan, _new = give(people, scanned(sheets(print_out(row, at))[0]), at)
    assert scan.phase == "waiting"
    tasks.read_papers(at, None)
    assert PaperScan.objects.get().phase == "waiting" and not PaperPage.objects.exists()
    monkeypatch.setattr("core.files._instream", lambda *_args: "stream: Eicar FOUND")
    tasks.read_papers(at + timedelta(hours=1), None)
    infected = PaperScan.objects.get()
    assert infected.phase == "failed" and not infected.file and not PaperPage.objects.exists()


def test_the_pages_of_the_desk_lead_from_the_scan_to_the_signatures(people, at, as_user):
    row = to_sign(people, at)
    officer, lead = as_user(people.officer), as_user(row.signatory)
    printed = lead.get(reverse("payments:printed", args=[row.document.code]))
    assert printed.status_code == 200 and printed.headers["Content-Type"] == "application/pdf"
    assert as_user(UserFactory()).get(printed.request["PATH_INFO"]).status_code == 404
    assert (
        reverse("payments:printed", args=[row.document.code])
        in lead.get(f"/dossiers/{row.reference}/convention/signer/").content.decode()
    )
    pictures = sheets(printed.content)
    foreign = sheets(make.pdf_proof().read())[0]
    answer = officer.post(
        reverse("payments:papers"), {"scans": [scanned(*pictures[:-1], foreign), scanned(pictures[-1], name="fin.pdf")]}
    )
    assert answer.status_code == 302
    while tasks.read_papers(at, None):
        pass
    page = officer.get(reverse("payments:papers")).content.decode()
    sheaf = reverse("payments:sheaf", args=[row.document.code])
    assert sheaf in page and "1 page numérisée à regarder" in page
    strange = PaperPage.objects.get(finding="no_code")
    shown = officer.get(reverse("payments:paper_page_pdf", args=[strange.pk]))
    assert shown.status_code == 200 and shown.content.startswith(b"%PDF")
    assert officer.get(reverse("payments:paper_page", args=[strange.pk])).status_code == 200
    wrong = officer.post(
        reverse("payments:paper_page", args=[strange.pk]),
        {"act": "file", "file-code": "DOC-00000000", "file-number": 1, "file-turn": 0},
    )
    assert wrong.status_code == 422
    done = officer.post(
        reverse("payments:paper_page", args=[strange.pk]), {"act": "aside", "aside-note": "Page blanche."}
    )
    assert done.status_code == 302
    assert officer.get(reverse("payments:paper_scan", args=[PaperScan.objects.first().pk])).status_code == 200
    given = {
        "act": "record_paper_signature",
        "record_paper_signature-signer": row.signatory.pk,
        "record_paper_signature-signed_on": timezone.localdate(at).isoformat(),
        "record_paper_signature-seen": "on",
    }
    assert officer.get(sheaf).status_code == 200
    assert officer.post(sheaf, given | {"record_paper_signature-seen": ""}).status_code == 422
    assert officer.post(sheaf, given).status_code == 302
    orderer = as_user(people.orderer)
    here = reverse("payments:finance_agreement", args=[row.reference])
    assert "signed_on" in orderer.get(here).content.decode()
    for who in (lead, orderer):
        assert who.get(reverse("payments:papers")).status_code == 403


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_whatever_came(rows, people, at, as_user, django_assert_num_queries):
    browser = as_user(people.officer)
    call = make.CallFactory(state="decided", envelope=make.books.envelope(50_000_000, at=at))
    for n in range(rows):
        row = make.to_sign(people, decision=make.notified_award(1_000_000, at=at, call=call), at=at)
        scan = PaperScan.objects.create(
            name="lot.pdf", sha256=f"{n:064d}", size=1, pages_count=2, by=people.officer, at=at
        )
        where = {"original": row.document, "number": 1, "count": 2}
        PaperPage.objects.create(scan=scan, position=1, finding="filed", **where)
        PaperPage.objects.create(scan=scan, position=2, finding="doubled", **where)
        if n % 2:
            copy = Document.objects.create(
                code=f"DOC-COPY{n:04d}",
                kind="signed_copy",
                title="Copie",
                template_version="0" * 64,
                context={},
                context_hash="0" * 64,
                owner_machine="agreement",
                owner_id=row.pk,
                frozen_at=at,
            )
            PaperCopy.objects.create(original=row.document, document=copy, complete_at=at)
    browser.get(reverse("payments:papers"))
    with django_assert_num_queries(16):
        browser.get(reverse("payments:papers"))
