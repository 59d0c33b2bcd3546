"""Every list costs the same with one row and with twenty."""

import pytest

from fund.enums import Role
from payments.transitions import agreement
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory, person_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def call(at):
    return CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at))


def awards(n, call, at):
    return [make.notified_award(1_000_000, at=at, call=call) for _ in range(n)]


def grants(n, call, at, people):
    return [make.signed(people, decision=decision, at=at) for decision in awards(n, call, at)]


def waiting_accounts(n, call, at, people):
    return [
        make.give_account(make.accepted(people, decision=decision, at=at), at=at) for decision in awards(n, call, at)
    ]


def bearer_signed(n, call, at, people):
    for decision in awards(n, call, at):
        row = make.to_sign(people, decision=decision, at=at)
        agreement.sign_as_bearer(agreement=row, actor=row.signatory, at=at)


def due(n, call, at, people):
    grants(n, call, at, people)


def certified(n, call, at, people):
    for row in grants(n, call, at, people):
        make.certified(people, make.first_of(row), at=at)


def ordered(n, call, at, people):
    return [make.ordered(people, make.first_of(row), at=at) for row in grants(n, call, at, people)]


def at_the_bank(n, call, at, people):
    return make.exported(people, ordered(n, call, at, people), at=at)


def paid(n, call, at, people):
    lot = at_the_bank(n, call, at, people)
    moves = [make.Movement(line.order.end_to_end_id, line.order.amount) for line in lot.lines.all()]
    make.import_bytes(people, make.camt053(moves), at=at)


def rejected(n, call, at, people):
    lot = at_the_bank(n, call, at, people)
    make.import_bytes(
        people, make.pain002(lot.message_id, [(line.order.end_to_end_id, "AC04") for line in lot.lines.all()]), at=at
    )


def batches(n, call, at, people):
    for one in ordered(n, call, at, people):
        make.exported(people, [one], at=at)


def statements(n, call, at, people):
    make.FundIdentityFactory()
    for _ in range(n):
        make.import_bytes(people, make.camt053([make.Movement("INCONNU", 500)]), at=at)


def lines(n, call, at, people):
    make.FundIdentityFactory()
    make.import_bytes(people, make.camt053([make.Movement(f"X{n}", 500) for n in range(n)]), at=at)


def filed(n, call, at, people):
    for row in grants(n, call, at, people):
        make.filed_report(row, at=at)


def offers(n, call, at, people):
    awards(n, call, at)


def requests(n, call, at, people):
    for row in grants(n, call, at, people):
        make.asked(row, at=at)


def approved(n, call, at, people):
    for row in grants(n, call, at, people):
        make.approved_amendment(people, row, at=at)


def claims(n, call, at, people):
    """One payment a grant, claimed back in part."""
    rows = grants(n, call, at, people)
    lot = make.exported(people, [make.ordered(people, make.first_of(row), at=at) for row in rows], at=at)
    make.import_bytes(
        people,
        make.camt053([make.Movement(line.order.end_to_end_id, line.order.amount) for line in lot.lines.all()]),
        at=at,
    )
    for row in rows:
        make.claimed(people, row, at=at)


LISTS = [
    ("officer", "/instruction/avenants/", requests, 7),
    ("orderer", "/paiements/avenants/", approved, 7),
    ("officer", "/instruction/reversements/", claims, 7),
    ("payer", "/paiements/reversements/", claims, 7),
    ("payer", "/paiements/?etape=order", certified, 21),
    ("orderer", "/paiements/?etape=order", certified, 21),
    ("payer", "/paiements/?etape=pay", ordered, 22),
    ("payer", "/paiements/?etape=bank", at_the_bank, 21),
    ("orderer", "/paiements/?etape=rejected", rejected, 21),
    ("payer", "/paiements/?etape=paid", paid, 21),
    ("payer", "/paiements/calendrier/", certified, 7),
    ("payer", "/paiements/comptes/", waiting_accounts, 9),
    ("orderer", "/paiements/conventions/", bearer_signed, 14),
    ("payer", "/paiements/lots/", batches, 7),
    ("payer", "/paiements/releves/", statements, 11),
    ("payer", "/paiements/rapprochement/", lines, 7),
    ("officer", "/instruction/conventions/", offers, 13),
    ("officer", "/instruction/conventions/", due, 13),
    ("officer", "/instruction/versements/", due, 14),
    ("officer", "/instruction/versements/", rejected, 13),
    ("officer", "/instruction/comptes-rendus/", filed, 11),
]


@pytest.mark.parametrize("n", [1, 20])
@pytest.mark.parametrize(
    "who, path, rows, queries", LISTS, ids=[f"{who}-{path.strip('/')}-{rows.__name__}" for who, path, rows, _q in LISTS]
)
def test_a_list_costs_the_same_at_any_length(
    at, people, call, as_user, django_assert_num_queries, who, path, rows, queries, n
):
    rows(n, call, at, people)
    browser = as_user(getattr(people, who))
    browser.get(path)
    with django_assert_num_queries(queries):
        response = browser.get(path)
    assert response.status_code == 200


@pytest.mark.parametrize("n", [1, 20])
def test_a_batch_and_a_statement_cost_the_same_at_any_length(at, people, call, as_user, django_assert_num_queries, n):
    lot = at_the_bank(n, call, at, people)
    found = make.import_bytes(
        people,
        make.camt053([make.Movement(line.order.end_to_end_id, line.order.amount) for line in lot.lines.all()]),
        at=at,
    )
    browser = as_user(people.payer)
    for path, queries in ((f"/paiements/lots/{lot.reference}/", 10), (f"/paiements/releves/{found.reference}/", 10)):
        browser.get(path)
        with django_assert_num_queries(queries):
            assert browser.get(path).status_code == 200


def test_the_auditor_sees_the_queues_and_no_act(at, people, as_user):
    make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    auditor = as_user(person_with(Role.AUDITOR))
    page = auditor.get("/paiements/?etape=pay").content.decode()
    assert auditor.get("/instruction/conventions/").status_code == 200 and 'name="act"' not in page
