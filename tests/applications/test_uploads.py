"""Documents sent in several times (tus 1.0): same bytes in the end, same rules as the page, nothing left behind."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from django.urls import reverse

from applications import tasks
from applications.models import Upload
from applications.models.upload import upload_folder
from applications.transitions import uploads
from core.models import User
from tests.applications.refusals import refused
from tests.factories.applications import PDF, TeamMemberFactory, ready_draft
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db
LENGTH = len(PDF)
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def application(at):
    return ready_draft(at)


@pytest.fixture
def client(as_user, application):
    return as_user(application.lead)


def begin(client, application, size=LENGTH, name="devis.pdf"):
    facts = f"filename {base64.b64encode(name.encode()).decode()},kind {base64.b64encode(b'quote').decode()}"
    return client.post(
        reverse("applications:uploads", args=[application.reference]),
        headers=TUS | {"Upload-Length": str(size), "Upload-Metadata": facts},
    )


def patch(client, address, offset, content, content_type="application/offset+octet-stream"):
    headers = TUS | {"Upload-Offset": str(offset), "Content-Type": content_type}
    return client.patch(address, content, content_type=content_type, headers=headers)


def held(client, address):
    return client.head(address, headers=TUS)


def test_resumed_in_three_parts_it_is_the_same_document(client, application, at):
    answer = begin(client, application)
    assert answer.status_code == 201 and answer["Upload-Expires"] and answer["Tus-Resumable"] == "1.0.0"
    address, third = answer["Location"], len(PDF) // 3
    for start, end in ((0, third), (third, 2 * third), (2 * third, len(PDF))):
        offset = held(client, address)["Upload-Offset"]
        assert offset == str(start)
        sent = patch(client, address, offset, PDF[start:end])
        assert sent.status_code == 204 and sent["Upload-Offset"] == str(end)
    piece = application.attachments.get()
    assert piece.sha256 == hashlib.sha256(PDF).hexdigest() and piece.name == "devis.pdf" and piece.kind == "quote"
    with piece.file.open() as stored:
        assert stored.read() == PDF
    assert held(client, address)["Upload-Offset"] == str(len(PDF))  # who lost the last answer learns it arrived
    assert patch(client, address, len(PDF), b"").status_code == 204 and application.attachments.count() == 1
    assert not list(upload_folder().iterdir())


@pytest.mark.parametrize("offset", [1, 5, 99_999_999])
def test_another_offset_is_a_conflict_and_changes_nothing(client, application, offset):
    address = begin(client, application)["Location"]
    assert patch(client, address, offset, b"x").status_code == 409
    assert held(client, address)["Upload-Offset"] == "0"


def test_of_two_writers_at_one_offset_one_wins(client, application, at):
    address = begin(client, application)["Location"]
    row = Upload.objects.get()
    stale = Upload.objects.get()

    def second():
        yield PDF[:10]
        # the other one arrives while this one is still reading its body
        uploads.append(upload=row, actor=application.lead, at=at, offset=0, chunks=[PDF[:20]])

    refused("offset_conflict", uploads.append, upload=stale, actor=application.lead, at=at, offset=0, chunks=second())
    assert held(client, address)["Upload-Offset"] == "20" and row.path.read_bytes() == PDF[:20]


def test_the_upload_of_another_does_not_exist(client, application, as_user, at):
    address = begin(client, application)["Location"]
    colleague = TeamMemberFactory(application=application, right="editor", joined_at=at).user
    for other in (as_user(UserFactory()), as_user(colleague)):
        assert held(other, address).status_code == 404 and patch(other, address, 0, PDF).status_code == 404
    assert begin(as_user(UserFactory()), application).status_code == 404
    reader = TeamMemberFactory(application=application, right="reader", joined_at=at).user
    assert begin(as_user(reader), application).status_code == 403


def test_sizes_counts_and_words_of_the_protocol(client, application):
    options = client.options(reverse("applications:uploads", args=[application.reference]))
    assert options["Tus-Extension"] == "creation,expiration"
    assert begin(client, application, size=int(options["Tus-Max-Size"]) + 1).status_code == 413
    assert begin(client, application, size=0).status_code == begin(client, application, size="x").status_code == 400
    address = begin(client, application, size=10)["Location"]
    assert patch(client, address, 0, b"x" * 11).status_code == 413
    assert patch(client, address, 0, b"x", content_type="text/plain").status_code == 415
    assert patch(client, address, "", b"x").status_code == 400
    assert client.head(address).status_code == 412
    assert held(client, address)["Upload-Offset"] == "0"


def test_what_is_not_a_document_is_refused_whole_and_not_kept(client, application):
    address = begin(client, application, size=5)["Location"]
    answer = patch(client, address, 0, b"hello")
    assert answer.status_code == 422 and "devis.pdf" in answer.text
    assert not Upload.objects.exists() and not list(upload_folder().iterdir())


def test_never_more_on_their_way_than_a_file_may_hold(client, application, at):
    first = begin(client, application)["Location"]
    patch(client, first, 0, PDF[:5])
    Upload.objects.update(created_at=at - timedelta(hours=1))
    for _ in range(20):
        begin(client, application)
    assert Upload.objects.count() == 20 and held(client, first).status_code == 404
    assert not list(upload_folder().iterdir())


def test_after_a_day_nothing_is_left(client, application, at):
    address = begin(client, application)["Location"]
    patch(client, address, 0, PDF[:5])
    (upload_folder() / "orphan").write_bytes(b"x")
    late = at + timedelta(hours=24)
    Upload.objects.update(expires_at=late)
    assert tasks.expire_uploads(late - timedelta(seconds=1), User.objects.system()) == 0
    assert Upload.objects.get().path.exists() and not (upload_folder() / "orphan").exists()
    Upload.objects.update(expires_at=at - timedelta(days=400))
    assert held(client, address).status_code == 404
    assert tasks.expire_uploads(late, User.objects.system()) == 1
    assert not Upload.objects.exists() and not list(upload_folder().iterdir())


def test_a_file_that_can_no_longer_be_written_takes_no_upload(client, application, at):
    address = begin(client, application)["Location"]
    type(application.call).objects.filter(pk=application.call_id).update(
        state="cancelled", cancelled_reason="x", cancelled_at=at
    )
    assert begin(client, application).status_code == 409
    assert patch(client, address, 0, PDF).status_code == 409 and not application.attachments.exists()


def test_bytes_that_a_disk_lost_are_asked_for_again(client, application):
    address = begin(client, application)["Location"]
    patch(client, address, 0, PDF[:20])
    Upload.objects.update(offset=LENGTH)
    Upload.objects.get().path.unlink()
    answer = patch(client, address, LENGTH, b"")
    assert answer.status_code == 410 and "ne détient plus ce document" in answer.content.decode()
    assert not Upload.objects.exists()


def test_the_last_part_twice_is_one_document(client, application, at):
    address = begin(client, application)["Location"]
    patch(client, address, 0, PDF)
    late = Upload.objects.get()
    late.attachment = None  # as read before the other request had attached the document
    uploads._complete(late, application.lead, at)
    assert late.attachment == application.attachments.get()
