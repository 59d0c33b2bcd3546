"""Files of earlier grants as cities, funders and spreadsheets make them; what is not said stays unknown, and corrections are not second grants."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core.models import Event
from core.transitions import Refusal
from fund.enums import Role
from registry import queries, transitions
from registry.exports.scdl import is_expressible
from registry.models import PastGrant
from tests.factories.fund import FundIdentityFactory, person_with
from tests.registry.helpers import read_past_grants

pytestmark = pytest.mark.django_db
FUNDER, ZERO, BODY = "21060004500392", "00005070800015", "52499120500013"
ROW = {
    "Nom de l'attribuant": "Ville d’Essai",
    "Identification de l'attribuant (SIRET)": FUNDER,
    "Date de la convention": "2023-02-01",
    "Référence de la décision": "DEL-12",
    "Nom du bénéficiaire": "Les Jardins",
    "Siret bénéficiaire": BODY,
    "Objet de la subvention": "Cabane à livres",
    "MONTANT_TOTAL": "3000",
}


@pytest.fixture
def officer():
    FundIdentityFactory()
    return person_with(Role.CASE_OFFICER)


def text_of(*rows: dict, sep=";") -> str:
    return "\r\n".join(sep.join(line) for line in [rows[0].keys(), *(row.values() for row in rows)]) + "\r\n"


def read(*rows: dict):
    return read_past_grants(text_of(*rows).encode())


def keep(reading, officer) -> int:
    return transitions.import_past_grants(
        rows=reading.rows, corrections=reading.corrections, actor=officer, at=timezone.now()
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("sep", [";", ",", "\t"])
def test_every_encoding_and_separator_says_the_same(encoding, sep):
    reading = read_past_grants(text_of(ROW, sep=sep).encode(encoding))
    assert not reading.problems and [(row.recipient_name, row.purpose, row.amount) for row in reading.rows] == [
        ("Les Jardins", "Cabane à livres", 300_000)
    ]


def test_rows_are_numbered_as_the_file_shows_them():
    """A title, notes, blank lines, the header again, a total and a note at the end: none of them moves the numbers."""
    lines = text_of(ROW, ROW | {"MONTANT_TOTAL": "néant"}).split("\r\n")
    raw = "\r\n".join(
        [
            "sep=;",
            "Subventions 2023",
            "",
            lines[0],
            lines[1],
            ";;;",
            "",
            lines[0],
            lines[2],
            "",
            "Total;;;;;;;3000",
            "Source",
        ]
    )
    reading = read_past_grants(raw.encode())
    assert reading.new == 1
    assert [(row, column) for row, column, _words in reading.problems] == [(9, "MONTANT_TOTAL")]
    assert [row for row, _column, _words in reading.notices] == [4, 8, 11, 12]


@pytest.mark.parametrize(
    "names",
    [
        "nomAttribuant idAttribuant dateConvention referenceDecision nomBeneficiaire idBeneficiaire objet montant",
        "NOMATTRIBUANT IDATTRIBUANT DATECONVENTION REFERENCEDECISION NOMBENEFICIAIRE IDBENEFICIAIRE OBJET MONTANT",
        "nom_attribuant id_attribuant date_convention reference_decision nom_beneficiaire id_beneficiaire objet montant",
        "nomAttribuant idAttribuant dateConvention référenceDécision nomBénéficiaire idBénéficiaire objet Montant*",
        "Nom_de_l'attribuant Identification_de_l’attribuant Date_de_la_convention_de_subvention(AAAA-MM-JJ) Réf.décision"
        " Nom_du_bénéficiaire Identification_SIRET_du_bénéficiaire Objet_de_la_convention Montant_total_de_la_subvention",
        "Attribuant N°_SIRET_attribuant Date_convention Délibération Bénéficiaire N°_SIRET Objet_du_dossier Montant_voté_(€)",
        "Funding_Org:Name Funding_Org:Identifier Award_Date Identifier Recipient_Org:Name Recipient_Org:Identifier"
        " Description Amount_Awarded",
    ],
)
def test_every_dialect_of_the_header_is_understood(names):
    row = dict(
        zip(
            [name.replace("_", " ") if "l'" in name or "_d" in name else name for name in names.split()],
            ROW.values(),
            strict=True,
        )
    )
    reading = read(row)
    assert not reading.problems and reading.new == 1
    grant = reading.rows[0]
    assert (grant.funder_siret, grant.recipient_siret, grant.amount) == (FUNDER, BODY, 300_000)
    assert (grant.agreed_on, grant.decision_reference) == (date(2023, 2, 1), "DEL-12")


def test_columns_nobody_reads_are_said_once():
    row = ROW | {"Quartier": "Nord", "Élu référent": "x"}
    said = [words for _row, _column, words in read(row, row | {"MONTANT_TOTAL": "4"}).notices if "Quartier" in words]
    assert len(said) == 1 and "Élu référent" in said[0]


def test_what_a_file_does_not_say_is_unknown(officer):
    keep(read(ROW), officer)
    grant = PastGrant.objects.get()
    assert (grant.share, grant.eu_notified, grant.nature, grant.conditions, grant.paid_from_on) == (
        None,
        None,
        "",
        "",
        None,
    )
    assert grant.shared_amount == 300_000
    [public] = queries.published()
    assert public.recipient_kind is None and not is_expressible(public)
    assert queries.unsayable_in_scdl() == (1, 300_000)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_workbook_is_read_with_its_own_numbers_and_days(kind):
    table = tablib.Dataset(headers=list(ROW))
    table.append([*ROW.values()])
    table.append([None] * len(ROW))
    table.append(
        [
            *(
                ROW
                | {"Date de la convention": date(2023, 3, 4), "Siret bénéficiaire": int(BODY), "MONTANT_TOTAL": 12.5}
            ).values()
        ]
    )
    table.append([*(ROW | {"MONTANT_TOTAL": "rien"}).values()])
    notes = tablib.Dataset(["Lisez-moi"], title="Notes")
    table.title = "Aides"
    reading = read_past_grants(tablib.Databook([notes, table]).export(kind))
    assert [(row.agreed_on, row.recipient_siret, row.amount) for row in reading.rows] == [
        (date(2023, 2, 1), BODY, 300_000),
        (date(2023, 3, 4), BODY, 1250),
    ]
    assert [(row, column) for row, column, _words in reading.problems] == [(5, "MONTANT_TOTAL")]


def test_a_workbook_that_is_none_is_refused_in_words():
    for raw in (b"PK\x03\x04" + b"x" * 50, b"PK\x05\x06" + bytes(18)):
        with pytest.raises(Refusal):
            read_past_grants(raw)


def test_a_360giving_package_is_read():
    grant = {
        "id": "360G-x-1",
        "title": "Cabane",
        "description": "Cabane à livres",
        "currency": "EUR",
        "amountAwarded": 3000.5,
        "awardDate": "2023-01-31T23:00:00Z",
        "fundingOrganization": [{"id": f"FR-SIRET-{FUNDER}", "name": "Ville d’Essai"}],
        "recipientOrganization": [{"id": "FR-RNA-W333216789", "name": "Les Jardins"}],
        "grantProgramme": [{"title": "Lecture"}],
    }
    pounds, person = grant | {"currency": "GBP"}, grant | {"recipientOrganization": []}
    reading = read_past_grants(json.dumps({"version": "1.1", "grants": [grant, pounds, person]}).encode())
    [row] = reading.rows
    assert (row.agreed_on, row.amount, row.recipient_rna, row.scheme) == (
        date(2023, 2, 1),
        300_050,
        "W333216789",
        "Lecture",
    )
    assert (row.share, row.nature, row.purpose, row.decision_reference) == (None, "", "Cabane à livres", "360G-x-1")
    assert {number for number, _column, _words in reading.problems} == {2, 3}


@pytest.mark.parametrize(
    "written, cents",
    [
        ("3 000 €", 300_000),
        ("3\u202f000,50\u00a0€", 300_050),
        ("1.234,50", 123_450),
        ("1,234.50", 123_450),
        ("1.234.567", 123_456_700),
        ("500 euros", 50_000),
        ("22000.799999999996", 2_200_080),
        ("12,5", 1250),
    ],
)
def test_an_amount_that_reads_in_one_way_is_read(written, cents):
    assert [row.amount for row in read(ROW | {"MONTANT_TOTAL": written}).rows] == [cents]


@pytest.mark.parametrize(
    "written",
    [
        "44958",
        "01/02/2023",
        "1/2/2023",
        "2023-02-01T00:00:00",
        "2023-02-01 00:00:00",
        "1er février 2023",
        "01.02.2023",
        "2023/02/01",
    ],
)
def test_a_day_that_reads_in_one_way_is_read(written):
    assert [row.agreed_on for row in read(ROW | {"Date de la convention": written}).rows] == [date(2023, 2, 1)]


@pytest.mark.parametrize(
    "written",
    ["01/02/2023 - 03/04/2023", "du 01/02/2023 au 03/04/2023", "2023-02-01_2023-04-03", "03/04/2023/01/02/2023"],
)
def test_a_period_is_its_two_days(written):
    reading = read(ROW | {"Date de versement": written})
    [row] = reading.rows or [None]
    if written.count("/") == 5:
        assert row is None and len(reading.problems) == 1
    else:
        assert (row.paid_from_on, row.paid_until_on) == (date(2023, 2, 1), date(2023, 4, 3))


@pytest.mark.parametrize(
    "written", ["524 991 205 00013", f"{BODY}.0", "5,2499120500013E+13", f"'{BODY}", f"FR-SIRET-{BODY}"]
)
def test_a_siret_that_lost_nothing_is_read(written):
    assert [row.recipient_siret for row in read(ROW | {"Siret bénéficiaire": written}).rows] == [BODY]


def test_zeros_that_a_spreadsheet_ate_are_put_back_and_said():
    reading = read(ROW | {"Siret bénéficiaire": ZERO.lstrip("0")})
    assert [row.recipient_siret for row in reading.rows] == [ZERO]
    assert [(row, column) for row, column, words in reading.notices if ZERO in words] == [(2, "Siret bénéficiaire")]


def test_a_share_is_read_as_a_part_or_in_percent():
    shares = [read(ROW | {"Pourcentage": text}).rows[0].share for text in ("0,6", "60 %", "100", "")]
    assert shares == [Decimal("0.6"), Decimal("0.6"), Decimal(1), None]


@pytest.mark.parametrize("name", ["Les Amis de l’Ã©cole", "L\ufffdcole", "LumiŽre", "Lâ€™école"])
def test_damaged_letters_are_not_imported(name):
    reading = read(ROW | {"Nom du bénéficiaire": name})
    assert not reading.rows and [column for _row, column, _words in reading.problems] == ["Nom du bénéficiaire"]
    assert read(ROW | {"Nom du bénéficiaire": "SÃO Žižek"}).new == 1


def test_a_corrected_amount_is_shown_as_a_difference_and_is_not_a_second_grant(officer, as_user):
    keep(read(ROW), officer)
    before = PastGrant.objects.get()
    browser, mended = (
        as_user(officer),
        text_of(ROW | {"MONTANT_TOTAL": "3500", "Objet de la subvention": "CABANE A LIVRES"}),
    )
    page = browser.post(
        "/instruction/historique/", {"look": "1", "file": SimpleUploadedFile("aides.csv", mended.encode())}
    )
    text = page.content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert (
        "1 aide à corriger" in text
        and "3 000" in text
        and "3 500" in text
        and PastGrant.objects.get().amount == 300_000
    )
    answer = browser.post(
        "/instruction/historique/", {"import": "1", "seen": page.context["confirm"]["seen"].value()}, follow=True
    )
    after = PastGrant.objects.get()
    assert "1 aide corrigée" in answer.content.decode() and after.amount == 350_000 and after.row_key == before.row_key
    event = Event.objects.get(machine="past_grant", verb="correct")
    assert event.object_id == after.pk and event.payload["amount"] == [300_000, 350_000]
    again = read_past_grants(mended.encode())
    assert (again.new, again.corrections, again.unchanged) == (0, [], 1)


def test_an_empty_cell_erases_nothing(officer):
    keep(read(ROW | {"Nature": "Aide en numéraire", "Pourcentage": "0.5"}), officer)
    again = read(ROW)
    assert (again.new, again.corrections, again.unchanged) == (0, [], 1)


def test_two_grants_of_one_decision_stay_two(officer):
    """The same body, date, decision and purpose, twice: a second import finds both, and a correction touches one."""
    first, second = ROW, ROW | {"MONTANT_TOTAL": "500"}
    assert keep(read(first, second), officer) == 2
    again = read(second, first)
    assert (again.new, again.corrections, again.unchanged) == (0, [], 2)
    mended = read(second, first | {"MONTANT_TOTAL": "3100"})
    assert (mended.new, mended.unchanged) == (0, 1) and mended.corrections[0].changes == [("amount", 300_000, 310_000)]
    keep(mended, officer)
    assert sorted(PastGrant.objects.values_list("amount", flat=True)) == [50_000, 310_000]
    assert keep(mended, officer) == 0 and PastGrant.objects.count() == 2


def test_a_correction_of_what_changed_meanwhile_is_refused(officer):
    keep(read(ROW), officer)
    shown = read(ROW | {"MONTANT_TOTAL": "3500"})
    keep(read(ROW | {"MONTANT_TOTAL": "4000"}), officer)
    with pytest.raises(Refusal) as refused:
        keep(shown, officer)
    assert refused.value.code == "import_conflict" and PastGrant.objects.get().amount == 400_000


def test_grants_are_compared_in_as_many_queries_however_many_they_are(officer, django_assert_num_queries):
    for count in (1, 20):
        reading = read(*(ROW | {"Référence de la décision": f"D-{nth}"} for nth in range(count)))
        keep(reading, officer)
        raw = io.StringIO(text_of(*(ROW | {"Référence de la décision": f"D-{nth}"} for nth in range(count)))).read()
        with django_assert_num_queries(1):
            assert read_past_grants(raw.encode()).unchanged == count
