"""Above EUR 23,000 awarded to one organisation over twelve months, or in a year, the law requires the agreement: the desk and the agreement say so."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core import documents
from payments.queries.threshold import cumulated
from payments.transitions import agreement
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory, OrganisationFactory

pytestmark = pytest.mark.django_db
COMPULSORY = "le décret n° 2001-495"


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def call(at):
    return CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at - timedelta(days=900)))


def awarded(amount, at, call, people, body, **options):
    call = CallFactory(state="decided", envelope=call.envelope)  # one application a call and organisation
    return make.accepted(
        people,
        decision=make.notified_award(amount, at=at, call=call, organisation=body, bearer_organisation=body, **options),
        at=at,
    )


def test_two_grants_of_one_organisation_pass_the_threshold_together(at, people, call, as_user):
    body = OrganisationFactory(siret="12345678200010")
    other_door = OrganisationFactory(siret="12345678200028")  # another establishment, the same organisation
    alone = awarded(1_200_000, at - timedelta(days=300), call, people, body)
    assert not cumulated(alone).is_above and COMPULSORY not in documents.page(alone.document)
    row = awarded(1_150_000, at, call, people, other_door)
    found = cumulated(row)
    assert (found.months_cents, found.is_above, found.others) == (2_350_000, True, [alone.reference])
    assert COMPULSORY in documents.page(row.document)
    page = as_user(people.officer).get(reverse("payments:staff_agreement", args=[row.reference])).content.decode()
    assert alone.reference in page and "plus de 23 000" in page
    assert cumulated(alone).is_above  # the older one is counted with it from now on
    agreement.decline(agreement=row, actor=row.application.lead, at=at)
    assert not cumulated(alone).is_above


def test_exactly_the_threshold_or_more_than_twelve_months_apart_is_not_above(at, people, call):
    body = OrganisationFactory(siret="12345678200010")
    awarded(1_150_000, at - timedelta(days=400), call, people, body)
    row = awarded(1_150_000, at, call, people, body)
    assert (cumulated(row).months_cents, cumulated(row).is_above) == (1_150_000, False)
    second = awarded(1_150_000, at, call, people, body)
    assert (cumulated(second).months_cents, cumulated(second).is_above) == (2_300_000, False)
    third = awarded(1, at, call, people, body)
    assert cumulated(third).is_above and len(cumulated(third).others) == 2


def test_grants_made_before_this_software_count(at, people, call):
    from fund.models import FundIdentity
    from registry.models import PastGrant

    row = awarded(1_500_000, at, call, people, OrganisationFactory(siret="12345678200010"))
    PastGrant.objects.create(
        identity="a",
        row_key="a",
        funder_name="Fonds",
        funder_siret=FundIdentity.current().siret,
        agreed_on=at.date() - timedelta(days=200),
        decision_reference="D-2026-OLD",
        recipient_name="Association",
        recipient_siret="12345678200010",
        purpose="Atelier",
        amount=900_000,
        imported_at=at,
        imported_by=people.officer,
    )
    found = cumulated(row)
    assert (found.months_cents, found.others) == (2_400_000, ["D-2026-OLD"])


def test_a_person_is_no_organisation(at, people, call):
    row = make.accepted(people, decision=make.notified_award(2_900_000, at=at, call=call), at=at)
    row.application.bearer_organisation = row.application.organisation = None
    row.application.bearer_person = row.application.lead
    assert cumulated(row) is None
