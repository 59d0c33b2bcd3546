"""The real screens, by the real people: from the offer to the last euro; wrong input on every page is answered in words and loses nothing."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from core.models import Document, Event
from fund.models import GrantAccount
from payments.enums import Control
from payments.models import Agreement, BankStatement, Evidence, Instalment, PayeeAccount, PaymentBatch, Report
from tests.factories import payments as make
from tests.factories.fund import FundIdentityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def ok(response, status=200):
    assert response.status_code == status, (response.status_code, getattr(response, "url", ""), response.content[:500])
    return response.content.decode()


def leads_to(response, path):
    assert response.status_code == 302 and response.url == path, (
        response.status_code,
        getattr(response, "url", ""),
        re.findall(r'class="(?:error|why)[^>]*>([^<]+)', response.content.decode())[:5],
    )
    return response


def upload(content: bytes, name: str):
    return SimpleUploadedFile(name, content, content_type="application/octet-stream")


def test_the_whole_life_of_the_money_on_screen(at, people, as_user):
    decision = make.notified_award(1_850_000, at=at)
    FundIdentityFactory()
    ref, lead = decision.application.reference, decision.application.lead
    officer, orderer, payer, applicant = (
        as_user(people.officer),
        as_user(people.orderer),
        as_user(people.payer),
        as_user(lead),
    )

    assert decision.application.title in ok(officer.get("/instruction/conventions/"))
    leads_to(officer.post("/instruction/conventions/offrir/", {"decision": decision.pk}), "/instruction/conventions/")
    base = f"/dossiers/{ref}"
    assert "18" in ok(applicant.get(f"{base}/convention/"))
    ok(applicant.get(f"{base}/convention/accepter/"))
    leads_to(
        applicant.post(
            f"{base}/convention/accepter/", {"signatory": lead.pk, "signatory_capacity": "présidente", "terms": "on"}
        ),
        f"{base}/compte/",
    )
    ok(applicant.get(f"{base}/compte/"))
    iban = make.fictional_iban(7)
    bearer = Agreement.objects.get().bearer_name
    leads_to(
        applicant.post(
            f"{base}/compte/",
            {"holder": bearer, "iban": f"{iban[:4]} {iban[4:]}", "bic": "", "proof": make.pdf_proof()},
        ),
        f"{base}/convention/",
    )
    page = ok(applicant.get(f"{base}/compte/"))
    assert iban not in page.replace(" ", "") and iban[-4:] in page

    recorded = PayeeAccount.objects.get()
    assert bearer in ok(payer.get("/paiements/comptes/")).replace("&#x27;", "'")
    page = ok(payer.get(f"/paiements/comptes/{recorded.pk}/"))
    assert iban not in page
    assert iban in ok(payer.post(f"/paiements/comptes/{recorded.pk}/", {"act": "reveal"}))
    assert Event.objects.filter(machine="payee_account", verb="reveal", actor=people.payer).count() == 1
    leads_to(payer.post(f"/paiements/comptes/{recorded.pk}/", {"act": "approve"}), f"/paiements/comptes/{recorded.pk}/")

    page = ok(applicant.get(f"{base}/convention/signer/"))  # rendered on demand
    assert Document.objects.get(kind="agreement", state="rendered").sha256 in page
    leads_to(applicant.post(f"{base}/convention/signer/", {"read": "on"}), f"{base}/convention/")
    assert decision.application.title in ok(orderer.get("/paiements/conventions/"))
    ok(orderer.get(f"/paiements/conventions/{ref}/"))
    leads_to(orderer.post(f"/paiements/conventions/{ref}/", {"read": "on"}), f"/paiements/conventions/{ref}/")
    assert GrantAccount.objects.get(reference=ref).committed_amount == 1_850_000
    ok(orderer.get(f"/paiements/conventions/{ref}/"))

    first, balance = Instalment.objects.order_by("number")
    assert first.basis in ok(officer.get("/instruction/versements/"))
    ok(officer.get(f"/instruction/versements/{first.pk}/"))
    leads_to(
        officer.post(
            f"/instruction/versements/{first.pk}/",
            {"act": "certify", "certify-amount": "12 950,00", "certify-note": "Convention signée."},
        ),
        "/instruction/versements/",
    )
    assert first.basis in ok(orderer.get("/paiements/"))
    leads_to(orderer.post("/paiements/", {"act": "order", "instalment": first.pk}), "/paiements/?etape=order")
    assert first.basis in ok(payer.get("/paiements/"))
    lot_path = pay(payer, first)
    first.refresh_from_db()
    assert first.state == "in_payment"
    content = make.camt053([make.Movement(first.end_to_end_id, first.certified_amount)])
    response = payer.post("/paiements/releves/", {"file": upload(content, "releve.xml")})
    statement = BankStatement.objects.get()
    leads_to(response, f"/paiements/releves/{statement.reference}/")
    assert first.end_to_end_id in ok(payer.get(response.url))
    assert "solé" not in ok(payer.get(lot_path))
    first.refresh_from_db()
    assert first.state == "paid"

    with time_machine.travel(at + timedelta(days=280), tick=False):
        final = Report.objects.get()
        officer, orderer, payer, applicant = (
            as_user(people.officer),
            as_user(people.orderer),
            as_user(people.payer),
            as_user(lead),
        )
        here = f"{base}/comptes-rendus/{final.pk}/"
        ok(applicant.get(f"{base}/comptes-rendus/"))
        ok(applicant.get(here))
        leads_to(applicant.post(here, {"act": "start"}), here)
        final.refresh_from_db()
        page = ok(applicant.get(here))
        assert "Graphisme" in page and "Coordination" in page
        leads_to(applicant.post(here, {"act": "attach", "file": make.pdf_proof("facture.pdf")}), f"{here}#pieces")
        form = report_form(final)
        response = applicant.post(
            here, form | {"act": "submit", "line-1-actual_amount": "12 500,00", "line-1-explanation": ""}
        )
        page = ok(response, 422)  # the gap of line 1 is not explained: everything stays typed, and saved
        assert "12 500,00" in page and "Douze ateliers." in page and final.agreement.reference in page
        final.refresh_from_db()
        assert final.state == "draft" and final.narrative["done"] == "Douze ateliers."
        leads_to(
            applicant.post(
                here,
                form
                | {
                    "act": "submit",
                    "version": final.version,
                    "line-1-actual_amount": "12 500,00",
                    "line-1-explanation": "Imprimé moins cher.",
                },
            ),
            here,
        )
        ok(applicant.get(here))
        desk = f"/instruction/comptes-rendus/{final.pk}/"
        assert final.agreement.reference in ok(officer.get("/instruction/comptes-rendus/"))
        page = ok(officer.get(desk))
        assert "−" in page and "Imprimé moins cher." in page
        late = {"act": "request_changes", "request_changes-general": "Revoir.", "request_changes-due_on": "2020-01-01"}
        assert officer.post(desk, late).status_code == 422
        leads_to(
            officer.post(
                desk,
                {
                    "act": "request_changes",
                    "request_changes-general": "",
                    "request_changes-line_1": "Joindre la facture.",
                },
            ),
            desk,
        )
        assert "Joindre la facture." in ok(applicant.get(here))
        final.refresh_from_db()
        leads_to(
            applicant.post(
                here,
                form
                | {
                    "act": "submit",
                    "version": final.version,
                    "line-1-actual_amount": "12500",
                    "line-1-explanation": "Imprimé moins cher.",
                },
            ),
            here,
        )
        leads_to(officer.post(desk, {"act": "accept"}), desk)
        balance.refresh_from_db()
        left = final.budget_total_amount - 1_250_000 - 500_000
        assert (balance.state, balance.suggested_amount) == ("due", 555_000 - left)
        leads_to(officer.post("/instruction/versements/", {"instalment": balance.pk}), "/instruction/versements/")
        leads_to(
            orderer.post(f"/paiements/versements/{balance.pk}/", {"act": "order"}),
            f"/paiements/versements/{balance.pk}/",
        )
        pay(payer, balance)
        balance.refresh_from_db()
        payer.post(
            "/paiements/releves/",
            {"file": upload(make.camt053([make.Movement(balance.end_to_end_id, balance.certified_amount)]), "r2.xml")},
        )
        row = Agreement.objects.get()
        assert row.state == "completed" and make.invariants() == []
        for browser, path in (
            (applicant, f"{base}/convention/"),
            (officer, f"/instruction/conventions/{ref}/"),
            (payer, f"/paiements/versements/{balance.pk}/"),
            (officer, f"/instruction/versements/{balance.pk}/"),
            (payer, "/paiements/?etape=paid"),
            (payer, "/paiements/calendrier/"),
            (officer, desk),
            (applicant, here),
            (payer, "/paiements/rapprochement/"),
            (payer, "/paiements/lots/"),
        ):
            ok(browser.get(path))


def pay(payer, one) -> str:
    response = payer.post("/paiements/", {"act": "gather", "instalment": one.pk, "batch": ""})
    lot = PaymentBatch.objects.order_by("-pk").first()
    here = f"/paiements/lots/{lot.reference}/"
    leads_to(response, here)
    ok(payer.get(here))
    day = lot.opened_at.date().isoformat()
    leads_to(
        payer.post(
            here,
            {
                "act": "freeze",
                "freeze-controls": Control.values,
                "freeze-execution_on": day,
                "freeze-schema": "pain.001.001.09",
            },
        ),
        here,
    )
    leads_to(payer.post(here, {"act": "export"}), here)
    file = payer.get(f"{here}fichier/")
    again = payer.get(f"{here}fichier/")
    assert (
        file.status_code == 200
        and file.content == again.content
        and file["Content-Disposition"].startswith("attachment")
    )
    return here


def report_form(report) -> dict:
    form = {
        "version": report.version,
        "done": "Douze ateliers.",
        "results": "Un appel sur cinq évité.",
        "partnership": "Deux agents.",
        "learnt": "Lire à voix haute.",
        "repository_url": "https://forge.example/lettres",
        "demo_url": "",
        "licence": "CC-BY-4.0",
        "adoption": "yes",
        "adoption_comment": "",
    }
    for line in report.lines.all():
        form |= {
            f"line-{line.position}-actual_amount": f"{line.budget_amount // 100}",
            f"line-{line.position}-explanation": "",
        }
    for number in (1, 2):
        form |= {
            f"new-{number}-account": "",
            f"new-{number}-label": "",
            f"new-{number}-actual_amount": "",
            f"new-{number}-explanation": "",
        }
    return form


# ---- wrong input ----


def test_accepting_without_the_terms_keeps_what_was_typed(at, people, as_user):
    row = make.offered(people, at=at)
    page = ok(
        as_user(row.application.lead).post(
            f"/dossiers/{row.reference}/convention/accepter/", {"signatory": "", "signatory_capacity": "trésorière"}
        ),
        422,
    )
    assert "trésorière" in page and Agreement.objects.get().state == "offered"


@pytest.mark.parametrize(
    "field, value",
    [
        ("iban", "FR7630006000011234567890180"),
        ("iban", ""),
        ("iban", "GB82WEST12345698765433"),
        ("iban", "ZZ00"),
        ("iban", "FR1420041010050500013M02606X"),
        ("bic", "NOPE"),
        ("holder", "Quelqu’un d’autre"),
        ("proof", ""),
    ],
)
def test_a_wrong_account_is_refused_beside_its_field(at, people, as_user, field, value):
    row = make.accepted(people, at=at)
    form = {"holder": row.bearer_name, "iban": make.fictional_iban(3), "bic": "", "proof": make.pdf_proof()} | {
        field: value
    }
    page = ok(as_user(row.application.lead).post(f"/dossiers/{row.reference}/compte/", form), 422)
    assert f'id="id_{field}_error"' in page and not PayeeAccount.objects.exists()
    if field != "holder":
        assert row.bearer_name in page.replace("&#x27;", "'")


@pytest.mark.parametrize(
    "name, content",
    [("rib.exe", b"MZ"), ("rib.pdf", b"not a pdf"), ("rib.pdf", b""), ("rib.svg", b"<svg onload='x'/>")],
)
def test_a_proof_that_is_no_document_is_refused(at, people, as_user, name, content):
    row = make.accepted(people, at=at)
    form = {"holder": row.bearer_name, "iban": make.fictional_iban(3), "bic": "", "proof": upload(content, name)}
    page = ok(as_user(row.application.lead).post(f"/dossiers/{row.reference}/compte/", form), 422)
    assert 'id="id_proof_error"' in page and not Evidence.objects.exists()


def test_a_proof_is_given_back_to_those_who_may_see_it(at, people, as_user, client):
    row = make.signed(people, at=at)
    proof = Evidence.objects.get(kind="bank_proof")
    path = f"/justificatifs/{proof.pk}/"
    response = as_user(people.payer).get(path)
    assert (
        response.status_code == 200
        and response["Content-Disposition"].startswith("attachment")
        and "sandbox" in response["Content-Security-Policy"]
    )
    assert as_user(row.application.lead).get(path).status_code == 200
    assert as_user(make.People().officer).get(path).status_code == 200
    from tests.factories.core import UserFactory

    assert as_user(UserFactory()).get(path).status_code == 404
    assert client.get(path).status_code == 302
    assert Event.objects.filter(machine="payee_account", verb="view").count() >= 2


def test_signing_asks_again_who_one_is(at, people, as_user):
    row = make.to_sign(people, at=at)
    browser = as_user(row.signatory)
    page = ok(browser.post(f"/dossiers/{row.reference}/convention/signer/", {}), 422)
    assert "id_read_error" in page
    with time_machine.travel(at + timedelta(minutes=6), tick=False):
        response = browser.post(f"/dossiers/{row.reference}/convention/signer/", {"read": "on"})
        assert response.status_code == 302 and response.url.startswith("/mon-espace/confirmer/?next=")
    assert not row.document.signatures.exists()


def test_the_bank_file_asks_again_who_one_is(at, people, as_user):
    make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = PaymentBatch.objects.get()
    browser = as_user(people.payer)
    assert browser.get(f"/paiements/lots/{lot.reference}/fichier/").status_code == 200
    with time_machine.travel(at + timedelta(minutes=6), tick=False):
        assert browser.get(f"/paiements/lots/{lot.reference}/fichier/").url.startswith("/mon-espace/confirmer/")
    assert as_user(people.orderer).get(f"/paiements/lots/{lot.reference}/fichier/").status_code == 403
    assert Event.objects.filter(machine="payment_batch", verb="download").count() == 1


@pytest.mark.parametrize(
    "form, field",
    [
        ({"certify-amount": "99 999,00", "certify-note": "Vu."}, "amount"),
        ({"certify-amount": "douze", "certify-note": "Vu."}, "amount"),
        ({"certify-amount": "12 950,00", "certify-note": " "}, "note"),
    ],
)
def test_a_wrong_certification_is_refused_beside_its_field(at, people, as_user, form, field):
    one = make.first_of(make.signed(people, at=at))
    page = ok(as_user(people.officer).post(f"/instruction/versements/{one.pk}/", {"act": "certify"} | form), 422)
    assert f'id="id_certify-{field}_error"' in page and form["certify-amount"] in page.replace("\u202f", " ")
    assert Instalment.objects.get(pk=one.pk).state == "due"


def test_a_batch_without_its_controls_says_which(at, people, as_user):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    from payments.transitions import batch

    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    browser, here = as_user(people.payer), f"/paiements/lots/{lot.reference}/"
    page = ok(
        browser.post(
            here,
            {
                "act": "freeze",
                "freeze-controls": ["credit"],
                "freeze-execution_on": "2026-11-24",
                "freeze-schema": "pain.001.001.03",
            },
        ),
        422,
    )
    assert (
        "freeze-controls" in page
        and 'value="credit" checked'
        in re.sub(r"\s+", " ", page).replace(
            'value="credit" id="id_freeze-controls_1" checked', 'value="credit" checked'
        )
        or "checked" in page
    )
    ok(
        browser.post(
            here,
            {
                "act": "freeze",
                "freeze-controls": Control.values,
                "freeze-execution_on": "hier",
                "freeze-schema": "pain.001.001.09",
            },
        ),
        422,
    )
    ok(
        browser.post(
            here,
            {
                "act": "freeze",
                "freeze-controls": Control.values,
                "freeze-execution_on": "2026-11-23",
                "freeze-schema": "pain.001.001.09",
            },
        ),
        422,
    )
    assert PaymentBatch.objects.get().state == "open"
    leads_to(browser.post(here, {"act": "remove", "instalment": one.pk}), here)
    assert "checkbox" not in ok(browser.get(here)) or lot.lines.filter(live=True).count() == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"bonjour", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"],
)
def test_a_wrong_statement_is_refused_on_its_page(at, people, as_user, content):
    FundIdentityFactory()
    page = ok(as_user(people.payer).post("/paiements/releves/", {"file": upload(content, "releve.xml")}), 422)
    assert 'id="id_file_error"' in page and not BankStatement.objects.exists()


def test_a_line_is_recognised_or_set_aside_on_screen(at, people, as_user):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    found = make.import_bytes(
        people,
        make.camt053([make.Movement("AUTRE", one.certified_amount), make.Movement("", 1_000, text="FRAIS")]),
        at=at,
    )
    wrong, fees = found.lines.order_by("position")
    browser = as_user(people.payer)
    assert "FRAIS" in ok(browser.get("/paiements/rapprochement/"))
    assert one.basis in ok(browser.get(f"/paiements/rapprochement/{wrong.pk}/"))
    ok(browser.post(f"/paiements/rapprochement/{wrong.pk}/", {"act": "match"}), 422)
    ok(browser.post(f"/paiements/rapprochement/{fees.pk}/", {"act": "dismiss", "dismiss-note": ""}), 422)
    leads_to(
        browser.post(f"/paiements/rapprochement/{wrong.pk}/", {"act": "match", "match-instalment": one.pk}),
        "/paiements/rapprochement/",
    )
    leads_to(
        browser.post(f"/paiements/rapprochement/{fees.pk}/", {"act": "dismiss", "dismiss-note": "Frais du mois."}),
        "/paiements/rapprochement/",
    )
    assert Instalment.objects.get(pk=one.pk).state == "paid"
    assert "1 ligne rapprochée" in ok(browser.get(f"/paiements/releves/{found.reference}/"))


def test_two_people_writing_one_report_see_the_conflict(at, people, as_user):
    row = make.signed(people, at=at)
    final = make.written_report(row, at=at)
    from tests.factories.applications import TeamMemberFactory

    other = TeamMemberFactory(application=row.application).user
    here, form = f"/dossiers/{row.reference}/comptes-rendus/{final.pk}/", report_form(final)
    leads_to(as_user(other).post(here, form | {"act": "save", "learnt": "Version de l’autre."}), here)
    mine = as_user(row.application.lead)
    page = ok(mine.post(here, form | {"act": "save", "learnt": "Ma version."}), 422)
    final.refresh_from_db()
    assert "Ma version." in page and str(other) in page and final.learnt == "Version de l’autre."
    shown = re.search(r'name="version" value="(\d+)"', page)[1]
    leads_to(mine.post(here, form | {"act": "save", "version": shown, "learnt": "Ma version."}), here)
    final.refresh_from_db()
    assert final.learnt == "Ma version."


def test_saving_while_writing_answers_json(at, people, as_user):
    row = make.signed(people, at=at)
    final = make.written_report(row, at=at)
    here, browser = f"/dossiers/{row.reference}/comptes-rendus/{final.pk}/", as_user(row.application.lead)
    answer = browser.post(
        here, report_form(final) | {"autosave": "1", "learnt": "En cours"}, headers={"accept": "application/json"}
    )
    assert answer.status_code == 200 and answer.json()["version"] == final.version + 1
    stale = browser.post(here, report_form(final) | {"autosave": "1"}, headers={"accept": "application/json"})
    assert stale.status_code == 409 and stale.json()["code"] == "version_conflict"
    broken = browser.post(
        here,
        report_form(final) | {"autosave": "1", "line-1-actual_amount": "abc"},
        headers={"accept": "application/json"},
    )
    assert broken.status_code == 422


def test_an_unreadable_amount_in_the_report_keeps_everything(at, people, as_user):
    row = make.signed(people, at=at)
    final = make.written_report(row, at=at)
    page = ok(
        as_user(row.application.lead).post(
            f"/dossiers/{row.reference}/comptes-rendus/{final.pk}/",
            report_form(final) | {"act": "save", "line-1-actual_amount": "beaucoup", "learnt": "À garder."},
        ),
        422,
    )
    assert "beaucoup" in page and "À garder." in page
    errors = page[page.index('class="errors"') :].split("</div>")[0]
    assert "1 point à corriger" in errors and f"{final.lines.first().label}, Dépensé" in errors
    assert 'href="#id_line-1-actual_amount"' in errors and '<details class="details">' in page


@pytest.mark.parametrize("wrong", [{"actual_amount": "abc", "label": "Repas"}, {"actual_amount": "12,00"}])
def test_a_wrong_expense_outside_the_budget_is_said_and_shown_open(at, people, as_user, wrong):
    row = make.signed(people, at=at)
    final = make.written_report(row, at=at)
    sent = report_form(final) | {"act": "save"} | {f"new-1-{name}": value for name, value in wrong.items()}
    browser = as_user(row.application.lead)
    page = ok(browser.post(f"/dossiers/{row.reference}/comptes-rendus/{final.pk}/", sent), 422)
    errors = page[page.index('class="errors"') :].split("</div>")[0]
    assert "Dépense 1, " in errors and '<details class="details" open>' in page
    assert (
        all(value in page for value in wrong.values()) and not final.lines.filter(label=wrong.get("label", "")).exists()
    )


def test_an_expense_outside_the_budget_is_added(at, people, as_user):
    row = make.signed(people, at=at)
    final = make.written_report(row, at=at)
    here = f"/dossiers/{row.reference}/comptes-rendus/{final.pk}/"
    leads_to(
        as_user(row.application.lead).post(
            here,
            report_form(final)
            | {
                "act": "save",
                "new-1-label": "Interprète",
                "new-1-account": "604",
                "new-1-actual_amount": "300",
                "new-1-explanation": "Demandé par les habitants.",
            },
        ),
        here,
    )
    line = final.lines.get(label="Interprète")
    assert (line.budget_amount, line.actual_amount, line.gap_tenths) == (0, 30_000, None)


def test_declining_on_screen_frees_the_money(at, people, as_user):
    row = make.offered(people, at=at)
    browser = as_user(row.application.lead)
    ok(browser.get(f"/dossiers/{row.reference}/convention/renoncer/"))
    leads_to(
        browser.post(f"/dossiers/{row.reference}/convention/renoncer/", {"reason": ""}),
        f"/dossiers/{row.reference}/convention/",
    )
    row = Agreement.objects.get()
    assert (row.state, row.application.state, make.invariants()) == ("declined", "renounced", [])
    ok(browser.get(f"/dossiers/{row.reference}/convention/"))


# ---- who may open what ----


@pytest.mark.parametrize(
    "path",
    [
        "/paiements/",
        "/paiements/lots/",
        "/paiements/comptes/",
        "/paiements/releves/",
        "/paiements/rapprochement/",
        "/paiements/calendrier/",
        "/paiements/conventions/",
        "/instruction/conventions/",
        "/instruction/versements/",
        "/instruction/comptes-rendus/",
    ],
)
def test_desks_are_closed_to_others(at, people, as_user, client, path):
    from tests.factories.core import UserFactory

    assert client.get(path).status_code == 302
    assert as_user(UserFactory()).get(path).status_code == 403


def test_a_grant_of_others_is_like_one_that_does_not_exist(at, people, as_user):
    from tests.factories.core import UserFactory

    row = make.signed(people, at=at)
    final, browser = row.reports.get(), as_user(UserFactory())
    for path in (
        "convention/",
        "convention/accepter/",
        "convention/signer/",
        "compte/",
        "comptes-rendus/",
        f"comptes-rendus/{final.pk}/",
    ):
        there, nowhere = (
            browser.get(f"/dossiers/{row.reference}/{path}"),
            browser.get(f"/dossiers/FP-2026-00000000/{path}"),
        )
        assert (there.status_code, nowhere.status_code) == (404, 404)
    officer = as_user(people.officer)
    assert officer.get(f"/dossiers/{row.reference}/compte/").status_code == 404  # staff have their own page
    assert officer.get(f"/dossiers/{row.reference}/convention/").status_code == 200


def test_pages_out_of_range_and_unknown_tabs_answer_404(at, people, as_user):
    officer, payer = as_user(people.officer), as_user(people.payer)
    for browser, path in (
        (payer, "/paiements/?page=2"),
        (payer, "/paiements/?etape=nope"),
        (payer, "/paiements/lots/?page=abc"),
        (officer, "/instruction/conventions/?page=9"),
        (officer, "/instruction/comptes-rendus/?etape=nope"),
        (payer, "/paiements/lots/L-2026-NONE/"),
        (payer, "/paiements/versements/999/"),
        (officer, "/instruction/versements/999/"),
        (payer, "/paiements/comptes/999/"),
    ):
        assert browser.get(path).status_code == 404, path


def test_an_unknown_act_is_refused(at, people, as_user):
    one = make.first_of(make.signed(people, at=at))
    assert as_user(people.officer).post(f"/instruction/versements/{one.pk}/", {"act": "steal"}).status_code == 400
    assert as_user(people.payer).post("/paiements/", {"act": "gather"}).status_code == 302


def test_the_same_form_sent_twice_acts_once(at, people, as_user):
    one = make.first_of(make.signed(people, at=at))
    browser = as_user(people.officer)
    page = ok(browser.get(f"/instruction/versements/{one.pk}/"))
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    form = {"act": "certify", "nonce": nonce, "certify-amount": "12 950,00", "certify-note": "Vu."}
    for _turn in range(2):
        leads_to(browser.post(f"/instruction/versements/{one.pk}/", form), "/instruction/versements/")
    assert Event.objects.filter(machine="instalment", verb="certify").count() == 1
