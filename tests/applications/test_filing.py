"""Filing: the half-open window, the agreements, the version, the receipt, the codes, the ways out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from applications import queries
from applications import transitions as files
from applications.models import Application, ApplicationSection, InformationRequest, Partnership
from applications.rules.gaps import missing
from core import documents
from core.models import Event, Mail, User
from core.transitions import VERBS
from core.workflows import graph
from fund.enums import ApplicantKind, OrganisationKind, Role
from fund.models import Organisation
from tests.applications.refusals import refused
from tests.factories.applications import (
    ApplicationFactory,
    PartnershipFactory,
    TeamMemberFactory,
    complete_content,
    filed,
    ready_draft,
    write,
)
from tests.factories.core import UserFactory
from tests.factories.fund import FundIdentityFactory, OrganisationFactory, fictional_siret, person_with
from tests.pdf import text_of

pytestmark = pytest.mark.django_db
MICRO = timedelta(microseconds=1)


def submit(application, at, actor=None, **more):
    return files.submit(application=application, actor=actor or application.lead, at=at, **more)


@pytest.mark.parametrize("kind", list(ApplicantKind))
def test_each_kind_of_applicant_files(at, kind):
    application = ready_draft(at, applicant_kind=kind)
    submit(application, at)
    application.refresh_from_db()
    version = application.filed_version
    assert application.state == "submitted" and application.received_at == application.first_received_at == at
    assert (
        version.number == 1
        and version.content_hash == queries.hash_now(application)
        and version.filed_by == application.lead
    )
    assert version.receipt.kind == "receipt" and version.receipt.subject == application.reference
    event = Event.objects.get(machine="application", verb="submit")
    assert (event.from_state, event.to_state, event.payload["version"]) == ("draft", "submitted", 1)
    if kind == ApplicantKind.CITIZEN:
        assert application.bearer_person == application.lead and application.organisation is None
    if kind == ApplicantKind.ASSOCIATION:
        assert application.bearer_organisation == application.organisation
    if kind == ApplicantKind.COLLECTIVE:
        assert application.organisation is None and application.bearer_organisation.name.startswith("Maison")


def test_the_window_is_half_open_to_the_microsecond(at):
    application = ready_draft(at)
    opens, closes = application.call.opens_at, application.call.closes_at
    refused("call_not_open_yet", submit, application=application, at=opens - MICRO)
    refused("deadline_passed", submit, application=application, at=closes)
    refused("deadline_passed", submit, application=application, at=closes + MICRO)
    assert submit(application, closes - MICRO).received_at == closes - MICRO
    other = ready_draft(at)
    assert submit(other, other.call.opens_at).state == "submitted"


def test_only_those_who_may_write_file(at):
    application = ready_draft(at)
    refused("not_permitted", submit, application=application, at=at, actor=UserFactory())
    reader = TeamMemberFactory(application=application, right="reader").user
    refused("not_permitted", submit, application=application, at=at, actor=reader)


def test_an_incomplete_file_says_everything_that_is_missing(at):
    application = ApplicationFactory(content={}, created_at=at)
    refusal = refused("section_incomplete", submit, application=application, at=at)
    assert refusal.status == 422 and refusal.article == "art. 7"


def test_the_budget_must_balance(at):
    content = complete_content()
    content["budget"]["expenses"][0]["amount"] += 1
    application = ApplicationFactory(content=content, created_at=at)
    codes = [gap.code for gap in missing(application) if gap.section == "budget"]
    assert codes == ["budget_unbalanced"]


@pytest.mark.parametrize(
    ("section", "typed", "field"),
    [
        ("applicant", {"phone": "abc"}, "phone"),
        ("openness", {"repository_url": "pas une adresse"}, "repository_url"),
        ("statements", {"cer_on": "2030-01-01"}, "cer_on"),
        ("statements", {"cer_on": "2026-02-31"}, "cer_on"),
        ("project", {"deliverables": [{"title": "Un", "description": "", "due_month": 30}]}, "deliverables"),
        ("project", {"timeline": [{"from_month": 6, "to_month": 2, "label": "Essai"}]}, "timeline"),
        ("project", {"timeline": [{"from_month": 1, "to_month": 30, "label": "Essai"}]}, "timeline"),
    ],
)
def test_what_cannot_be_true_is_told_before_filing(at, section, typed, field):
    application = ready_draft(at, applicant_kind=ApplicantKind.ASSOCIATION)
    assert missing(application) == []
    content = queries.content_now(application)
    content[section] |= typed
    assert [(gap.section, gap.field) for gap in missing(application, content)] == [(section, field)]


@pytest.mark.parametrize("number", ["0123456789", "+33 (0)1 23 45 67 89", "01.23.45.67.89", "+689 40 00 00 00"])
def test_phones_are_written_as_people_write_them(at, number):
    application = ready_draft(at)
    content = queries.content_now(application)
    content["applicant"]["phone"] = number
    content["openness"]["repository_url"] = "forge.example/lettres"
    assert missing(application, content) == []


def test_nobody_files_what_was_not_agreed(at):
    application = ready_draft(at)
    member = TeamMemberFactory(application=application, signatory=True, name="Lou")
    refused("sign_off_missing", submit, application=application, at=at)
    files.sign_off(application=application, actor=application.lead, at=at, content_hash=queries.hash_now(application))
    refusal = refused("sign_off_missing", submit, application=application, at=at)
    assert str(member.user) in str(refusal.reason)
    files.sign_off(application=application, actor=member.user, at=at, content_hash=queries.hash_now(application))
    assert submit(application, at).state == "submitted"


def test_an_agreement_is_to_one_exact_content(at):
    application = ready_draft(at)
    files.save_section(
        application=application, actor=application.lead, at=at, code="project", content={"title": "Un autre titre"}
    )
    refused("sign_off_outdated", submit, application=application, at=at)
    refused(
        "sign_off_outdated",
        files.sign_off,
        application=application,
        actor=application.lead,
        at=at,
        content_hash="0" * 64,
    )


def test_a_collective_mandates_its_bearer(at):
    application = ApplicationFactory(applicant_kind=ApplicantKind.COLLECTIVE, created_at=at)
    TeamMemberFactory(application=application)
    refused(
        "bearer_mandate_missing",
        files.sign_off,
        application=application,
        actor=application.lead,
        at=at,
        content_hash=queries.hash_now(application),
    )


def test_the_organisation_is_found_by_its_number_and_never_renamed(at):
    known = OrganisationFactory(name="Le vrai nom", siret=fictional_siret(777))
    application = ApplicationFactory(
        created_at=at, content=complete_content(number=777), organisation=None, bearer_organisation=None
    )
    content = complete_content(number=777)
    content["applicant"]["name"] = "Un nom d’emprunt"
    write(application, content, at)
    _agree_and_invite(application, at)
    submit(application, at)
    application.refresh_from_db()
    known.refresh_from_db()
    assert (
        application.organisation == known
        and known.name == "Le vrai nom"
        and application.applicant_key == f"organisation:{known.pk}"
    )
    assert known.rna == "W991234567"  # a blank is filled


def test_an_unknown_organisation_is_made_at_filing_only(at):
    application = ApplicationFactory(
        created_at=at, content=complete_content(number=778), organisation=None, bearer_organisation=None
    )
    count = Organisation.objects.filter(siret=fictional_siret(778)).count
    files.save_section(
        application=application, actor=application.lead, at=at, code="applicant", content={"phone": "03 00 00 00 01"}
    )
    assert count() == 0
    _agree_and_invite(application, at)
    submit(application, at)
    assert count() == 1


def test_an_administration_cannot_be_helped(at):
    OrganisationFactory(kind=OrganisationKind.ADMINISTRATION, siret=fictional_siret(779))
    application = ApplicationFactory(
        created_at=at, content=complete_content(number=779), organisation=None, bearer_organisation=None
    )
    _agree_and_invite(application, at)
    refused("applicant_kind_not_allowed", submit, application=application, at=at)


def _agree_and_invite(application, at):
    PartnershipFactory(application=application, state="invited", invited_at=at)
    files.sign_off(
        application=application, actor=application.lead, at=at, content_hash=queries.hash_now(application), mandate=True
    )


def test_one_standing_file_per_applicant_and_call(at):
    first = filed(at)
    body = first.organisation
    second = ready_draft(at, call=first.call, organisation=body, bearer_organisation=body)
    refused("already_filed_in_call", submit, application=second, at=at)
    files.withdraw(application=first, actor=first.lead, at=at)
    assert submit(second, at).state == "submitted"


def test_the_database_holds_the_same_line(at):
    first = filed(at)
    second = ready_draft(at, call=first.call)
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=second.pk).update(
            state="submitted",
            applicant_key=first.applicant_key,
            first_received_at=at,
            received_at=at,
            filed_version=first.filed_version,
        )


def test_a_case_officer_cannot_apply(at):
    application = ready_draft(at, lead=person_with(Role.CASE_OFFICER))
    refused("applicant_conflicted_role", submit, application=application, at=at)


def test_filing_twice_is_filing_once(at):
    application = filed(at)
    refused("not_allowed_in_state", submit, application=application, at=at)
    refused("nothing_to_file", files.refile, application=application, actor=application.lead, at=at)
    assert application.versions.count() == 1 and Event.objects.filter(verb="submit").count() == 1


def test_a_new_version_replaces_and_keeps_the_first_clock(at):
    application = filed(at)
    first_hash = application.filed_version.content_hash
    later = at + timedelta(days=2)
    files.save_section(
        application=application,
        actor=application.lead,
        at=later,
        code="project",
        content={"title": "Le courrier en plus clair"},
    )
    application.refresh_from_db()
    assert application.title != "Le courrier en plus clair"  # what is filed stands
    refused("sign_off_outdated", files.refile, application=application, actor=application.lead, at=later)
    files.sign_off(
        application=application, actor=application.lead, at=later, content_hash=queries.hash_now(application)
    )
    files.refile(application=application, actor=application.lead, at=later)
    application.refresh_from_db()
    assert application.title == "Le courrier en plus clair" and application.filed_version.number == 2
    assert application.first_received_at == at and application.received_at == later
    assert application.versions.get(number=1).content_hash == first_hash
    assert queries.silence(application, later).rejected_on.isoformat() == "2027-01-24"
    assert application.filed_version.receipt.context["version"] == 2


def test_no_new_version_after_closing(at):
    application = filed(at)
    closes = application.call.closes_at
    refused(
        "deadline_passed",
        files.save_section,
        application=application,
        actor=application.lead,
        at=closes,
        code="project",
        content={"title": "X"},
    )
    refused("deadline_passed", files.refile, application=application, actor=application.lead, at=closes)


# ---- codes ----


def test_a_code_opens_the_door_once(at):
    application = ready_draft(at)
    after = application.call.closes_at + timedelta(hours=2)
    officer = person_with(Role.CASE_OFFICER)
    row, code = files.issue_access_code(
        application=application,
        actor=officer,
        at=after,
        reason="Panne du service",
        expires_at=after + timedelta(days=1),
    )
    assert (
        row.code_hash != code
        and Mail.objects.filter(code="applications/application.late_code", text__contains=code[:5]).exists()
    )
    refused("deadline_passed", submit, application=application, at=after)
    refused("access_code_invalid", submit, application=application, at=after, access_code="FAUX")
    refused("access_code_expired", submit, application=application, at=after + timedelta(days=1), access_code=code)
    submit(application, after, access_code=f" {code[:5].lower()} {code[5:]} ")
    row.refresh_from_db()
    application.refresh_from_db()
    assert row.uses == 1 and application.late_reason == "Panne du service" and application.state == "submitted"
    refused(
        "access_code_used_up",
        files.refile,
        application=_touched(application, after),
        actor=application.lead,
        at=after,
        access_code=code,
    )


def _touched(application, at):
    ApplicationSection.objects.filter(application=application, code="documents").update(content={"note": "changé"})
    return application


def test_a_revoked_code_and_someone_elses_code_open_nothing(at):
    application, other = ready_draft(at), ready_draft(at)
    after, officer = application.call.closes_at + timedelta(hours=1), person_with(Role.CASE_OFFICER)
    row, code = files.issue_access_code(
        application=application, actor=officer, at=after, reason="Erreur", expires_at=after + timedelta(days=1)
    )
    refused("access_code_invalid", submit, application=other, at=max(after, other.call.closes_at), access_code=code)
    files.revoke_access_code(access_code=row, actor=officer, at=after)
    refused("access_code_invalid", submit, application=application, at=after, access_code=code)
    refused(
        "not_permitted",
        files.issue_access_code,
        application=application,
        actor=UserFactory(),
        at=after,
        reason="x",
        expires_at=after + timedelta(days=1),
    )
    refused(
        "reason_missing",
        files.issue_access_code,
        application=application,
        actor=officer,
        at=after,
        reason=" ",
        expires_at=after + timedelta(days=1),
    )
    refused(
        "access_code_dates",
        files.issue_access_code,
        application=application,
        actor=officer,
        at=after,
        reason="x",
        expires_at=after,
    )


# ---- lapse, revive, withdraw ----


def test_a_draft_lapses_fifteen_minutes_after_closing_and_revives_when_the_call_reopens(at):
    clock = User.objects.system()
    application = ready_draft(at)
    grace = application.call.closes_at + timedelta(minutes=15)
    refused("not_permitted", files.lapse, application=application, actor=application.lead, at=grace)
    refused("call_still_open", files.lapse, application=application, actor=clock, at=grace - MICRO)
    files.lapse(application=application, actor=clock, at=grace)
    application.refresh_from_db()
    assert application.state == "lapsed" and application.closed_at == grace
    assert Mail.objects.filter(code="applications/draft.lapsed", to=application.lead.email).count() == 1
    refused("cannot_revive", files.revive, application=application, actor=application.lead, at=grace)
    call = application.call
    type(call).objects.filter(pk=call.pk).update(
        closes_at=grace + timedelta(days=3), partner_deadline_at=grace + timedelta(days=9)
    )
    files.revive(application=application, actor=clock, at=grace)
    application.refresh_from_db()
    assert application.state == "draft" and application.closed_at is None


def test_a_live_code_keeps_a_draft_alive(at):
    application = ready_draft(at)
    after = application.call.closes_at + timedelta(minutes=20)
    files.issue_access_code(
        application=application,
        actor=person_with(Role.CASE_OFFICER),
        at=after,
        reason="Panne",
        expires_at=after + timedelta(days=1),
    )
    refused("access_code_live", files.lapse, application=application, actor=User.objects.system(), at=after)


def test_withdrawing_a_filed_file(at):
    application = filed(at)
    files.withdraw(application=application, actor=application.lead, at=at, reason="Projet abandonné")
    application.refresh_from_db()
    assert application.state == "withdrawn" and application.closed_at == at
    event = Event.objects.get(verb="withdraw")
    assert event.reason.text == "Projet abandonné" and "Projet" not in str(event.payload) and event.reason_hash
    assert Mail.objects.filter(code="applications/application.withdrawn").count() == 1
    refused("not_allowed_in_state", files.withdraw, application=application, actor=application.lead, at=at)


# ---- the receipt ----


def test_the_receipt_says_what_the_code_asks(at):
    """CRPA R112-11-1: date of receipt, service with address, mail and phone, date of the implicit rejection, remedies and their time."""
    FundIdentityFactory(phone="03 86 00 00 00", appeals_email="recours@premier-essai.example")
    application = filed(at)
    receipt = application.versions.get().receipt
    text = str(documents.html(receipt))
    for fact in (
        "24 novembre 2026 à 09 h 00 min 00 s",
        application.reference,
        application.call.title,
        application.filed_version.content_hash,
        "7 passage des Brouillons, 58000 Nevers",
        "bonjour@premier-essai.example",
        "03 86 00 00 00",
        "décision implicite de rejet",
        "24 janvier 2027",
        "deux mois à partir du 24 janvier 2027",
        "tribunal administratif",
        "recours gracieux",
        "recours@premier-essai.example",
        "sous réserve que votre demande soit complète",
    ):
        assert fact in text.replace("\u00a0", " "), fact
    assert "n’a pas encore confirmé" in text  # the partner invited has not answered
    mail = Mail.objects.get(code="applications/application.receipt")
    assert mail.state == "held" and mail.attachment == receipt and f"/documents/{receipt.code}/" in mail.text


def test_the_paper_says_it_too(at):
    """What a person holds in his hands: the words of the PDF, not only those of its page."""
    FundIdentityFactory(phone="03 86 00 00 00", appeals_email="recours@premier-essai.example")
    application = filed(at)
    receipt = documents.render(application.versions.get().receipt, at=at)
    text = text_of(receipt.file.open("rb").read())
    for fact in (
        "24 novembre 2026 à 09 h 00",
        application.reference,
        "7 passage des Brouillons",
        "bonjour@premier-essai.example",
        "03 86 00 00 00",
        "24 janvier 2027",
        "tribunal administratif",
        "recours gracieux",
        receipt.code,
    ):
        assert fact.replace(" ", "") in text.replace(" ", ""), fact


def test_the_receipt_is_a_pdf_that_its_team_and_staff_may_open(at):
    application = filed(at)
    receipt = documents.render(application.versions.get().receipt, at=at)
    assert receipt.file.open("rb").read(5) == b"%PDF-" and receipt.sha256
    assert Mail.objects.get(code="applications/application.receipt").state == "queued"
    assert documents.is_visible(application.lead, receipt) and documents.is_visible(
        person_with(Role.CASE_OFFICER), receipt
    )
    assert not documents.is_visible(UserFactory(), receipt)


def test_every_arrow_of_the_three_machines_is_a_verb():
    for model in (Application, Partnership, InformationRequest):
        found = graph(model)
        assert {verb.fsm for verb in VERBS[model.machine].values()} >= set(found.methods), model
