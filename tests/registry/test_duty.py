"""The law's three months: grants of one organisation that pass the threshold together, until when, and what is missing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from applications.models import Application
from desks import awaited
from fund.enums import Role
from fund.models import Organisation
from payments.models import Agreement
from registry.models import PastGrant, PublicPage
from registry.queries import duty
from tests.factories import payments as money
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 1)


def grant(people, cents: int, day: date, like: Agreement | None = None, **options) -> Agreement:
    """Signed on a day; of the same organisation as another when `like` is given."""
    row = money.signed(people, decision=money.notified_award(cents, **options))
    if like is not None:
        same = like.application.bearer_organisation_id
        Application.objects.filter(pk=row.application_id).update(bearer_organisation=same)
    at = datetime.combine(day, datetime.min.time(), ZoneInfo("Europe/Paris")) + timedelta(hours=23, minutes=30)
    Agreement.objects.filter(pk=row.pk).update(signed_at=at)
    return Agreement.objects.select_related("application").get(pk=row.pk)


@pytest.fixture
def people(at):
    money.FundIdentityFactory()
    return money.People()


@pytest.fixture
def officer():
    return person_with(Role.CASE_OFFICER)


def found(officer, year=2026, today=TODAY):
    return {one.reference: one for one in duty.duties(officer, year, today)}


def test_alone_above_the_threshold_or_together_within_twelve_months(people, officer):
    alone = grant(people, 2_300_001, date(2026, 2, 28))
    under = grant(people, 2_300_000, date(2026, 2, 28))
    first = grant(people, 1_200_000, date(2025, 9, 10))
    second = grant(people, 1_200_000, date(2026, 3, 31), like=first)
    grant(people, 1_200_000, date(2025, 2, 28), like=under)
    far = grant(people, 1_200_000, date(2025, 2, 28), like=alone)
    rows = found(officer)
    assert set(rows) == {alone.reference, second.reference}
    assert rows[alone.reference].due_on == date(2026, 5, 28) and rows[alone.reference].total == 2_300_001
    assert rows[second.reference].due_on == date(2026, 6, 30) and rows[second.reference].total == 2_400_000
    before = found(officer, 2025)
    assert set(before) == {first.reference}, (far.reference, "a year to the day before is another twelve months")
    assert before[first.reference].due_on == date(2026, 6, 30), (
        "its duty begins when the second one passes the threshold"
    )
    assert all(one.stands(TODAY) == "published" for one in rows.values())


def test_an_earlier_grant_of_the_fund_counts_too(people, officer):
    row = grant(people, 1_200_000, date(2026, 3, 31))
    siret = row.application.bearer_organisation.siret
    facts = {
        "identity": "x", "row_key": "x", "funder_name": "Le fonds", "funder_siret": money.FundIdentityFactory._meta.model.current().siret,
        "agreed_on": date(2025, 10, 1), "recipient_name": "L’association", "recipient_siret": f"{siret[:9]}99999", "purpose": "x",
        "amount": 1_200_000, "imported_at": timezone.now(), "imported_by": officer,
    }  # fmt: skip
    other = PastGrant.objects.create(**facts | {"funder_siret": "11111111111111", "row_key": "y"})
    assert found(officer) == {}
    other.delete()
    PastGrant.objects.create(**facts)
    assert found(officer)[row.reference].total == 2_400_000


def test_what_is_not_published_says_why_and_awaits_the_officers(people, officer):
    hidden = grant(people, 2_500_000, date(2026, 4, 10))
    nameless = grant(people, 2_500_000, date(2026, 3, 10))
    fine = grant(people, 2_500_000, date(2026, 3, 12))
    grant(people, 1_000_000, date(2026, 3, 12))
    page = PublicPage.objects.create(application=hidden.application)
    PublicPage.objects.filter(pk=page.pk).update(state="unpublished", ground="safety", changed_at=timezone.now())
    Organisation.objects.filter(pk=nameless.application.bearer_organisation_id).update(siret="", rna="W9X1234567")
    rows = found(officer)
    assert [rows[one.reference].stands(TODAY) for one in (nameless, hidden, fine)] == ["late", "soon", "published"]
    assert list(rows)[:2] == [nameless.reference, hidden.reference], "first due first, the published last"
    assert rows[nameless.reference].missing == duty.NUMBERLESS and rows[hidden.reference].missing == duty.UNPUBLISHED
    assert [one.reference for one in duty.to_publish(officer, TODAY)] == [nameless.reference, hidden.reference]
    assert rows[hidden.reference].stands(date(2026, 6, 9)) == "coming"
    assert [one.reference for one in duty.to_publish(officer, date(2026, 5, 1))] == []
    Application.objects.filter(pk=hidden.application_id).update(bearer_person=officer)
    assert hidden.reference not in found(officer) and len(duty.to_publish(officer, TODAY)) == 1


def test_the_desk_and_the_tasks_of_an_officer(people, officer, as_user, at):
    today = timezone.localdate()
    row = grant(people, 2_500_000, today - timedelta(days=80))
    Organisation.objects.filter(pk=row.application.bearer_organisation_id).update(siret="", rna="")
    task = next(
        one for one in awaited.tasks(officer, timezone.now()) if one.url == "/instruction/donnees-essentielles/"
    )
    assert task.due_at == duty.to_publish(officer, today)[0].due_on
    browser = as_user(officer)
    text = browser.get("/instruction/donnees-essentielles/").content.decode()
    assert row.reference in text and "SIRET" in text
    assert browser.get("/instruction/donnees-essentielles/?annee=1999").status_code == 404
    assert browser.get("/instruction/donnees-essentielles/?annee=x").status_code == 404
    assert as_user(row.application.lead).get("/instruction/donnees-essentielles/").status_code == 403


@pytest.mark.parametrize("rows", [1, 20])
def test_it_costs_the_same_at_any_number(rows, people, officer, as_user, django_assert_num_queries):
    today = timezone.localdate()
    first = grant(people, 2_400_000, today)
    for _number in range(rows - 1):
        grant(people, 1_200_000, today, like=first, call=first.application.call)
    files = Application.objects.filter(agreement__isnull=False)
    PublicPage.objects.bulk_create(PublicPage(application=one, state="unpublished", ground="error") for one in files)
    browser = as_user(officer)
    with django_assert_num_queries(10):
        assert first.reference in browser.get("/instruction/donnees-essentielles/").content.decode()
    with django_assert_num_queries(5):
        assert len(duty.to_publish(officer, today + timedelta(days=80))) == rows
