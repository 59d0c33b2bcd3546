"""How long data are kept is a rule: the pages tell what the rules in force say."""

import pytest

from tests.factories.fund import RuleVersionFactory
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db


def test_the_privacy_page_tells_the_rules_in_force(client):
    assert "24 mois après la fin des délais de recours" in plain(client.get("/confidentialite/"))
    before = client.get("/confidentialite/").headers["ETag"]
    RuleVersionFactory(parameters={"retention_refused_months_after_appeal_time": 6, "retention_lapsed_draft_months": 1})
    page = client.get("/confidentialite/")
    assert "6 mois après la fin des délais de recours" in plain(page) and "1 mois après la clôture" in plain(page)
    assert page.headers["ETag"] != before
    assert "6 months after the time to appeal" in plain(client.get("/en/confidentialite/"))
