"""Filters of the public ledger: typed, the same on the page, in the file and over the API; what is not understood is said, never guessed."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fund.ledger import queries as ledger

pytestmark = pytest.mark.django_db


def on_the_page(query: str) -> set[int]:
    answer = Client().get(f"/comptes/?{query}")
    assert answer.status_code == 200, query
    return {int(seq) for seq in re.findall(r'<tr id="e(\d+)">', answer.content.decode())}


def in_the_file(query: str) -> set[int]:
    rows = csv.DictReader(io.StringIO(Client().get(f"/donnees/comptes.csv?{query}").getvalue().decode()))
    return {int(row["seq"]) for row in rows}


def over_the_api(query: str) -> set[int]:
    answer = Client().get(f"/api/v1/ledger/?page_size=100&{query}")
    assert answer.status_code == 200, answer.content
    return {row["seq"] for row in answer.json()["results"]}


def day(entry):
    return timezone.localdate(entry.at)


def expected(keep) -> set[int]:
    return {entry.seq for entry in ledger.public_entries(size=1000) if keep(entry)}


def test_the_same_entries_everywhere(fund):
    today, mine = timezone.localdate(), fund.paid.reference
    everything = ledger.public_entries(size=1000)
    assert len(everything) < 50
    cases = [
        (f"annee={today.year}", f"year={today.year}", lambda entry: day(entry).year == today.year),
        (f"annee={today.year - 1}", f"year={today.year - 1}", lambda entry: day(entry).year == today.year - 1),
        (f"du={today}&au={today}", f"since={today}&until={today}", lambda entry: day(entry) == today),
        (f"du={today + timedelta(days=1)}", f"since={today + timedelta(days=1)}", lambda entry: False),
        (f"au={today - timedelta(days=1)}", f"until={today - timedelta(days=1)}", lambda entry: day(entry) < today),
        ("montant_min=17000,50&montant_max=18500", "amount_min=1700050&amount_max=1850000", lambda entry: 1_700_050 <= entry.amount <= 1_850_000),
        ("montant_max=9000", "amount_max=900000", lambda entry: entry.amount <= 900_000),
        ("montant_max=0", "amount_max=0", lambda entry: False),
        ("ecriture=pay", "kind=pay", lambda entry: entry.kind == "pay"),
        (f"ref={mine}&ecriture=commit", f"ref={mine}&kind=commit", lambda entry: (entry.grant, entry.kind) == (mine, "commit")),
    ]  # fmt: skip
    for page, api, keep in cases:
        wanted = expected(keep)
        assert on_the_page(page) == in_the_file(page) == over_the_api(api) == wanted, page
    assert in_the_file("") == expected(lambda entry: True)


@pytest.mark.parametrize(
    ("page", "api", "field"),
    [
        ("annee=mille", "year=mille", "year"),
        ("annee=99", "year=99", "year"),
        ("du=31/02/2026", "since=2026-02-31", "since"),
        ("du=0001-01-01", "since=0001-01-01", "since"),
        ("au=9999-12-31", "until=9999-12-31", "until"),
        ("du=2026-03-02&au=2026-03-01", "since=2026-03-02&until=2026-03-01", "until"),
        ("montant_min=beaucoup", "amount_min=1.5", "amount_min"),
        ("montant_min=2&montant_max=1", "amount_min=2&amount_max=1", "amount_max"),
        ("compte=nothing", "account=nothing", "account"),
        ("ecriture=x", "kind=x", "kind"),
    ],
)
def test_what_is_not_understood_is_said(fund, page, api, field):
    answer = Client().get(f"/comptes/?{page}")
    text = answer.content.decode()
    assert (
        answer.status_code == 400
        and 'role="alert"' in text
        and '<tr id="e' not in text
        and "Aucune écriture" not in text
    )
    assert page.rpartition("=")[2].partition("&")[0] in text, "what was typed is still there to mend"
    assert Client().get(f"/donnees/comptes.csv?{page}").status_code == 400
    refused = Client().get(f"/api/v1/ledger/?{api}")
    assert refused.status_code == 400 and refused["Content-Type"].startswith("application/problem+json")
    assert field in refused.json()["errors"] and refused.json()["code"] == "invalid"


def test_an_unknown_filter_of_the_api_is_refused(fund):
    answer = Client().get("/api/v1/ledger/?compte=paid")
    assert answer.status_code == 400 and "compte" in answer.json()["errors"]


def test_an_address_keeps_what_it_shows(fund):
    query = f"ref={fund.paid.reference}&montant_min=1"
    text = Client().get(f"/comptes/?{query}").content.decode()
    assert f"/donnees/comptes.csv?ref={fund.paid.reference}&amp;montant_min=1" in text
    assert f'value="{fund.paid.reference}"' in text and 'name="montant_min" value="1"' in text
