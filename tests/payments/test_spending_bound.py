"""A line of spending above twice the whole budget is a slip of the keyboard: refused with a reason, and nothing typed is lost."""

import pytest

from payments.models import Report
from payments.rules.report import spending_bound
from payments.transitions import report
from tests.core.helpers import refused
from tests.factories import payments as make
from tests.fund.browsing import plain, text
from tests.payments.test_pages import report_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(at):
    row = make.signed(make.People(), at=at)
    return make.written_report(row, at=at)


@pytest.mark.parametrize("name", ["line-1", "new-2"])
def test_the_page_says_why_and_keeps_all_that_was_typed(draft, as_user, name):
    here = f"/dossiers/{draft.agreement.reference}/comptes-rendus/{draft.pk}/"
    typed = {f"{name}-actual_amount": "1 000 000 000", "learnt": "À garder.", "act": "save"}
    typed |= {"new-2-label": "Une fusée"} if name == "new-2" else {}
    response = as_user(draft.agreement.application.lead).post(here, report_form(draft) | typed)
    assert response.status_code == 422
    assert "plus de deux fois tout le budget du projet" in plain(response)
    page = text(response)
    assert "1 000 000 000" in page and "À garder." in page and f'href="#id_{name}-actual_amount"' in page
    assert Report.objects.get(pk=draft.pk).version == draft.version


def test_an_overrun_passes_up_to_the_bound_and_the_verb_refuses_above(draft, at):
    lead, bound = draft.agreement.application.lead, spending_bound(draft)
    assert bound == 2 * max(draft.budget_total_amount, draft.agreement.amount)
    row = {"position": 1, "actual_amount": bound + 1, "explanation": "Trop cher."}
    with refused("spending_above_bound") as caught:
        report.write(report=draft, actor=lead, at=at, lines=[row])
    assert caught.value.field == "actual_1" and "budget" in str(caught.value)
    with refused("spending_above_bound"):
        report.write(report=draft, actor=lead, at=at, lines=[{"label": "Une fusée", "actual_amount": bound + 1}])
    report.write(report=draft, actor=lead, at=at, lines=[row | {"actual_amount": bound}])
    assert draft.lines.get(position=1).actual_amount == bound
