"""The last second of a call: a hundred file at once, each on a connection of its own: filed before the deadline, or refused; nothing in between."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from applications import transitions as files
from applications.models import Application, ApplicationVersion, Upload
from applications.transitions import uploads
from core.models import Document, Event, Mail
from core.transitions import Refusal
from tests.at_once import many_connections
from tests.factories.applications import PDF, ready_draft
from tests.factories.fund import open_call

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
HANDS = 16


def together(number: int, act) -> list[str]:
    """`act(0…number-1)`, HANDS at a time. What each said: "filed", or the code of its refusal."""
    start = threading.Event()

    def one(place: int) -> str:
        try:
            start.wait(30)
            act(place)
            return "filed"
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with many_connections(), ThreadPoolExecutor(HANDS) as pool:
        answers = [pool.submit(one, place) for place in range(number)]
        start.set()
        return [answer.result() for answer in answers]


def test_a_hundred_around_the_last_second_are_filed_or_refused_and_never_half_filed():
    call = open_call()
    drafts = [ready_draft(call=call) for _number in range(100)]
    tick = timedelta(milliseconds=10)
    instants = [call.closes_at + tick * (place - 50) for place in range(100)]  # the 51st is the closing instant itself

    said = together(
        100, lambda place: files.submit(application=drafts[place], actor=drafts[place].lead, at=instants[place])
    )

    assert said == ["filed"] * 50 + ["deadline_passed"] * 50
    for place, draft in enumerate(drafts):
        draft = Application.objects.get(pk=draft.pk)
        versions = list(ApplicationVersion.objects.filter(application=draft))
        receipts = Document.objects.filter(kind="receipt", subject=draft.reference).count()
        events = Event.objects.filter(machine="application", object_id=draft.pk, verb="submit").count()
        mails = Mail.objects.filter(reference=draft.reference, code="applications/application.receipt").count()
        if place < 50:
            assert (draft.state, draft.first_received_at) == ("submitted", instants[place])
            assert [one.received_at for one in versions] == [instants[place]]
            assert versions[0].receipt_id is not None
            assert (receipts, events) == (1, 1)
            assert mails >= 1
        else:
            assert (draft.state, draft.first_received_at, draft.filed_version) == ("draft", None, None)
            assert (versions, receipts, events, mails) == ([], 0, 0, 0)


def test_one_file_pressed_twenty_times_is_filed_once():
    draft = ready_draft(call=open_call())
    at = draft.call.closes_at - timedelta(seconds=1)

    said = together(20, lambda place: files.submit(application=draft, actor=draft.lead, at=at))

    assert said.count("filed") == 1
    assert set(said) == {"filed", "not_allowed_in_state"}
    assert ApplicationVersion.objects.filter(application=draft).count() == 1
    assert Document.objects.filter(kind="receipt", subject=draft.reference).count() == 1


def test_two_writers_of_one_passage_never_lose_a_word():
    draft = ready_draft(call=open_call())
    started = draft.sections.get(code="openness").version

    def save(place: int) -> None:
        files.save_section(
            application=draft,
            actor=draft.lead,
            at=draft.created_at + timedelta(seconds=place),
            code="openness",
            content={"repository_url": f"https://forge.example/{place}"},
            version=started,
        )

    said = together(20, save)

    row = draft.sections.get(code="openness")
    assert said.count("filed") == 1
    assert said.count("version_conflict") == 19
    assert row.version == started + 1
    assert row.content["repository_url"] == f"https://forge.example/{said.index('filed')}"


def test_the_last_part_of_a_document_sent_eight_times_is_one_document(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    draft = ready_draft(call=open_call())
    at = draft.call.closes_at - timedelta(days=1)
    upload = uploads.begin(application=draft, actor=draft.lead, at=at, name="devis.pdf", size=len(PDF))
    uploads.append(upload=upload, actor=draft.lead, at=at, offset=0, chunks=[PDF[:-5]])

    def last(place: int) -> None:
        row = Upload.objects.get(pk=upload.pk)
        if row.offset == len(PDF):  # who lost the answer asks where to continue, then sends nothing more
            uploads.append(upload=row, actor=draft.lead, at=at, offset=len(PDF), chunks=[])
        else:
            uploads.append(upload=row, actor=draft.lead, at=at, offset=len(PDF) - 5, chunks=[PDF[-5:]])

    said = together(8, last)

    assert set(said) <= {"filed", "offset_conflict"}
    assert Upload.objects.get().attachment == draft.attachments.get()
    assert draft.attachments.get().file.read() == PDF
