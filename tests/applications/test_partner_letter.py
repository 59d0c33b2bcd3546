"""The letter an agent joins to his confirmation: checked, in the file, outside the applicant's own limit."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from applications import queries
from applications import transitions as files
from applications.models import Attachment
from applications.rules import rights
from applications.transitions import partnerships
from core.models import Mail, User
from core.transitions import Refusal
from fund.enums import Role
from tests.factories.applications import PDF, ApplicationFactory, put_in_state
from tests.factories.core import UserFactory
from tests.factories.fund import fictional_siret, person_with

pytestmark = pytest.mark.django_db
ANSWER = {
    "act": "confirm",
    "agent_name": "Delphine Wattrelos",
    "agent_role": "responsable de l’accueil",
    "organisation_name": "Mairie de Nevers",
    "service": "Accueil",
    "siret": fictional_siret(69_990),
    "commitment": "Deux agents, une demi-journée.",
}


def invited(application, at):
    return partnerships.invite(
        application=application,
        actor=application.lead,
        at=at,
        organisation_name="Mairie de Nevers",
        agent_email="delphine@mairie.example",
    )


def letter(name="lettre.pdf", content=PDF):
    return SimpleUploadedFile(name, content, "application/pdf")


def test_the_letter_joins_the_working_copy_and_what_is_filed(client, as_user, at):
    draft = ApplicationFactory(created_at=at)
    row = invited(draft, at)
    address = f"/partenariat/{row.link_token}/"
    assert 'name="letter"' in client.get(address).text
    assert client.post(address, ANSWER | {"letter": letter()}).status_code == 302
    piece = Attachment.objects.get()
    assert (piece.application_id, piece.kind, piece.uploaded_by) == (draft.pk, "partner_letter", None)
    assert [one["id"] for one in queries.content_now(draft)["documents"]["files"]] == [piece.pk]
    path = f"/dossiers/{draft.reference}/pieces/"
    page = as_user(draft.lead).get(path).text
    assert "lettre.pdf" in page and "envoyée par l’administration" in page
    assert as_user(draft.lead).get(f"{path}{piece.pk}/").status_code == 200
    for other in (UserFactory(), person_with(Role.CASE_OFFICER)):
        assert as_user(other).get(f"{path}{piece.pk}/").status_code == 404
    rights.room_for_a_document(draft, 1)
    files.attach(
        application=draft, actor=draft.lead, at=at, uploaded=letter("devis.pdf"), content_type="application/pdf"
    )
    with pytest.raises(Refusal, match="documents"):
        rights.room_for_a_document(draft, 1)


@pytest.mark.parametrize("name, content", [("lettre.exe", b"MZ"), ("lettre.pdf", b"<html>"), ("lettre.pdf", b"")])
def test_a_refused_letter_loses_nothing_and_leaves_the_link(client, at, name, content):
    row = invited(ApplicationFactory(created_at=at), at)
    address = f"/partenariat/{row.link_token}/"
    answer = client.post(address, ANSWER | {"letter": letter(name, content)})
    assert answer.status_code == 422
    assert 'id="id_letter_error"' in answer.text and ANSWER["commitment"] in answer.text
    row.refresh_from_db()
    assert row.state == "invited" and not Attachment.objects.exists()
    assert client.post(address, ANSWER | {"letter": letter()}).status_code == 302
    assert Attachment.objects.count() == 1


def test_a_letter_sent_with_a_wrong_answer_is_to_be_chosen_again(client, at):
    address = f"/partenariat/{invited(ApplicationFactory(created_at=at), at).link_token}/"
    answer = client.post(address, ANSWER | {"siret": "", "letter": letter()})
    assert answer.status_code == 422 and not Attachment.objects.exists()
    assert 'id="id_siret_error"' in answer.text and 'id="id_letter_error"' in answer.text
    assert 'id="id_letter_error"' not in client.post(address, ANSWER | {"siret": ""}).text


def test_a_letter_after_filing_is_read_beside_what_was_filed(client, as_user, at):
    draft = ApplicationFactory(created_at=at)
    row = invited(draft, at)
    application = put_in_state(draft, "submitted", at)
    client.post(f"/partenariat/{row.link_token}/", ANSWER | {"letter": letter()})
    piece = Attachment.objects.get()
    assert queries.hash_now(application) == application.filed_version.content_hash
    path = f"/dossiers/{application.reference}/"
    assert "lettre.pdf" in as_user(application.lead).get(f"{path}lire/").text
    officer = as_user(person_with(Role.CASE_OFFICER))
    assert "lettre.pdf" in officer.get(f"/instruction/dossiers/{application.reference}/").text
    assert officer.get(f"{path}pieces/{piece.pk}/").status_code == 200
    assert as_user(UserFactory()).get(f"{path}pieces/{piece.pk}/").status_code == 404


def test_who_agreed_to_the_draft_is_asked_again(at):
    draft = ApplicationFactory(created_at=at)
    row = invited(draft, at)
    files.sign_off(application=draft, actor=draft.lead, at=at, content_hash=queries.hash_now(draft))
    answer = {name: value for name, value in ANSWER.items() if name != "act"}
    partnerships.confirm(
        partnership=row,
        actor=User.objects.system(),
        at=at,
        token=row.link_token,
        letter=letter(),
        letter_type="application/pdf",
        **answer,
    )
    mail = Mail.objects.get(code="applications/team.sign_off_reset")
    assert mail.to == draft.lead.email and "Mairie de Nevers" in mail.text
