"""Amendments and amounts to give back on the real screens: from the request to the signature, from the letter to the bank's line."""

import re
from datetime import timedelta

import pytest
import time_machine

from core.models import TwoKeyAct
from fund.models import GrantAccount
from payments.models import Agreement, Amendment, Recovery, StatementLine
from tests.factories import payments as make
from tests.factories.core import UserFactory

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


@pytest.fixture
def paid(at, people):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    return row


def test_an_amendment_on_screen(at, people, paid, as_user):
    applicant, officer, orderer = as_user(paid.signatory), as_user(people.officer), as_user(people.orderer)
    base = f"/dossiers/{paid.reference}/avenants/"
    assert base in ok(applicant.get(f"/dossiers/{paid.reference}/convention/"))
    ok(applicant.get(base))
    rows = {"changes-TOTAL_FORMS": "1", "changes-INITIAL_FORMS": "0", "changes-0-term": "prototype"}
    rows |= {"changes-0-before": "Douze ateliers.", "changes-0-after": "Dix ateliers."}
    typed = {"reason": "Un agent est parti.", "new_ends_on": "", "new_amount": "99 999", **rows}
    page = ok(applicant.post(base, typed), 422)
    assert 'id="id_new_amount_error"' in page and "99 999" in page and "Dix ateliers." in page
    end = paid.ends_on + timedelta(days=30)
    leads_to(applicant.post(base, typed | {"new_amount": "", "new_ends_on": end.isoformat()}), f"{base}1/")
    one = Amendment.objects.get()
    assert "Un agent est parti." in ok(applicant.get(f"{base}1/"))
    assert paid.reference in ok(officer.get("/instruction/avenants/"))
    here = f"/instruction/avenants/{one.pk}/"
    ok(officer.get(here))
    page = ok(officer.post(here, {"act": "refuse", "refuse-reason": ""}), 422)
    assert 'id="id_refuse-reason_error"' in page
    leads_to(officer.post(here, {"act": "approve", "approve-answer": "Bonne suite."}), here)
    page = ok(applicant.get(f"{base}1/"))  # rendered on demand
    assert "Bonne suite." in page and Amendment.objects.get().document.sha256 in page
    assert "id_sign_as_bearer-read_error" in ok(applicant.post(f"{base}1/", {"act": "sign_as_bearer"}), 422)
    signing = {"act": "sign_as_bearer", "sign_as_bearer-read": "on"}
    with time_machine.travel(at + timedelta(minutes=6), tick=False):
        assert applicant.post(f"{base}1/", signing).url.startswith("/mon-espace/confirmer/")
    leads_to(applicant.post(f"{base}1/", signing), f"{base}1/")
    assert paid.reference in ok(orderer.get("/paiements/avenants/"))
    desk = f"/paiements/avenants/{one.pk}/"
    ok(orderer.get(desk))
    leads_to(orderer.post(desk, {"act": "sign", "sign-read": "on"}), desk)
    assert Agreement.objects.get().ends_on == end
    for browser, path in ((applicant, f"{base}1/"), (officer, here), (orderer, desk), (applicant, base)):
        ok(browser.get(path))


def test_money_comes_back_on_screen(at, people, paid, as_user):
    applicant, officer = as_user(paid.signatory), as_user(people.officer)
    orderer, payer = as_user(people.orderer), as_user(people.payer)
    form = f"/instruction/conventions/{paid.reference}/reversement/"
    assert form in ok(officer.get(f"/instruction/conventions/{paid.reference}/"))
    ok(officer.get(form))
    typed = {"ground": "off_purpose", "amount": "99 999,50", "facts": "Une facture d’un autre projet."}
    page = ok(officer.post(form, typed), 422)
    assert 'id="id_amount_error"' in page and "99 999,50" in page and "autre projet" in page
    assert 'id="id_ground_error"' in ok(officer.post(form, typed | {"ground": "", "amount": "1000"}), 422)
    response = officer.post(form, typed | {"amount": "1 000"})
    one = Recovery.objects.get()
    leads_to(response, f"/instruction/reversements/{one.pk}/")
    assert one.reference in ok(officer.get("/instruction/reversements/"))
    ok(officer.get(response.url))
    here = f"/dossiers/{paid.reference}/reversements/{one.pk}/"
    assert here in ok(applicant.get(f"/dossiers/{paid.reference}/convention/"))
    page = ok(applicant.get(here))
    assert "autre projet" in page and "/documents/" in page
    assert "Vos observations sont attendues" in page
    assert "Écrivez vos observations" in ok(applicant.post(here, {"act": "observe", "observe-reason": " "}), 422)
    leads_to(applicant.post(here, {"act": "observe", "observe-reason": "Elle est la nôtre."}), here)
    page = ok(applicant.get(here))
    assert "Vos observations sont reçues" in page and "attendues" not in page
    desk = f"/paiements/reversements/{one.pk}/"
    assert "Elle est la nôtre." in ok(orderer.get(desk))
    page = ok(orderer.post(desk, {"act": "notify", "notify-amount": "900", "notify-answer": ""}), 422)
    assert 'id="id_notify-answer_error"' in page and 'value="900"' in page
    leads_to(orderer.post(desk, {"act": "notify", "notify-amount": "900", "notify-answer": "Non."}), desk)
    assert one.reference in ok(payer.get("/paiements/reversements/")) and "Non." in ok(applicant.get(here))
    response = orderer.post(desk, {"act": "waive", "waive-reason": "Collectif dissous."})
    waiting = TwoKeyAct.objects.get()
    leads_to(response, f"/instruction/cles/{waiting.reference}/")
    assert waiting.verb == "waive" and Recovery.objects.get().state == "notified"
    page = ok(orderer.get(response.url))
    assert "Le fonds renonce à" in page and paid.bearer_name in page and paid.application.display_title in page
    assert waiting.reference in ok(orderer.get(desk))
    make.given_back(people, "remboursement", 90_000, at=at)
    line = StatementLine.objects.get(state="to_check")
    path = f"/paiements/rapprochement/{line.pk}/"
    assert one.reference in ok(payer.get(path))
    assert "id_match_repayment-recovery_error" in ok(payer.post(path, {"act": "match_repayment"}), 422)
    leads_to(
        payer.post(path, {"act": "match_repayment", "match_repayment-recovery": one.pk}), "/paiements/rapprochement/"
    )
    assert Recovery.objects.get().state == "repaid"
    assert GrantAccount.objects.get(reference=paid.reference).returned_amount == 90_000
    for browser, place in (
        (applicant, here),
        (payer, desk),
        (payer, path),
        (payer, "/paiements/reversements/?etape=all"),
    ):
        ok(browser.get(place))


def test_money_sent_back_unasked_on_screen(at, people, paid, as_user):
    payer = as_user(people.payer)
    make.given_back(people, "trop perçu", 50_000, at=at)
    path = f"/paiements/rapprochement/{StatementLine.objects.get(state='to_check').pk}/"
    page = ok(payer.get(path))
    assert "record_return" in page and "match_repayment" not in page  # no claim is awaited
    page = ok(payer.post(path, {"act": "record_return", "record_return-agreement": "FP-2026-00000000"}), 422)
    assert "id_record_return-agreement_error" in page and "FP-2026-00000000" in page
    leads_to(
        payer.post(path, {"act": "record_return", "record_return-agreement": paid.reference.lower()}),
        "/paiements/rapprochement/",
    )
    assert Recovery.objects.get().state == "repaid"


def test_others_see_nothing_of_it(at, people, paid, as_user, client):
    amendment, one = make.asked(paid, at=at), make.proposed(people, paid, at=at)
    stranger = as_user(UserFactory())
    own = (
        f"/dossiers/{paid.reference}/avenants/",
        f"/dossiers/{paid.reference}/avenants/{amendment.number}/",
        f"/dossiers/{paid.reference}/reversements/{one.pk}/",
    )
    desks = (
        f"/instruction/avenants/{amendment.pk}/",
        f"/instruction/reversements/{one.pk}/",
        f"/instruction/conventions/{paid.reference}/reversement/",
        f"/paiements/avenants/{amendment.pk}/",
        f"/paiements/reversements/{one.pk}/",
    )
    for path in own:
        assert stranger.get(path).status_code == 404 and client.get(path).status_code == 302
    for path in desks:
        response = stranger.get(path)
        assert response.status_code == 403 and client.get(path).status_code == 302
        assert paid.application.title not in response.content.decode()
    letter = f"/documents/{one.invitation.code}/"
    assert stranger.get(letter).status_code == 404 and as_user(paid.signatory).get(letter).status_code == 200
    assert "autre projet" in as_user(paid.signatory).get(letter).content.decode()


def test_a_request_is_closed_with_its_reason(at, people, paid, as_user):
    make.asked(paid, at=at)
    page = ok(as_user(paid.signatory).get(f"/dossiers/{paid.reference}/avenants/"))
    assert 'class="why"' in page and 'name="reason"' not in page
    make.proposed(people, paid, at=at)
    page = ok(as_user(people.officer).get(f"/instruction/conventions/{paid.reference}/reversement/"))
    assert 'class="why"' in page and 'name="facts"' not in page
