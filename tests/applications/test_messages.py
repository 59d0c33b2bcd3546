"""The conversation between a team and the fund: who reads, who writes, what is told, and what no text can break."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from applications import queries
from applications import transitions as files
from applications.models import Application, Message
from applications.periods import add_months
from core.models import Event, Mail
from desks import awaited
from fund.enums import Role
from tests.applications.refusals import refused
from tests.factories.applications import TeamMemberFactory, filed, ready_draft
from tests.factories.core import UserFactory
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db
WORDS = "Une question que seule l’équipe et le fonds lisent"


@pytest.fixture
def officer():
    return person_with(Role.CASE_OFFICER)


@pytest.fixture
def application(at):
    return filed(at)


def send(application, actor, at, text=WORDS) -> Message:
    return files.send_message(application=application, actor=actor, at=at, text=text)


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def pages(application) -> tuple[str, str]:
    return f"/dossiers/{application.reference}/messages/", f"/instruction/dossiers/{application.reference}/messages/"


def joined(application, right):
    member = TeamMemberFactory(
        application=application, user=UserFactory(), right=right, joined_at=application.created_at
    )
    return member.user


def test_each_side_writes_and_the_other_is_told_once_without_the_text(application, officer, at):
    first = send(application, application.lead, at)
    send(application, application.lead, at)
    mail = Mail.objects.get(code="applications/message.received_staff")
    assert WORDS not in mail.text and mail.text.count("/messages/") == 1 and pages(application)[1] in mail.text
    assert not first.from_staff and first.read_at is None
    with time_machine.travel(at, tick=False):
        body = client_of(officer).get(pages(application)[1]).content.decode()
    assert WORDS in body
    first.refresh_from_db()
    assert first.read_at is not None
    answer = send(application, officer, at + timedelta(minutes=1), "Voici la réponse.")
    assert answer.from_staff
    mail = Mail.objects.get(code="applications/message.received")
    assert pages(application)[0] in mail.text and "Voici la réponse" not in mail.text
    events = Event.objects.filter(subject=application.reference, verb="send_message")
    assert events.count() == 3 and all(set(one.payload) == {"message", "kind", "from_staff"} for one in events)


def test_who_reads_and_who_writes(application, officer, at):
    send(application, application.lead, at)
    team, staff = pages(application)
    editor, reader = joined(application, "editor"), joined(application, "reader")
    with time_machine.travel(at, tick=False):
        for person in (application.lead, editor, reader):
            body = client_of(person).get(team).content.decode()
            assert WORDS in body and ("<textarea" in body) == (person is not reader)
            assert client_of(person).get(staff).status_code in (403, 404)
        for role in (Role.AUDITOR, Role.PANEL_MEMBER, Role.AUTHORISING_OFFICER, Role.ACCOUNTING_OFFICER):
            other = client_of(person_with(role))
            for path in pages(application):
                answer = other.get(path)
                assert answer.status_code in (403, 404) and WORDS not in answer.content.decode()
            assert other.get(f"/api/v1/applications/{application.reference}/messages/").status_code == 404
        assert client_of(officer).get(staff).status_code == 200
        assert client_of(officer).get(team).status_code == 404
        stranger = client_of(UserFactory())
        assert stranger.get(team).status_code == stranger.get("/dossiers/FP-2026-ABSENT/messages/").status_code == 404
    assert Client().get(team).status_code == 302
    refused("not_permitted", send, application=application, actor=reader, at=at)
    refused("not_permitted", send, application=application, actor=person_with(Role.AUDITOR), at=at)


def test_an_officer_with_an_interest_sees_nothing(at):
    both = person_with(Role.CASE_OFFICER)
    application = filed(at)
    TeamMemberFactory(application=application, user=both, right="reader", joined_at=at)
    with time_machine.travel(at, tick=False):
        assert client_of(both).get(pages(application)[1]).status_code == 404
    refused("not_permitted", send, application=application, actor=both, at=at)
    linked = person_with(Role.CASE_OFFICER)
    application.bearer_person = linked
    application.save(update_fields=["bearer_person"])
    refused("officer_interest", send, application=application, actor=linked, at=at)


def test_a_draft_shows_whom_to_ask_and_takes_no_message(at, officer):
    draft = ready_draft(at)
    draft.call.contact_email = "appel@exemple.invalid"
    draft.call.save(update_fields=["contact_email"])
    refused("messages_not_open", send, application=draft, actor=draft.lead, at=at)
    with time_machine.travel(at, tick=False):
        body = client_of(draft.lead).get(pages(draft)[0]).content.decode()
        assert "appel@exemple.invalid" in body and "<textarea" not in body
        assert client_of(officer).get(pages(draft)[1]).status_code == 404


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("message_empty", " \r\n\t "),
        ("message_empty", "\u200b\u202e"),
        ("message_signs", "a\x00b"),
        ("message_signs", "a\ud800b"),
        ("message_too_long", "é" * 5_001),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_with_its_reason(application, at, code, text):
    refused(code, send, application=application, actor=application.lead, at=at, text=text)
    assert not Message.objects.exists()


def test_hostile_texts_are_shown_as_they_are_and_never_run(application, officer, at):
    for text in (
        "<script>alert(1)</script>",
        "\u202eRTL \u2066x",
        "👩‍🚀 é̂",
        "{{ 7|add:7 }}",
        "a\r\n\r\nb",
        "é" * 5_000,
    ):
        send(application, application.lead, at, text)
    with time_machine.travel(at, tick=False):
        body = client_of(officer).get(pages(application)[1]).content.decode()
    assert "<script>alert" not in body and "&lt;script&gt;alert(1)" in body
    assert 'dir="auto"' in body and "👩‍🚀" in body and "{{ 7|add:7 }}" in body and "<p>a</p>" in body


def test_a_refused_post_keeps_what_was_typed(application, at):
    client = client_of(application.lead)
    with time_machine.travel(at, tick=False):
        long = "mot " * 1_300
        for text in (long, "avec un \x00 dedans"):
            answer = client.post(pages(application)[0], {"text": text})
            assert answer.status_code == 422 and text.split()[0] in answer.content.decode()
    assert not Message.objects.exists()


def test_the_same_form_sent_twice_sends_one_message(application, at):
    client, path = client_of(application.lead), pages(application)[0]
    with time_machine.travel(at, tick=False):
        nonce = client.get(path).context["form"] and client.get(path).content.decode().split('name="nonce" value="')[1]
        form = {"text": WORDS, "nonce": nonce.split('"')[0]}
        assert [client.post(path, form).status_code for _time in range(2)] == [302, 302]
    assert Message.objects.count() == 1


def test_reading_counts_once_and_only_for_the_other_side(application, officer, at):
    row, reader = send(application, application.lead, at), application.lead
    assert files.read_messages(application=application, actor=reader, at=at, shown=[row]) == 0
    assert files.read_messages(application=application, actor=officer, at=at, shown=[row]) == 1
    row.refresh_from_db()
    assert row.read_at == at
    assert files.read_messages(application=application, actor=officer, at=at + timedelta(days=1), shown=[row]) == 0


def test_what_is_unread_is_awaited_on_both_sides_and_counted_on_the_files_page(application, officer, at):
    lead = application.lead
    send(application, lead, at)
    send(application, officer, at, "Réponse")
    with time_machine.travel(at, tick=False):
        for person, path in (
            (lead, pages(application)[0]),
            (officer, "/instruction/dossiers/?etat=all&attend=messages"),
        ):
            assert path in [task.url for task in awaited.tasks(person, at)]
            body = client_of(person).get(f"/dossiers/{application.reference}/").content.decode()
            assert "messages/" in body and "1 message non lu" in body.replace("\xa0", " ")
        assert (
            application.reference
            in client_of(officer).get("/instruction/dossiers/?etat=all&attend=messages").content.decode()
        )
        for person, path in zip((lead, officer), pages(application), strict=True):
            client_of(person).get(path)
        assert not [task for task in awaited.tasks(lead, at) if "messages" in task.url]
        assert not [task for task in awaited.tasks(officer, at) if "messages" in task.url]
        auditor = client_of(person_with(Role.AUDITOR)).get(f"/dossiers/{application.reference}/")
        assert "/messages/" not in auditor.content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_the_conversation_costs_the_same_with_twenty_messages(
    application, officer, at, count, django_assert_max_num_queries
):
    for number in range(count):
        send(application, officer if number % 2 else application.lead, at, f"Message {number}")
    for person, path in zip((application.lead, officer), pages(application), strict=True):
        client = client_of(person)
        with time_machine.travel(at, tick=False):
            client.get(path)
            with django_assert_max_num_queries(QUERIES):
                assert client.get(path).content.decode().count("<article") == count


QUERIES = 12


@pytest.mark.parametrize("count", [1, 20])
def test_files_with_news_cost_one_query(at, officer, count, django_assert_num_queries):
    lead = UserFactory()
    for _number in range(count):
        application = filed(at)
        Application.objects.filter(pk=application.pk).update(lead=lead)
        application.refresh_from_db()
        send(application, officer, at)
    with django_assert_num_queries(1):
        assert [unread for _row, unread in queries.files_with_news(lead)] == [1] * count


def test_the_api_reads_and_sends_by_the_same_rules(application, officer, at):
    path = f"/api/v1/applications/{application.reference}/messages/"
    lead, staff = client_of(application.lead), client_of(officer)
    with time_machine.travel(at, tick=False):
        answer = lead.post(path, {"text": WORDS}, "application/json", headers={"Idempotency-Key": "one"})
        assert answer.status_code == 201, answer.content
        assert (
            lead.post(path, {"text": WORDS}, "application/json", headers={"Idempotency-Key": "one"}).status_code == 201
        )
        assert [row["text"] for row in staff.get(path).json()] == [WORDS]
        for text in ("", "a\x00b", "\ud800", "é" * 5_001, None, ["x"]):
            assert 400 <= lead.post(path, {"text": text}, "application/json").status_code < 500
        assert client_of(UserFactory()).get(path).status_code == 404
    assert Message.objects.get().read_at is None


# ---- the reasons of a rejection by silence ----


def ask(application, actor, at):
    return files.ask_for_reasons(application=application, actor=actor, at=at)


def test_the_reasons_of_a_silence_are_asked_once_in_time_and_awaited_within_a_month(application, officer, at):
    clock = queries.silence(application, at)
    noon = at.replace(hour=12)
    last = noon + (clock.rejected_on - noon.date())
    passed, over = last + timedelta(days=1), noon + (clock.appeal_before_on - noon.date()) + timedelta(days=1)
    refused("reasons_not_due", ask, application=application, actor=application.lead, at=last)
    refused("reasons_too_late", ask, application=application, actor=application.lead, at=over)
    refused("not_permitted", ask, application=application, actor=joined(application, "reader"), at=passed)
    refused("not_permitted", ask, application=application, actor=officer, at=passed)
    send(application, application.lead, passed)
    row = ask(application, application.lead, passed)
    assert row.kind == "reasons_request" and row.due_on == add_months(passed.date(), 1)
    mails = Mail.objects.filter(code="applications/message.received_staff")
    assert mails.count() == 2 and "L232-4" not in mails.last().text
    refused("reasons_already_asked", ask, application=application, actor=application.lead, at=passed)
    assert queries.reasons_due(officer) == (1, row.due_on) and queries.reasons_awaited(application) == row
    with time_machine.travel(passed, tick=False):
        task = next(task for task in awaited.tasks(officer, passed) if task.url.endswith("attend=reasons"))
        assert task.due_at == row.due_on
        assert application.reference in client_of(officer).get(task.url).content.decode()
        for person, path in zip((application.lead, officer), pages(application), strict=True):
            assert str(row.due_on.year) in client_of(person).get(path).content.decode().split('class="alert next"')[1]
    send(application, officer, passed + timedelta(days=2), "Les motifs : …")
    assert queries.reasons_due(officer) == (0, None) and queries.reasons_awaited(application) is None
    refused("reasons_already_asked", ask, application=application, actor=application.lead, at=passed)


def test_the_decision_page_asks_with_one_button(application, at):
    passed = at + timedelta(days=70)
    path = f"/dossiers/{application.reference}/decision/"
    client = client_of(application.lead)
    with time_machine.travel(at, tick=False):
        assert 'value="reasons"' not in client.get(path).content.decode()
        assert client.post(path, {"act": "reasons"}).status_code == 302 and not Message.objects.exists()
    with time_machine.travel(passed, tick=False):
        client = client_of(application.lead)  # the first session is long over
        assert path in client.get(f"/dossiers/{application.reference}/").content.decode()
        assert 'value="reasons"' in client.get(path).content.decode()
        assert 'value="reasons"' not in client_of(joined(application, "reader")).get(path).content.decode()
        assert client_of(UserFactory()).post(path, {"act": "reasons"}).status_code == 404
        assert client.post(path, {"act": "reasons"}).status_code == 302
        assert 'value="reasons"' not in client.get(path).content.decode()
    assert Message.objects.get().kind == "reasons_request"
