"""The day a payment is carried out: one on which banks exchange payments."""

from datetime import date

import pytest
from lxml import etree

from core.transitions import Refusal
from payments.enums import Control
from payments.schedule import next_target_day, target_closing_days
from payments.transitions import batch
from tests.factories import payments as make

EASTER = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2028: (4, 16), 2030: (4, 21), 2038: (4, 25)}


@pytest.mark.parametrize(
    ("day", "possible"),
    [
        ("2026-11-26", "2026-11-26"),
        ("2026-11-28", "2026-11-30"),  # a Saturday
        ("2026-11-29", "2026-11-30"),
        ("2026-12-25", "2026-12-28"),  # a Friday, then a Saturday and a Sunday
        ("2025-12-25", "2025-12-29"),
        ("2027-01-01", "2027-01-04"),
        ("2026-04-03", "2026-04-07"),  # Good Friday to Easter Monday
        ("2026-05-01", "2026-05-04"),
        ("2026-05-08", "2026-05-08"),  # French holidays are no closing days of TARGET
        ("2026-07-14", "2026-07-14"),
        ("2026-05-14", "2026-05-14"),
        ("2025-12-31", "2025-12-31"),
    ],
)
def test_the_next_day_on_which_banks_exchange_payments(day, possible):
    assert next_target_day(date.fromisoformat(day)) == date.fromisoformat(possible)


@pytest.mark.parametrize("year", EASTER)
def test_the_six_closing_days_of_a_year(year):
    sunday = date(year, *EASTER[year]).toordinal()
    closed = target_closing_days(year)
    assert len(closed) == 6 and {date.fromordinal(sunday - 2), date.fromordinal(sunday + 1)} <= closed


@pytest.mark.django_db
def test_a_batch_is_frozen_for_an_open_day_and_the_file_says_it(at):
    people = make.People()
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)

    def freeze(**options):
        return batch.freeze(payment_batch=lot, actor=people.payer, at=at, controls=Control.values, **options)

    closed = date(at.year + 1, 1, 1)
    with pytest.raises(Refusal) as caught:
        freeze(execution_on=closed)
    refusal, possible = caught.value, next_target_day(closed)
    assert (refusal.code, refusal.field) == ("execution_date_closed", "execution_on")
    assert str(possible.day) in str(refusal.remedy) and str(possible.year) in str(refusal.remedy)
    frozen = freeze(execution_on=possible)
    root = etree.fromstring(batch.file_bytes(frozen))
    assert root.findtext(".//{*}ReqdExctnDt/{*}Dt") == possible.isoformat()


@pytest.mark.django_db
def test_without_a_date_the_next_open_day_is_taken(at):
    people = make.People()
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = make.exported(people, [one], at=at)
    assert lot.execution_on == next_target_day(make.timezone.localdate(at))
