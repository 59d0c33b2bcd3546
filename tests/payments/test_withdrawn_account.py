"""An account that waits for the second person may be taken back by the one who gave it, and by nobody else."""

import pytest
from django.db import IntegrityError, transaction

from core import two_key
from payments.models import Agreement, PayeeAccount
from payments.transitions import account
from tests.core.helpers import refused
from tests.factories import payments as make
from tests.factories.applications import TeamMemberFactory
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def test_who_gave_it_takes_it_back_and_gives_another(people, at):
    row = make.accepted(people, at=at)
    first = make.give_account(row, at=at)
    with refused("payee_account_waiting_approval") as caught:
        make.give_account(row, at=at)
    assert "peut le retirer" in str(caught.value)
    first = account.withdraw(payee_account=first, actor=row.application.lead, at=at)
    assert (first.state, first.withdrawn_at, first.closed_by) == ("withdrawn", at, None)
    second = make.give_account(row, at=at)
    account.approve(payee_account=second, actor=people.payer, at=at)
    with refused("not_allowed_in_state"):
        account.withdraw(payee_account=second, actor=row.application.lead, at=at)
    with refused("not_allowed_in_state"):
        account.approve(payee_account=first, actor=people.payer, at=at)


def test_what_was_approved_before_stays_in_use(people, at):
    row = make.signed(people, at=at)
    waiting = make.give_account(row, at=at)
    account.withdraw(payee_account=waiting, actor=row.application.lead, at=at)
    assert row.payee_accounts.get(state="approved") and make.ordered(people, make.first_of(row), at=at)


def test_nobody_else_takes_it_back(people, at):
    row = make.accepted(people, at=at)
    waiting = make.give_account(row, at=at)
    mate = TeamMemberFactory(application=row.application).user
    for actor in (mate, people.officer, people.payer, people.orderer):
        with refused("not_permitted"):
            account.withdraw(payee_account=waiting, actor=actor, at=at)
    account.withdraw(payee_account=waiting, actor=row.application.lead, at=at)
    from_paper = make.give_account(row, at=at, actor=people.officer)
    with refused("not_permitted"):
        account.withdraw(payee_account=from_paper, actor=row.application.lead, at=at)
    assert account.withdraw(payee_account=from_paper, actor=people.officer, at=at).state == "withdrawn"


def test_the_database_keeps_its_day(people, at):
    waiting = make.give_account(make.accepted(people, at=at), at=at)
    for change in ({"state": "withdrawn"}, {"withdrawn_at": at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PayeeAccount.objects.filter(pk=waiting.pk).update(**change)


def test_on_the_pages(people, at, as_user):
    row = make.accepted(people, at=at)
    make.give_account(row, at=at)
    lead, here = as_user(row.application.lead), f"/dossiers/{row.reference}/compte/"
    assert "Retirer le compte" in plain(lead.get(here))
    lead.post(here, {"act": "withdraw"})
    assert "Retiré" in plain(lead.get(here)) and row.payee_accounts.get().state == "withdrawn"
    row = Agreement.objects.get(pk=row.pk)
    make.give_account(row, at=at, actor=people.officer)
    officer, here = as_user(people.officer), f"/instruction/conventions/{row.reference}/"
    assert "Retirer le compte" in plain(officer.get(here))
    officer.post(here, {"act": "withdraw"})
    assert {one.state for one in row.payee_accounts.all()} == {"withdrawn"}


def test_a_blocked_account_does_not_come_back_beside_the_one_that_took_its_place(people, at):
    row = make.signed(people, at=at)
    first = row.payee_accounts.get()
    first = account.block(payee_account=first, actor=people.payer, at=at, reason="Un doute.")
    proposed = two_key.propose(account.unblock.verb, first, actor=people.payer, at=at)
    account.approve(payee_account=make.give_account(row, at=at), actor=people.payer, at=at)
    with refused("other_account_approved"):
        two_key.approve(proposed, actor=people.orderer, at=at)
    assert PayeeAccount.objects.get(pk=first.pk).state == "blocked"
