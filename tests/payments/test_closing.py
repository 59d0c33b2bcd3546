"""The closing of a year: the figures of 31 December from the journal, written once."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from lxml import html

from core import documents
from core.models import Event
from fund.models import Envelope
from payments.models import YearClosing
from payments.queries import closing
from payments.transitions import closing as acts
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory
from tests.payments import test_lists as lists
from tests.payments.test_back import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def new_year(at, plus: timedelta = timedelta(0)):
    year = timezone.localdate(at).year + 1
    return datetime(year, 1, 1, tzinfo=timezone.get_default_timezone()) + plus


def test_the_figures_are_those_of_31_december_whatever_came_after(at, people):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    other = make.signed(people, at=at)
    envelope = Envelope.objects.get(pk=row.application.call.envelope_id)
    before = closing.figures(at.year)
    mine = next(one for one in before["envelopes"] if one["reference"] == envelope.reference)
    assert mine["opened"] == sum(mine[name] for name in closing.ACCOUNTS) == envelope.opened_amount
    assert mine["paid_in_year"] == mine["paid"] == envelope.paid_amount > 0
    assert mine["carried"] == envelope.reserved_amount + envelope.committed_amount + envelope.ordered_amount
    assert {one["reference"] for one in before["grants"]} == {row.reference, other.reference}
    make.ordered(people, make.first_of(other), at=new_year(at))  # the first instant of the next year
    assert closing.figures(at.year) == before and closing.figures(at.year + 1) != before
    assert closing.figures(at.year - 1)["envelopes"] == []


def test_a_year_is_closed_once_by_the_accounting_officer_when_it_is_over(at, people):
    make.signed(people, at=at)
    later = new_year(at)
    refused("year_not_over", acts.close_year, year=at.year, actor=people.payer, at=later - timedelta(seconds=1))
    refused("not_permitted", acts.close_year, year=at.year, actor=people.orderer, at=later)
    refused("year_empty", acts.close_year, year=at.year - 1, actor=people.payer, at=later)
    row = acts.close_year(year=at.year, actor=people.payer, at=later)
    refused("year_closed", acts.close_year, year=at.year, actor=people.payer, at=later)
    assert row.figures == closing.figures(at.year) and Event.objects.filter(verb="close_year").count() == 1
    text = documents.html(row.document)
    assert f"Clôture de l’exercice {at.year}" in text and str(people.payer) in text
    with pytest.raises(DatabaseError), transaction.atomic():
        YearClosing.objects.update(figures={})


def test_years_are_closed_in_their_order(at, people):
    make.signed(people, at=at)
    later = new_year(new_year(at))
    refusal = refused("earlier_year_open", acts.close_year, year=at.year + 1, actor=people.payer, at=later)
    assert refusal is None or str(at.year) in str(refusal.reason)
    acts.close_year(year=at.year, actor=people.payer, at=later)
    acts.close_year(year=at.year + 1, actor=people.payer, at=later)


def test_on_screen(at, people, as_user, time_machine):
    make.signed(people, at=at)
    path = f"/paiements/clotures/{at.year}/"
    payer = as_user(people.payer)
    assert '<button class="btn">' not in payer.get(path).content.decode()
    assert payer.post(path).status_code == 409
    time_machine.move_to(new_year(at, timedelta(days=3)))
    payer, orderer = as_user(people.payer), as_user(people.orderer)
    assert "Clôturer" not in orderer.get(path).content.decode() and orderer.post(path).status_code == 403
    assert payer.post(path).status_code == 302
    assert documents.url(YearClosing.objects.get().document) in payer.get(path).content.decode()
    assert payer.get("/paiements/clotures/1999/").status_code == 404
    assert as_user(people.officer).get(path).status_code == 403


def test_the_columns_of_an_envelope_add_up_to_what_was_opened(at, people, as_user):
    row = make.signed(people, at=at)
    one = make.first_of(row)
    make.paid(people, one, at=at)
    first = make.claimed(people, row, 300_000, at=at)
    make.given_back(people, first.reference, 300_000, at=at)
    make.claimed(people, row, 50_000, at=at)
    page = html.fromstring(as_user(people.payer).get(f"/paiements/clotures/{at.year}/").content)
    table = page.xpath("//section[@aria-labelledby='enveloppes']//table")[0]
    heads = [cell.text_content() for cell in table.xpath("./thead//th")][1:]
    cells = [int("".join(filter(str.isdigit, cell.text_content()))) for cell in table.xpath("./tbody/tr/td")]
    assert len(cells) == len(heads) and all(
        cell.get("data-label") == head for cell, head in zip(table.xpath("./tbody/tr/td"), heads, strict=True)
    )
    opened, *parts, gross = cells
    assert heads[0] == "Ouvert" and opened == sum(parts) and heads[-1] == "Versé dans l’année, brut"
    said = closing.figures(at.year)["envelopes"][0]
    assert (said["claimed"], said["returned"], said["paid"]) == (50_000, 300_000, one.amount - 350_000)
    assert said["paid_in_year"] == one.amount and (gross == one.amount or gross * 100 == one.amount)


@pytest.mark.parametrize("n", [1, 20])
def test_a_year_costs_the_same_at_any_length(at, people, as_user, django_assert_num_queries, n):
    lists.certified(n, CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at)), at, people)
    browser = as_user(people.payer)
    path = f"/paiements/clotures/{at.year}/"
    browser.get(path)
    with django_assert_num_queries(11):
        assert browser.get(path).content.decode().count("<tr>") >= n
