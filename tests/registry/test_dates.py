"""When a grant last changed: its money and its reports date it again, in every file, at the cost of its own row of the index."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from fund import ledger
from payments.models import Agreement
from payments.transitions import report as reports
from registry import queries
from registry.index.refresh import fresh, rebuild
from registry.models import PublishedRow
from tests.factories import payments as money

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(fund):
    """Some days after everything that happened to the fund, the index up to date."""
    fresh()
    with time_machine.travel(timezone.now().replace(microsecond=0) + timedelta(days=3), tick=False) as travel:
        yield travel


def agreement_of(application) -> Agreement:
    return Agreement.objects.get(application=application)


def read(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200
    return (answer.getvalue() if answer.streaming else answer.content).decode()


def dated(application) -> set:
    """What each file says of when this grant last changed."""
    reference = application.reference
    grants = {one["id"]: one for one in json.loads(read("/donnees/360giving.json"))["grants"]}
    awards = {one["source"]: one for one in json.loads(read("/common-grants/awards"))["items"]}
    feed = next(one for one in read("/donnees/flux.atom").split("<entry>") if f"/projets/{reference}/</id>" in one)
    site = next(one for one in read("/sitemap.xml").split("<url>") if f"/projets/{reference}/<" in one)
    said = [
        next(one["dateModified"] for key, one in grants.items() if key.endswith(reference)),
        next(one["lastModifiedAt"] for key, one in awards.items() if reference in key),
        re.search("<updated>([^<]+)<", feed)[1],  # type: ignore[index]
        re.search("<lastmod>([^<]+)<", site)[1],  # type: ignore[index]
    ]
    return {parse_datetime(one).replace(microsecond=0) for one in said}  # type: ignore[union-attr]


def latest_change() -> str:
    """The grant that programs of the CommonGrants protocol are told of first."""
    return json.loads(read("/common-grants/awards"))["items"][0]["source"]


def paid(fund):
    money.paid(fund.people, money.first_of(agreement_of(fund.known["signed"])))


def claimed(fund):
    money.claimed(fund.people, agreement_of(fund.known["paid"]))


def reported(fund):
    row = money.filed_report(agreement_of(fund.known["paid"]))
    reports.accept(report=row, actor=fund.people.officer, at=timezone.now())


def given_back(fund):
    one = money.claimed(fund.people, agreement_of(fund.known["paid"]))
    money.given_back(fund.people, one.reference, 100_000)


@pytest.mark.parametrize(
    ("act", "name"), [(paid, "signed"), (claimed, "paid"), (given_back, "paid"), (reported, "paid")]
)
def test_money_and_reports_date_a_grant_again(fund, clock, act, name):
    mine, others = fund.known[name], [row for key, row in fund.known.items() if key not in (name, "left")]
    before, kept = dated(mine), [dated(row) for row in others]
    act(fund)
    at = timezone.now()
    assert before != dated(mine) == {at} and [dated(row) for row in others] == kept
    assert mine.reference in latest_change() and queries.modified_at() == at
    for path in ("/donnees/360giving.json", "/donnees/projets.json", "/donnees/catalogue.jsonld"):
        assert at.isoformat() in read(path)


def test_a_payment_is_read_for_its_own_grant_and_forgets_no_count(fund, clock, django_assert_num_queries):
    token = fresh()
    before = dict(PublishedRow.objects.values_list("reference", "modified"))
    paid(fund)
    with django_assert_num_queries(DATED):
        assert fresh() == token
    after = dict(PublishedRow.objects.values_list("reference", "modified"))
    assert {key for key in after if after[key] != before[key]} == {fund.known["signed"].reference}
    rebuild()
    assert dict(PublishedRow.objects.values_list("reference", "modified")) == after


DATED = 14


def test_many_payments_cost_no_more_than_one(fund, clock, django_assert_num_queries):
    for _turn in range(20):
        paid_back(fund)
    with django_assert_num_queries(DATED):
        fresh()


def paid_back(fund):
    """Two entries of the ledger on one grant."""
    grant = fund.known["paid"].reference
    with transaction.atomic():
        ledger.post("claim", at=timezone.now(), amount=1, grant=grant, basis="T-1")
        ledger.post("unclaim", at=timezone.now(), amount=1, grant=grant, basis="T-1")


def test_what_is_not_public_dates_nothing(fund, clock):
    """An entry that waits for its decision to be notified, and a report that was taken back."""
    mine, grant = fund.known["left"], fund.known["left"].reference
    before, site = queries.modified_at(), read("/sitemap.xml")
    with transaction.atomic():
        ledger.post("reserve", at=timezone.now(), amount=100, grant=grant, basis="D-2026-SECRET", sealed=False)
    assert queries.modified_at() == before and read("/sitemap.xml") == site
    with transaction.atomic():
        ledger.seal("D-2026-SECRET", timezone.now())
    assert queries.get(mine.reference).modified_at == timezone.now()
