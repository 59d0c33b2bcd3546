"""The outbox: a mail lives and dies with its act, is sent at least once with one Message-ID, and tries again."""

import re
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.db import transaction

from core import documents, outbox
from core.models import Mail, User
from tests.core.helpers import frozen
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db
LINK = "http://127.0.0.1:8000/mon-espace/securite/"


def queue(at, to=None, code="account/token_created", **options):
    return outbox.queue(
        code, to=to or UserFactory(), at=at, context={"link": LINK, **options.pop("context", {})}, **options
    )


class Broken:
    """A mail server that is away."""

    def __init__(self, error):
        self.error = error

    def __call__(self, *args, **kwargs):
        raise self.error


def test_a_mail_is_written_in_the_language_of_its_reader(at):
    french, english = queue(at, UserFactory(name="Élise")), queue(at, UserFactory(name="Ann", language="en"))
    assert french.subject == "Un réglage de sécurité de votre compte a changé" and french.text.startswith(
        "Bonjour Élise,"
    )
    assert english.subject == "A security setting of your account has changed" and english.text.startswith("Hello Ann,")
    assert LINK in french.text and LINK in english.text


@pytest.mark.django_db(transaction=True)
def test_a_mail_dies_with_its_act(at):
    with pytest.raises(RuntimeError), transaction.atomic():
        queue(at)
        raise RuntimeError
    assert not Mail.objects.exists()


def test_what_is_due_is_sent_once_with_its_headers(at):
    row = queue(at, reference="FP-2026-4T8RWZ2M")
    assert outbox.deliver_due(at - timedelta(seconds=1)) == 0
    assert outbox.deliver_due(at) == 1 and outbox.deliver_due(at) == 0
    row.refresh_from_db()
    (sent,) = django_mail.outbox
    assert (row.state, row.sent_at) == ("sent", at)
    assert sent.extra_headers["Message-ID"] == row.message_id and sent.extra_headers["X-Fund-Ref"] == "FP-2026-4T8RWZ2M"
    assert (
        sent.to == [row.to]
        and sent.alternatives[0][1] == "text/html"
        and f'<a href="{LINK}">' in sent.alternatives[0][0]
    )
    assert "Référence : FP-2026-4T8RWZ2M" in sent.body


def test_a_mail_server_that_is_away_costs_time_and_loses_nothing(at, monkeypatch):
    row = queue(at)
    with monkeypatch.context() as away:
        away.setattr(outbox, "get_connection", Broken(ConnectionRefusedError()))
        assert outbox.deliver_due(at) == 0
        row.refresh_from_db()
        assert (row.state, row.attempts, row.error) == ("failed", 1, "ConnectionRefusedError")
        assert row.next_attempt_at == at + timedelta(minutes=1)
        later = at
        for minutes in outbox.RETRY_MINUTES:
            later += timedelta(minutes=minutes)
            assert outbox.deliver_due(later - timedelta(seconds=1)) == 0
            outbox.deliver_due(later)
    row.refresh_from_db()
    assert row.state == "dead" and row.attempts == len(outbox.RETRY_MINUTES)
    outbox.requeue(row, later)
    assert outbox.deliver_due(later) == 1
    assert django_mail.outbox[0].extra_headers["Message-ID"] == row.message_id


def test_a_worker_that_dies_between_sending_and_marking_leaves_it_to_the_next(at, monkeypatch):
    row = queue(at)
    monkeypatch.setattr(outbox, "_settle", Broken(SystemExit()))
    with pytest.raises(SystemExit):
        outbox.deliver_due(at)
    monkeypatch.undo()
    assert outbox.deliver_due(at + timedelta(minutes=5)) == 0  # still taken
    assert outbox.deliver_due(at + timedelta(minutes=10)) == 1
    assert {sent.extra_headers["Message-ID"] for sent in django_mail.outbox} == {row.message_id}


def test_a_mail_waits_for_its_document_and_brings_it(at, monkeypatch):
    monkeypatch.setattr(documents, "pdf", lambda document: b"%PDF-1.7 test")
    letter = frozen(at)
    row = queue(at, wait_for=letter)
    assert row.state == "held" and outbox.deliver_due(at) == 0
    documents.render(letter, at=at)
    assert outbox.deliver_due(at) == 1
    ((name, content, kind),) = django_mail.outbox[0].attachments
    assert (name, content, kind) == (f"closing_letter-{letter.code}.pdf", b"%PDF-1.7 test", "application/pdf")
    late = queue(at, wait_for=documents.Document.objects.get(pk=letter.pk))
    assert late.state == "queued"


def test_a_void_document_takes_its_mails_with_it(at):
    letter = frozen(at)
    row = queue(at, wait_for=letter)
    documents.void(letter, at)
    row.refresh_from_db()
    assert row.state == "dead" and outbox.deliver_due(at) == 0


def test_a_closed_account_and_the_clock_get_no_mail(at):
    assert queue(at, UserFactory(is_active=False)).state == "dead"
    assert queue(at, User.objects.system()).state == "dead"
    assert outbox.deliver_due(at) == 0


def test_what_people_wrote_is_never_a_link_nor_a_header(at):
    evil = UserFactory(
        name="Bob\r\nBcc: all@demo.example https://evil.example/x www.evil.example [clic](https://evil.example)"
    )
    row = queue(at, evil)
    outbox.deliver_due(at)
    (sent,) = django_mail.outbox
    html = sent.alternatives[0][0]
    assert "https://evil" not in sent.body and "www.evil" not in sent.body
    assert re.findall(r'href="([^"]+)"', html) == [LINK]
    assert "\n" not in row.subject and set(sent.message().keys()) & {"Bcc"} == set()


def test_a_subject_stays_on_its_line(at):
    subject, text = outbox.compose(
        "payments/offer.made", "fr", {"title": "Un\nBcc: x", "accept_by_at": at, "link": LINK}
    )
    assert "\n" not in subject and subject.startswith("Votre aide vous attend")
    assert LINK in text
