"""The liquidation file of an order: five controls with who and when, every piece in one ZIP, and the register of what was refused or suspended."""

import csv
import hashlib
import io
import zipfile

import pytest

from core.models import Document, Event
from fund.enums import Role
from payments.models import PaymentOrder
from payments.queries import liquidation
from payments.transitions import instalment
from payments.transitions import liquidation as files
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory, person_with
from tests.payments import test_lists as lists

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def quick(monkeypatch):
    """Bytes that are not a real PDF: no page is drawn here."""

    def render(document, *, at, content=None):
        make.render_quickly(document)
        return Document.objects.get(pk=document.pk)

    monkeypatch.setattr("core.documents.render", render)


def ordered(people, at):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    return PaymentOrder.objects.get(instalment=one)


def test_the_controls_say_their_facts_and_who_ticked_them(at, people):
    order = ordered(people, at)
    checks = liquidation.checklist(liquidation.order_of(people.payer, order.reference))
    assert [one.article for one in checks] == ["art. 19", "art. 19", "art. 20", "art. 19", "art. 20"]
    assert all(one.facts and one.by is None for one in checks)
    make.exported(people, [order.instalment], at=at)
    checks = liquidation.checklist(liquidation.order_of(people.payer, order.reference))
    assert {one.by for one in checks} == {people.payer} and all(one.batch and one.at for one in checks)
    said = " ".join(fact for one in checks for fact in one.facts)
    account = order.account
    assert str(people.orderer) in said and str(people.officer) in said and account.iban not in said
    assert account.iban_end not in said


def test_the_file_holds_every_piece_with_its_fingerprint(at, people, quick):
    order = liquidation.order_of(people.payer, ordered(people, at).reference)
    # the award letter of these tests is a row without bytes
    order.instalment.agreement.decision.document = None
    with zipfile.ZipFile(files.pack(order=order, actor=people.payer, at=at)) as packed:
        names = packed.namelist()
        rows = list(csv.DictReader(io.StringIO(packed.read("liste-des-pieces.csv").decode("utf-8-sig")), delimiter=";"))
        controls = packed.read("controles.csv").decode("utf-8-sig")
        for row in rows:
            assert hashlib.sha256(packed.read(row["fichier"])).hexdigest() == row["sha256"]
    assert names[0].startswith("00-fiche-de-liquidation-") and len(rows) == len(names) - 3 >= 3
    assert controls.count("\r\n") == 6 and str(people.orderer) in controls
    assert Event.objects.filter(verb="liquidation_file", actor=people.payer).count() == 1
    assert Event.objects.filter(machine="payee_account", verb="view", actor=people.payer).exists()


def test_a_piece_that_storage_lost_is_told_and_nothing_half_leaves(at, people, quick, as_user):
    order = ordered(people, at)
    proof = order.account.proof
    proof.file.storage.delete(proof.file.name)
    order.instalment.agreement.decision.document = None
    answer = as_user(people.payer).post(f"/paiements/ordres/{order.reference}/")
    assert answer.status_code == 503


def test_the_register_keeps_the_reason_of_what_was_refused_or_suspended(at, people, as_user):
    order = ordered(people, at)
    one = instalment.suspend(instalment=order.instalment, actor=people.payer, at=at, reason="RIB illisible.")
    one = instalment.unsuspend(instalment=one, actor=people.payer, at=at)
    instalment.refuse(instalment=one, actor=people.payer, at=at, reason="=Pièce manquante.")
    page = as_user(people.payer).get("/paiements/ordres/refus/").content.decode()
    assert "RIB illisible." in page and "Pièce manquante." in page and order.reference in page
    answer = as_user(person_with(Role.AUDITOR)).get("/paiements/ordres/refus.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [row["acte"] for row in rows] == ["refuse", "suspend"]
    assert rows[0]["motif"].startswith("'=") and rows[1]["levee"] and not rows[0]["levee"]
    assert {row["ordre"] for row in rows} == {order.reference}


def test_the_file_is_for_those_who_follow_the_money(at, people, as_user):
    order = ordered(people, at)
    path = f"/paiements/ordres/{order.reference}/"
    lead = as_user(order.instalment.agreement.application.lead)
    assert lead.get(path).status_code == 403 and as_user(people.officer).get(path).status_code == 403
    assert as_user(people.payer).get(path).status_code == 200
    assert as_user(people.orderer).get("/paiements/ordres/OP-2026-NOPE/").status_code == 404
    assert path in as_user(people.payer).get(f"/paiements/versements/{order.instalment_id}/").content.decode()


@pytest.mark.parametrize("n", [1, 20])
def test_the_register_costs_the_same_at_any_length(at, people, as_user, django_assert_num_queries, n):
    call = CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at))
    for one in lists.ordered(n, call, at, people):
        instalment.suspend(instalment=one, actor=people.payer, at=at, reason="À vérifier.")
    browser = as_user(people.payer)
    browser.get("/paiements/ordres/refus/")
    with django_assert_num_queries(10):
        assert browser.get("/paiements/ordres/refus/").content.decode().count("À vérifier.") == n
