"""The recipient reads beside the balance what it waits for, what lowers it, and how much of the rest may be kept."""

import pytest

from payments.queries.plan import keepable, plan
from payments.transitions import report
from tests.factories import payments as make
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db
UNTIL = "Versé une fois le compte rendu final accepté, moins ce qui n’a pas été dépensé."


@pytest.fixture
def people():
    return make.People()


def test_the_balance_is_explained_from_the_offer_until_it_is_paid(at, people, as_user):
    row = make.offered(people, at=at)
    lead = as_user(row.application.lead)
    assert plain(lead.get(f"/dossiers/{row.reference}/convention/accepter/")).count(UNTIL) == 1
    row = make.signed(people, 1_850_000, at=at)
    lead, here = as_user(row.application.lead), f"/dossiers/{row.reference}/convention/"
    said = plain(lead.get(here))
    assert said.count(UNTIL) == 1 and keepable(row) == 92_500
    assert (
        f"{row.bearer_name} peut garder au plus 5 % de l’aide (925 €)" in said and "article 8 de la convention" in said
    )
    make.paid(people, make.first_of(row), at=at)
    report.accept(report=make.filed_report(row, at=at), actor=people.officer, at=at)
    make.paid(people, make.first_of(row, 2), at=at)
    assert UNTIL not in plain(lead.get(here))


def test_a_person_keeps_nothing(at, people):
    row = make.signed(people, at=at)
    row.application.bearer_person, row.application.bearer_person_id = row.application.lead, row.application.lead.pk
    words = plan(row)[-1].words
    assert words.startswith(UNTIL) and "est rendu" in words and "garder" not in words and plan(row)[0].words == ""
