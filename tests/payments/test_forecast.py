"""The calendar of payments: sixty days by week, each payment once, drawn with its figures beside it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Instalment
from payments.queries import forecast
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def test_every_open_payment_stands_once_in_its_week_and_stage(at, people):
    due = make.signed(people, at=at)
    ordered = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    make.paid(people, make.first_of(make.signed(people, at=at)), at=at)
    found = forecast.weeks(people.payer, at)
    opened = Instalment.objects.exclude(state__in=("paid", "cancelled"))
    assert sum(week.n for week in found) == opened.count()
    assert found[-1].running == sum(one.payable_amount for one in opened)
    today = timezone.localdate(at)
    place = next(week for week in found if week.monday and week.monday <= make.first_of(due).pay_by_on <= week.sunday)
    assert place.amounts["certify"] == make.first_of(due).amount and place.amounts["pay"] == ordered.certified_amount
    assert found[-1].amounts["expected"] == sum(one.amount for one in opened.filter(state="scheduled"))
    late = forecast.weeks(people.payer, at + timedelta(days=90))
    assert late[0].kind == "late" and late[0].n == 2 and late[0].amount == place.amount
    assert [week.monday for week in found[1:-1]] == sorted(week.monday for week in found[1:-1])
    assert found[-2].sunday >= today + timedelta(days=60)


def test_a_report_on_its_way_brings_its_payment_into_the_weeks(at, people):
    row = make.signed(people, at=at)
    final = make.filed_report(row, at=at)
    rules = row.rules
    when = final.submitted_at + timedelta(days=rules["report_review_days"] + rules["payment_days"] - 7)
    found = forecast.weeks(people.payer, when)
    assert sum(week.amounts["expected"] for week in found[1:3]) > 0 and found[-1].amounts["expected"] == 0


def test_the_drawing_has_its_figures_in_words_and_beside_it(at, people, as_user):
    make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    page = as_user(people.payer).get("/paiements/calendrier/").content.decode()
    assert 'role="img"' in page and re.search(r'aria-label="1 versement, [^"]+', page)
    drawing = page.partition('<figure class="weeks">')[2].partition("</svg>")[0]
    assert drawing.count("<rect") == 1 and 'class="ink-joint"' in drawing
