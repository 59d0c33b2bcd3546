"""Documents kept closed until the antivirus has spoken: in the file at once, opened by nobody, then clean or gone."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from applications import queries, tasks
from applications import transitions as files
from applications.models import Attachment
from applications.rules.gaps import missing
from core.models import Mail, User
from tests.factories.applications import PDF, TeamMemberFactory, filed, ready_draft

pytestmark = pytest.mark.django_db


def send(client, application, content=PDF):
    return client.post(
        reverse("applications:pieces", args=[application.reference]),
        {"act": "add", "kind": "other", "file": SimpleUploadedFile("devis.pdf", content, "application/pdf")},
        follow=True,
    )


def address(piece):
    return reverse("applications:piece", args=[piece.application.reference, piece.pk])


def test_a_document_waits_for_a_antivirus_antivirus_and_opens_once_clean(at, as_user, antivirus):
    application = ready_draft(at)
    client = as_user(application.lead)
    answer = send(client, application)
    piece = application.attachments.get()
    assert answer.status_code == 200 and piece.scan_state == "pending"
    assert address(piece) not in answer.text and piece.name in answer.text
    assert client.get(address(piece)).status_code == 404
    assert tasks.scan_quarantine(at, User.objects.system()) == 0  # still silent
    antivirus.wakes()
    assert tasks.scan_quarantine(at, User.objects.system()) == 1
    assert client.get(address(piece)).status_code == 200
    assert tasks.scan_quarantine(at, User.objects.system()) == 0 and not Mail.objects.filter(
        code="applications/piece.infected"
    )


def test_an_infected_document_leaves_the_copy_its_bytes_go_and_the_team_is_told(at, as_user, antivirus):
    application = ready_draft(at)
    editor = TeamMemberFactory(application=application, right="editor", joined_at=at)
    client = as_user(application.lead)
    send(client, application, PDF + b"%EICAR")
    path = application.attachments.get().file.name
    assert default_storage.exists(path)
    antivirus.wakes()
    tasks.scan_quarantine(at, User.objects.system())
    piece = application.attachments.get()
    assert piece.scan_state == "infected" and not piece.file and piece.removed_at == at
    assert not application.attachments.current().exists()
    assert client.get(address(piece)).status_code == 404
    told = Mail.objects.filter(code="applications/piece.infected")
    assert {mail.to for mail in told} == {application.lead.email, editor.user.email}


def test_bytes_shared_by_a_copied_file_go_with_the_last(at, antivirus, django_capture_on_commit_callbacks):
    application = ready_draft(at)
    first = files.attach(
        application=application,
        actor=application.lead,
        at=at,
        uploaded=SimpleUploadedFile("x.pdf", PDF),
        content_type="application/pdf",
        scanned=False,
    )
    copy = Attachment.objects.create(
        application=application, name="x.pdf", file=first.file.name, size=1, uploaded_at=at, scan_state="pending"
    )
    for piece, kept in ((first, True), (copy, False)):
        with django_capture_on_commit_callbacks(execute=True):
            files.writing.end_quarantine(attachment=piece, actor=User.objects.system(), at=at, infected=True)
        assert default_storage.exists(first.file.name) is kept


def test_filing_does_not_wait_for_the_antivirus(at, as_user, antivirus):
    """The scanner's trouble must not cost an applicant the call: the file is filed, the document opens later."""
    application = filed(at)
    client = as_user(application.lead)
    send(client, application)
    assert not [gap for gap in missing(application) if gap.section == "documents"]
    files.sign_off(application=application, actor=application.lead, at=at, content_hash=queries.hash_now(application))
    files.refile(application=application, actor=application.lead, at=at)
    page = client.get(reverse("applications:read", args=[application.reference]))
    piece = application.attachments.get()
    assert piece.first_filed_at == at and piece.name in page.text and address(piece) not in page.text


def test_without_an_antivirus_nothing_waits(at, as_user, settings):
    settings.CLAMD_URL = ""
    application = ready_draft(at)
    send(as_user(application.lead), application)
    assert application.attachments.get().scan_state == "clean"
