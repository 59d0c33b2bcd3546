"""The panel: two equal colleges, declarations for everyone, recusals of office, hints, recusals that close everything."""

from __future__ import annotations

import pytest

from applications.models import Application
from core import two_key
from core.models import Event, Mail
from core.transitions import Refusal
from fund.enums import College, Role
from reviews.models import Assignment, Declaration
from reviews.transitions import assignments, calls, declarations, panels
from tests.factories import reviews as make
from tests.factories.applications import PartnershipFactory, TeamMemberFactory
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db


def declaration(made, user, application=None) -> Declaration:
    return Declaration.objects.get(user=user, application=application or made.files[0])


def refused(code, function, **params):
    with pytest.raises(Refusal) as caught:
        function(**params)
    assert caught.value.code == code
    return caught.value


def test_a_panel_opens_a_declaration_for_every_member_and_file(at):
    make.constituted(files=2)
    assert Declaration.objects.filter(state="required").count() == 2 * 8
    assert Mail.objects.filter(code="reviews/panel.interests_due").count() == 8


def test_colleges_must_be_equal_and_presided(at):
    made = make.world(members=2)
    uneven = [row for row in made.seats() if row["user"] != made.members[make.CIVIL][1]]
    error = refused("panel_unbalanced", panels.constitute, call=made.call, actor=made.officer, seats=uneven)
    assert "1" in str(error) and "2" in str(error)
    headless = [{**row, "is_president": False} for row in made.seats()]
    refused("president_missing", panels.constitute, call=made.call, actor=made.officer, seats=headless)
    stranger = [*made.seats()[:-1], {**made.seats()[-1], "user": person_with(Role.AUDITOR)}]
    refused("seat_without_role", panels.constitute, call=made.call, actor=made.officer, seats=stranger)
    refused("not_permitted", panels.constitute, call=made.call, actor=made.presidents[0], seats=made.seats())


def test_seats_change_until_readings_are_assigned(at):
    made = make.constituted()
    newcomer = person_with(Role.PANEL_MEMBER, College.STATE)
    rows = [row for row in made.seats() if row["user"] != made.members[make.STATE][2]]
    panels.revise(
        panel=made.panel,
        actor=made.officer,
        seats=[*rows, {"user": newcomer, "college": College.STATE, "kind": "full_member"}],
    )
    assert made.panel.seats.current().count() == 8
    assert Declaration.objects.filter(user=newcomer, state="required").count() == 2
    made = make.reading(make.world())
    refused("not_allowed_in_state", panels.revise, panel=made.panel, actor=made.officer, seats=made.seats())


def test_links_the_service_knows_recuse_by_themselves(at):
    made = make.world(files=3)
    first, second, _third = made.files
    applying, agent = made.members[make.CIVIL][1], made.members[make.STATE][1]
    TeamMemberFactory(application=first, user=applying)
    PartnershipFactory(application=second, agent_email=agent.email.upper())
    make.constituted(made)
    assert declaration(made, applying, first).ground == "co_applicant"
    assert set(Declaration.objects.filter(user=applying).values_list("state", flat=True)) == {
        "recused"
    }  # he applies: recused from the whole call
    assert declaration(made, agent, second).ground == "partner_agent"
    assert declaration(made, agent, first).state == "required"


def test_a_later_link_recuses_too_and_stops_the_reading(at):
    made = make.reading(files=1)
    pair = Assignment.objects.filter(application=made.files[0]).first()
    TeamMemberFactory(application=made.files[0], user=pair.seat.user)
    declarations.open_declarations(made.panel, actor=made.officer, at=at)
    pair.refresh_from_db()
    assert pair.state == "recused" and declaration(made, pair.seat.user).state == "recused"


def test_equal_siret_needs_both_presidents(at):
    made = make.world(files=1)
    member, application = made.members[make.CIVIL][1], made.files[0]
    rows = [{**row, "siret": application.organisation.siret} if row["user"] == member else row for row in made.seats()]
    made.panel = panels.constitute(call=made.call, actor=made.officer, seats=rows)
    mine = declaration(made, member)
    refused("hint_needs_both_presidents", declarations.declare_none, declaration=mine, actor=member)
    civil, state = made.presidents
    act = two_key.propose(declarations.clear_hint.verb, mine, actor=civil, at=at)
    refused("same_person", two_key.approve, act=act, actor=civil, at=at)
    two_key.approve(act, actor=state, at=at)
    assert declarations.declare_none(declaration=mine, actor=member).state == "none"
    mine.refresh_from_db()
    assert mine.hints == ["same_siret"]


def test_other_likenesses_are_set_aside_by_the_member(at):
    made = make.world(files=1)
    application, member = made.files[0], made.members[make.STATE][1]
    member.email = "jean@ministere.example"
    member.save()
    PartnershipFactory(application=application, agent_email="lise@ministere.example")
    make.constituted(made)
    refused("hint_to_answer", declarations.declare_none, declaration=declaration(made, member), actor=member)
    done = declarations.declare_none(
        declaration=declaration(made, member), actor=member, set_aside=["same_email_domain"]
    )
    assert done.hints == ["same_email_domain"]


def test_nobody_lifts_his_own_recusal(at):
    made = make.under_review(files=1)
    president, other = made.presidents
    declarations.declare_interest(
        declaration=declaration(made, president), actor=president, ground="family_tie", detail="Ma sœur y travaille."
    )
    mine = declaration(made, president)
    refused("not_permitted", two_key.propose, verb=declarations.lift.verb, obj=mine, actor=president, at=at)
    act = two_key.propose(declarations.lift.verb, mine, actor=other, at=at, params={"reason": "Une erreur."})
    refused("not_permitted", two_key.approve, act=act, actor=president, at=at)
    event = Event.objects.get(machine="declaration", verb="declare_interest")
    assert "sœur" not in str(event.payload) and event.reason_hash and event.payload == {"ground": "family_tie"}


def test_both_presidents_lift_a_recusal_before_any_vote(at):
    made = make.under_review(files=1)
    member = made.members[make.CIVIL][1]
    declarations.declare_interest(declaration=declaration(made, member), actor=member, ground="family_tie")
    mine, president = declaration(made, member), made.presidents[0]
    refused("reason_missing", two_key.propose, verb=declarations.lift.verb, obj=mine, actor=president, at=at)
    act = two_key.propose(declarations.lift.verb, mine, actor=president, at=at, params={"reason": "Une erreur."})
    make.voted_item(made, made.files[0])
    refused("vote_already_taken", two_key.approve, act=act, actor=made.presidents[1], at=at)
    made.files[0].agenda_items.all().update(state="deferred", reason="à revoir")
    two_key.approve(act, actor=made.presidents[1], at=at)
    assert declaration(made, member).state == "none"


def test_another_member_cannot_declare_in_my_name(at):
    made = make.under_review(files=1, declare=False)
    refused(
        "not_permitted",
        declarations.declare_none,
        declaration=declaration(made, made.presidents[0]),
        actor=made.presidents[1],
    )


def test_the_review_starts_when_everything_is_checked(at):
    made = make.world(files=1)
    refused("panel_missing", calls.start_review, call=made.call, actor=made.officer)
    make.constituted(made)
    Application.objects.filter(pk=made.files[0].pk).update(state="submitted")
    error = refused("files_pending", calls.start_review, call=made.call, actor=made.officer)
    assert "1" in str(error)
    Application.objects.filter(pk=made.files[0].pk).update(state="withdrawn", closed_at=at)
    refused("no_eligible_file", calls.start_review, call=made.call, actor=made.officer)
    assert calls.conclude_empty(call=made.call, actor=made.officer).state == "decided"


def test_assignment_is_equal_and_leaves_out_those_who_did_not_declare(at):
    made = make.under_review(files=4, members=4)
    silent = made.members[make.CIVIL][3]
    Declaration.objects.filter(user=silent).update(state="required", declared_at=None)
    made.panel = assignments.assign(panel=made.panel, actor=made.officer)
    for application in made.files:
        rows = Assignment.objects.filter(application=application)
        assert [rows.filter(seat__college=college).count() for college in (make.CIVIL, make.STATE)] == [2, 2]
        assert not rows.filter(seat__user=silent).exists()
    assert made.panel.results.get().prices and made.panel.shortages == {}


def test_a_shortage_is_told_and_an_alternate_reads_before_anything_else(at):
    made = make.under_review(files=1, members=2)
    gone = made.members[make.STATE][1]
    declarations.declare_interest(declaration=declaration(made, gone), actor=gone, ground="partner_tie")
    made.panel = assignments.assign(panel=made.panel, actor=made.officer)
    reference = made.files[0].reference
    assert made.panel.shortages == {reference: {"alternate": ["state"]}}
    assert Assignment.objects.filter(seat__user=made.alternates[make.STATE][0]).count() == 1
    made = make.under_review(files=1, members=2, alternates=0)
    gone = made.members[make.STATE][1]
    declarations.declare_interest(declaration=declaration(made, gone), actor=gone, ground="partner_tie")
    made.panel = assignments.assign(panel=made.panel, actor=made.officer)
    assert made.panel.shortages == {made.files[0].reference: {"missing": {"state": 1}}}


def test_after_a_recusal_the_alternate_of_the_same_college_reads_in_place(at):
    made = make.reading(files=1, members=2)
    pair = Assignment.objects.get(seat__user=made.members[make.CIVIL][1])
    make.file_review(pair)
    declarations.declare_interest(
        declaration=declaration(made, pair.seat.user), actor=pair.seat.user, ground="family_tie"
    )
    pair.refresh_from_db()
    stand_in = Assignment.objects.get(instead_of=pair)
    assert (
        pair.state == "recused"
        and stand_in.seat.user == made.alternates[make.CIVIL][0]
        and stand_in.state == "assigned"
    )
    made.panel.refresh_from_db()
    assert made.panel.shortages[made.files[0].reference] == {"alternate": ["civil_society"]}


def test_reassigning_changes_only_what_must(at):
    made = make.reading(files=4, members=4, alternates=0)
    before = set(Assignment.objects.values_list("application", "seat"))
    pair = Assignment.objects.first()
    declarations.declare_interest(
        declaration=declaration(made, pair.seat.user, pair.application), actor=pair.seat.user, ground="family_tie"
    )
    made.panel.refresh_from_db()
    assert made.panel.shortages[pair.application.reference] == {"missing": {pair.seat.college: 1}}
    made.panel = assignments.reassign(panel=made.panel, actor=made.officer)
    active = set(Assignment.objects.active().values_list("application", "seat"))
    assert len(active - before) == 1 and before - active == {(pair.application_id, pair.seat_id)}
    assert made.panel.shortages == {}


def test_reassigning_keeps_what_an_alternate_reads(at):
    made = make.reading(files=1, members=3)
    pair = Assignment.objects.filter(seat__college=make.CIVIL).first()
    declarations.declare_interest(
        declaration=declaration(made, pair.seat.user), actor=pair.seat.user, ground="family_tie"
    )
    made.panel.refresh_from_db()
    assignments.reassign(panel=made.panel, actor=made.officer)
    readers = Assignment.objects.active().filter(seat__college=make.CIVIL)
    assert readers.count() == 2 and readers.filter(seat__user=made.alternates[make.CIVIL][0]).exists()


def test_a_declined_reading_goes_to_another_and_is_not_proposed_again(at):
    made = make.reading(files=1, members=3, alternates=0)
    pair = Assignment.objects.filter(seat__college=make.STATE).first()
    refused("reason_missing", assignments.decline, assignment=pair, actor=pair.seat.user, reason=" ")
    assignments.decline(assignment=pair, actor=pair.seat.user, reason="Je pars en mission.")
    assignments.reassign(panel=made.panel, actor=made.officer)
    assert Assignment.objects.active().filter(seat__college=make.STATE).count() == 2
    assert not Assignment.objects.active().filter(seat=pair.seat).exists()


def test_a_reader_is_given_by_hand_only_without_interest(at):
    made = make.reading(files=1, members=3, alternates=0)
    taken = set(Assignment.objects.values_list("seat", flat=True))
    free = next(seat for seat in made.panel.seats.current() if seat.pk not in taken)
    refused(
        "already_assigned",
        assignments.assign_reader,
        panel=made.panel,
        actor=made.officer,
        application=made.files[0],
        seat=made.panel.seats.get(pk=min(taken)),
    )
    assignments.assign_reader(panel=made.panel, actor=made.officer, application=made.files[0], seat=free)
    declarations.declare_interest(declaration=declaration(made, free.user), actor=free.user, ground="family_tie")
    refused(
        "conflict_of_interest",
        assignments.assign_reader,
        panel=made.panel,
        actor=made.officer,
        application=made.files[0],
        seat=free,
    )
