"""Every page that shows a bank account, even masked, leaves one event for each account shown, with who looked."""

import pytest

from core.models import Event
from payments.models import PayeeAccount
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory
from tests.payments import test_lists as lists

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def looks(user) -> list[int]:
    found = Event.objects.filter(machine="payee_account", verb="view", actor=user).order_by("id")
    return list(found.values_list("object_id", flat=True))


def test_every_page_that_shows_the_account_of_a_grant_keeps_the_look(at, people, as_user):
    row = make.signed(people, at=at)
    one = make.at_the_bank(people, make.first_of(row), at=at)
    batch = one.batch_lines.get(live=True).batch
    account = row.payee_accounts.get()
    pages = [
        (row.signatory, f"/dossiers/{row.reference}/convention/"),
        (row.signatory, f"/dossiers/{row.reference}/compte/"),
        (people.officer, f"/dossiers/{row.reference}/convention/"),
        (people.officer, f"/instruction/conventions/{row.reference}/"),
        (people.officer, f"/instruction/versements/{one.pk}/"),
        (people.orderer, f"/paiements/conventions/{row.reference}/"),
        (people.orderer, f"/paiements/versements/{one.pk}/"),
        (people.payer, f"/paiements/comptes/{account.pk}/"),
        (people.payer, f"/paiements/lots/{batch.reference}/"),
        (people.payer, f"/paiements/versements/{one.pk}/"),
    ]
    for user, path in pages:
        before = len(looks(user))
        page = as_user(user).get(path).content.decode()
        assert account.iban not in page and account.masked_iban in page, path
        assert looks(user)[before:] == [account.pk], path


def test_pages_without_the_account_keep_no_look(at, people, as_user):
    row = make.signed(people, at=at)
    make.ordered(people, make.first_of(row), at=at)
    for path in (
        "/paiements/?etape=pay",
        "/paiements/calendrier/",
        f"/dossiers/{row.reference}/convention/tresorerie/",
    ):
        assert row.payee_accounts.get().masked_iban not in as_user(people.payer).get(path).content.decode()
    assert looks(people.payer) == []
    assert (
        row.payee_accounts.get().masked_iban
        not in as_user(row.signatory).get(f"/dossiers/{row.reference}/convention/signer/").content.decode()
    )
    assert looks(row.signatory) == []


@pytest.mark.parametrize("n", [1, 20])
def test_a_list_keeps_one_look_for_each_account_it_shows(at, people, as_user, n):
    call = CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at))
    lists.waiting_accounts(n, call, at, people)
    as_user(people.payer).get("/paiements/comptes/")
    assert sorted(looks(people.payer)) == sorted(PayeeAccount.objects.values_list("pk", flat=True))
