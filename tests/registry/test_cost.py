"""Pages of an empty fund, and what they cost with one row and with twenty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import payments as money
from tests.registry import helpers
from tests.registry.test_pages import PAGES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", PAGES + ["/verifier/"] + [f"/en{page}" for page in PAGES])
def test_an_empty_fund_has_its_pages(address):
    assert Client().get(address).status_code == 200


@pytest.mark.parametrize("rows", [1, 20])
def test_pages_cost_the_same_at_any_size(rows, django_assert_num_queries, at):
    many(rows)
    costs = {"/": 16, "/projets/": 20, "/statistiques/": 9, "/comptes/": 8, "/donnees/": 8}
    for address, queries_ in costs.items():
        with django_assert_num_queries(queries_):
            assert Client().get(address).status_code == 200
    for address, queries_ in {
        "/donnees/projets.csv": 15,
        "/donnees/360giving.json": 15,
        "/donnees/flux.atom": 14,
    }.items():
        with django_assert_num_queries(queries_):
            assert Client().get(address).getvalue()


def many(rows: int) -> None:
    """Grants signed, with their instalments, and as many earlier ones."""
    people = money.People()
    money.FundIdentityFactory()
    first = money.notified_award(100_000)
    for _number in range(rows - 1):
        money.notified_award(100_000, call=first.application.call)
    for decision in list(helpers.Decision.objects.all())[:rows]:
        money.signed(people, decision=decision)
    past = helpers.read_past_grants((helpers.DATA / "scdl" / "exemple_valide.csv").read_bytes()).rows[:rows]
    past[0].agreed_on = timezone.localdate() + timedelta(days=1)  # on every first page, both kinds
    helpers.transitions.import_past_grants(rows=past, actor=people.officer, at=timezone.now())
