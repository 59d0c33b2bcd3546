"""One fund for a whole module: its acts are made once, each test works on a savepoint of it."""

import pytest
from django.db import transaction
from django.utils import timezone, translation

from applications.models import Application
from fund.enums import College, Role
from fund.ledger import checkpoint
from tests.factories.fund import person_with
from tests.registry import helpers


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        with translation.override("fr"):
            fund = helpers.with_money(helpers.a_fund())
            checkpoint(timezone.now())  # made after the commit that seals; nothing is committed here
        yield fund
        transaction.set_rollback(True)


@pytest.fixture
def fund(made, db):
    return made


@pytest.fixture
def project(fund) -> Application:
    Application.objects.filter(pk=fund.paid.pk).update(title=helpers.TITLE, summary=helpers.SUMMARY)
    return Application.objects.get(pk=fund.paid.pk)


@pytest.fixture
def hands(fund):
    """A case officer and a co-president, who change public pages together."""
    return person_with(Role.CASE_OFFICER), person_with(Role.CO_PRESIDENT, college=College.STATE)
