"""Whoever must act on a payment that came back reads why where it is listed and on its page, without unfolding anything."""

import re

import pytest

from payments.transitions import instalment
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory
from tests.fund.browsing import plain, text

pytestmark = pytest.mark.django_db
WHY = "Le nom du titulaire n’est pas celui de la convention."


@pytest.fixture
def people():
    return make.People()


def shown(response) -> str:
    """The page without what is folded away."""
    response.content = re.sub(r"<details.*?</details>", "", text(response), flags=re.S).encode()
    return plain(response)


def test_the_authorising_officer_reads_why_the_order_was_refused(people, at, as_user):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    order = one.orders.get()
    instalment.refuse(instalment=one, actor=people.payer, at=at, reason=WHY)
    orderer, here = as_user(people.orderer), f"/paiements/versements/{one.pk}/"
    for page in ("/paiements/?etape=order", here, f"/paiements/ordres/{order.reference}/"):
        said = shown(orderer.get(page))
        assert WHY in said and "Ordre refusé" in said and str(people.payer) in said, page
    one = instalment.order(instalment=make.first_of(one.agreement), actor=people.orderer, at=at)
    said = shown(orderer.get(here))
    assert "Ordre refusé" not in said and WHY in said  # beside the order that ended so
    assert WHY not in shown(orderer.get("/paiements/?etape=pay"))


def test_the_case_officer_reads_why_it_is_to_be_certified_again(people, at, as_user):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    one = instalment.refuse(instalment=one, actor=people.payer, at=at, reason=WHY)
    again = "Voyez le refus du comptable et joignez le RIB."
    instalment.return_to_due(instalment=one, actor=people.orderer, at=at, reason=again)
    officer = as_user(people.officer)
    for page in ("/instruction/versements/", f"/instruction/versements/{one.pk}/"):
        said = shown(officer.get(page))
        assert said.index(WHY) < said.index(again), page
    make.certified(people, make.first_of(one.agreement), at=at)
    assert again not in shown(officer.get(f"/instruction/versements/{one.pk}/"))


@pytest.mark.parametrize("n", [1, 20])
def test_a_list_of_refused_orders_costs_the_same_at_any_length(people, at, as_user, django_assert_num_queries, n):
    call = CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at))
    for _number in range(n):
        row = make.signed(people, decision=make.notified_award(1_000_000, at=at, call=call), at=at)
        one = make.ordered(people, make.first_of(row), at=at)
        instalment.refuse(instalment=one, actor=people.payer, at=at, reason=WHY)
    orderer = as_user(people.orderer)
    orderer.get("/paiements/?etape=order")
    with django_assert_num_queries(22):
        assert plain(orderer.get("/paiements/?etape=order")).count(WHY) == n
