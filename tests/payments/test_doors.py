"""Every address of the money, opened by everybody: who may sees his page in his language, the others learn nothing, the auditor touches nothing."""

import pytest

from core.models import Event, User
from fund.enums import Role
from payments.models import StatementLine
from tests.factories import payments as make
from tests.factories.applications import TeamMemberFactory
from tests.factories.core import UserFactory
from tests.factories.fund import person_with

pytestmark = [pytest.mark.django_db, pytest.mark.screens]


class World:
    """One grant with something at every step of what its pages show."""

    def __init__(self, at):
        self.people = make.People()
        self.row = make.signed(self.people, at=at)
        make.paid(self.people, make.first_of(self.row), at=at)
        self.amendment = make.approved_amendment(self.people, self.row, at=at, new_amount=1_800_000)
        self.claim = make.claimed(self.people, self.row, 100_000, at=at)
        make.given_back(self.people, "remboursement", 4_000, at=at)
        self.line = StatementLine.objects.get(state="to_check")
        self.lot = make.first_of(self.row).batch_lines.get().batch
        self.account, self.report = self.row.payee_accounts.get(), self.row.reports.get()
        self.secrets = (self.row.application.title, self.row.bearer_name, self.account.iban, self.claim.facts)

    @property
    def own(self) -> list[str]:
        base = f"/dossiers/{self.row.reference}"
        return [
            f"{base}/convention/",
            f"{base}/compte/",
            f"{base}/comptes-rendus/",
            f"{base}/comptes-rendus/{self.report.pk}/",
            f"{base}/avenants/",
            f"{base}/avenants/{self.amendment.number}/",
            f"{base}/reversements/{self.claim.pk}/",
        ]

    @property
    def instruction(self) -> list[str]:
        return [
            "/instruction/conventions/",
            f"/instruction/conventions/{self.row.reference}/",
            f"/instruction/conventions/{self.row.reference}/reversement/",
            "/instruction/versements/",
            f"/instruction/versements/{make.first_of(self.row).pk}/",
            "/instruction/comptes-rendus/?etape=expected",
            f"/instruction/comptes-rendus/{self.report.pk}/",
            "/instruction/avenants/?etape=approved",
            f"/instruction/avenants/{self.amendment.pk}/",
            "/instruction/reversements/",
            f"/instruction/reversements/{self.claim.pk}/",
        ]

    @property
    def finance(self) -> list[str]:
        return [
            "/paiements/?etape=paid",
            f"/paiements/versements/{make.first_of(self.row).pk}/",
            "/paiements/calendrier/",
            "/paiements/comptes/",
            f"/paiements/comptes/{self.account.pk}/",
            "/paiements/conventions/",
            f"/paiements/conventions/{self.row.reference}/",
            "/paiements/avenants/",
            f"/paiements/avenants/{self.amendment.pk}/",
            "/paiements/reversements/",
            f"/paiements/reversements/{self.claim.pk}/",
            "/paiements/lots/",
            f"/paiements/lots/{self.lot.reference}/",
            "/paiements/releves/",
            f"/paiements/releves/{self.line.statement.reference}/",
            "/paiements/rapprochement/",
            f"/paiements/rapprochement/{self.line.pk}/",
        ]


@pytest.fixture
def world(at):
    return World(at)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_those_who_may_read_their_pages_in_their_language(at, world, as_user, language):
    teammate = TeamMemberFactory(application=world.row.application, created_at=at).user
    User.objects.update(language=language)
    for person, paths in (
        (world.row.signatory, world.own),
        (teammate, world.own),
        (world.people.officer, world.instruction),
        (world.people.orderer, world.finance),
        (world.people.payer, world.finance),
        (person_with(Role.AUDITOR, language=language), world.instruction + world.finance),
    ):
        browser = as_user(User.objects.get(pk=person.pk))
        for path in paths:
            response = browser.get(path)
            page = response.content.decode()
            assert response.status_code == 200, (person, path)
            assert f'<html lang="{language}"' in page and "<h1" in page, path
            assert "{{" not in page and "{%" not in page and world.account.iban not in page, path


def test_the_others_learn_nothing(world, as_user, client):
    stranger, panel = as_user(UserFactory()), as_user(person_with(Role.PANEL_MEMBER, "civil_society"))
    other_desk = {
        **dict.fromkeys(world.instruction, as_user(world.people.payer)),
        **dict.fromkeys(world.finance, as_user(world.people.officer)),
    }
    for path in world.own + world.instruction + world.finance:
        expected = 404 if path in world.own else 403
        for browser in (stranger, panel, other_desk.get(path, stranger)):
            for response in (browser.get(path), browser.post(path, {"act": "x"})):
                assert response.status_code in (expected, 405), path
                page = response.content.decode()
                assert not any(secret in page for secret in world.secrets), path
        response = client.get(path)
        assert response.status_code == 302 and "/connexion/" in response.url, path


ACTS = {
    "instruction": (
        "certify",
        "hold",
        "cancel",
        "suspend",
        "terminate",
        "accept",
        "approve",
        "refuse",
        "drop",
        "record",
    ),
    "finance": (
        "order",
        "gather",
        "freeze",
        "export",
        "approve",
        "block",
        "reveal",
        "sign",
        "notify",
        "waive",
        "match",
    ),
}


def test_the_auditor_reads_everything_and_does_nothing(world, as_user):
    browser = as_user(person_with(Role.AUDITOR))
    before = Event.objects.exclude(verb="view").count()
    for desk, paths in (("instruction", world.instruction), ("finance", world.finance)):
        for path in paths:
            page = browser.get(path).content.decode()
            assert 'name="act"' not in page, path
            for act in ACTS[desk]:
                assert browser.post(path, {"act": act, "instalment": "1", "read": "on"}).status_code < 500, (path, act)
    assert Event.objects.exclude(verb="view").count() == before


def test_only_the_accounting_officer_sees_a_whole_account_number(world, as_user):
    path = f"/paiements/comptes/{world.account.pk}/"
    for person in (person_with(Role.AUDITOR), world.people.orderer):
        response = as_user(person).post(path, {"act": "reveal"})
        assert response.status_code == 403 and world.account.iban not in response.content.decode()
    assert world.account.iban in as_user(world.people.payer).post(path, {"act": "reveal"}).content.decode()
