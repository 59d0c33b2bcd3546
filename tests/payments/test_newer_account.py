"""Whoever pays reads that a recipient has given a newer account than the one the payment goes to. Nothing is refused for it."""

from datetime import timedelta

import pytest

from payments.enums import Control
from payments.models import PayeeAccount
from payments.transitions import account, batch, report
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def second(at, people):
    """The second payment of a grant whose first one is paid, ordered on the first account."""
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    report.accept(report=make.filed_report(row, at=at), actor=people.officer, at=at)
    return make.ordered(people, make.first_of(row, 2), at=at)


def test_an_account_to_approve_then_in_its_cooling_period_then_in_use(at, people, second, as_user):
    lot = batch.gather(batch=None, instalments=[second], actor=people.payer, at=at)
    payer = as_user(people.payer)
    path = f"/paiements/lots/{lot.reference}/"
    assert "Nouveau compte" not in plain(payer.get(path)) + plain(payer.get("/paiements/?etape=pay"))
    new = make.give_account(second.agreement, at=at)
    for page in (path, "/paiements/?etape=pay", f"/paiements/versements/{second.pk}/"):
        assert "il attend son approbation" in plain(payer.get(page)), page
    assert "1 versement de ce lot irait à un compte que son bénéficiaire est en train de changer" in plain(
        payer.get(path)
    )
    account.approve(payee_account=new, actor=people.payer, at=at)
    for page in (path, "/paiements/?etape=pay"):
        assert "il pourra servir à partir du" in plain(payer.get(page)), page
    PayeeAccount.objects.filter(pk=new.pk).update(usable_from=at - timedelta(days=1))
    assert "approuvé le" in plain(payer.get(path))
    PayeeAccount.objects.filter(pk=new.pk).update(usable_from=at + timedelta(days=3))
    lot = batch.freeze(payment_batch=lot, actor=people.payer, at=at, controls=Control.values)  # it warns, never refuses
    assert "il pourra servir à partir du" in plain(payer.get(path))
    batch.export(payment_batch=lot, actor=people.payer, at=at)
    assert "Nouveau compte" not in plain(payer.get(path))


@pytest.mark.urls("tests.payments.api_urls")
def test_the_api_says_it_until_the_file_exists(at, people, second, api):
    lot = batch.gather(batch=None, instalments=[second], actor=people.payer, at=at)
    path, payer = f"/api/v1/payment-batches/{lot.reference}/", api(people.payer)
    assert payer.get(path).json()["new_accounts"] == {}
    make.give_account(second.agreement, at=at)
    assert list(payer.get(path).json()["new_accounts"]) == [f"{second.agreement.reference}-2"]


@pytest.mark.parametrize("n", [1, 20])
def test_a_batch_of_changing_accounts_costs_the_same_at_any_length(at, people, as_user, django_assert_num_queries, n):
    call = CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at))
    rows = [
        make.signed(people, decision=make.notified_award(1_000_000, at=at, call=call), at=at) for _number in range(n)
    ]
    ones = [make.ordered(people, make.first_of(row), at=at) for row in rows]
    lot = batch.gather(batch=None, instalments=ones, actor=people.payer, at=at)
    for row in rows:
        make.give_account(row, at=at)
    browser = as_user(people.payer)
    for path, queries in ((f"/paiements/lots/{lot.reference}/", 12), ("/paiements/?etape=pay", 21)):
        browser.get(path)
        with django_assert_num_queries(queries):
            assert plain(browser.get(path)).count("il attend son approbation") == n
