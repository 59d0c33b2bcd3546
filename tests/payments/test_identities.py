"""The same movement in two files counts once; two movements that say exactly the same count twice."""

import re
from datetime import date

import pytest

from core.transitions import Refusal
from payments.models import StatementLine
from tests.factories import payments as make

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
GIFT = make.Movement("", 5_000, credit=True, text="Don")


@pytest.fixture
def people():
    make.FundIdentityFactory()
    make.books.start_ledger()
    return make.People()


def bank_file(references=("",), *, number="", notice=False, gift=GIFT) -> bytes:
    """A statement, or a notice, with this gift once a reference of the bank."""
    text = make.camt053([gift for _ in references], on=DAY).decode()
    given = iter(references)

    def reference(_found):
        name = next(given)
        return f"<AcctSvcrRef>{name}</AcctSvcrRef>" if name else ""

    text = re.sub(r"<AcctSvcrRef>.*?</AcctSvcrRef>", reference, text)
    if number:
        text = text.replace("</Id><CreDtTm>", f"</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>", 1)
    if notice:
        text = text.replace("camt.053.001.08", "camt.054.001.08").replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
        text = re.sub(r"(</?)Stmt>", r"\1Ntfctn>", text)
    return text.encode()


def taken(people, at, *files):
    """(lines kept, already known) after each file."""
    seen = []
    for content in files:
        found = make.import_bytes(people, content, at=at)
        seen.append((StatementLine.objects.count(), found.known_count))
    return seen


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"references": ["A1"]}, {"references": ["A2"]}),
        ({"number": "11"}, {"number": "12"}),
        ({"references": ["A1"], "number": "11"}, {"references": ["A2"], "number": "12"}),
    ],
)
def test_two_equal_gifts_in_two_statements_both_count(at, people, first, second):
    assert taken(people, at, bank_file(**first), bank_file(**second)) == [(1, 0), (2, 0)]
    assert {line.finding for line in StatementLine.objects.all()} == {"credit"}
    assert make.invariants() == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"references": ["A1"]}, {"references": ["A1"]}),  # an overlapping statement
        ({"number": "11"}, {"number": "11"}),
        ({"references": ["N1"], "notice": True}, {"references": ["S9"]}),  # a notice, then the statement
        ({"notice": True}, {}),
    ],
)
def test_one_gift_in_two_files_counts_once(at, people, first, second):
    assert taken(people, at, bank_file(**first), bank_file(**second)) == [(1, 0), (1, 1)]


def test_equal_gifts_of_one_statement_and_an_overlapping_one(at, people):
    files = bank_file(["A1", "A2"]), bank_file(["A2", "A3"]), bank_file(["A3", "A1", "A2"])
    assert taken(people, at, *files) == [(2, 0), (3, 1), (3, 3)]
    with pytest.raises(Refusal):
        make.import_bytes(people, files[0], at=at)
    assert taken(people, at, bank_file(["", "", ""], notice=True)) == [(3, 3)]


def test_what_nothing_tells_apart_waits_for_a_person(at, people):
    """Without reference nor number, it may be the same gift or another one: it pays nothing by itself, and is not passed over."""
    assert taken(people, at, bank_file(), bank_file()) == [(1, 0), (2, 0)]
    assert [(line.state, line.finding) for line in StatementLine.objects.order_by("pk")] == [
        ("to_check", "credit"),
        ("to_check", "maybe_known"),
    ]


def test_two_equal_repayments_of_a_claim_both_pay_it(at, people):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    claim = make.claimed(people, make.Agreement.objects.get(pk=row.pk), 100_000, at=at)
    gift = make.Movement("", 40_000, credit=True, text=f"Remboursement {claim.reference}")
    files = bank_file(["B1"], gift=gift), bank_file(["B2"], gift=gift), bank_file(["B1", "B2"], gift=gift)
    for content, left in zip(files, (60_000, 20_000, 20_000), strict=True):
        make.import_bytes(people, content, at=at)
        claim.refresh_from_db()
        assert claim.left_amount == left
    assert make.invariants() == []
