"""Questions of the public: asked without an account, answered in public and in time, never telling who asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.models import Mail
from core.templatetags.ui import day
from core.transitions import Refusal
from fund.enums import Role
from fund.models import RoleGrant
from registry import tasks, transitions
from registry.models import Question
from registry.queries import questions as queries
from tests.factories import reviews as panel
from tests.factories.applications import TeamMemberFactory
from tests.factories.core import UserFactory
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db
WORDS = "Un collectif sans compte en banque peut-il candidater ?"


@pytest.fixture
def call(at):
    return panel.world(files=1).call


def ask(call, text=WORDS, **facts):
    return transitions.ask_question(call=call, actor=UserFactory(), text=text, **facts)


def refused(code, function, **params):
    with pytest.raises(Refusal) as caught:
        function(**params)
    assert caught.value.code == code, caught.value.code
    return caught.value


def test_asked_without_an_account_answered_in_public(call, as_user, client):
    officer, base = person_with(Role.CASE_OFFICER), f"/appels/{call.slug}/questions/"
    page = client.get(f"{base}poser/")
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    sent = client.post(f"{base}poser/", {"text": WORDS, "email": "Curieuse@ici.example"}, follow=True)
    assert sent.status_code == 200 and "Votre question est bien arrivée" in sent.content.decode()
    row = Question.objects.get()
    assert (row.state, row.email, row.application) == ("asked", "curieuse@ici.example", None)
    assert row.due_on == timezone.localdate() + timedelta(days=call.rule_version["question_answer_days"])
    public = client.get(base)
    assert WORDS not in public.content.decode() and public["ETag"]
    told = Mail.objects.filter(code__startswith="registry/")
    assert {mail.code for mail in told} == {
        "registry/question.acknowledged",
        "registry/question.received",
    }
    assert not any(WORDS in mail.text for mail in Mail.objects.all())
    desk = as_user(officer)
    assert row.reference in desk.get("/instruction/questions/").content.decode()
    one = f"/instruction/questions/{row.reference}/"
    empty = desk.post(one, {"act": "answer", "answer-text": " "})
    assert empty.status_code == 422
    assert desk.post(one, {"act": "answer", "answer-text": "Oui, par une structure porteuse."}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.email, row.answered_by) == ("answered", "", officer)
    told = client.get(base).content.decode()
    assert WORDS in told and "Oui, par une structure porteuse." in told
    assert officer.name not in told and "curieuse" not in told
    assert Mail.objects.get(code="registry/question.answered").to == "curieuse@ici.example"


def test_the_page_says_that_answers_are_late(call, client):
    row = ask(call)
    base = f"/appels/{call.slug}/questions/"
    text = client.get(base).content.decode()
    assert "1 question attend" in text and f"prochaine réponse est due le {day(Question.objects.get().due_on)}" in text
    with time_machine.travel(
        timezone.now() + timedelta(days=call.rule_version["question_answer_days"] + 3), tick=False
    ):
        page = client.get(base).content.decode()
        assert "En retard : 1" in page and "3 jours" in page
        assert tasks.tell_overdue_questions(timezone.now(), None) == 1
        assert tasks.tell_overdue_questions(timezone.now(), None) == 0
    told = Mail.objects.filter(code="registry/question.overdue")
    assert told.count() == RoleGrant.objects.filter(role=Role.CASE_OFFICER).count()
    row.refresh_from_db()
    assert row.overdue_told_at


def test_what_is_refused(call):
    refused("question_length", ask, call=call, text="Et ?")
    error = refused("question_with_contacts", ask, call=call, text="Appelez-moi au 06 12 34 56 78 pour en parler.")
    assert error.remedy and not Question.objects.exists()
    file = panel.world(files=1).files[0]
    refused("not_published", ask, call=file.call, application=file)
    row = ask(call)
    refused("not_permitted", transitions.answer_publicly, question=row, actor=UserFactory(), text="Oui.")
    officer = person_with(Role.CASE_OFFICER)
    refused("reason_missing", transitions.set_aside, question=row, actor=officer, reason="x")
    transitions.set_aside(question=row, actor=officer, reason="off_topic")
    refused("not_allowed_in_state", transitions.answer_publicly, question=row, actor=officer, text="Oui.")


def test_a_flood_is_held_back(call):
    for number in range(20):
        ask(call, text=f"{WORDS} {number}")
    assert refused("too_many_questions", ask, call=call).status == 429


def test_the_words_of_a_question_set_aside_are_never_public(call, client):
    row = ask(call, email="curieuse@ici.example")
    transitions.set_aside(question=row, actor=person_with(Role.CASE_OFFICER), reason="of_a_person")
    assert WORDS not in client.get(f"/appels/{call.slug}/questions/").content.decode()
    assert "vie privée" in Mail.objects.get(code="registry/question.set_aside").text


def test_the_database_keeps_no_address_of_a_closed_question(call):
    row = ask(call)
    transitions.answer_publicly(question=row, actor=person_with(Role.CASE_OFFICER), text="Oui.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.filter(pk=row.pk).update(email="curieuse@ici.example")


def test_a_robot_is_thanked_and_asks_nothing(call, client):
    sent = client.post(f"/appels/{call.slug}/questions/poser/", {"text": WORDS, "website": "https://x.example"})
    assert sent.status_code == 302 and not Question.objects.exists()


def test_a_project_has_its_own_questions_once_it_is_published(fund, client):
    application = fund.paid
    reference = application.reference
    base = f"/projets/{reference}/questions/"
    assert client.get(base).status_code == 200
    assert client.post(f"{base}poser/", {"text": WORDS}).status_code == 302
    row = Question.objects.get()
    assert row.application == application and row.path == base
    hidden = fund.refused
    assert client.get(f"/projets/{hidden.reference}/questions/").status_code == 404
    assert client.post(f"/projets/{hidden.reference}/questions/poser/", {"text": WORDS}).status_code == 404


@pytest.mark.parametrize("number", [1, 20])
def test_the_pages_cost_the_same_for_any_number(call, as_user, client, django_assert_num_queries, number):
    officer = person_with(Role.CASE_OFFICER)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for n in range(number):
            clock.shift(timedelta(minutes=5))
            row = ask(call, text=f"{WORDS} {n}")
            transitions.answer_publicly(question=row, actor=officer, text="Oui.")
    base, desk = f"/appels/{call.slug}/questions/", as_user(officer)
    client.get(base), desk.get("/instruction/questions/")
    with django_assert_num_queries(PUBLIC):
        assert client.get(base).content.decode().count("Oui.") == number
    with django_assert_num_queries(DESK):
        assert desk.get("/instruction/questions/").content.decode().count('class="ref soft"') == number


PUBLIC, DESK = 5, 7


def test_who_has_an_interest_does_not_answer(fund, as_user):
    application, officer = fund.paid, person_with(Role.CASE_OFFICER)
    row = ask(application.call, application=application)
    TeamMemberFactory(application=application, user=officer, email=officer.email)
    assert not queries.of_desk(officer).exists()
    assert as_user(officer).get(f"/instruction/questions/{row.reference}/").status_code == 404
    refused("officer_has_interest", transitions.answer_publicly, question=row, actor=officer, text="Oui.")
