"""A person deletes the account: refused while others count on him, then nothing of him is left but in what was filed or signed."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from applications.models import Application, NameConsent, Upload
from applications.transitions import consent_to_be_named, withdraw
from applications.transitions.team import invite_member, join
from core.models import ApiToken, Event, Mail, User
from core.outbox import queue
from core.tokens import make_token
from core.transitions import Refusal
from desks import leaving
from fund.enums import Role
from tests.factories.applications import TeamMemberFactory, complete_content, filed, ready_draft
from tests.factories.core import UserFactory
from tests.factories.fund import person_with
from tests.factories.payments import People, signed
from tests.factories.reviews import constituted

pytestmark = pytest.mark.django_db
PAGE = "/mon-espace/supprimer/"
NAME, EMAIL = "Canari Zqxwille", "canari.zqxwille@demo.example"

RECORDS = {
    ("applications_applicationversion", "content"),
    ("core_document", "context"),
}
"""Where a name may stay, for the law: what was filed and what was frozen."""


@pytest.fixture
def canary(at):
    return UserFactory(name=NAME, email=EMAIL)


def found() -> set[tuple[str, str]]:
    """(table, column) of the whole database where the name or the address is written, whatever the case."""
    places = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for column in connection.introspection.get_table_description(cursor, table):
                quoted = connection.ops.quote_name(column.name)
                for words in (NAME, EMAIL, "zqxwille"):
                    cursor.execute(
                        f"SELECT 1 FROM {connection.ops.quote_name(table)} "
                        f"WHERE LOWER(CAST({quoted} AS TEXT)) LIKE %s LIMIT 1",
                        [f"%{words.lower()}%"],
                    )
                    if cursor.fetchone():
                        places.add((table, column.name))
    return places


def named_content() -> dict:
    content = complete_content("citizen")
    return content | {"applicant": content["applicant"] | {"name": NAME}}


def leave(user, at):
    leaving.erase_account(user=user, actor=user, at=at, confirmation=user.email)
    user.refresh_from_db()


def test_nothing_of_the_person_stays_but_in_the_records(canary, as_user, at):
    EmailAddress.objects.create(user=canary, email=EMAIL, verified=True, primary=True)
    make_token(canary, at=at, label="Outil de Zqxwille", days=30)
    queue("account/token_created", to=canary, at=at, context={"link": "/"})
    other = UserFactory()
    draft, closed = ready_draft(lead=other), filed(at, lead=other)
    link = invite_member(application=draft, actor=other, at=at, email=EMAIL, name=NAME)
    join(token=link.link_token, actor=canary, at=at)  # the lead is told by mail, with the name
    TeamMemberFactory(application=closed, user=canary, email=EMAIL, name=NAME, joined_at=at)
    consent_to_be_named(application=closed, actor=canary, at=at, name=NAME)
    invite_member(application=ready_draft(lead=other), actor=other, at=at, email=EMAIL, name=NAME)
    mine = filed(at, lead=canary, applicant_kind="citizen", content=named_content())
    withdraw(application=mine, actor=canary, at=at)
    Mail.objects.filter(recipient=other).update(state="sent", sent_at=at)
    Upload.objects.create(
        application=draft, user=canary, name=f"{NAME}.pdf", size=9, created_at=at, expires_at=at + timedelta(days=1)
    )
    browser = as_user(canary)
    browser.get("/mon-espace/")
    before = found()
    assert {("core_user", "email"), ("applications_teammember", "name"), ("core_mail", "text")} < before
    assert ("applications_applicationversion", "content") in before, "filed under that name"
    leave(canary, at)
    assert found() <= RECORDS
    assert not canary.is_active and canary.name == "" and canary.email.endswith("@efface.invalid")
    assert not canary.has_usable_password() and str(canary) == "compte supprimé"
    assert not ApiToken.objects.filter(user=canary).exists() and browser.get("/mon-espace/").status_code == 302
    assert not draft.members.filter(user=canary).exists()
    consent = NameConsent.objects.get(application=closed, user=canary)
    assert consent.name == "" and consent.withdrawn_at == at
    assert mine.versions.count() == 1, "what was filed stays"
    event = Event.objects.get(machine="person", verb="erase_account")
    assert event.object_id == canary.pk and all(isinstance(value, int) for value in event.payload.values())


def test_the_erased_person_cannot_sign_in_and_may_begin_anew(canary, at):
    canary.set_password("un mot de passe assez long")
    canary.save()
    EmailAddress.objects.create(user=canary, email=EMAIL, verified=True, primary=True)
    leave(canary, at)
    browser = Client()
    answer = browser.post("/connexion/", {"login": EMAIL, "password": "un mot de passe assez long"})
    assert answer.status_code != 302 or "/connexion" in answer["Location"]
    assert "_auth_user_id" not in browser.session
    assert UserFactory(email=EMAIL).pk != canary.pk


def test_mails_that_wait_are_dropped_and_none_follows(canary, at):
    waiting = queue("account/token_created", to=canary, at=at, context={"link": "/"})
    leave(canary, at)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.text) == ("dead", "")
    assert queue("account/token_created", to=canary, at=at, context={"link": "/"}).state == "dead"


def test_an_unfiled_application_of_the_person_is_emptied(canary, at):
    draft = ready_draft(lead=canary)
    leave(canary, at)
    draft = Application.objects.get(pk=draft.pk)
    assert draft.state == "withdrawn"
    assert (draft.title, draft.summary, draft.sections.count(), draft.attachments.count()) == ("", "", 0, 0)


@pytest.mark.parametrize("make", [ready_draft, filed])
def test_who_answers_for_an_application_hands_over_or_withdraws_first(canary, at, make):
    file = make(at, lead=canary)
    TeamMemberFactory(application=file)
    with pytest.raises(Refusal) as refused:
        leave(canary, at)
    assert refused.value.code == "file_under_way" and file.reference in str(refused.value) and refused.value.remedy
    canary.refresh_from_db()
    assert canary.is_active and canary.name == NAME


def test_a_role_and_a_seat_are_left_first(at):
    officer = person_with(Role.CASE_OFFICER)
    assert [one.code for one in leaving.reasons_to_stay(officer, at)] == ["role_held"]
    member = constituted().panel.seats.first().user
    assert {"role_held", "seat_held"} >= {one.code for one in leaving.reasons_to_stay(member, at)} != set()


def test_a_running_grant_is_finished_first(at):
    agreement = signed(People())
    assert "grant_under_way" in {
        one.code for one in leaving.reasons_to_stay(agreement.application.lead, timezone.now())
    }


def test_only_oneself_and_by_typing_the_address(canary, at):
    for who, words, code in ((UserFactory(), EMAIL, "not_permitted"), (canary, "autre", "confirmation_wrong")):
        with pytest.raises(Refusal) as refused:
            leaving.erase_account(user=canary, actor=who, at=at, confirmation=words)
        assert refused.value.code == code
    assert User.objects.get(pk=canary.pk).name == NAME


def test_the_page_from_warning_to_goodbye(canary, as_user, at):
    other = UserFactory()
    browser, theirs = as_user(canary), as_user(other)
    assert "Ce qui est effacé tout de suite" in browser.get(PAGE).text
    assert browser.post(PAGE, {"confirmation": "x"}).status_code == 422
    with time_machine.travel(at + timedelta(minutes=6), tick=False):
        assert browser.post(PAGE, {"confirmation": EMAIL})["Location"] == f"/mon-espace/confirmer/?next={PAGE}"
    assert User.objects.get(pk=canary.pk).is_active
    answer = browser.post(PAGE, {"confirmation": f" {EMAIL.upper()} "})
    assert answer.status_code == 200 and "Votre compte est supprimé" in answer.text
    assert browser.get(PAGE).status_code == 302 and theirs.get(PAGE).status_code == 200
    assert User.objects.get(pk=other.pk).is_active


def test_what_holds_a_person_back_is_on_the_page(canary, as_user, at):
    draft = ready_draft(lead=canary)
    TeamMemberFactory(application=draft)
    page = as_user(canary).get(PAGE).text
    assert draft.reference in page and 'name="confirmation"' not in page


def test_every_table_with_a_name_an_address_or_a_phone_is_decided_upon():
    """A new column that looks like one of a person goes into docs/personal-data.md."""
    text = (settings.BASE_DIR / "docs" / "personal-data.md").read_text(encoding="utf-8")
    looks = ("email", "phone", "agent_name", "bearer_name", "holder", "applicant_name", "user_agent")
    rooms = ("core", "fund", "applications", "reviews", "payments", "registry")
    missing = [
        f"{model._meta.label}.{field.name}"
        for room in rooms
        for model in apps.get_app_config(room).get_models()
        for field in model._meta.get_fields()
        if any(look in field.name for look in looks) and f"{model.__name__}.{field.name}" not in text
    ]
    assert missing == []
