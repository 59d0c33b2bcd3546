"""Links read from a member's own past as an applicant: team-mates, bodies, grants, within the time the rules look back; each set aside by the member."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from applications.models import Application
from fund.models import Envelope
from reviews.models import Declaration
from reviews.queries import interests
from reviews.queries.past import past_of
from reviews.transitions import declarations
from tests.factories import reviews as make
from tests.factories.applications import ApplicationFactory, TeamMemberFactory
from tests.factories.fund import CallFactory, OrganisationFactory
from tests.reviews.test_panel import declaration, refused

pytestmark = pytest.mark.django_db


def earlier(user, *, months=6, **facts) -> Application:
    """Another file of this person, filed so many months ago in another call."""
    file = ApplicationFactory(
        call=CallFactory(state="archived", envelope=Envelope.objects.first()), lead=user, state="rejected", **facts
    )
    Application.objects.filter(pk=file.pk).update(first_received_at=timezone.now() - timedelta(days=30 * months))
    return file


def test_a_former_team_mate_is_pointed_out_and_set_aside(at):
    made = make.constituted(files=2)
    member, file = made.members[make.CIVIL][1], made.files[0]
    TeamMemberFactory(application=earlier(member), user=file.lead)
    row = declaration(made, member, file)
    assert interests.seat_hints(row) == ["former_team"]
    assert interests.seat_hints(declaration(made, made.members[make.CIVIL][2], file)) == []
    refused("hint_to_answer", declarations.declare_none, declaration=row, actor=member)
    row = declarations.declare_none(declaration=row, actor=member, set_aside=["former_team"])
    assert row.state == "none" and row.hints == ["former_team"]
    assert not [code for card in interests.cards(made.panel, member) for code, _label in card.hints if card.recused]


def test_ones_own_body_and_its_grants_are_pointed_out(at):
    made = make.reviewed(files=2)
    member, body = made.members[make.STATE][1], OrganisationFactory()
    Application.objects.filter(pk=made.files[0].pk).update(bearer_organisation=body)
    old = earlier(member, organisation=body)
    row = declaration(made, member)
    assert interests.seat_hints(row) == ["own_body"]
    told = make.notified(made, make.decided(made, made.files[1]))
    told.pk, told.reference, told.application = None, "D-2026-0999", old
    told.save(force_insert=True)
    assert interests.seat_hints(Declaration.objects.get(pk=row.pk)) == ["earlier_grant"]


@pytest.mark.parametrize(("months", "found"), [(11, True), (14, False)])
def test_the_rules_say_how_far_back(at, months, found):
    made = make.constituted(make.world(files=1, interest_lookback_months=12))
    member, file = made.members[make.CIVIL][1], made.files[0]
    TeamMemberFactory(application=earlier(member, months=months), user=file.lead)
    assert bool(past_of(member, made.call).people) is found


@pytest.mark.parametrize("files", [1, 20])
def test_the_cards_cost_the_same_whatever_the_number_of_files(at, django_assert_num_queries, files):
    made = make.constituted(files=files)
    member = made.members[make.CIVIL][1]
    for _number in range(min(files, 3)):
        TeamMemberFactory(application=earlier(member), user=made.files[0].lead)
    panel = type(made.panel).objects.select_related("call__rule_version").get(pk=made.panel.pk)
    with django_assert_num_queries(10):
        assert len(interests.cards(panel, member)) == files
