"""The factories other rooms rely on make rows that the database accepts."""

import pytest
from django.utils import timezone

from fund.enums import CallPhase, CallState, College, Role
from fund.identifiers import is_siret
from fund.queries import has_role, holders
from tests.factories.fund import CallFactory, FundIdentityFactory, OrganisationFactory, open_call, person_with

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.CANCELLED])
def test_a_call_of_each_state_is_accepted(state):
    call = CallFactory(state=state)
    assert call.state == state
    assert call.criteria.count() == 5


def test_an_open_call_is_open():
    call = open_call()
    assert call.is_open(timezone.now())
    assert call.phase(timezone.now()) == CallPhase.OPEN


def test_people_hold_their_role():
    officer = person_with(Role.CASE_OFFICER)
    president = person_with(Role.CO_PRESIDENT, College.STATE)
    assert has_role(officer, Role.CASE_OFFICER) and not has_role(officer, Role.CO_PRESIDENT)
    assert has_role(president, Role.CO_PRESIDENT, college=College.STATE) and not has_role(
        president, Role.CO_PRESIDENT, college=College.CIVIL_SOCIETY
    )
    assert list(holders(Role.CO_PRESIDENT)) == [president]


def test_organisations_have_valid_numbers():
    assert is_siret(OrganisationFactory().siret)
    identity = FundIdentityFactory()
    identity.refresh_from_db()
    assert identity.debtor_iban.startswith("FR30")
