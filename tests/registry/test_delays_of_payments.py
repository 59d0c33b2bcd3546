"""How long payments take: every payment is public, so that any number is told; nothing to measure is not zero days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from payments.models import Agreement, Instalment
from registry.queries.delays import UNTOLD, Delay, delays
from tests.registry.test_panel_page import page

pytestmark = pytest.mark.django_db


def test_payments_are_measured_and_nothing_is_not_zero(fund):
    application = fund.paid
    slug = application.call.slug
    one = Instalment.objects.get(agreement__application=application, state="paid")
    Instalment.objects.filter(pk=one.pk).update(ordered_at=timezone.localtime(one.ordered_at) - timedelta(days=12))
    Agreement.objects.filter(application=application).update(
        signed_at=timezone.localtime(application.agreement.signed_at) - timedelta(days=40)
    )
    figures = delays()
    assert figures.whole["settlement"] == Delay(1, 12, 12) and figures.whole["first_payment"] == Delay(1, 40, 40)
    assert figures.whole["decision"] == Delay(0, None, None)
    assert figures.calls[slug]["decision"] == UNTOLD, "nothing of decisions before they are all notified"
    api = Client().get("/api/v1/statistics/").json()
    assert api["delays"]["settlement"] == {"count": 1, "median_days": 12, "ninth_days": 12}
    assert api["delays"]["decision"] == {"count": 0, "median_days": None, "ninth_days": None}
    assert api["delays_by_call"][slug]["decision"]["count"] is None
    text = page("/statistiques/")
    assert ">12 jours<" in text and ">40 jours<" in text and ">0 jour<" not in text
    Instalment.objects.filter(pk=one.pk).update(ordered_at=timezone.now())
    assert delays().whole["settlement"] == Delay(1, 0, 0)
    assert ">0 jour<" in page("/statistiques/")
