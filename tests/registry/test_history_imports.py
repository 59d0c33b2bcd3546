"""Large files of earlier grants: read and imported by the worker, shown on their page, undone as a whole; readers of the registry wait for none of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from core.transitions import Refusal
from fund.enums import Role
from registry import transitions
from registry.index.refresh import FEW, fresh
from registry.models import HistoryFile, PastGrant, Pending, PublishedRow
from registry.tasks import work_on_history
from registry.views import history
from tests.factories.fund import FundIdentityFactory, person_with
from tests.registry.helpers import DATA, read_past_grants

pytestmark = pytest.mark.django_db
ADDRESS = "/instruction/historique/"
EXAMPLE = (DATA / "scdl" / "exemple_valide.csv").read_bytes()


@pytest.fixture
def officer(db):
    FundIdentityFactory()
    return person_with(Role.CASE_OFFICER)


def lines(count: int, amount: str = "{}.5") -> bytes:
    body = EXAMPLE.decode().splitlines()
    row = body[1].replace("99786.57", amount)
    place = body[0].split(",").index("referenceDecision")
    assert row.split(",")[place] is not None
    made = []
    for number in range(1, count + 1):
        cells = row.format(number).split(",")
        cells[place] = f"N-{number}"
        made.append(",".join(cells))
    return "\n".join([body[0], *made]).encode()


def past():
    """The index's rows of earlier grants; the module's fund has its own beside them."""
    return PublishedRow.objects.filter(kind="past")


def work(times: int = 1) -> list[int]:
    return [work_on_history(timezone.now(), None) for _turn in range(times)]


def give(browser, raw: bytes):
    answer = browser.post(ADDRESS, {"look": "1", "file": SimpleUploadedFile("aides.csv", raw)})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return answer["Location"]


def test_a_large_file_is_read_confirmed_imported_and_undone(officer, as_user, monkeypatch):
    monkeypatch.setattr(history, "BEHIND", 10)
    browser = as_user(officer)
    page = give(browser, lines(30) + b"\n1,2")
    assert "lu en arrière-plan" in browser.get(page).content.decode()
    assert browser.post(page, {"act": "import"}).status_code == 409, "nothing is imported before it is read"
    assert work(2) == [1, 0]
    text = browser.get(page).content.decode()
    assert "30 aides nouvelles" in text and "1 ligne à corriger" in text and PastGrant.objects.count() == 0
    assert browser.post(page, {"act": "import"}).status_code == 302
    assert "importées en arrière-plan" in browser.get(f"{page}?suivi").content.decode()
    file = HistoryFile.objects.get()
    assert work(2) == [1, 0] and not default_storage.exists(file.kept)
    assert PastGrant.objects.filter(brought_by=file).count() == past().count() == 30
    assert "30 aides antérieures importées" in browser.get(page).content.decode()
    assert browser.post(page, {"act": "undo"}).status_code == 302
    assert PastGrant.objects.count() == past().count() == 0
    assert "Annulé" in browser.get(page).content.decode()
    assert browser.post(page, {"act": "undo"}).status_code == 409
    assert browser.post(page, {"act": "x"}).status_code == 422


def test_undoing_gives_back_what_was_corrected_and_waits_for_later_files(officer):
    def bring(raw: bytes) -> HistoryFile:
        found = read_past_grants(raw)
        transitions.import_past_grants(rows=found.rows, corrections=found.corrections, actor=officer, at=timezone.now())
        return HistoryFile.objects.latest("pk")

    first = bring(lines(3))
    before = list(PastGrant.objects.order_by("pk").values_list("amount", flat=True))
    second = bring(lines(4, "{}00.25"))
    assert (second.new, second.corrected) == (1, 3)
    with pytest.raises(Refusal) as refused:
        transitions.undo_import(file=first, actor=officer, at=timezone.now())
    assert "plus récent" in str(refused.value) or "later" in str(refused.value)
    transitions.undo_import(file=second, actor=officer, at=timezone.now())
    assert list(PastGrant.objects.order_by("pk").values_list("amount", flat=True)) == before
    transitions.undo_import(file=first, actor=officer, at=timezone.now())
    assert not PastGrant.objects.exists()


def test_only_a_case_officer_undoes(officer):
    transitions.import_past_grants(rows=read_past_grants(lines(1)).rows, actor=officer, at=timezone.now())
    with pytest.raises(Refusal):
        transitions.undo_import(file=HistoryFile.objects.get(), actor=person_with(Role.AUDITOR), at=timezone.now())
    assert PastGrant.objects.count() == 1


def test_a_file_that_cannot_be_read_says_why_and_is_let_go(officer, as_user, monkeypatch):
    monkeypatch.setattr(history, "BEHIND", 10)
    browser = as_user(officer)
    page = give(browser, b"colonne,autre\n1,2\n3,4\n")
    assert work(2) == [1, 0]
    assert "Colonnes" in browser.get(page).content.decode() or "colonnes" in browser.get(page).content.decode()
    assert HistoryFile.objects.get().kept == ""


def test_a_worker_that_stopped_leaves_the_file_to_the_next(officer, as_user, monkeypatch):
    monkeypatch.setattr(history, "BEHIND", 10)
    give(as_user(officer), lines(2))
    HistoryFile.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert work() == [0]
    HistoryFile.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert work() == [1] and HistoryFile.objects.get().phase == "seen"


def test_a_reader_does_not_wait_for_a_large_import(officer, django_assert_num_queries):
    fresh()
    transitions.import_past_grants(rows=read_past_grants(lines(FEW + 50)).rows, actor=officer, at=timezone.now())
    assert Pending.objects.count() == FEW + 50
    with django_assert_num_queries(1):
        fresh()
    assert Client().get("/projets/").status_code == 200
    assert Pending.objects.count() == FEW + 50 and not past().exists()
    fresh(whole=True)
    assert not Pending.objects.exists() and past().count() == FEW + 50


def test_a_name_taken_back_is_gone_during_a_large_import(fund, officer):
    """What the fund's own grants say is never left to the worker."""
    from applications.transitions import consent_to_be_named, withdraw_name_consent

    person, at = fund.known["person"], timezone.now()
    consent_to_be_named(application=person, actor=person.lead, at=at, name="Jeanne Roux")
    fresh(whole=True)
    transitions.import_past_grants(rows=read_past_grants(lines(FEW + 50)).rows, actor=officer, at=at)
    withdraw_name_consent(application=person, actor=person.lead, at=timezone.now())
    text = Client().get("/projets/?q=jeanne").content.decode()
    assert person.reference not in text and Pending.objects.count() == FEW + 50
