"""How long things take: medians and ninths of what is public, counted, and nothing told where there is nothing."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from applications.models import Application
from registry.queries.delays import Delay, delay_of, delays
from tests.registry.test_cost import many
from tests.registry.test_panel_page import concluded, held, make, page

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([], Delay(0, None, None)),
        ([0], Delay(1, 0, 0)),
        ([3, 1, 2], Delay(3, 2, 3)),
        (range(1, 11), Delay(10, 6, 9)),
        (range(1, 12), Delay(11, 6, 10)),
        ([5] * 9 + [400], Delay(10, 5, 5)),
    ],
)
def test_a_delay_is_a_median_a_ninth_and_a_count(days, said):
    assert delay_of(days) == said


def test_decisions_are_measured_once_all_are_notified():
    made, _meeting = held(make.reviewed(files=6, points=[9, 8, 7, 3, 3, 3]), refused=3)
    assert delays().whole["decision"] == Delay(0, None, None)
    made = concluded(made)
    for number, row in enumerate(Application.objects.filter(call=made.call).order_by("pk")):
        told = timezone.localtime(
            row.decisions.get(kind="award").notified_at
        )  # days of the calendar, across a change of hour
        Application.objects.filter(pk=row.pk).update(first_received_at=told - timedelta(days=10 * (number + 1)))
    assert delays().calls[made.call.slug]["decision"] == Delay(6, 35, 60)
    text = page(f"/appels/{made.call.slug}/resultats/")
    assert "35 jours" in text and "60 jours" in text
    (line,) = csv.DictReader(io.StringIO(Client().get("/donnees/appels.csv").getvalue().decode()))
    assert (line["decision_count"], line["decision_median_days"], line["decision_ninth_days"]) == ("6", "35", "60")
    assert (line["settlement_count"], line["settlement_median_days"]) == ("0", ""), (
        "nothing paid is not paid in no time"
    )
    whole = json.loads(Client().get("/donnees/appels.json").getvalue())
    assert whole["delays"]["decision_median_days"] == 35 and whole["calls"][0]["settlement_median_days"] is None


def test_a_number_that_would_tell_a_small_count_is_not_told_with_the_delay():
    made, _meeting = held(files=5, refused=2)
    concluded(made)
    figures = delays()
    assert figures.whole["decision"].count is None and figures.calls[made.call.slug]["decision"].count is None
    assert figures.whole["decision"].median is not None
    assert "non donné" in page("/statistiques/")


def test_fewer_than_three_files_are_not_measured():
    made, _meeting = held(files=2, refused=0)
    concluded(made)
    figures = delays()
    assert figures.whole["decision"].median is None and made.call.slug not in figures.calls


def test_the_cost_does_not_follow_the_number_of_payments(django_assert_num_queries):
    many(3)
    with django_assert_num_queries(8):
        delays()
