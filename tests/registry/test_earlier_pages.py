"""Each earlier grant has its public page: what its file says, where that file comes from, what was corrected since."""

from __future__ import annotations

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from registry import queries, transitions
from registry.models import HistoryFile, PastGrant
from registry.queries import earlier
from registry.resources import read_past_grants
from tests.registry import helpers
from tests.registry.test_leaks import leaks

pytestmark = pytest.mark.django_db
RAW = (helpers.DATA / "scdl" / "exemple_valide.csv").read_bytes()
ORIGIN = {"source": "https://donnees.exemple.fr/subventions", "licence": "etalab-2.0"}


@pytest.fixture
def imported(fund):
    rows = read_past_grants(RAW).rows
    transitions.import_past_grants(
        rows=rows, actor=fund.panel.officer, at=timezone.now(), name="subventions-2024.csv", origin=ORIGIN
    )
    return PastGrant.objects.order_by("pk").first()


def page_of(row: PastGrant) -> str:
    return f"/projets/anterieurs/{row.row_key[:16]}/"


def test_it_says_what_the_file_says_and_where_it_comes_from(imported):
    text = html.unescape(Client().get(page_of(imported)).content.decode())
    for words in (
        imported.recipient_name, imported.funder_name, imported.recipient_siret, "subventions-2024.csv", "Licence Ouverte 2.0", ORIGIN["source"],
    ):  # fmt: skip
        assert str(words) in text, words
    assert imported.imported_by.name not in text
    english = Client().get(f"/en{page_of(imported)}").content.decode()
    assert "Where it comes from" in english


def test_it_is_reached_from_the_search(imported):
    path = page_of(imported)
    for address in ("/projets/?etat=earlier", f"/projets/?q={imported.recipient_siret}"):
        assert path in Client().get(address).content.decode(), address
    siren = imported.recipient_siret[:9]
    assert path in Client().get(f"/organisations/{siren}/").content.decode()
    assert path in b"".join(Client().get("/sitemap.xml")).decode()
    assert path in b"".join(Client().get("/donnees/projets.csv")).decode()
    grant = queries.earlier_grant(imported.row_key[:16])
    assert grant is not None and grant.url.endswith(path)


def test_a_later_correction_is_told_by_date_file_and_fields(fund, imported):
    before = earlier.facts_of(imported)
    after = before | {"amount": imported.amount + 100}
    correction = earlier.Correction(1, imported, before, after)
    transitions.import_past_grants(
        rows=[], corrections=[correction], actor=fund.panel.officer, at=timezone.now(), name="rectificatif.csv"
    )
    text = Client().get(page_of(imported)).content.decode()
    assert "rectificatif.csv" in text and "Montant" in text
    transitions.undo_import(
        file=HistoryFile.objects.get(name="rectificatif.csv"), actor=fund.panel.officer, at=timezone.now()
    )
    assert "rectificatif.csv" not in Client().get(page_of(imported)).content.decode()


def test_it_goes_with_the_file_that_brought_it(fund, imported):
    transitions.undo_import(file=imported.brought_by, actor=fund.panel.officer, at=timezone.now())
    assert Client().get(page_of(imported)).status_code == 404


@pytest.mark.parametrize("key", ["x", "0" * 16, "0" * 15, "%00", "zzzzzzzzzzzzzzzz", "_" * 16, "%25" * 5])
def test_there_is_no_other_page(imported, key):
    assert Client().get(f"/projets/anterieurs/{key}/").status_code in (400, 404)


def test_contacts_are_in_no_byte_of_it(fund, imported):
    PastGrant.objects.filter(pk=imported.pk).update(
        purpose="Écrire à zqxcanari@courriel.example", conditions="06 99 98 97 96", recipient_name="Association (zqxcanari@courriel.example)"
    )  # fmt: skip
    HistoryFile.objects.update(
        name="de-zqxcanari@courriel.example.csv", source="https://x.example/zqxcanari@courriel.example"
    )
    text = Client().get(page_of(imported)).content.decode()
    assert leaks({"page": text}, ["zqxcanari", "06 99 98 97 96"]) == []


def test_the_form_keeps_where_the_file_comes_from(fund, as_user):
    desk = as_user(fund.panel.officer)
    upload = SimpleUploadedFile("mon-fichier.csv", RAW)
    page = desk.post("/instruction/historique/", {"file": upload, "look": "1", **ORIGIN})
    form = page.context["confirm"]
    assert desk.post("/instruction/historique/", {"import": "1", **form.initial}).status_code == 302
    file = HistoryFile.objects.get()
    assert (file.name, file.source, file.licence) == ("mon-fichier.csv", ORIGIN["source"], ORIGIN["licence"])


def test_an_older_row_without_its_file_has_a_page_too(imported):
    PastGrant.objects.update(brought_by=None)
    assert "n’est pas connu" in Client().get(page_of(imported)).content.decode()


@pytest.mark.parametrize("number", [1, 20])
def test_it_costs_the_same_for_any_number_of_corrections(fund, imported, django_assert_num_queries, number):
    for turn in range(number):
        imported.refresh_from_db()
        before = earlier.facts_of(imported)
        correction = earlier.Correction(1, imported, before, before | {"amount": imported.amount + 1 + turn})
        transitions.import_past_grants(
            rows=[], corrections=[correction], actor=fund.panel.officer, at=timezone.now(), name="x.csv"
        )
    path = page_of(imported)
    Client().get(path)
    with django_assert_num_queries(COST):
        assert Client().get(path).content.decode().count("x.csv") == number


COST = 3
