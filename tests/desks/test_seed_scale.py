"""Rows in bulk: as many as asked, books that balance, a chain that verifies; on an empty fund and again on the same."""

import json

import pytest
from django.core.management import CommandError, call_command

from applications.models import Application
from core import checks
from fund.models import Call
from payments.models import Agreement
from reviews.models import Assignment, Seat

pytestmark = pytest.mark.django_db


def test_as_many_as_asked_and_the_books_hold(settings, tmp_path):
    settings.FUND_DEMO = True
    for turn in (1, 2):
        call_command("seed_scale", grants=4, applications=7, members=6, verbosity=0)
        assert Agreement.objects.filter(state="active").count() == 4 * turn
        assert Application.objects.filter(state="submitted").count() == 3 * turn
        assert Application.objects.filter(state="under_review").count() == (4 + 1) * turn
        assert Seat.objects.count() == (6 + 2) * turn
        assert Assignment.objects.count() == 4 * 4 * turn
        assert Call.objects.count() == 3 * turn
    call_command("verify_ledger")
    assert [one for one in checks.run(["payments", "roles", "rules"]) if not one.ok] == []

    out = tmp_path / "all.json"
    call_command("export_all", json=str(out), verbosity=0)
    tables = json.loads(out.read_text())["tables"]
    assert len(tables["payments.Agreement"]) == 8 and out.stat().st_mode & 0o077 == 0
    assert all("password" not in row for row in tables["core.User"])
    assert not any("token_hash" in row for rows in tables.values() for row in rows)


def test_refused_when_the_demo_is_off_or_below_zero(settings):
    settings.FUND_DEMO = False
    with pytest.raises(CommandError, match="FUND_DEMO"):
        call_command("seed_scale", grants=1)
    settings.FUND_DEMO = True
    with pytest.raises(CommandError, match="zero"):
        call_command("seed_scale", grants=-1)
