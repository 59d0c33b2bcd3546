"""Being named with a project: by the person alone, dated, taken back at any time."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from applications import transitions as files
from applications.models import Application, NameConsent
from core.models import Event
from core.tokens import make_token
from core.transitions import Refusal
from tests.factories.applications import TeamMemberFactory, filed, ready_draft
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


def say(application, person, name="Jeanne Roux", at=None):
    return files.consent_to_be_named(application=application, actor=person, at=at or timezone.now(), name=name)


def test_each_says_it_for_himself_and_dated(at):
    application = filed(at)
    member = TeamMemberFactory(application=application, user=UserFactory(), joined_at=at)
    say(application, application.lead, at=at)
    say(application, member.user, "  Ali   Ben ", at=at)
    assert list(application.name_consents.values_list("user", "name", "given_at")) == [
        (application.lead_id, "Jeanne Roux", at),
        (member.user_id, "Ali Ben", at),
    ]
    assert list(Event.objects.filter(verb="consent_to_be_named").values_list("actor", flat=True)) == [
        application.lead_id,
        member.user_id,
    ]
    assert "Jeanne" not in str(list(Event.objects.values_list("payload", flat=True)))


@pytest.mark.parametrize("joined", [True, False])
def test_nobody_says_it_for_another(at, joined):
    application = filed(at)
    person = UserFactory()
    if not joined:
        TeamMemberFactory(application=application, user=None, email=person.email)
    else:
        person = UserFactory()
    for verb, words in ((files.consent_to_be_named, {"name": "X"}), (files.withdraw_name_consent, {})):
        with pytest.raises(Refusal) as refused:
            verb(application=application, actor=person, at=at, **words)
        assert refused.value.code == "not_permitted"


def test_another_name_replaces_the_first_and_both_are_dated(at):
    application = ready_draft(at)
    first = say(application, application.lead, "Jeanne Roux")
    assert say(application, application.lead, "Jeanne Roux").pk == first.pk
    second = say(application, application.lead, "J. Roux")
    first.refresh_from_db()
    assert first.withdrawn_at == second.given_at and first.name == "" and second.name == "J. Roux"


@pytest.mark.parametrize(
    "name", ["", "   ", "jeanne@exemple.org", "Jeanne 06 12 34 56 78", "FR76 3000 6000 0112 3456 7890 189"]
)
def test_a_name_is_a_name(at, name):
    application = ready_draft(at)
    with pytest.raises(Refusal) as refused:
        say(application, application.lead, name)
    assert refused.value.field == "name" and not NameConsent.objects.exists()


@pytest.mark.parametrize("state", ["rejected", "ineligible", "withdrawn"])
def test_what_is_never_public_names_nobody_and_taking_back_stays_open(at, state):
    application = filed(at)
    say(application, application.lead)
    closed = timezone.now() if state == "withdrawn" else None
    Application.objects.filter(pk=application.pk).update(state=state, closed_at=closed)
    with pytest.raises(Refusal) as refused:
        say(application, application.lead, "Autre")
    assert refused.value.code == "never_public"
    files.withdraw_name_consent(application=application, actor=application.lead, at=timezone.now())
    assert not NameConsent.objects.standing().exists() and not NameConsent.objects.exclude(name="").exists()


def test_leaving_the_team_takes_the_name_off(at):
    application = ready_draft(at)
    member = TeamMemberFactory(application=application, user=UserFactory(), joined_at=at)
    say(application, member.user)
    files.remove_member(member=member, actor=member.user, at=timezone.now())
    assert not NameConsent.objects.standing().exists()


def test_the_page_gives_and_takes_back(at, as_user):
    application = filed(at)
    browser, page = as_user(application.lead), f"/dossiers/{application.reference}/nom-public/"
    assert (
        browser.get(page).status_code == 200
        and page in browser.get(f"/dossiers/{application.reference}/").content.decode()
    )
    assert browser.post(page, {"act": "consent", "name": "a@exemple.org"}).status_code == 422
    assert browser.post(page, {"act": "consent", "name": "Jeanne Roux"}).status_code == 302
    assert "Jeanne Roux" in browser.get("/mon-espace/noms-publics/").content.decode()
    assert browser.post(page, {"act": "withdraw"}).status_code == 302
    assert "Jeanne Roux" not in browser.get("/mon-espace/noms-publics/").content.decode()
    assert NameConsent.objects.get().withdrawn_at
    assert as_user(UserFactory()).get(page).status_code == 404 and Client().get(page).status_code == 302


def test_one_who_left_sees_the_page_as_long_as_he_was_named(at, as_user):
    application = ready_draft(at)
    member = TeamMemberFactory(application=application, user=UserFactory(), joined_at=at)
    say(application, member.user)
    NameConsent.objects.filter(user=member.user).update(name="Resté par erreur")
    member.delete()
    browser, page = as_user(member.user), f"/dossiers/{application.reference}/nom-public/"
    assert browser.get(page).status_code == 200 and browser.post(page, {"act": "consent", "name": "X"}).status_code in (
        403,
        422,
    )
    assert browser.post(page, {"act": "withdraw"}).status_code == 302
    assert not NameConsent.objects.standing().exists()


def test_the_api_gives_and_takes_back(at):
    application = filed(at)
    client = APIClient()
    secret = make_token(application.lead, at=timezone.now(), label="essai", may_write=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    address = f"/api/v1/applications/{application.reference}"
    made = client.post(f"{address}/consent_to_be_named/", {"name": "Jeanne Roux"}, format="json")
    assert made.status_code == 201 and made.json()["name"] == "Jeanne Roux"
    assert client.post(f"{address}/withdraw_name_consent/").status_code == 204
    rows = client.get(f"{address}/name-consents/").json()
    assert [row["name"] for row in rows] == [""] and rows[0]["withdrawn_at"]
