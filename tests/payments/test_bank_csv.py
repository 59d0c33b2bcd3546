"""Bank statements as CSV: whatever the bank's headers, a person confirms the columns; the same verb takes the lines in; twice changes nothing."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from fund.models import GrantAccount
from payments import bank_csv, camt
from payments.models import BankStatement, BankTable, Instalment, StatementLine
from payments.transitions import bank_table as tables
from tests.factories import payments as make
from tests.fund.browsing import plain
from tests.payments.test_back import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def table(*rows, head="Date opération;Date valeur;Libellé;Débit;Crédit", above=(), below=()) -> bytes:
    return "\r\n".join([*above, head, *rows, *below]).encode("cp1252")


def sent(people, at) -> Instalment:
    return make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)


def french(cents: int) -> str:
    return f"{cents // 100:,}".replace(",", " ") + f",{cents % 100:02d}"


def booked(one, at) -> bytes:
    day = f"{timezone.localdate(at):%d/%m/%Y}"
    return table(
        f"{day};{day};VIR SEPA {one.end_to_end_id} {one.agreement.bearer_name};{french(one.certified_amount)};",
        above=("Compte du fonds;;;;", f"Relevé au {day};;;;"),
        below=(";;Solde;;12 345,67",),
    )


def taken(people, content, at, **changes):
    row = tables.keep(content=content, name="banque.csv", actor=people.payer, at=at)
    return tables.confirm(bank_table=row, mapping=row.mapping | changes, actor=people.payer, at=at)


DIALECTS = [
    (table("24/11/2026;24/11/2026;VIR;12,50;"), ("dmy", ","), [("debit", 1250)]),
    (
        b'Date,Description,Amount\n2026-11-24,GIFT,"1,234.50"\n2026-11-25,FEES,-3.10',
        ("ymd", "."),
        [("credit", 123450), ("debit", 310)],
    ),
    (
        "\ufeffBooking date\tValue date\tAmount\tLabel\n11/24/2026\t11/25/2026\t(12.00)\tX".encode(),
        ("mdy", "."),
        [("debit", 1200)],
    ),
    ("Date;Montant;Libellé\n24.11.26;+1 234,5 €;DON".encode("utf-16"), ("dmy", ","), [("credit", 123450)]),
    (table("24/11/2026;;VIR;-12,50;0,00"), ("dmy", ","), [("debit", 1250)]),
]


@pytest.mark.parametrize("content, written, found", DIALECTS)
def test_the_banks_own_words_are_guessed_and_read(content, written, found):
    sheet = bank_csv.sheet(content)
    mapping = bank_csv.guess(sheet)
    assert (mapping.dates, mapping.decimal) == written
    lines = bank_csv.read(sheet, mapping, "FR76").lines
    assert [(line.direction, line.amount) for line in lines] == found


@pytest.mark.parametrize(
    "content, reason",
    [
        (table("24/11/2026;;VIR;12.50;", "25/11/2026;;VIR;1,50;", "26/11/2026;;VIR;1,50;"), "un montant ne peut pas"),
        (table("24/11/2026;;VIR;12,505;"), "un montant ne peut pas"),
        (table("24/11/2026;;VIR;12,50;3,00"), "à la fois"),
        (table("24/11/2026;;VIR;;"), "un montant manque"),
        (table("24/11/2026;;A;1,00;", "31/02/2026;;B;1,00;", "25/11/2026;;C;1,00;"), "une date ne peut pas"),
        (b"rien", "colonnes"),
        (b"a;b\x00;c\n1;2;3", "texte"),
    ],
)
def test_what_is_not_certain_is_refused_with_its_line(content, reason):
    with pytest.raises(camt.Unreadable) as caught:
        bank_csv.parse(content, bank_csv.guess(bank_csv.sheet(content)), "FR76")
    assert reason in str(caught.value.reason) and caught.value.line >= 1


def test_titles_and_balances_are_left_aside_and_named(at, people):
    one = sent(people, at)
    sheet = bank_csv.sheet(booked(one, at))
    reading = bank_csv.read(sheet, bank_csv.guess(sheet), make.FUND_IBAN)
    assert len(reading.lines) == 1 and "Solde" in reading.aside[0][1] and len(sheet.above) == 2


def test_a_payment_named_in_the_wording_is_settled_once(at, people):
    one = sent(people, at)
    found = taken(people, booked(one, at), at)
    one.refresh_from_db()
    assert (one.state, found.kind, found.matched_count) == ("paid", "csv", 1) and make.invariants() == []
    refused("statement_already_imported", tables.keep, content=booked(one, at), name="x.csv", actor=people.payer, at=at)
    again = booked(one, at) + b"\r\n"
    row = tables.keep(content=again, name="x.csv", actor=people.payer, at=at)
    refused(
        "statement_already_imported", tables.confirm, bank_table=row, mapping=row.mapping, actor=people.payer, at=at
    )
    assert BankStatement.objects.count() == 1 and StatementLine.objects.count() == 1


def test_the_same_payment_in_a_camt_file_and_in_a_csv_counts_once(at, people):
    one = sent(people, at)
    make.import_bytes(people, make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)]), at=at)
    paid = GrantAccount.objects.get().paid_amount
    found = taken(people, booked(one, at), at)
    assert found.matched_count == 0 and GrantAccount.objects.get().paid_amount == paid and make.invariants() == []


@pytest.mark.parametrize("first", ["csv", "camt"])
def test_a_repayment_worded_otherwise_in_two_formats_waits_for_a_person(at, people, first):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    claim = make.claimed(people, row, 100_000, at=at)
    half = claim.amount // 2
    day = f"{timezone.localdate(at):%d/%m/%Y}"
    content = table(f"{day};{day};VIR RECU {claim.reference};;{french(half)}")
    acts = [
        lambda: taken(people, content, at),
        lambda: make.given_back(people, f"Reversement {claim.reference}", half, at=at),
    ]
    for act in acts if first == "csv" else reversed(acts):
        act()
    claim.refresh_from_db()
    assert claim.repaid_amount == half
    assert StatementLine.objects.filter(state="to_check", finding="maybe_known").count() == 1


def test_money_that_comes_back_under_the_reference_of_a_payment_is_a_return(at, people):
    one = make.paid(people, make.first_of(make.signed(people, at=at)), at=at)
    day = f"{timezone.localdate(at):%d/%m/%Y}"
    taken(people, table(f"{day};{day};VIR REJETE {one.end_to_end_id};;{french(one.certified_amount)}"), at)
    one.refresh_from_db()
    assert one.state == "payment_rejected" and make.invariants() == []


def test_the_reason_among_the_words_of_the_bank_is_read_and_told(at, people, as_user):
    row = make.signed(people, at=at)
    one = make.paid(people, make.first_of(row), at=at)
    day = f"{timezone.localdate(at):%d/%m/%Y}"
    taken(people, table(f"{day};{day};REJET VIR AC04 {one.end_to_end_id};;{french(one.certified_amount)}"), at)
    one.refresh_from_db()
    assert (one.state, one.rejection_code, row.payee_accounts.get().state) == ("payment_rejected", "AC04", "blocked")
    assert "compte clos (AC04)" in as_user(people.payer).get("/paiements/?etape=rejected").content.decode()


def test_a_file_of_another_account_is_refused(at, people):
    one = sent(people, at)
    other = make.fictional_iban(7)
    content = booked(one, at).replace(b"Compte du fonds", f"Compte {other}".encode())
    row = tables.keep(content=content, name="x.csv", actor=people.payer, at=at)
    refused(
        "statement_of_another_account", tables.confirm, bank_table=row, mapping=row.mapping, actor=people.payer, at=at
    )
    one.refresh_from_db()
    assert one.state == "in_payment"


def test_on_screen_nothing_is_taken_in_before_the_columns_are_confirmed(at, people, as_user):
    one = sent(people, at)
    browser = as_user(people.payer)
    answer = browser.post("/paiements/releves/", {"file": SimpleUploadedFile("banque.csv", booked(one, at))})
    row = BankTable.objects.get()
    path = f"/paiements/releves/csv/{row.pk}/"
    assert answer.status_code == 302 and answer.url == path
    page = browser.get(path).content.decode()
    assert one.end_to_end_id in page and "Solde" in page and BankStatement.objects.count() == 0
    columns = {name: "" if value is None else value for name, value in row.mapping.items()}
    wrong = browser.post(path, columns | {"debit": "", "act": "confirm"})
    assert wrong.status_code == 422 and "une de débits et une de crédits" in wrong.content.decode()
    unreadable = browser.post(path, columns | {"booked": 2, "act": "confirm"})
    assert unreadable.status_code == 422 and BankStatement.objects.count() == 0
    look = browser.post(path, columns | {"value": "", "act": "preview"})
    assert look.status_code == 302 and BankTable.objects.get().mapping["value"] is None
    assert browser.post(path, columns | {"act": "confirm"}).status_code == 302
    row.refresh_from_db()
    one.refresh_from_db()
    assert one.state == "paid" and bytes(row.content) == b"" and row.confirmed_by == people.payer
    assert browser.get(path).url == f"/paiements/releves/{row.statement.reference}/"
    later = tables.keep(content=table("25/11/2026;;FRAIS;3,00;"), name="b.csv", actor=people.payer, at=at)
    assert later.mapping == row.mapping  # remembered for the same headers


def test_days_still_to_come_are_told_before_one_confirms(at, people, as_user):
    one = sent(people, at)
    row = tables.keep(content=booked(one, at + timedelta(days=30)), name="b.csv", actor=people.payer, at=at)
    browser, path = as_user(people.payer), f"/paiements/releves/csv/{row.pk}/"
    page = plain(browser.get(path))
    assert "1 ligne est datée d’après aujourd’hui, du 24 décembre 2026" in page
    found = tables.confirm(bank_table=row, mapping=row.mapping, actor=people.payer, at=at)
    one.refresh_from_db()
    assert (one.state, found.lines.get().finding) == ("in_payment", "ahead")
    today = tables.keep(content=booked(one, at), name="c.csv", actor=people.payer, at=at)
    assert "après aujourd’hui" not in plain(browser.get(f"/paiements/releves/csv/{today.pk}/"))


def test_only_the_accounting_officer_gives_and_confirms(at, people, as_user):
    row = tables.keep(content=table("24/11/2026;;A;1,00;"), name="a.csv", actor=people.payer, at=at)
    assert tables.keep(content=table("24/11/2026;;A;1,00;"), name="a.csv", actor=people.payer, at=at) == row
    refused("not_permitted", tables.keep, content=b"a;b;c", name="a", actor=people.orderer, at=at)
    refused("not_permitted", tables.confirm, bank_table=row, mapping=row.mapping, actor=people.orderer, at=at)
    path = f"/paiements/releves/csv/{row.pk}/"
    assert as_user(people.orderer).get(path).status_code == 200
    assert as_user(people.orderer).post(path, {"act": "discard"}).status_code == 403
    assert as_user(people.officer).get(path).status_code == 403
    assert as_user(people.payer).post(path, {"act": "discard"}).status_code == 302 and not BankTable.objects.exists()


def test_a_file_nobody_confirms_is_forgotten(at, people):
    tables.keep(content=table("24/11/2026;;A;1,00;"), name="a.csv", actor=people.payer, at=at)
    assert tables.forget_old(at + tables.KEPT) == 0
    assert tables.forget_old(at + 2 * tables.KEPT) == 1


@pytest.mark.parametrize("n", [1, 20])
def test_the_page_costs_the_same_at_any_length(at, people, as_user, django_assert_num_queries, n):
    content = table(*(f"24/11/2026;;LIGNE {k};1,00;" for k in range(n)))
    row = tables.keep(content=content, name="a.csv", actor=people.payer, at=at)
    browser = as_user(people.payer)
    browser.get(f"/paiements/releves/csv/{row.pk}/")
    with django_assert_num_queries(7):
        assert browser.get(f"/paiements/releves/csv/{row.pk}/").content.decode().count("LIGNE") == n


@pytest.mark.parametrize("content", [b"Montant\n12,50\n", b"Libelle;Note\nx;y\n"])
def test_a_csv_that_is_no_table_says_what_one_holds(people, at, as_user, content):
    answer = as_user(people.payer).post("/paiements/releves/", {"file": SimpleUploadedFile("banque.csv", content)})
    page = answer.content.decode()
    assert answer.status_code == 422 and "XML" not in page.partition("points-virgules")[0][-400:]
    assert "points-virgules" in page and "Date" in page
