"""Writing together: sections and their versions, columns of a draft, documents, the team and its links, agreements asked again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from applications import queries
from applications import transitions as files
from applications.enums import SectionCode
from applications.forms.section import ProseField
from applications.models import Attachment, TeamMember
from applications.schema import count_words
from core.models import Event, Mail
from fund.enums import ApplicantKind, CallState
from tests.applications.refusals import refused
from tests.environment import ROOT
from tests.factories.applications import PDF, ApplicationFactory, TeamMemberFactory, filed, put_in_state, ready_draft
from tests.factories.core import UserFactory
from tests.factories.fund import CallFactory, OrganisationFactory, fictional_siret, open_call

pytestmark = pytest.mark.django_db


def save(application, code="project", actor=None, at=None, version=None, **content):
    return files.save_section(
        application=application,
        actor=actor or application.lead,
        at=at or application.created_at,
        code=code,
        content=content,
        version=version,
    )


def test_a_draft_is_opened_on_a_call(at):
    person, call = UserFactory(name="Ada Morel"), open_call()
    application = files.create(call=call, actor=person, at=at, applicant_kind="citizen")
    assert application.state == "draft" and application.lead == person and application.reference.startswith("FP-2026-")
    assert (
        application.applicant_key == f"user:{person.pk}"
        and application.applicant_name == "Ada Morel"
        and application.bearer_person == person
    )
    refused("applicant_kind_not_allowed", files.create, call=call, actor=person, at=at, applicant_kind="company")
    refused("deadline_passed", files.create, call=call, actor=person, at=call.closes_at, applicant_kind="citizen")
    refused(
        "deadline_passed",
        files.create,
        call=CallFactory(state=CallState.CLOSED),
        actor=person,
        at=at,
        applicant_kind="citizen",
    )


def test_a_copy_takes_texts_and_documents_but_no_statement(at):
    first = filed(at)
    files.add_person(application=first, actor=first.lead, at=at, name="Lectrices", role="relecture")
    _attach(first, at)
    put_in_state(first, "withdrawn", at)
    call = open_call()
    copy = files.create(call=call, actor=first.lead, at=at, applicant_kind="association", cloned_from=first)
    assert copy.title == first.title and copy.cloned_from == first and copy.organisation == first.organisation
    assert not copy.sections.filter(code="statements").exists()
    assert [piece.sha256 for piece in copy.attachments.current()] == [
        piece.sha256 for piece in first.attachments.current()
    ]
    assert copy.members.get().name == "Lectrices"
    refused(
        "not_permitted",
        files.create,
        call=call,
        actor=UserFactory(),
        at=at,
        applicant_kind="association",
        cloned_from=first,
    )


def test_saving_asks_for_nothing_and_loses_nothing(at):
    application = files.create(call=open_call(), actor=UserFactory(), at=at, applicant_kind="association")
    row = save(application, need="mot " * 900, summary="a\x00b\r\nc")
    assert row.version == 1 and row.content["need"].count("mot") == 900 and row.content["summary"] == "ab\nc"
    row = save(application, solution="Un atelier")
    assert row.version == 2 and row.content["need"].count("mot") == 900  # what is not given stays
    assert save(application, solution="Un atelier").version == 2  # nothing new is nothing written


def test_the_columns_of_a_draft_follow_what_is_written(at):
    body = OrganisationFactory(siret=fictional_siret(321))
    application = files.create(call=open_call(), actor=UserFactory(), at=at, applicant_kind="association")
    save(application, title="Titre", insee_code="58194", duration_months=99_999, themes=["inclusion"])
    save(application, "budget", requested_amount=-5, minimum_viable_amount=None)
    save(application, "applicant", siret=" 0001 ", name="X")
    application.refresh_from_db()
    assert (application.title, application.commune, application.department, application.duration_months) == (
        "Titre",
        "Nevers",
        "58",
        None,
    )
    assert application.requested_amount == 0 and application.organisation is None
    save(application, "applicant", siret=body.siret)
    application.refresh_from_db()
    assert application.organisation == body and application.applicant_key == f"organisation:{body.pk}"


def test_two_writers_of_one_passage(at):
    application = ApplicationFactory(created_at=at)
    other = TeamMemberFactory(application=application).user
    base = application.sections.get(code="project").version
    save(application, actor=other, version=base, need="Sa version")
    refusal = refused("version_conflict", save, application=application, version=base, need="Ma version")
    assert refusal.status == 409 and str(other) in str(refusal.reason)
    assert (
        refusal.theirs["need"] == "Sa version" and refusal.mine["need"] == "Ma version" and refusal.version == base + 1
    )
    assert application.sections.get(code="project").content["need"] == "Sa version"
    assert save(application, version=base, need="Sa version").version == base + 1  # the same text is no conflict
    assert save(application, version=base + 1, need="Ma version").content["need"] == "Ma version"


def test_readers_and_strangers_do_not_write(at):
    application = ApplicationFactory(created_at=at)
    reader = TeamMemberFactory(application=application, right="reader").user
    invited = TeamMember.objects.create(
        application=application, email="pas-encore@demo.example", created_at=at, right="editor"
    )
    assert invited.joined_at is None
    for person in (reader, UserFactory()):
        refused("not_permitted", save, application=application, actor=person, need="X")


@pytest.mark.parametrize(
    "state",
    [
        "eligible",
        "ineligible",
        "under_review",
        "on_reserve",
        "selected",
        "rejected",
        "withdrawn",
        "renounced",
        "dismissed",
        "lapsed",
    ],
)
def test_what_is_judged_is_not_written_any_more(at, state):
    application = ApplicationFactory(created_at=at, state=state)
    refused("not_allowed_in_state", save, application=application, need="X")


def test_a_change_asks_those_who_agreed_again_once(at):
    application = ready_draft(at)
    member = TeamMemberFactory(application=application, signatory=True)
    for person in (application.lead, member.user):
        files.sign_off(application=application, actor=person, at=at, content_hash=queries.hash_now(application))
    save(application, need="Un")
    save(application, need="Deux")
    mails = Mail.objects.filter(code="applications/team.sign_off_reset")
    assert [mail.to for mail in mails] == [member.user.email]  # not the one who changed it, and once


# ---- documents ----


def _attach(application, at, name="devis.pdf", content=PDF, actor=None):
    return files.attach(
        application=application,
        actor=actor or application.lead,
        at=at,
        uploaded=SimpleUploadedFile(name, content),
        content_type="application/pdf",
        kind="quote",
    )


def test_documents_are_kept_with_their_fingerprint(at):
    application = ApplicationFactory(created_at=at)
    piece = _attach(application, at)
    assert piece.size == len(PDF) and len(piece.sha256) == 64 and piece.first_filed_at is None
    assert _attach(application, at, name="encore.pdf").pk == piece.pk  # the same bytes
    files.detach(application=application, actor=application.lead, at=at, attachment=piece)
    assert not application.attachments.current().exists() and Attachment.objects.get(pk=piece.pk).file.name
    assert _attach(application, at).pk != piece.pk
    refused("not_permitted", _attach, application=application, at=at, actor=UserFactory())


def test_twenty_documents_at_most(at):
    application = ApplicationFactory(created_at=at)
    for number in range(20):
        _attach(application, at, content=PDF + b"%%%d" % number)
    refused("attachment_count_exceeded", _attach, application=application, at=at, content=PDF + b"%%x")


def test_staff_see_a_document_once_it_is_filed(at):
    from fund.enums import Role
    from tests.factories.fund import person_with

    application, officer = ApplicationFactory(created_at=at), person_with(Role.CASE_OFFICER)
    piece = _attach(application, at)
    assert (
        not Attachment.objects.visible_to(officer).exists() and Attachment.objects.visible_to(application.lead).exists()
    )
    ready = filed(at)
    other = _attach(ready, at)
    assert not Attachment.objects.visible_to(officer).filter(pk=other.pk).exists()  # added on the copy after filing
    files.sign_off(application=ready, actor=ready.lead, at=at, content_hash=queries.hash_now(ready))
    files.refile(application=ready, actor=ready.lead, at=at)
    assert list(Attachment.objects.visible_to(officer)) == [other]
    assert not Attachment.objects.visible_to(UserFactory()).filter(pk__in=[piece.pk, other.pk]).exists()


# ---- team ----


def invite(application, at, email="lou@demo.example", actor=None, **more):
    return files.invite_member(application=application, actor=actor or application.lead, at=at, email=email, **more)


def test_an_invitation_joins_once(at):
    application = ApplicationFactory(created_at=at)
    member = invite(application, at, right="editor", signatory=True, name="Lou")
    token, lou = member.link_token, UserFactory()
    mail = Mail.objects.get(code="applications/team.invited")
    assert mail.to == "lou@demo.example" and f"/equipe/{token}/" in mail.text and token not in member.token_hash
    assert not queries.is_member(lou, application)
    joined = files.join(token=token, actor=lou, at=at)
    assert (
        joined.user == lou
        and joined.token_hash == ""
        and queries.is_applicant(lou, application)
        and queries.is_signatory(lou, application)
    )
    assert Mail.objects.filter(code="applications/team.joined", to=application.lead.email).count() == 1
    refused("invitation_used", files.join, token=token, actor=UserFactory(), at=at)
    refused("already_member", invite, application=application, at=at, email=lou.email)
    refused("already_member", invite, application=application, at=at, email=application.lead.email.upper())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token + "A",
        lambda token: "",
        lambda token: "x" * 300,
    ],
)
def test_a_tampered_invitation_is_nothing(at, spoil):
    member = invite(ApplicationFactory(created_at=at), at)
    refused("invitation_used", files.join, token=spoil(member.link_token), actor=UserFactory(), at=at)


def test_an_invitation_ends_and_a_new_one_kills_it(at):
    application = ApplicationFactory(created_at=at)
    first = invite(application, at)
    refused("invitation_expired", files.join, token=first.link_token, actor=UserFactory(), at=first.expires_at)
    second = invite(application, at + timedelta(hours=1))
    assert second.pk == first.pk and second.link_token != first.link_token
    refused("invitation_used", files.join, token=first.link_token, actor=UserFactory(), at=at)
    assert files.join(token=second.link_token, actor=UserFactory(), at=at + timedelta(hours=1)).joined_at


def test_removing_someone_closes_the_file_to_them(at):
    application = ApplicationFactory(created_at=at)
    member = TeamMemberFactory(application=application)
    pending = invite(application, at)
    files.remove_member(member=member, actor=application.lead, at=at)
    files.remove_member(member=pending, actor=application.lead, at=at)
    assert not queries.is_member(member.user, application)
    refused("invitation_used", files.join, token=pending.link_token, actor=UserFactory(), at=at)
    leaver = TeamMemberFactory(application=application, right="reader")
    files.remove_member(member=leaver, actor=leaver.user, at=at)
    assert application.members.count() == 0
    refused(
        "not_permitted",
        files.remove_member,
        member=TeamMemberFactory(application=application),
        actor=UserFactory(),
        at=at,
    )


def test_people_are_named_and_changed(at):
    application = ApplicationFactory(created_at=at, applicant_kind=ApplicantKind.COLLECTIVE)
    refused("name_missing", files.add_person, application=application, actor=application.lead, at=at, name=" ")
    member = files.add_person(application=application, actor=application.lead, at=at, name="Lou", role="dessin")
    files.change_member(member=member, actor=application.lead, at=at, role="dessin et couleur", signatory=True)
    member.refresh_from_db()
    assert (member.name, member.role, member.signatory) == ("Lou", "dessin et couleur", True)
    assert queries.content_now(application)["applicant"]["team"] == [
        {"name": "Lou", "role": "dessin et couleur", "description": "", "signatory": True}
    ]
    refused("email_invalid", invite, application=application, at=at, email="pas une adresse")


def test_asking_for_agreements_is_not_a_bell(at):
    application = ready_draft(at)
    member = TeamMemberFactory(application=application, signatory=True)
    assert files.request_sign_offs(application=application, actor=application.lead, at=at) == 1
    assert Mail.objects.filter(code="applications/team.sign_off_requested", to=member.user.email).count() == 1
    refused(
        "asked_a_moment_ago",
        files.request_sign_offs,
        application=application,
        actor=application.lead,
        at=at + timedelta(minutes=5),
    )
    assert files.request_sign_offs(application=application, actor=application.lead, at=at + timedelta(minutes=31)) == 1


def test_the_last_agreement_tells_the_lead(at):
    application = ready_draft(at)
    member = TeamMemberFactory(application=application, signatory=True)
    now = queries.hash_now(application)
    files.sign_off(application=application, actor=application.lead, at=at, content_hash=now)
    files.sign_off(application=application, actor=member.user, at=at, content_hash=now)
    files.sign_off(application=application, actor=member.user, at=at, content_hash=now)  # twice is once
    assert Mail.objects.filter(code="applications/team.ready_to_file", to=application.lead.email).count() == 1
    assert application.sign_offs.filter(user=member.user).count() == 1
    refused("not_permitted", files.sign_off, application=application, actor=UserFactory(), at=at, content_hash=now)
    assert Event.objects.filter(verb="sign_off", actor=member.user).count() == 1


# ---- the lead handed over ----


def hand_over(application, member, at):
    files.offer_lead(member=member, actor=application.lead, at=at)
    files.accept_lead(member=member, actor=member.user, at=at)
    application.refresh_from_db()


def collective(at, **more):
    application = ready_draft(at, applicant_kind=ApplicantKind.COLLECTIVE, **more)
    return application, TeamMemberFactory(application=application, right="reader")


def test_the_lead_is_offered_then_accepted(at):
    application, member = collective(at)
    former = application.lead
    files.offer_lead(member=member, actor=former, at=at)
    application.refresh_from_db()
    assert application.lead == former  # offered is not given
    assert Mail.objects.filter(code="applications/team.lead_offered", to=member.user.email).count() == 1
    refused("not_permitted", files.accept_lead, member=member, actor=former, at=at)
    files.accept_lead(member=member, actor=member.user, at=at)
    application.refresh_from_db()
    assert application.lead == member.user and application.applicant_key == f"user:{member.user.pk}"
    stays = application.members.get(user=former)
    team = [one["name"] for one in queries.content_now(application)["applicant"]["team"]]
    assert former.name in team and member.display_name not in team
    assert stays.right == "editor" and stays.joined_at and queries.is_applicant(former, application)
    assert queries.signatories(application)[0] == member.user
    never, _outdated = queries.missing_signatures(application, queries.hash_now(application))
    assert member.user in never
    assert set(Mail.objects.filter(code="applications/team.lead_accepted").values_list("to", flat=True)) == {
        former.email,
        member.user.email,
    }
    assert Event.objects.filter(verb="accept_lead", object_id=application.pk).count() == 1
    refused("lead_cannot_leave", files.remove_member, member=member, actor=member.user, at=at)


def test_the_lead_comes_back_without_a_second_row(at):
    application, member = collective(at)
    former = application.lead
    hand_over(application, member, at)
    hand_over(application, application.members.get(user=former), at)
    assert application.lead == former and application.applicant_key == f"user:{former.pk}"
    assert application.members.filter(user__in=[former, member.user]).count() == 2


def test_an_offer_of_the_lead_ends(at):
    application, member = collective(at)
    other = TeamMemberFactory(application=application)
    row = files.offer_lead(member=member, actor=application.lead, at=at)
    refused("offer_over", files.accept_lead, member=member, actor=member.user, at=row.lead_offer_ends_at)
    files.offer_lead(member=other, actor=application.lead, at=at)  # the second offer ends the first
    refused("offer_over", files.accept_lead, member=member, actor=member.user, at=at)
    files.withdraw_lead_offer(member=other, actor=application.lead, at=at)
    refused("offer_over", files.accept_lead, member=other, actor=other.user, at=at)
    files.offer_lead(member=other, actor=application.lead, at=at)
    refused("not_permitted", files.decline_lead, member=other, actor=member.user, at=at)
    files.decline_lead(member=other, actor=other.user, at=at)
    assert Mail.objects.filter(code="applications/team.lead_declined", to=application.lead.email).count() == 1
    refused("offer_over", files.accept_lead, member=other, actor=other.user, at=at)


def test_who_may_not_be_offered_the_lead(at):
    application, member = collective(at)
    refused("not_permitted", files.offer_lead, member=member, actor=member.user, at=at)
    pending = invite(application, at)
    refused("member_not_joined", files.offer_lead, member=pending, actor=application.lead, at=at)
    citizen = ApplicationFactory(created_at=at, applicant_kind=ApplicantKind.CITIZEN)
    friend = TeamMemberFactory(application=citizen)
    refused("applicant_is_the_lead", files.offer_lead, member=friend, actor=citizen.lead, at=at)
    put_in_state(application, "withdrawn", at)
    application.refresh_from_db()
    refused("not_allowed_in_state", files.offer_lead, member=member, actor=application.lead, at=at)


def test_a_filed_application_changes_hands_but_never_twice_in_a_call(at):
    application = filed(at, applicant_kind=ApplicantKind.COLLECTIVE)
    version, key = application.filed_version, application.applicant_key
    member = TeamMemberFactory(application=application)
    assert key == f"user:{application.lead.pk}"
    rival = filed(at, applicant_kind=ApplicantKind.COLLECTIVE, call=application.call, lead=member.user)
    files.offer_lead(member=member, actor=application.lead, at=at)
    refused("already_filed_in_call", files.accept_lead, member=member, actor=member.user, at=at)
    put_in_state(rival, "withdrawn", at)
    files.accept_lead(member=member, actor=member.user, at=at)
    application.refresh_from_db()
    assert application.lead == member.user and application.applicant_key == f"user:{member.user.pk}"
    assert application.filed_version == version
    put_in_state(application, "under_review", at)
    application.refresh_from_db()
    hand_over(application, application.members.get(user=version.filed_by), at)
    assert application.applicant_key == key


def test_words_are_counted_as_the_browser_counts_them():
    texts = json.loads((ROOT / "tests/data/words.json").read_text())
    assert [(text, count_words(text)) for text, _ in texts] == [tuple(one) for one in texts]


def test_a_new_line_is_one_sign_however_it_is_sent():
    field = ProseField(max_length=5)
    assert field.clean("ab\r\ncd") == "ab\ncd" and field.clean("ab\rcd") == "ab\ncd"


# ---- rights by part ----


def test_an_editor_of_some_parts_writes_these_only(at):
    application = ready_draft(at)
    member = TeamMemberFactory(application=application, right="editor")
    treasurer = member.user
    save(application, "project", actor=treasurer, at=at, title="Avant")  # without areas: everywhere
    files.change_member(member=member, actor=application.lead, at=at, areas=["budget", "documents"])
    save(application, "budget", actor=treasurer, at=at, requested_amount=100000)
    refusal = refused("area_not_yours", save, application=application, actor=treasurer, at=at, title="Après")
    assert refusal.status == 403 and str(application.lead) in str(refusal.remedy)
    piece = files.attach(
        application=application,
        actor=treasurer,
        at=at,
        uploaded=SimpleUploadedFile("devis.pdf", PDF, "application/pdf"),
        content_type="application/pdf",
    )
    files.change_member(member=member, actor=application.lead, at=at, areas=["budget"])
    refused("area_not_yours", files.detach, application=application, actor=treasurer, at=at, attachment=piece)
    whole = {"application": application, "actor": treasurer, "at": at}
    refused("area_not_yours", files.invite_member, **whole, email="ami@demo.example", right="editor")
    refused("area_not_yours", files.add_person, **whole, name="Ami")
    refused("area_not_yours", files.change_member, member=member, actor=treasurer, at=at, areas=[])
    refused("area_not_yours", files.submit, **whole)
    refused("area_not_yours", files.withdraw, **whole)
    files.remove_member(member=member, actor=treasurer, at=at)  # anyone may leave


def test_areas_are_kept_in_one_shape(at):
    application = ApplicationFactory(created_at=at)
    member = invite(application, at, right="editor", areas=["budget", "project", "nothing"])
    assert member.areas == ["project", "budget"]
    change = {"member": member, "actor": application.lead, "at": at}
    assert files.change_member(**change, areas=SectionCode.values).areas == []
    assert files.change_member(**change, areas=["budget"], right="reader").areas == []


def test_inviting_again_keeps_what_was_set(at):
    application = ApplicationFactory(created_at=at)
    first = invite(application, at, right="editor", areas=["project"], signatory=True, name="Lou", role="Plans")
    second = invite(application, at + timedelta(hours=1), right="reader", signatory=False, name="Other")
    kept = TeamMember.objects.get(pk=first.pk)
    assert (first.again, second.again) == (False, True) and second.pk == first.pk
    assert (kept.right, kept.areas, kept.signatory, kept.name, kept.role) == (
        "editor",
        ["project"],
        True,
        "Lou",
        "Plans",
    )
    assert kept.expires_at >= first.expires_at and kept.token_hash != first.token_hash


def test_an_invitation_without_an_address_asks_for_it(at):
    refusal = refused("email_invalid", invite, application=ApplicationFactory(created_at=at), at=at, email=" ")
    assert "adresse" in str(refusal) and "…" not in str(refusal)
