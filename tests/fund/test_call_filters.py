"""The list of calls, filtered by what is typed, on the page and over the API; what is not understood is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories.fund import open_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def calls(at):
    """Two open calls: one of small grants that closes soon, one of large ones."""
    small = open_call(opens_at=at - timedelta(days=1), closes_at=at + timedelta(days=10), title="Petits pas")
    large = open_call(opens_at=at - timedelta(days=1), closes_at=at + timedelta(days=60), title="Grands pas")
    type(small).objects.filter(pk=small.pk).update(ceiling_amount=500_000)
    type(large).objects.filter(pk=large.pk).update(ceiling_amount=3_000_000)
    return small, large


def shown(query: str) -> set[str]:
    text = Client().get(f"/appels/?{query}").content.decode()
    return {title for title in ("Petits pas", "Grands pas") if title in text}


def given(query: str) -> set[str]:
    return {row["title"] for row in Client().get(f"/api/v1/calls/?{query}").json()["results"]}


def test_each_filter_keeps_the_same_calls_on_both(calls):
    soon, year = timezone.localdate() + timedelta(days=20), timezone.localdate().year
    both, small, large = {"Petits pas", "Grands pas"}, {"Petits pas"}, {"Grands pas"}
    cases = [
        ("", "", both),
        ("q=petits", "q=petits", small),
        (f"au={soon}", f"until={soon}", small),
        (f"du={soon}", f"since={soon}", large),
        ("montant_max=5000", "amount_max=500000", small),
        ("montant_min=5000,01", "amount_min=500001", large),
        (f"annee={year - 3}", f"year={year - 3}", set()),
    ]
    for page, api, wanted in cases:
        assert shown(page) == given(api) == wanted, page
    assert "Aucun appel ne correspond" in Client().get("/appels/?q=rien").content.decode()
    text = Client().get("/appels/?q=petits").content.decode()
    assert "?etat=passes&amp;q=petits" in text, "the tabs keep what was asked"


@pytest.mark.parametrize(
    ("page", "api"),
    [
        ("annee=mille", "year=mille"),
        ("du=2026-02-31", "since=2026-02-31"),
        ("montant_min=beaucoup", "amount_min=1.5"),
    ],
)
def test_what_is_not_understood_is_said(calls, page, api):
    answer = Client().get(f"/appels/?{page}")
    assert answer.status_code == 400 and 'role="alert"' in answer.content.decode() and shown(page) == set()
    refused = Client().get(f"/api/v1/calls/?{api}")
    assert refused.status_code == 400 and refused["Content-Type"].startswith("application/problem+json")


def test_bounds_the_wrong_way_round_are_said(calls):
    assert Client().get("/appels/?montant_min=2&montant_max=1").status_code == 400
    assert Client().get("/appels/?du=2026-03-02&au=2026-03-01").status_code == 400
