"""Open-data files against the published schemas, bundled with the tests."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.exports import cells, projects, scdl, threesixty
from registry.queries import PublishedGrant
from tests.registry.schemas import giving_errors, scdl_errors

AT = datetime(2026, 6, 9, 10, tzinfo=UTC)


class Fund:
    name, legal_name, tagline, siret = (
        "Premier Essai",
        "Établissement public Premier Essai",
        "Une idée",
        "00005070800015",
    )
    website, data_url = "https://premier-essai.example", "https://premier-essai.example/donnees/"


def grant(**changes) -> PublishedGrant:
    base = PublishedGrant(
        reference="FP-2026-4T8RWZ2M",
        public_id="FP-2026-4T8RWZ2M",
        url="https://premier-essai.example/projets/FP-2026-4T8RWZ2M/",
        stage="active",
        awarded_on=date(2026, 3, 5),
        modified_at=AT,
        amount=2_850_050,
        funder_name="Premier Essai",
        funder_siret="00005070800015",
        title="La notice qu’on comprend",
        purpose="Une notice relue par ceux qui la reçoivent.",
        scheme="Comprendre ses droits",
        recipient_name="Mots simples",
        recipient_kind="association",
        recipient_siret="00000000000018",
        department="31",
        region="76",
        requested_amount=2_900_000,
        paid_amount=1_995_035,
        agreed_on=date(2026, 3, 20),
        starts_on=date(2026, 3, 20),
        ends_on=date(2027, 3, 20),
        paid_from_on=date(2026, 4, 1),
        paid_until_on=date(2027, 3, 20),
        conditions="échelonné",
        decision_reference="D-2026-7K3M9QXA",
    )
    return replace(base, **changes)


def valid_siret(number: int) -> str:
    body = f"{number:08d}"
    from stdnum import luhn

    siren = body + luhn.calc_check_digit(body)
    nic = siren + "0001"
    return nic + luhn.calc_check_digit(nic)


def test_scdl_file_is_valid():
    grants = [
        grant(recipient_siret=valid_siret(123)),
        grant(recipient_siret="", recipient_rna="W313001234", paid_until_on=None, conditions="unique"),
    ]
    text = "".join(scdl.lines(grants))
    assert scdl_errors(text) == []
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == scdl.COLUMNS
    assert rows[0]["montant"] == "28500.50"
    assert rows[0]["datesPeriodeVersement"] == "2026-04-01/2027-03-20"
    assert rows[1]["datesPeriodeVersement"] == "2026-04-01"
    assert len(rows) == 2


def test_the_validator_is_not_blind():
    text = "".join(scdl.lines([grant(recipient_siret=valid_siret(123))])).replace("28500.50", "28 500,50 €")
    assert scdl_errors(text) != []


def test_scdl_leaves_out_what_it_cannot_say():
    person = grant(is_person=True, recipient_siret="", recipient_rna="")
    letters = grant(recipient_siret="", recipient_rna="W2A1001234")
    unsigned = grant(agreed_on=None)
    assert "".join(scdl.lines([person, letters, unsigned])).count("\n") == 1


@given(st.text(max_size=600), st.sampled_from("=+-@\t"))
def test_no_cell_can_be_read_as_a_formula(text, start):
    for value in (start + text, f"  {start}{text}"):
        cell = cells.safe(value)
        assert not cell.lstrip(" \u00a0\u202f").startswith(("=", "+", "-", "@", "\t"))
    assert len(cells.shorten(text, 256)) <= 256


def test_360giving_package_is_valid():
    person = grant(
        is_person=True,
        recipient_siret="",
        recipient_name="Personne physique",
        person_id="0af3",
        public_id="FP-2026-2",
        recipient_kind="citizen",
    )
    text = "".join(threesixty.lines([grant(), person, grant(stage="not_taken_up")], Fund, "fr000050708", AT))
    package = json.loads(text)
    assert giving_errors(package) == giving_errors(package, formats=True) == []
    assert len(package["grants"]) == 2
    first, second = package["grants"]
    assert first["amountAwarded"] == 28500.5 and first["amountDisbursed"] == 19950.35
    assert first["title"] != first["description"]
    assert second["recipientIndividual"] == {"id": "360G-fr000050708-0af3", "name": "Personne physique"}
    assert len({item["id"] for item in package["grants"]}) == 2


def test_360giving_validator_is_not_blind():
    package = json.loads("".join(threesixty.lines([grant()], Fund, "x", AT)))
    del package["grants"][0]["amountAwarded"]
    assert giving_errors(package)
    package = json.loads("".join(threesixty.lines([grant()], Fund, "x", AT)))
    package["grants"][0]["awardDate"] = "2026-03-05T10:00:00"
    assert giving_errors(package, formats=True)


def test_registry_files_agree_and_hide_what_was_not_taken_up():
    grants = [grant(), grant(stage="not_taken_up", title="", purpose="", reference="FP-2026-3")]
    rows = list(csv.DictReader(io.StringIO("".join(projects.as_csv(grants)))))
    data = json.loads("".join(projects.as_json(grants, AT)))["projects"]
    assert [row["reference"] for row in rows] == [row["reference"] for row in data] == ["FP-2026-4T8RWZ2M", "FP-2026-3"]
    assert rows[1]["recipient"] == rows[1]["title"] == ""
    assert rows[1]["awarded_amount"] == "28500.50"


def test_workbook_is_reproducible_and_has_numbers():
    import openpyxl

    first, second = (b"".join(projects.as_xlsx([grant(title="=1+1")], AT)) for _ in range(2))
    assert first == second
    sheet = openpyxl.load_workbook(io.BytesIO(first)).active
    cell = {sheet.cell(1, column).value: sheet.cell(2, column).value for column in range(1, len(projects.COLUMNS) + 1)}
    assert cell["title"] == "'=1+1"
    assert cell["awarded_amount"] == 28500.5


def test_shared_grants_split_to_the_cent():
    assert grant(share=Decimal("0.6")).shared_amount + grant(share=Decimal("0.4")).shared_amount == pytest.approx(
        2_850_050, abs=1
    )
