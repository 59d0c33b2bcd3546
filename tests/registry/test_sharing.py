"""Pages of other sites read what is public, ask before they do, and are told zero as zero."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from applications.models import Application
from fund.enums import Role
from registry.models import PastGrant
from registry.queries import get
from registry.queries.told import from_past
from tests.factories.fund import person_with
from tests.registry import helpers

pytestmark = pytest.mark.django_db
API = [
    "/api/v1/projects/",
    "/api/v1/ledger/",
    "/api/v1/statistics/",
    "/api/v1/calls/",
    "/api/v1/envelopes/",
    "/api/v1/form/",
    "/api/v1/openapi.json",
]


@pytest.mark.parametrize("address", API)
def test_the_public_api_is_read_from_anywhere(fund, address):
    asked = Client().options(
        address, headers={"origin": "https://ailleurs.example", "access-control-request-method": "GET"}
    )
    assert (
        asked.status_code == 200
        and asked["Access-Control-Allow-Origin"] == "*"
        and "If-None-Match" in asked["Access-Control-Allow-Headers"]
    )
    read = Client().get(address, headers={"origin": "https://ailleurs.example"})
    assert (
        read.status_code == 200
        and read["Access-Control-Allow-Origin"] == "*"
        and "ETag" in read["Access-Control-Expose-Headers"]
    )
    again = Client().get(address, headers={"if-none-match": read["ETag"]})
    assert again.status_code == 304 and again["Access-Control-Allow-Origin"] == "*"


def test_refusals_of_the_public_api_are_read_too(fund):
    for address in ("/api/v1/projects/FP-2026-00000000/", "/api/v1/projects/?inconnu=1", "/api/v1/calls/rien/"):
        answer = Client().get(address)
        assert answer.status_code in (400, 404) and answer["Access-Control-Allow-Origin"] == "*", address


def test_what_a_person_is_told_is_not_shared(fund, as_user):
    officer = as_user(person_with(Role.CASE_OFFICER))
    for address in ("/api/v1/calls/", "/api/v1/applications/"):
        assert "Access-Control-Allow-Origin" not in officer.get(address).headers
    assert "Access-Control-Allow-Origin" not in Client().get("/api/v1/applications/").headers


@pytest.mark.parametrize("name", ["projets.csv", "360giving.json", "comptes.jsonl", "catalogue.jsonld", "flux.atom"])
def test_the_files_are_asked_and_read_from_anywhere(fund, name):
    address = f"/donnees/{name}"
    asked = Client().options(address)
    assert (
        asked.status_code == 204
        and asked["Allow"] == "GET, HEAD, OPTIONS"
        and asked["Access-Control-Allow-Origin"] == "*"
    )
    read = Client().get(address)
    assert read["Access-Control-Allow-Origin"] == "*"
    again = Client().get(address, headers={"if-none-match": read["ETag"]})
    assert again.status_code == 304 and again["Access-Control-Allow-Origin"] == "*"
    assert Client().post(address).status_code == 405


def test_zero_is_told_and_what_is_not_known_is_not(fund):
    helpers.with_history(fund)
    signed, past = get(fund.known["signed"].reference), from_past(PastGrant.objects.first())
    assert signed.paid_amount == 0 and past.paid_amount is None
    Application.objects.filter(pk=fund.known["signed"].pk).update(requested_amount=0)
    rows = {row["reference"]: row for row in json.loads(b"".join(Client().get("/donnees/projets.json")))["projects"]}
    mine, theirs = rows[signed.reference], rows[past.reference]
    assert (mine["paid_amount"], mine["requested_amount"]) == ("0.00", "0.00")
    assert (theirs["paid_amount"], theirs["requested_amount"]) == ("", "")
    package = json.loads(b"".join(Client().get("/donnees/360giving.json")))["grants"]
    (grant,) = [one for one in package if one["id"].endswith(signed.reference)]
    assert grant["amountDisbursed"] == 0 and grant["amountAppliedFor"] == 0


def test_the_prefix_that_360giving_allotted_is_a_setting(fund, settings):
    settings.GIVING_PREFIX = "exemple"
    package = json.loads(b"".join(Client().get("/donnees/360giving.json")))
    assert {one["id"].split("-")[1] for one in package["grants"]} == {"exemple"} and package["grants"]
