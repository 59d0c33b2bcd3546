"""My space says what awaits each role, at a cost that does not follow the number of files."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from applications.models import Application
from applications.transitions import invite_member
from desks import awaited
from desks.links import desks_of
from fund.enums import Role
from reviews.models.meeting import ActingPresident, Meeting
from reviews.queries.awaited import meetings_awaiting
from reviews.transitions import meetings, minutes
from tests.factories import applications as make
from tests.factories import payments as money
from tests.factories.core import UserFactory
from tests.factories.fund import open_call, person_with
from tests.factories.meetings import adopted, closed, convened, listed, opened, rendered
from tests.factories.reviews import declare_all, reading, under_review

pytestmark = pytest.mark.django_db


def titles(user, at) -> list[str]:
    user.__dict__.pop("_role_grants", None)
    with translation.override("en"):
        return [task.title for task in awaited.tasks(user, at)]


def test_the_case_officer_reads_one_line_a_room(at):
    call = open_call(opens_at=at)
    for _number in range(2):
        make.filed(at, call=call)
    officer = person_with(Role.CASE_OFFICER)
    assert "2 applications to check" in titles(officer, at)
    assert titles(person_with(Role.AUDITOR), at) == []


def test_each_officer_of_the_money_reads_his_own_queue(at):
    people = money.People()
    row = money.signed(people, at=at)
    one = money.certified(people, money.first_of(row), at=at)
    assert "1 payment to order" in titles(people.orderer, at)
    assert "1 payment to pay" not in titles(people.payer, at)
    money.ordered(people, one, at=at)
    assert "1 payment to order" not in titles(people.orderer, at)
    assert "1 payment to pay" in titles(people.payer, at)


def test_a_member_declares_first(at):
    made = under_review(declare=False)
    member = made.members["state"][1]
    assert "2 declarations of interest to make" in titles(member, at)
    declare_all(made)
    assert "2 declarations of interest to make" not in titles(member, at)


def test_a_reader_and_a_convened_member(at):
    made = reading()
    readers = [person for person in made.everyone() if any("to read and score" in one for one in titles(person, at))]
    assert readers
    made, meeting = convened()
    member = made.members["civil_society"][1]
    assert f"Say whether you come to the meeting {meeting.reference}" in titles(member, at)
    assert titles(member, meeting.planned_at + timedelta(hours=1)) == []


def test_a_meeting_says_whom_it_awaits(at):
    made, meeting, then = opened()
    first, second = made.presidents
    under_way = f"The meeting {meeting.reference} is under way"
    for person in (first, second, made.members["state"][1]):
        assert under_way in titles(person, then)
    assert not any(meeting.reference in one for one in titles(made.officer, then))


def test_the_other_president_is_asked_to_close(at):
    made, meeting, then = listed()
    first, second = made.presidents
    to_close = f"Close the meeting {meeting.reference}: the other president has agreed"
    meetings.close(meeting=meeting, actor=first, at=then)
    assert to_close in titles(second, then)
    assert to_close not in titles(first, then) + titles(made.members["state"][1], then)


def test_minutes_await_their_signers_and_decisions_await_the_minutes(at):
    made, meeting, then = closed()
    first, second = made.presidents
    sign = f"Sign the minutes of the meeting {meeting.reference}"
    assert [one for one in titles(first, then) if "to sign" in one] == []
    assert sign in titles(first, then) and sign in titles(second, then)
    assert sign not in titles(made.members["state"][1], then)
    minutes.sign_minutes(meeting=rendered(meeting), actor=first, at=then, evidence={})
    assert sign not in titles(first, then) and sign in titles(second, then)
    minutes.refuse_minutes(meeting=Meeting.objects.get(pk=meeting.pk), actor=second, at=then, reason="Un point manque.")
    assert sign not in titles(second, then)
    refused = f"{second} refuses to sign the minutes of the meeting {meeting.reference}: see what follows"
    assert refused in titles(made.officer, then) and refused not in titles(first, then)
    stands_in = made.members["state"][1]
    seat = made.seat(stands_in)
    meetings.designate_acting(
        meeting=Meeting.objects.get(pk=meeting.pk), actor=made.officer, at=then, seat=seat, reason="refused"
    )
    assert sign in titles(stands_in, then)
    ActingPresident.objects.filter(seat=seat).update(
        reason="recused"
    )  # nothing of his co-president's is closed to sign
    assert sign not in titles(stands_in, then)


def test_adopted_minutes_open_the_decisions_to_their_signers(at):
    made, meeting, then = adopted()
    assert any("to sign" in one for one in titles(made.presidents[0], then))
    assert not any(meeting.reference in one for one in titles(made.presidents[0], then))


@pytest.mark.parametrize("files", [1, 20])
def test_what_a_meeting_awaits_costs_the_same_at_any_number_of_files(at, django_assert_num_queries, files):
    made, meeting, then = closed(files=files)
    president = made.presidents[0]
    with django_assert_num_queries(8):
        assert [one.what for one in meetings_awaiting(president, then)] == ["to_sign"]


def test_the_soonest_comes_first_days_and_instants_together(at):
    found = [
        awaited.Task("later", "/", at + timedelta(days=3)),
        awaited.Task("none", "/"),
        awaited.Task("day", "/", (at + timedelta(days=1)).date()),
        awaited.Task("soon", "/", at),
    ]
    assert [task.title for task in awaited.sooner_first(found)] == ["soon", "day", "later", "none"]


@pytest.mark.parametrize("files", [1, 20])
def test_it_costs_the_same_at_any_number_of_files(at, django_assert_num_queries, files):
    call = open_call(opens_at=at)
    for _number in range(files):
        make.filed(at, call=call)
    officer = person_with(Role.CASE_OFFICER)
    with django_assert_num_queries(40):
        awaited.tasks(officer, at)


@pytest.mark.parametrize("files", [1, 20])
def test_changes_that_are_not_filed_are_said_until_the_call_closes(at, django_assert_num_queries, files):
    call, lead = open_call(opens_at=at), UserFactory()
    made = [make.filed(at, call=call) for _number in range(files)]
    Application.objects.filter(pk__in=[row.pk for row in made]).update(lead=lead)
    assert not any("are not filed" in one for one in titles(lead, at))
    for row in made:
        section = row.sections.get(code="project")
        section.content = {**section.content, "title": "Une autre lumière"}
        section.save()
    with django_assert_num_queries(11):
        found = [task for task in awaited.of_applicant(lead, at) if "verifier" in task.url]
    assert [task.url for task in found] == [f"/dossiers/{row.reference}/verifier/" for row in made]
    assert {task.due_at for task in found} == {call.closes_at}
    assert not any("verifier" in task.url for task in awaited.of_applicant(lead, call.closes_at))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CASE_OFFICER, Role.AUTHORISING_OFFICER, Role.ACCOUNTING_OFFICER])
def test_every_door_offered_opens(as_user, role):
    user = person_with(role)
    browser = as_user(user)
    doors = [url for url, _name, _purpose in desks_of(user)]
    assert role != Role.AUDITOR or {"/paiements/", "/instruction/cles/", "/instruction/enveloppes/"} <= set(doors)
    for url in doors:
        assert browser.get(url).status_code == 200, url


def test_who_has_just_come_finds_the_open_calls(client, at):
    call = open_call(opens_at=at)
    person = UserFactory()
    client.force_login(person)
    assert f"/appels/{call.slug}/" in client.get("/mon-espace/").content.decode()
    make.ApplicationFactory(lead=person, call=call, created_at=at)
    assert 'id="ouverts"' not in client.get("/mon-espace/").content.decode()


@pytest.mark.parametrize("files", [1, 20])
def test_who_was_invited_finds_the_team_without_the_mail(at, as_user, django_assert_num_queries, files):
    friend = UserFactory(email="amie@demo.example")
    invited = []
    for _number in range(files):
        draft = make.ready_draft(at, call=open_call(opens_at=at - timedelta(days=1)))
        invited.append(invite_member(application=draft, actor=draft.lead, at=at, email=friend.email))
    with django_assert_num_queries(8):
        found = awaited.of_applicant(friend, at)
    assert [task.url for task in found] == [f"/equipe/{member.link_token}/" for member in invited]
    assert {task.due_at for task in found} == {member.expires_at for member in invited}
    assert awaited.of_applicant(friend, invited[0].expires_at) == []
    assert awaited.of_applicant(UserFactory(), at) == []


def test_who_must_agree_is_asked_to_read_and_agree_and_not_to_file(at):
    application = make.ApplicationFactory(call=open_call(opens_at=at))
    friend = make.TeamMemberFactory(application=application, signatory=True, joined_at=at).user
    name = application.display_title
    assert titles(friend, at) == [f"Read “{name}” and give your agreement"]
    assert titles(application.lead, at) == [f"Finish and file “{name}”"]


def test_the_silent_partner_of_a_filed_file_is_a_task_until_his_term(at):
    row = make.filed(at)
    awaited_ = f"The partner of “{row.display_title}” has not confirmed yet: remind them"
    assert awaited_ in titles(row.lead, at)
    assert awaited_ not in titles(row.lead, row.call.partner_deadline_at)
    make.PartnershipFactory(application=row)
    assert awaited_ not in titles(row.lead, at)
