"""A person takes all the fund holds about him away: his own, and nobody else's."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine

from applications.models import Attachment, SignOff
from core.models import Event
from core.outbox import queue
from core.tokens import make_token
from desks import personal
from tests.factories.applications import PartnershipFactory, TeamMemberFactory, filed, ready_draft
from tests.factories.core import UserFactory
from tests.factories.reviews import reviewed

pytestmark = pytest.mark.django_db
PAGE = "/mon-espace/mes-donnees/"


def unpack(answer) -> tuple[dict, list[str]]:
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
        return json.loads(packed.read("mes-donnees/mes-donnees.json")), packed.namelist()


@pytest.fixture
def two(at):
    """Two people, each with a file; the first takes his data away."""
    me, other = UserFactory(name="Ada Morel", email="ada@demo.example"), UserFactory(name="Canari Secret")
    return me, other, ready_draft(lead=me), ready_draft(lead=other)


def test_the_page_explains_and_the_file_holds_what_is_mine(as_user, two, at):
    me, other, mine, theirs = two
    TeamMemberFactory(application=mine, user=other, email=other.email, joined_at=at)
    secret = make_token(me, at=at, label="Tableur", days=30)
    SignOff.objects.create(application=theirs, user=other, content_hash="f" * 64, signed_at=at)
    queue("account/token_created", to=other, at=at, context={"link": "/"})
    browser = as_user(me)
    assert "Toutes mes données" in browser.get(PAGE).text
    answer = browser.post(PAGE)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/zip" and answer.streaming
    assert "no-store" in answer["Cache-Control"]
    held, names = unpack(answer)
    assert held["account"]["email"] == "ada@demo.example"
    assert [file["reference"] for file in held["files"]] == [mine.reference]
    assert {section["section"] for section in held["files"][0]["sections"]} >= {"applicant", "project", "budget"}
    assert [token["label"] for token in held["tokens"]] == ["Tableur"]
    assert len(held["mails_received"]) == 1 and set(held["mails_received"][0]) == {"subject", "date"}
    text = json.dumps(held, ensure_ascii=False)
    assert secret not in text and theirs.reference not in text and other.email not in text
    pieces = Attachment.objects.filter(application=mine, uploaded_by=me).count()
    assert len([name for name in names if f"/pieces/{mine.reference}/" in name]) == pieces
    assert Event.objects.filter(machine="person", verb="take_data", object_id=me.pk).count() == 1


def test_a_session_that_proved_itself_long_ago_proves_itself_again(as_user, two, at):
    browser = as_user(two[0])
    with time_machine.travel(at + timedelta(minutes=6), tick=False):
        page = browser.get(PAGE)
        answer = browser.post(PAGE)
    assert "Confirmer" in page.text
    assert answer.status_code == 302 and answer["Location"] == f"/mon-espace/confirmer/?next={PAGE}"
    assert not Event.objects.filter(verb="take_data").exists()


def test_nobody_takes_data_without_an_account(client):
    assert client.get(PAGE).status_code == 302 and client.post(PAGE).status_code == 302


def test_a_partner_is_named_by_the_administration_only(two, at):
    me, _, mine, _ = two
    asked = PartnershipFactory(application=mine, invited_by=me)
    held = json.dumps(personal.everything(me, at), default=str, ensure_ascii=False)
    assert asked.organisation.name in held and asked.agent_email not in held


def test_a_filed_file_brings_its_versions_and_its_receipt(at):
    file = filed(at)
    held = personal.everything(file.lead, at)
    assert [version["number"] for version in held["files"][0]["versions"]] == [1]


def test_a_panel_member_has_his_own_reviews(at):
    made = reviewed()
    seat = made.panel.seats.filter(assignments__isnull=False).first()
    held = personal.everything(seat.user, at)
    assert len(held["panel_seats"]) == 1
    assert len(held["reviews"]) == seat.assignments.count() > 0
    assert len(held["declarations"]) == seat.user.declarations.count()
    assert held["files"] == []
