"""The fund's past: the official SCDL example is looked at, imported, and read beside the fund's own grants."""

from __future__ import annotations

import pytest

from tests.environment import ROOT
from tests.journeys import house

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
EXAMPLE = ROOT / "tests" / "data" / "scdl" / "exemple_valide.csv"


def test_the_earlier_grants_stand_in_the_registry(stage, calendar):
    house.open_fund(calendar.now)
    officer = stage.person("officer", house.email("officer")).signs_in()
    officer.goes("/instruction/historique/").fills({"file": EXAMPLE}).press_named("look")
    officer.press_named("import")
    visitor = stage.person("visitor").goes("/projets/?etat=earlier")
    assert visitor.page.locator("main a").count() and "28" in visitor.text()
    csv = visitor.context.request.get(f"{stage.address}/donnees/subventions-scdl.csv", timeout=60_000)
    assert csv.ok and csv.text().count("\n") == 29  # the head and the 28 rows that could be read
