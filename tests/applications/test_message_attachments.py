"""Files sent with messages: who opens them, what is refused, what waits for the antivirus, what one takes away."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from applications import tasks
from applications import transitions as files
from applications.models import Message, MessageAttachment
from applications.queries.personal import personal, personal_files
from applications.rules.messages import MESSAGES_A_DAY
from applications.transitions.messages import check_attachments
from core.models import Event, Mail, User
from fund.enums import Role
from tests.applications.refusals import refused
from tests.applications.test_messages import client_of, joined, pages
from tests.factories.applications import PDF, TeamMemberFactory, filed
from tests.factories.core import UserFactory
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db
WORDS = "Voici le devis que vous demandiez"


@pytest.fixture
def officer():
    return person_with(Role.CASE_OFFICER)


@pytest.fixture
def application(at):
    return filed(at)


def document(name="devis.pdf", content=PDF):
    return SimpleUploadedFile(name, content, "application/pdf")


def send(application, actor, at, *documents, text=WORDS) -> Message:
    checked = check_attachments(application, documents)
    return files.send_message(application=application, actor=actor, at=at, text=text, attachments=checked)


def post(client, path, *documents, text=WORDS):
    return client.post(path, {"text": text, "attachments": documents})


def addresses(piece) -> tuple[str, str]:
    team, staff = pages(piece.message.application)
    return f"{team}pieces/{piece.pk}/", f"{staff}pieces/{piece.pk}/"


def test_the_form_sends_three_files_and_both_sides_open_them(application, officer, at):
    with time_machine.travel(at, tick=False):
        sent = post(client_of(application.lead), pages(application)[0], *(document(f"d{n}.pdf") for n in range(3)))
        assert sent.status_code == 302
        pieces = list(MessageAttachment.objects.all())
        assert [(piece.name, piece.size, piece.content_type) for piece in pieces] == [
            (f"d{n}.pdf", len(PDF), "application/pdf") for n in range(3)
        ]
        reader = joined(application, "reader")
        for person, side in ((application.lead, 0), (reader, 0), (officer, 1)):
            client = client_of(person)
            body = client.get(pages(application)[side]).content.decode()
            for piece in pieces:
                answer = client.get(addresses(piece)[side])
                assert addresses(piece)[side] in body and b"".join(answer.streaming_content) == PDF
                assert answer["Cache-Control"] == "no-store, private" and "attachment" in answer["Content-Disposition"]
            assert "octets" in body
    mail = Mail.objects.get(code="applications/message.received_staff")
    assert "d0.pdf" not in mail.text and mail.attachment is None
    event = Event.objects.get(subject=application.reference, verb="send_message")
    assert event.payload["attachments"] == [piece.sha256 for piece in pieces] and "d0.pdf" not in str(event.payload)


def test_nobody_else_opens_a_file_of_a_conversation(application, officer, at):
    piece = send(application, application.lead, at, document()).attachments.get()
    other, linked = filed(at), person_with(Role.CASE_OFFICER)
    TeamMemberFactory(application=application, user=linked, right="reader", joined_at=at)
    team, staff = addresses(piece)
    with time_machine.travel(at, tick=False):
        assert client_of(other.lead).get(team).status_code == 404
        assert client_of(other.lead).get(team.replace(application.reference, other.reference)).status_code == 404
        assert client_of(officer).get(team).status_code == 404
        assert client_of(officer).get(staff.replace(application.reference, other.reference)).status_code == 404
        assert client_of(linked).get(staff).status_code == 404
        for role in (Role.PANEL_MEMBER, Role.AUDITOR, Role.AUTHORISING_OFFICER):
            client = client_of(person_with(role))
            assert client.get(team).status_code == 404 and client.get(staff).status_code in (403, 404)
        assert client_of(UserFactory()).get(f"{pages(application)[0]}pieces/999999/").status_code == 404


@pytest.mark.parametrize(
    "documents",
    [
        [("programme.exe", b"MZ")],
        [("devis.pdf", PDF), ("vide.pdf", b"")],
        [("faux.pdf", b"<html>")],
        [(f"d{n}.pdf", PDF) for n in range(4)],
    ],
)
def test_a_refused_file_keeps_the_text_and_sends_nothing(application, at, documents):
    with time_machine.travel(at, tick=False):
        answer = post(client_of(application.lead), pages(application)[0], *(document(*one) for one in documents))
    body = answer.content.decode()
    assert answer.status_code == 422 and WORDS in body and "Choisissez à nouveau" in body
    assert not Message.objects.exists()


def test_a_file_larger_than_the_call_allows_is_refused(application, at, monkeypatch):
    monkeypatch.setattr("applications.transitions.messages.rules_of", lambda _file: {"attachment_max_megabytes": 0})
    refused("file_too_large", check_attachments, application=application, uploaded=[document()])


def test_the_verb_counts_the_files_too(application, at):
    checked = check_attachments(application, [document()]) * 4
    given = {"application": application, "actor": application.lead, "at": at, "text": WORDS}
    refused("message_attachments_too_many", files.send_message, attachments=checked, **given)
    assert not MessageAttachment.objects.exists()


def test_a_refused_text_asks_for_the_files_again(application, at):
    with time_machine.travel(at, tick=False):
        answer = post(client_of(application.lead), pages(application)[0], document(), text=" ")
    assert answer.status_code == 422 and "Choisissez à nouveau" in answer.content.decode()
    assert not MessageAttachment.objects.exists()


def test_a_file_waits_for_the_antivirus_then_opens_or_goes(
    application, officer, at, antivirus, django_capture_on_commit_callbacks
):
    with time_machine.travel(at, tick=False):
        lead, clock = client_of(application.lead), User.objects.system()
        post(lead, pages(application)[0], document(), document("virus.pdf", PDF + b"%EICAR"))
        clean, infected = MessageAttachment.objects.all()
        path = infected.file.name
        assert {clean.scan_state, infected.scan_state} == {"pending"}
        for side, client in enumerate((lead, client_of(officer))):
            body = client.get(pages(application)[side]).content.decode()
            for piece in (clean, infected):
                assert piece.name in body and addresses(piece)[side] not in body
                assert client.get(addresses(piece)[side]).status_code == 404
        assert not list(personal_files(application.lead)) and tasks.scan_quarantine(at, clock) == 0
        antivirus.wakes()
        with django_capture_on_commit_callbacks(execute=True):
            assert tasks.scan_quarantine(at, clock) == 2
        infected.refresh_from_db()
        assert infected.scan_state == "infected" and not infected.file and not default_storage.exists(path)
        assert lead.get(addresses(clean)[0]).status_code == 200
        assert lead.get(addresses(infected)[0]).status_code == 404
        assert "virus.pdf" in lead.get(pages(application)[0]).content.decode()
        assert tasks.scan_quarantine(at, clock) == 0


def test_a_file_known_as_infected_is_refused_at_once(application, at, antivirus):
    antivirus.wakes()
    with time_machine.travel(at, tick=False):
        answer = post(client_of(application.lead), pages(application)[0], document(content=PDF + b"%EICAR"))
    assert answer.status_code == 422 and WORDS in answer.content.decode() and not Message.objects.exists()


def test_an_infected_row_holds_no_bytes(application, at):
    piece = send(application, application.lead, at, document()).attachments.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        MessageAttachment.objects.filter(pk=piece.pk).update(scan_state="infected")


def test_one_takes_away_the_files_of_ones_own_messages_only(application, officer, at):
    mine = send(application, application.lead, at, document()).attachments.get()
    theirs = send(application, officer, at, document("reponse.pdf")).attachments.get()
    for person, own in ((application.lead, mine), (officer, theirs)):
        assert [name for _ref, name, _file in personal_files(person)] == [f"message-{own.pk}-{own.name}"]
        [written] = personal(person)["messages_written"]
        assert written["files"] == [{"name": own.name, "size": own.size, "sha256": own.sha256}]


@pytest.mark.parametrize("count", [1, 20])
def test_the_conversation_costs_the_same_with_twenty_messages_and_files(
    application, officer, at, count, django_assert_max_num_queries
):
    for number in range(count):
        send(application, officer if number % 2 else application.lead, at, document(f"d{number}.pdf"))
    for person, path in zip((application.lead, officer), pages(application), strict=True):
        client = client_of(person)
        with time_machine.travel(at, tick=False):
            client.get(path)
            with django_assert_max_num_queries(QUERIES):
                assert client.get(path).content.decode().count("/messages/pieces/") == count


QUERIES = 12


def test_fifty_messages_a_day_and_person_about_a_file(application, officer, at):
    Message.objects.bulk_create(
        Message(application=application, author=application.lead, text=WORDS, from_staff=False, sent_at=at)
        for _number in range(MESSAGES_A_DAY - 1)
    )
    send(application, application.lead, at)
    refused("messages_too_many", send, application=application, actor=application.lead, at=at)
    with time_machine.travel(at, tick=False):
        answer = post(client_of(application.lead), pages(application)[0])
    assert answer.status_code == 429 and WORDS in answer.content.decode()
    send(application, officer, at)
    send(application, application.lead, at + timedelta(days=1))
    assert Message.objects.count() == MESSAGES_A_DAY + 2
