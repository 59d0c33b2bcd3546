"""The files for the accounting software say what the books say, and nothing of a person."""

import csv
import io
from datetime import date

import openpyxl
import pytest

from fund.enums import Role
from fund.models import Seal
from payments.models import PaymentOrder
from payments.transitions import instalment
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory, person_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def read_csv(response) -> list[dict]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def seqs(basis: str, kind: str) -> list[str]:
    found = Seal.objects.filter(entry__basis=basis, entry__kind=kind).order_by("seq")
    return [str(seq) for seq in found.values_list("seq", flat=True)]


def test_a_payment_that_came_back_and_left_again_is_two_rows_with_their_own_entries(at, people, as_user):
    row = make.signed(people, at=at)
    one = make.ordered(people, make.first_of(row), at=at)
    instalment.refuse(instalment=one, actor=people.payer, at=at, reason="Pièce manquante.")
    one = instalment.order(instalment=make.first_of(row), actor=people.orderer, at=at)
    lot = make.exported(people, [one], at=at)
    statement = make.import_bytes(people, make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)]), at=at)
    one = make.first_of(row)
    assert one.state == "paid"
    first, second = read_csv(as_user(people.payer).get("/paiements/ordres.csv"))
    assert (first["outcome"], first["account"], first["batch"], first["statement"]) == ("refused", "committed", "", "")
    assert (first["order_entry"], second["order_entry"]) == tuple(seqs(one.basis, "order"))
    assert [first["end_entry"]] == seqs(one.basis, "unorder") and first["end_accounts"] == "ordered/committed"
    assert first["pay_entry"] == "" and [second["pay_entry"]] == seqs(one.basis, "pay")
    assert (second["outcome"], second["account"], second["pay_accounts"]) == ("paid", "paid", "ordered/paid")
    lot.refresh_from_db()
    assert (second["batch"], second["batch_sha256"]) == (lot.reference, lot.sha256)
    line = statement.lines.get()
    assert (second["statement"], second["statement_line"]) == (statement.reference, str(line.position))
    assert (second["booked_on"], second["paid_on"]) == (line.booked_on.isoformat(), one.paid_on.isoformat())
    assert second["amount"] == f"{one.certified_amount // 100}.{one.certified_amount % 100:02d}"
    assert second["grant"] == row.reference and second["payment"] == one.basis


def test_no_name_and_no_account_number_leaves(at, people, as_user):
    row = make.signed(people, at=at)
    make.ordered(people, make.first_of(row), at=at)
    order = PaymentOrder.objects.get()
    text = b"".join(as_user(people.payer).get("/paiements/ordres.csv").streaming_content).decode()
    assert order.reference in text
    for secret in (order.iban, order.iban[-4:], order.holder, row.bearer_name, str(people.orderer)):
        assert secret and secret not in text


def test_the_workbook_says_the_same_with_typed_cells(at, people, as_user):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    browser = as_user(people.orderer)
    content = b"".join(browser.get("/paiements/ordres.xlsx").streaming_content)
    head, line = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    found = dict(zip(head, line, strict=True))
    (said,) = read_csv(browser.get("/paiements/ordres.csv"))
    assert list(said) == list(head)
    assert round(found["amount"] * 100) == one.certified_amount and found["ordered_on"].date() == date.fromisoformat(
        said["ordered_on"]
    )
    assert all(found[name] == said[name] for name in ("order", "payment", "order_entry", "order_accounts"))


def test_no_cell_is_run_by_a_spreadsheet(at, people, as_user):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = make.exported(people, [one], at=at)
    statement = make.import_bytes(people, make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)]), at=at)
    statement.lines.update(bank_reference='=HYPERLINK("https://x.example")')
    browser = as_user(people.payer)
    (said,) = read_csv(browser.get("/paiements/ordres.csv"))
    assert said["bank_reference"].startswith("'=") and said["batch"] == lot.reference
    content = b"".join(browser.get("/paiements/ordres.xlsx").streaming_content)
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value and "HYPERLINK" in str(cell.value)] == ["s"]


def test_a_year_is_that_of_the_order_and_nonsense_is_not_found(at, people, as_user):
    make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    browser = as_user(people.payer)
    year = PaymentOrder.objects.get().ordered_at.year
    assert len(read_csv(browser.get(f"/paiements/ordres.csv?annee={year}"))) == 1
    assert read_csv(browser.get(f"/paiements/ordres.csv?annee={year + 1}")) == []
    for wrong in ("abc", "-1", "99999999", "²", "1999"):
        assert browser.get(f"/paiements/ordres.csv?annee={wrong}").status_code == 404
        assert browser.get(f"/paiements/ordres.xlsx?annee={wrong}").status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CASE_OFFICER, Role.CO_PRESIDENT, Role.ADMINISTRATOR])
def test_the_files_belong_to_the_two_finance_officers(as_user, role):
    browser = as_user(person_with(role))
    assert [browser.get(f"/paiements/ordres.{ending}").status_code for ending in ("csv", "xlsx")] == [403, 403]


@pytest.mark.parametrize("n", [1, 20])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_files_cost_the_same_at_any_length(at, people, as_user, django_assert_num_queries, n, ending):
    call = CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at))
    decisions = [make.notified_award(1_000_000, at=at, call=call) for _ in range(n)]
    grants = [make.signed(people, decision=decision, at=at) for decision in decisions]
    make.exported(people, [make.ordered(people, make.first_of(row), at=at) for row in grants], at=at)
    browser = as_user(people.payer)
    b"".join(browser.get(f"/paiements/ordres.{ending}").streaming_content)
    with django_assert_num_queries(9):
        assert b"".join(browser.get(f"/paiements/ordres.{ending}").streaming_content)
