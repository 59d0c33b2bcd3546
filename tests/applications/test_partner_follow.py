"""The link by which an administration follows an application: read only, revocable, nothing private."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from applications.enums import APPLICANT_LABELS, PARTNER_SENTENCES
from applications.models import Partnership
from applications.transitions import partnerships
from core.models import Event, Mail, User
from tests.applications.refusals import refused
from tests.factories.applications import ApplicationFactory, put_in_state
from tests.factories.core import UserFactory
from tests.factories.fund import fictional_siret

pytestmark = pytest.mark.django_db
ANSWER = {
    "agent_name": "Delphine Wattrelos",
    "agent_role": "responsable de l’accueil",
    "service": "Accueil",
    "siret": fictional_siret(69_991),
    "commitment": "Deux agents, une demi-journée.",
}


@pytest.fixture
def draft(at):
    return ApplicationFactory(created_at=at)


@pytest.fixture
def invited(draft, at):
    return partnerships.invite(
        application=draft,
        actor=draft.lead,
        at=at,
        organisation_name="Mairie de Nevers",
        agent_email="delphine@mairie.example",
        message="Un mot entre nous.",
    )


@pytest.fixture
def row(invited, at):
    return partnerships.confirm(
        partnership=invited, actor=User.objects.system(), at=at, token=invited.link_token, **ANSWER
    )


@pytest.fixture
def address(row):
    text = Mail.objects.get(code="applications/partner.copy").text
    return re.search(r"/partenariat/suivi/[\w-]+/", text)[0]


def test_the_link_shows_where_the_application_stands_and_changes_nothing(client, draft, row, address, at):
    assert address.split("/")[3] not in (row.follow_token_hash, row.token_hash)
    events = Event.objects.count()
    page = client.get(address)
    assert page.status_code == 200 and draft.title in page.text and draft.laureate_name in page.text
    assert str(draft.partner_sentence) not in ("", str(draft.sentence)) and ANSWER["commitment"] in page.text
    assert page["X-Robots-Tag"] == "noindex" and "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"
    for private in ("Un mot entre nous.", draft.reference, draft.lead.email, row.agent_email, "€"):
        assert private not in page.text, private
    assert client.post(address).status_code == 405 and Event.objects.count() == events


@pytest.mark.parametrize("state", ["submitted", "information_requested", "eligible", "under_review"])
def test_before_the_notification_the_sentence_says_nothing_of_the_decision(client, draft, address, at, state):
    put_in_state(draft, state, at)
    page = client.get(address).text
    assert "soutient" not in page and "réserve" not in page


def test_each_state_has_its_sentence():
    assert set(PARTNER_SENTENCES) == set(APPLICANT_LABELS)


def test_the_applicant_revokes_it(client, as_user, draft, row, address):
    path = f"/dossiers/{draft.reference}/partenaires/"
    act = {"act": "revoke_follow", "partnership": row.pk}
    assert as_user(UserFactory()).post(path, act).status_code == 404
    assert client.get(address).status_code == 200
    assert as_user(draft.lead).post(path, act).status_code == 302
    dead, unknown = client.get(address), client.get("/partenariat/suivi/inconnu/")
    assert dead.status_code == unknown.status_code == 404
    assert Event.objects.filter(machine="partnership", verb="revoke_follow", subject=draft.reference).count() == 1
    row.refresh_from_db()
    assert row.state == "confirmed" and row.follow_token_hash == ""


def test_only_the_team_revokes(row, at):
    refused("not_permitted", partnerships.revoke_follow, partnership=row, actor=UserFactory(), at=at)


def test_it_dies_with_the_partnership(client, row, address, at):
    link = re.search(r"/partenariat/(?!suivi)([\w-]+)/", Mail.objects.get(code="applications/partner.copy").text)[1]
    partnerships.withdraw(
        partnership=row, actor=User.objects.system(), at=at, token=link, reason="Nous n’avons plus d’agents."
    )
    assert client.get(address).status_code == 404 and not Partnership.objects.exclude(follow_token_hash="").exists()


def test_the_page_that_thanks_shows_it_for_a_while(client, invited, at):
    path = f"/partenariat/{invited.link_token}/"
    with time_machine.travel(at, tick=False):
        thanks = client.post(path, ANSWER | {"act": "confirm"})["Location"]
        assert "/partenariat/suivi/" in client.get(thanks).text
        assert "/partenariat/suivi/" not in client.get(path).text
    with time_machine.travel(at + timedelta(hours=1), tick=False):
        assert "/partenariat/suivi/" not in client.get(thanks).text
