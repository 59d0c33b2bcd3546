"""Earlier grants: looked at first, imported after, shown beside the fund's own."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from core.models import Event
from core.transitions import Refusal
from fund.enums import Role
from registry import queries, resources, transitions
from registry.models import PastGrant
from registry.queries import Filters
from tests.factories.fund import FundIdentityFactory, person_with
from tests.registry.helpers import DATA, read_past_grants

pytestmark = pytest.mark.django_db
ADDRESS = "/instruction/historique/"
EXAMPLE = (DATA / "scdl" / "exemple_valide.csv").read_bytes()


@pytest.fixture
def officer():
    FundIdentityFactory()
    return person_with(Role.CASE_OFFICER)


def look(browser, raw: bytes, name: str = "aides.csv"):
    return browser.post(ADDRESS, {"look": "1", "file": SimpleUploadedFile(name, raw, content_type="text/csv")})


def seen_in(page) -> str:
    return page.context["confirm"]["seen"].value()


def one_row(**cells) -> bytes:
    rows = list(csv.DictReader(io.StringIO(EXAMPLE.decode())))[:1]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerow(rows[0] | cells)
    return out.getvalue().encode()


def test_the_official_example_is_looked_at_then_imported_then_shown(officer, as_user):
    browser = as_user(officer)
    page = look(browser, EXAMPLE)
    text = page.content.decode()
    assert page.status_code == 200 and PastGrant.objects.count() == 0
    assert "28 aides nouvelles à importer" in text and "1 ligne à corriger" in text
    assert "2017-30-05" in text and "datesPeriodeVersement" in text
    answer = browser.post(ADDRESS, {"import": "1", "seen": seen_in(page)}, follow=True)
    assert answer.status_code == 200 and "28 aides antérieures importées" in answer.content.decode()
    assert PastGrant.objects.count() == 28 and Event.objects.get(machine="past_grant").payload == {"new": 28}
    shown = Client().get("/projets/?etat=earlier").content.decode()
    assert "ANTIBES" in shown and "CEA DU PERSONNEL" in shown
    exported = Client().get("/donnees/subventions-scdl.csv").getvalue().decode()
    assert exported.count("\n") == 29 and "CEA DU PERSONNEL" in exported
    assert Client().get("/donnees/projets.csv").getvalue().decode().count("\n") == 29


def test_the_same_file_twice_changes_nothing(officer, as_user):
    rows = read_past_grants(EXAMPLE).rows
    assert transitions.import_past_grants(rows=rows, actor=officer, at=timezone.now()) == 28
    again = read_past_grants(EXAMPLE)
    assert (again.new, again.unchanged) == (0, 28)
    assert transitions.import_past_grants(rows=rows, actor=officer, at=timezone.now()) == 0
    assert "Ses 28 lignes sont déjà" not in look(as_user(officer), EXAMPLE).content.decode()  # one row is to mend
    good = one_row()
    assert "déjà dans le registre" in look(as_user(officer), good).content.decode()
    assert PastGrant.objects.count() == 28 and Event.objects.filter(machine="past_grant").count() == 1


def test_a_row_is_the_same_however_it_is_written(officer):
    transitions.import_past_grants(rows=read_past_grants(one_row()).rows, actor=officer, at=timezone.now())
    other = one_row(
        montant="99 786,57 €",
        dateConvention="07/07/2015",
        notificationUE="NON",
        datesPeriodeVersement="2017-03-30_2017-05-24",
    )
    semicolons = other.decode("utf-8").replace('"', "")
    assert read_past_grants(other).unchanged == 1
    reader = list(csv.reader(io.StringIO(other.decode())))
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(reader)
    for raw in (out.getvalue().encode("cp1252"), b"\xef\xbb\xbf" + out.getvalue().encode()):
        assert (read_past_grants(raw).new, read_past_grants(raw).unchanged) == (0, 1), semicolons


def test_two_equal_rows_of_a_file_are_one(officer):
    raw = one_row() + one_row().split(b"\r\n")[1] + b"\r\n"
    reading = read_past_grants(raw)
    assert (reading.new, reading.unchanged) == (1, 1)


def test_the_older_dialect_is_read(officer):
    reading = read_past_grants((DATA / "scdl" / "exemple.csv").read_bytes())
    assert reading.new == 1 and reading.rows[0].amount == 2_200_080 and reading.rows[0].shared_amount == 1_760_064
    assert [(row, column) for row, column, _message in reading.problems] == [(3, "idBeneficiaire")]


@pytest.mark.parametrize(
    "cells, column, words",
    [
        ({"montant": "abc"}, "montant", "n’est pas un montant"),
        ({"montant": "0"}, "montant", "positif"),
        ({"montant": "1e999999"}, "montant", "montant"),
        ({"montant": "NaN"}, "montant", "montant"),
        ({"montant": "Infinity"}, "montant", "montant"),
        ({"montant": "12.345"}, "montant", "12345, ou"),
        ({"montant": "1234.567"}, "montant", "positif"),
        ({"dateConvention": "2015-02-30"}, "dateConvention", "n’est pas une date"),
        ({"dateConvention": ""}, "dateConvention", "n’est pas une date"),
        ({"montant": "néant"}, "montant", "pas pour zéro"),
        ({"montant": ""}, "montant", "pas pour zéro"),
        ({"montant": "12k"}, "montant", "écrivez 12000 si"),
        ({"montant": "1,2 M€"}, "montant", "écrivez 1200000 si"),
        ({"montant": "2,5E+04"}, "montant", "abrégé"),
        ({"montant": "-300"}, "montant", "positif"),
        ({"montant": "12 34"}, "montant", "n’est pas un montant"),
        ({"idAttribuant": "123"}, "idAttribuant", "n’est pas un SIRET"),
        ({"idBeneficiaire": "5,24991E+13"}, "idBeneficiaire", "arrondi"),
        ({"idBeneficiaire": "524991205"}, "idBeneficiaire", "SIREN"),
        ({"idBeneficiaire": "5249912050001"}, "idBeneficiaire", "13 chiffres"),
        ({"dateConvention": "13/31/2015"}, "dateConvention", "n’est pas une date"),
        ({"dateConvention": "2015"}, "dateConvention", "n’est pas une date"),
        ({"idAttribuant": ""}, "idAttribuant", "vide"),
        ({"idBeneficiaire": "", "rnaBeneficiaire": ""}, "idBeneficiaire", "SIRET"),
        ({"rnaBeneficiaire": "X1"}, "rnaBeneficiaire", "RNA"),
        ({"nomBeneficiaire": " "}, "nomBeneficiaire", "vide"),
        ({"nomBeneficiaire": "=HYPERLINK(1)"}, "nomBeneficiaire", "formule"),
        ({"objet": "@SUM(A1)"}, "objet", "formule"),
        ({"nature": "cadeau"}, "nature", "nature"),
        ({"notificationUE": "peut-être"}, "notificationUE", "oui ou non"),
        ({"pourcentageSubvention": "2"}, "pourcentageSubvention", "part"),
        ({"pourcentageSubvention": "NaN"}, "pourcentageSubvention", "part"),
        ({"pourcentageSubvention": "0.00001"}, "pourcentageSubvention", "part"),
        ({"datesPeriodeVersement": "hier"}, "datesPeriodeVersement", "n’est pas une date"),
        ({"idRAE": "123456"}, "idRAE", "5"),
    ],
)
def test_a_wrong_cell_is_named_in_words(officer, cells, column, words):
    reading = read_past_grants(one_row(**cells))
    assert reading.new == 0 and reading.wrong == 1
    assert {found for _row, found, _message in reading.problems} == {column}
    assert any(words in message for _row, _column, message in reading.problems), reading.problems


@pytest.mark.parametrize(
    "raw, words",
    [
        (b"", "vide"),
        (b"\n\n", "vide"),
        (b"PK\x03\x04abc", "classeur"),
        (b"\xd0\xcf\x11\xe0abc", ".xls"),
        (b'{"grants": 3}', "360Giving"),
        (b'{"grants": [', "JSON"),
        (b"nomAttribuant,objet\nx,\x81\x8d", "encodage"),
        (EXAMPLE.replace(b",", b"|"), "Il manque des colonnes"),
        (EXAMPLE.replace(b"montant", b"somme", 1), "montant"),
        (EXAMPLE.replace(b"nature", b"objet", 1), "en double"),
        (EXAMPLE.replace(b"dispositifAide", b"objet", 1), "en double"),
        (EXAMPLE + b'"' + b"x" * 200_000, "guillemet"),
    ],
    ids=range(12),
)
def test_a_wrong_file_is_answered_in_words_by_the_field(officer, as_user, raw, words):
    page = look(as_user(officer), raw)
    text = page.content.decode()
    assert page.status_code == 422 and words in text and PastGrant.objects.count() == 0
    assert 'id="id_file_error"' in text or 'class="error"' in text


def test_a_file_too_large_or_too_long_is_refused(officer, as_user, monkeypatch):
    from registry import forms

    monkeypatch.setattr(forms, "LARGEST", 100)
    assert "40\u00a0Mo" in look(as_user(officer), EXAMPLE).content.decode().replace(" Mo", "\u00a0Mo")
    monkeypatch.setattr(resources.tables, "MAX_ROWS", 10)
    with pytest.raises(Refusal, match="10"):
        read_past_grants(EXAMPLE)


def test_no_file_is_said(officer, as_user):
    assert as_user(officer).post(ADDRESS, {"look": "1"}).status_code == 422


def test_only_what_was_looked_at_is_imported(officer, as_user):
    browser = as_user(officer)
    seen = seen_in(look(browser, EXAMPLE))
    look(browser, one_row())
    for wrong in (seen, "", "0" * 64, "x"):
        answer = browser.post(ADDRESS, {"import": "1", "seen": wrong})
        assert answer.status_code == 422 and "regardé" in answer.content.decode()
    assert PastGrant.objects.count() == 0
    other = as_user(person_with(Role.CASE_OFFICER))
    assert other.post(ADDRESS, {"import": "1", "seen": seen}).status_code == 422


def test_only_a_case_officer_imports(officer, as_user):
    auditor = person_with(Role.AUDITOR)
    page = as_user(auditor).get(ADDRESS)
    if page.status_code == 200:
        assert 'aria-disabled="true"' in page.content.decode()
        assert look(as_user(auditor), EXAMPLE).status_code == 403
    with pytest.raises(Refusal):
        transitions.import_past_grants(rows=read_past_grants(EXAMPLE).rows, actor=auditor, at=timezone.now())
    assert Client().get(ADDRESS).status_code == 302
    assert PastGrant.objects.count() == 0


def test_an_earlier_grant_is_found_by_its_address_and_filters(officer):
    transitions.import_past_grants(rows=read_past_grants(EXAMPLE).rows, actor=officer, at=timezone.now())
    grant = next(iter(queries.published()))
    assert [found.public_id for found in queries.published(Filters(text=grant.public_id))] == [grant.public_id]
    assert {found.awarded_on.year for found in queries.published(Filters(year="2015"))} == {2015}
    assert list(queries.published(Filters(stage="active"))) == list(queries.published(Filters(call="x"))) == []
    assert queries.summary().all_cents == sum(found.shared_amount for found in queries.published())
    urls = [found.url for found in queries.published()]
    assert len(set(urls)) == len(urls) == 28


def test_a_long_file_is_read_in_few_queries(officer, django_assert_max_num_queries):
    body = EXAMPLE.decode().splitlines()
    lines = [body[0]] + [body[1].replace("99786.57", f"{number}.5") for number in range(1, 501)]
    raw = "\n".join(lines).encode()
    with django_assert_max_num_queries(1):
        reading = read_past_grants(raw)
    assert reading.new == 500
    with django_assert_max_num_queries(20):  # SQLite inserts a few dozen rows at a time
        transitions.import_past_grants(rows=reading.rows, actor=officer, at=timezone.now())


def test_two_imports_at_the_same_moment(officer, monkeypatch):
    """The rows were not there when it was looked, and are when they are written."""
    first, second = read_past_grants(one_row()).rows, read_past_grants(one_row()).rows
    create = PastGrant.objects.bulk_create

    def late(rows, **options):
        monkeypatch.undo()
        transitions.import_past_grants(rows=first, actor=officer, at=timezone.now())
        return create(rows, **options)

    monkeypatch.setattr(type(PastGrant.objects), "bulk_create", lambda self, rows, **options: late(rows, **options))
    with pytest.raises(Refusal) as refused:
        transitions.import_past_grants(rows=second, actor=officer, at=timezone.now())
    assert refused.value.code == "import_conflict"
