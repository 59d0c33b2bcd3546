"""Conditions before the start: written with the offer, part of the agreement, met or waived; the project waits for the last of them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import documents
from desks import awaited
from fund.enums import Role
from payments.models import Agreement, Condition
from payments.queries import tasks_of_recipient
from payments.transitions import agreement, condition
from tests.core.helpers import refused
from tests.factories import payments as make
from tests.factories.applications import TeamMemberFactory
from tests.factories.fund import person_with
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db
TWO = ("Obtenir l’accord du maire.", "Déposer les statuts signés")


@pytest.fixture
def people():
    return make.People()


def given(at):
    return [{"text": TWO[0], "due_on": at.date() + timedelta(days=20)}, {"text": TWO[1]}]


def signed(people, at, **options) -> Agreement:
    return make.signed(people, at=at, conditions=given(at), **options)


def fresh(row) -> Agreement:
    return Agreement.objects.get(pk=row.pk)


def test_the_project_waits_for_each_and_says_which(people, at):
    row = signed(people, at)
    assert row.state == "signed" and {one.state for one in row.instalments.all()} == {"scheduled"}
    with refused("start_conditions_missing") as caught:
        agreement.activate(agreement=row, actor=people.officer, at=at)
    said = str(caught.value)
    assert "Obtenir l’accord du maire; Déposer les statuts signés" in said and "ordonnateur" in said
    agreement.advance(row, at)  # the clock does not start it either
    one, two = row.conditions.all()
    condition.meet(condition=one, actor=people.officer, at=at, note="Courrier du maire vu.")
    assert fresh(row).state == "signed"
    condition.waive(condition=two, actor=people.orderer, at=at, reason="Déposés avec le dossier.")
    row = fresh(row)
    assert row.state == "active" and make.first_of(row).state == "due"
    assert make.invariants() == []


def test_without_conditions_it_starts_at_the_signature(people, at):
    assert make.signed(people, at=at).state == "active"


def test_one_may_be_met_before_the_signature(people, at):
    row = make.accepted(people, at=at, conditions=given(at)[:1])
    done = condition.meet(condition=row.conditions.get(), actor=people.officer, at=at, evidence=make.pdf_proof())
    assert done.evidence.kind == "condition" and done.met_on == at.date() and done.settled_by == people.officer


def test_not_before_the_grant_is_accepted_nor_once_it_runs(people, at):
    row = make.offered(people, at=at, conditions=given(at)[:1])
    with refused("condition_not_awaited"):
        condition.meet(condition=row.conditions.get(), actor=people.officer, at=at, note="Vu.")
    row = signed(people, at)
    for one in row.conditions.all():
        condition.meet(condition=one, actor=people.officer, at=at, note="Vu.")
    with refused("condition_not_awaited"):
        condition.take_back(condition=row.conditions.first(), actor=people.officer, at=at, reason="Erreur.")


def test_a_proof_or_words_and_a_day_that_came(people, at):
    one = signed(people, at).conditions.first()
    with refused("evidence_missing"):
        condition.meet(condition=one, actor=people.officer, at=at, note=" ")
    with refused("date_to_come"):
        condition.meet(condition=one, actor=people.officer, at=at, note="Vu.", met_on=at.date() + timedelta(days=1))
    done = condition.meet(condition=one, actor=people.officer, at=at, note="Vu.", met_on=at.date() - timedelta(days=3))
    assert done.met_on == at.date() - timedelta(days=3)


def test_whose_each_act_is(people, at):
    row = signed(people, at)
    one = row.conditions.first()
    for actor in (people.orderer, people.payer, row.application.lead):
        with refused("not_permitted"):
            condition.meet(condition=one, actor=actor, at=at, note="Vu.")
    for actor in (people.officer, people.payer, row.application.lead):
        with refused("not_permitted"):
            condition.waive(condition=one, actor=actor, at=at, reason="Inutile.")
    with refused("reason_missing"):
        condition.waive(condition=one, actor=people.orderer, at=at, reason="")
    TeamMemberFactory(application=row.application, user=people.officer)
    with refused("officer_interest"):
        condition.meet(condition=one, actor=people.officer, at=at, note="Vu.")


def test_a_mistake_is_taken_back(people, at):
    one = signed(people, at).conditions.first()
    one = condition.meet(condition=one, actor=people.officer, at=at, note="Vu.")
    one = condition.take_back(condition=one, actor=people.officer, at=at, reason="Autre commune.")
    assert one.state == "open" and one.settled_by is None and one.note == ""


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ([{"text": " "}], "condition_unclear"),
        ([{"text": "x" * 501}], "condition_unclear"),
        ([{"text": "x", "due_on": "demain"}], "content_invalid"),
        ([{"text": "x"}] * 21, "conditions_too_many"),
    ],
)
def test_what_is_not_a_condition_is_refused(people, at, conditions, code):
    with refused(code):
        make.offered(people, at=at, conditions=conditions)
    assert not Agreement.objects.exists()


def test_the_text_is_written_once_and_a_state_has_its_facts(people, at):
    one = signed(people, at).conditions.first()
    for change in ({"text": "Autre chose"}, {"due_on": None}, {"state": "met"}, {"state": "waived"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Condition.objects.filter(pk=one.pk).update(**change)


# ---- what is shown ----


def test_the_agreement_lists_them(people, at):
    row = make.accepted(people, at=at, conditions=given(at))
    text = documents.html(row.document)
    assert TWO[0] in text and TWO[1] in text and "au plus tard le 14 décembre 2026" in text
    assert "conditions suivantes" not in documents.html(make.accepted(people, at=at).document)


def test_the_recipient_reads_them_and_what_became_of_them(people, at, as_user):
    row = make.offered(people, at=at, conditions=given(at))
    lead = as_user(row.application.lead)
    assert TWO[0] in plain(lead.get(f"/dossiers/{row.reference}/convention/accepter/"))
    row = signed(people, at)
    lead = as_user(row.application.lead)
    condition.waive(condition=row.conditions.first(), actor=people.orderer, at=at, reason="Le maire est au jury.")
    page = plain(lead.get(f"/dossiers/{row.reference}/convention/"))
    assert TWO[1] in page and "Le maire est au jury." in page
    assert [task.kind for task in tasks_of_recipient(row.application.lead, at)].count("condition") == 1


def test_a_case_officer_offers_with_conditions_then_records(people, at, as_user):
    decision = make.notified_award(at=at)
    browser = as_user(people.officer)
    here = f"/instruction/conventions/offrir/{decision.pk}/"
    assert here in browser.get("/instruction/conventions/").content.decode()
    assert browser.get(here).status_code == 200
    rows = {
        "conditions-TOTAL_FORMS": "2",
        "conditions-INITIAL_FORMS": "0",
        "conditions-0-text": "",
        "conditions-1-text": "",
    }
    assert browser.post(here, rows | {"add_row": "1"}).content.decode().count('-text"') >= 3
    assert browser.post(here, rows | {"conditions-0-due_on": "2026-12-14"}).status_code == 422
    browser.post(here, rows | {"conditions-0-text": TWO[0], "conditions-0-due_on": "2026-12-14"})
    row = Agreement.objects.get()
    one = row.conditions.get()
    assert one.text == TWO[0] and str(one.due_on) == "2026-12-14"
    staff = f"/instruction/conventions/{row.reference}/conditions/1/"
    assert staff in browser.get(f"/instruction/conventions/{row.reference}/").content.decode()
    assert browser.get(staff).status_code == 200
    row = signed(people, at)
    staff = f"/instruction/conventions/{row.reference}/conditions/1/"
    assert browser.post(staff, {"act": "meet"}).status_code == 422
    browser.post(staff, {"act": "meet", "meet-note": "Courrier vu."})
    assert row.conditions.get(number=1).state == "met"
    orderer = as_user(people.orderer)
    finance = f"/paiements/conventions/{row.reference}/conditions/2/"
    assert finance in orderer.get(f"/paiements/conventions/{row.reference}/").content.decode()
    orderer.post(finance, {"act": "waive", "waive-reason": "Vus au dépôt."})
    assert fresh(row).state == "active"


def test_what_waits_is_in_the_tasks_of_a_case_officer(people, at):
    signed(people, at)
    assert "/instruction/conventions/?etape=in_force" in [task.url for task in awaited.of_officer(people.officer, at)]


def test_others_find_nothing(people, at, as_user):
    row = signed(people, at)
    assert as_user(person_with(Role.PANEL_MEMBER)).get(
        f"/instruction/conventions/{row.reference}/conditions/1/"
    ).status_code in (403, 404)
    assert as_user(people.officer).get(f"/instruction/conventions/{row.reference}/conditions/9/").status_code == 404


@pytest.mark.urls("tests.payments.api_urls")
def test_over_the_api(people, at, as_user):
    row = signed(people, at)
    browser = as_user(people.officer)
    address = f"/api/v1/conditions/{row.reference}-1/"
    assert browser.get(address).json()["text"] == TWO[0]
    answer = browser.post(
        f"{address}meet/", {"note": "Vu."}, content_type="application/json", headers={"idempotency-key": "c1"}
    )
    assert answer.status_code == 200 and answer.json()["state"] == "met", answer.content
