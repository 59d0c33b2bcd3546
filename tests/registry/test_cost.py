"""Pages of an empty fund, and what they cost with one row and with twenty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from applications.models import NameConsent
from fund.ledger import checkpoint
from payments.models import Instalment
from registry.index.refresh import fresh
from registry.queries.facets import forget
from tests.factories import payments as money
from tests.factories.core import UserFactory
from tests.registry import helpers
from tests.registry.test_pages import PAGES

pytestmark = pytest.mark.django_db
COSTS = {
    "/": 10,
    "/projets/": 8,
    "/statistiques/": 17,
    "/comptes/": 10,
    "/donnees/": 7,
    "/donnees/projets.csv": 11,
    "/donnees/projets.json": 13,
    "/donnees/projets.xlsx": 11,
    "/donnees/subventions-scdl.csv": 12,
    "/donnees/360giving.json": 12,
    "/donnees/flux.atom": 13,
    "/donnees/catalogue.jsonld": 6,
    "/donnees/comptes.jsonl": 6,
    "/donnees/comptes.csv": 5,
    "/donnees/comptes/checkpoint.json": 1,
}


@pytest.mark.parametrize("address", PAGES + ["/verifier/"] + [f"/en{page}" for page in PAGES])
def test_an_empty_fund_has_its_pages(address):
    assert Client().get(address).status_code == 200


@pytest.mark.parametrize("rows", [1, 20])
def test_pages_cost_the_same_at_any_size(rows, fund, django_assert_num_queries, at):
    """Beside the fund of this folder, whose partners and earlier grants each have a question of their own to the database."""
    reference = many(rows)
    for address, cost in {**COSTS, f"/projets/{reference}/": 8, "/projets/?q=courrier&departement=58": 10}.items():
        forget()  # the first reader after a change pays the most
        with django_assert_num_queries(cost):
            answer = Client().get(address)
            assert answer.status_code == 200 and (answer.getvalue() if answer.streaming else answer.content)


def many(rows: int) -> str:
    """Grants signed, with their instalments, and as many earlier ones; gives the reference of the first."""
    people = money.People()
    money.FundIdentityFactory()
    first = money.notified_award(100_000)
    made = [first] + [money.notified_award(100_000, call=first.application.call) for _number in range(rows - 1)]
    for decision in made:
        money.signed(people, decision=decision)
    past = helpers.read_past_grants((helpers.DATA / "scdl" / "exemple_valide.csv").read_bytes()).rows[:rows]
    past[0].agreed_on = timezone.localdate() + timedelta(days=1)  # on every first page, both kinds
    checkpoint(timezone.now())
    helpers.transitions.import_past_grants(rows=past, actor=people.officer, at=timezone.now())
    fresh()
    return first.application.reference


@pytest.mark.parametrize("rows", [1, 20])
def test_a_project_costs_twelve_queries_whatever_it_holds(rows, fund, django_assert_num_queries):
    """Scores, votes, reports, names, instalments, entries: one or a few of each, then twenty names and instalments more."""
    application = fund.known["signed"] if rows == 1 else fund.paid
    last = Instalment.objects.filter(agreement__application=application).latest("number")
    first = last.number
    for number in range(1, rows + 1):
        NameConsent.objects.create(
            application=application, user=UserFactory(), name=f"Prénom {number}", given_at=timezone.now()
        )
        last.pk, last._state.adding, last.number = None, True, first + number
        last.save(force_insert=True)
    with django_assert_num_queries(12):
        answer = Client().get(f"/projets/{application.reference}/")
    assert answer.status_code == 200 and answer.content.decode().count("Prénom") == rows
