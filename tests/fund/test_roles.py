"""Roles: two keys, incompatibilities, ends; the first people and the rescue."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.core.management import CommandError, call_command

from core import two_key
from core.models import Event, Mail, TwoKeyAct, User
from core.transitions import Refusal
from fund.enums import COLLEGE_ROLES, College, Role
from fund.models import RoleGrant
from fund.queries import has_role
from fund.rules.roles import incompatible
from fund.tasks import expire_proposals
from fund.transitions import roles
from tests.factories.core import UserFactory
from tests.factories.fund import RoleGrantFactory, person_with
from tests.fund.helpers import president, with_two_keys

pytestmark = pytest.mark.django_db
A, B = College.CIVIL_SOCIETY, College.STATE


def administrator():
    return person_with(Role.ADMINISTRATOR)


def asked(user, role, at, college="", **more):
    row = roles.propose(
        user=user, role=role, college=college, actor=more.pop("actor", None) or administrator(), at=at, **more
    )
    return row, TwoKeyAct.objects.get(target_machine="role_grant", target_id=row.pk, state="proposed")


def given(user, role, at, college="", approver=None, **more):
    row, act = asked(user, role, at, college, **more)
    return two_key.approve(act, actor=approver or president(), at=at)


def refused(function, *args, **params) -> str:
    with pytest.raises(Refusal) as caught:
        function(*args, **params)
    assert str(caught.value.reason)
    return caught.value.code


def test_a_role_is_held_when_a_co_president_approves_what_an_administrator_proposed(at):
    user = UserFactory()
    row, act = asked(user, Role.CASE_OFFICER, at, title="Agente instructrice")
    assert row.state == "proposed" and not has_role(user, Role.CASE_OFFICER, at)
    two_key.approve(act, actor=president(), at=at)
    assert has_role(User.objects.get(pk=user.pk), Role.CASE_OFFICER, at)
    mail = Mail.objects.get(code="fund/account.role_granted")
    assert mail.to == user.email and str(act.proposed_by) in mail.text


def test_who_may_propose_and_approve(at):
    user = UserFactory()
    for other in (president(), person_with(Role.CASE_OFFICER), person_with(Role.AUDITOR), user):
        assert refused(asked, user, Role.CASE_OFFICER, at, actor=other) == "not_permitted"
    _row, act = asked(user, Role.CASE_OFFICER, at)
    for other in (administrator(), person_with(Role.PANEL_MEMBER), user):
        assert refused(two_key.approve, act, actor=other, at=at) == "not_permitted"


def test_the_one_who_benefits_never_turns_the_second_key(at):
    chair = president(A)
    _row, act = asked(chair, Role.CASE_OFFICER, at)
    assert refused(two_key.approve, act, actor=chair, at=at) == "not_permitted"
    two_key.approve(act, actor=president(B), at=at)


EXPECTED = {
    frozenset(pair)
    for pair in combinations(Role, 2)
    if set(pair) & {Role.ACCOUNTING_OFFICER, Role.DELEGATE}
    or Role.AUTHORISING_OFFICER in pair
    and set(pair) & {Role.CASE_OFFICER, Role.PANEL_MEMBER, Role.CO_PRESIDENT}
    or set(pair) & {Role.ADMINISTRATOR, Role.AUDITOR}
    and set(pair) - {Role.ADMINISTRATOR, Role.AUDITOR}
}


@pytest.mark.parametrize("one, other", list(combinations(Role, 2)))
def test_incompatible_roles(at, one, other):
    """DESIGN 5.3, both ways round, through the verb."""
    assert incompatible(one, other) == incompatible(other, one) == (frozenset((one, other)) in EXPECTED)
    for first, second in ((one, other), (other, one)):
        user = RoleGrantFactory(role=first).user
        college = A if second in COLLEGE_ROLES else ""
        if incompatible(one, other):
            assert refused(asked, user, second, at, college) == "incompatible_roles"
        else:
            assert asked(user, second, at, college)[0].state == "proposed"
        RoleGrant.objects.all().delete()


def test_roles_that_follow_one_another_are_not_together(at):
    user = UserFactory()
    RoleGrantFactory(user=user, role=Role.CASE_OFFICER, ends_at=at + timedelta(days=10))
    assert (
        refused(asked, user, Role.ACCOUNTING_OFFICER, at, starts_at=at + timedelta(days=10) - timedelta(seconds=1))
        == "incompatible_roles"
    )
    assert asked(user, Role.ACCOUNTING_OFFICER, at, starts_at=at + timedelta(days=10))[0].state == "proposed"


def test_a_role_proposed_before_a_later_one_does_not_slip_in_before_it(at):
    user = UserFactory()
    RoleGrantFactory(user=user, role=Role.CASE_OFFICER, starts_at=at + timedelta(days=10))
    assert refused(asked, user, Role.ACCOUNTING_OFFICER, at) == "incompatible_roles"
    assert asked(user, Role.ACCOUNTING_OFFICER, at, ends_at=at + timedelta(days=10))[0].state == "proposed"


def test_two_proposals_made_together_are_looked_at_again_when_approved(at):
    user = UserFactory()
    _one, first = asked(user, Role.CASE_OFFICER, at)
    _two, second = asked(user, Role.ACCOUNTING_OFFICER, at)
    two_key.approve(first, actor=president(A), at=at)
    assert refused(two_key.approve, second, actor=president(B), at=at) == "incompatible_roles"
    second.refresh_from_db()
    assert second.state == "proposed"


def test_one_college_only(at):
    user = person_with(Role.PANEL_MEMBER, A)
    assert refused(asked, user, Role.CO_PRESIDENT, at, B) == "incompatible_roles"
    assert asked(user, Role.CO_PRESIDENT, at, A)[0].state == "proposed"


def test_a_college_has_one_co_president_at_a_time(at):
    first = RoleGrantFactory(role=Role.CO_PRESIDENT, college=A, ends_at=at + timedelta(days=30))
    assert refused(asked, UserFactory(), Role.CO_PRESIDENT, at, A) == "co_president_already"
    assert asked(UserFactory(), Role.CO_PRESIDENT, at, A, starts_at=first.ends_at)[0].state == "proposed"
    assert asked(UserFactory(), Role.CO_PRESIDENT, at, B)[0].state == "proposed"


@pytest.mark.parametrize(
    "role, college, more, code",
    [
        ("chief", "", {}, "role_unknown"),
        (Role.CO_PRESIDENT, "", {}, "college_missing"),
        (Role.PANEL_MEMBER, "third", {}, "college_missing"),
        (Role.CASE_OFFICER, "", {"ends_at": "2026-11-24T08:00:00+01:00"}, "dates_out_of_order"),
        (Role.CASE_OFFICER, "", {"starts_at": "demain"}, "content_invalid"),
    ],
)
def test_what_a_proposal_must_say(at, role, college, more, code):
    assert refused(asked, UserFactory(), role, at, college, **more) == code


def test_the_same_role_is_not_given_twice(at):
    user = person_with(Role.CASE_OFFICER)
    assert refused(asked, user, Role.CASE_OFFICER, at) == "role_already_held"
    other = UserFactory()
    asked(other, Role.CASE_OFFICER, at)
    assert refused(asked, other, Role.CASE_OFFICER, at) == "already_proposed"


def test_a_closed_account_holds_no_role(at):
    assert refused(asked, UserFactory(is_active=False), Role.CASE_OFFICER, at) == "person_unknown"
    assert refused(asked, User.objects.system(), Role.CASE_OFFICER, at) == "person_unknown"


def test_a_proposal_that_lapses_is_put_away_and_may_be_made_again(at):
    user = UserFactory()
    row, act = asked(user, Role.CASE_OFFICER, at)
    later = at + timedelta(days=14)
    assert refused(two_key.approve, act, actor=president(), at=later) == "expired"
    assert expire_proposals(later, User.objects.system()) == 1
    row.refresh_from_db()
    assert row.state == "dropped"
    assert asked(user, Role.CASE_OFFICER, later)[0].pk != row.pk


def test_a_withdrawn_proposal_may_be_made_again_at_once(at):
    user, actor = UserFactory(), administrator()
    row, act = asked(user, Role.CASE_OFFICER, at, actor=actor)
    two_key.withdraw(act, actor=actor, at=at)
    asked(user, Role.CASE_OFFICER, at, actor=actor)
    row.refresh_from_db()
    assert row.state == "dropped"


def test_a_role_is_extended_with_two_keys(at):
    row = RoleGrantFactory(role=Role.CASE_OFFICER, ends_at=at + timedelta(days=10))
    until = at + timedelta(days=100)
    row = with_two_keys(
        roles.extend.verb, row, proposer=administrator(), approver=president(), at=at, ends_at=until.isoformat()
    )
    assert row.ends_at == until
    for ends_at, code in (
        (until.isoformat(), "deadline_not_later"),
        ((until - timedelta(days=1)).isoformat(), "deadline_not_later"),
        ("x", "content_invalid"),
    ):
        assert (
            refused(two_key.propose, roles.extend.verb, row, actor=administrator(), at=at, params={"ends_at": ends_at})
            == code
        )
    assert (
        refused(two_key.propose, roles.extend.verb, row, actor=administrator(), at=until, params={"ends_at": None})
        == "role_expired"
    )
    row = with_two_keys(roles.extend.verb, row, proposer=administrator(), approver=president(B), at=at, ends_at=None)
    assert row.ends_at is None


def test_an_extension_does_not_run_into_an_incompatible_role(at):
    row = RoleGrantFactory(role=Role.CASE_OFFICER, ends_at=at + timedelta(days=10))
    RoleGrantFactory(user=row.user, role=Role.ACCOUNTING_OFFICER, starts_at=at + timedelta(days=20))
    assert (
        refused(two_key.propose, roles.extend.verb, row, actor=administrator(), at=at, params={"ends_at": None})
        == "incompatible_roles"
    )


def test_a_role_is_ended_with_two_keys_and_a_reason(at):
    row = RoleGrantFactory(role=Role.CASE_OFFICER)
    assert (
        refused(two_key.propose, roles.end.verb, row, actor=administrator(), at=at, params={"reason": ""})
        == "reason_missing"
    )
    with_two_keys(
        roles.end.verb, row, proposer=administrator(), approver=president(), at=at, reason="Départ du service."
    )
    assert not has_role(User.objects.get(pk=row.user_id), Role.CASE_OFFICER, at)
    assert has_role(User.objects.get(pk=row.user_id), Role.CASE_OFFICER, at - timedelta(seconds=1))
    assert Event.objects.get(machine="role_grant", verb="end").reason.text == "Départ du service."


def test_ones_own_role_is_given_up_alone(at):
    row = RoleGrantFactory(role=Role.CO_PRESIDENT, college=A)
    assert refused(roles.step_down, role_grant=row, actor=administrator(), at=at) == "not_permitted"
    roles.step_down(role_grant=row, actor=row.user, at=at)
    assert not has_role(User.objects.get(pk=row.user_id), Role.CO_PRESIDENT, at)
    assert refused(roles.step_down, role_grant=row, actor=row.user, at=at) == "not_allowed_in_state"


# ---- the command line ----


def bootstrap(capsys=None):
    call_command(
        "bootstrap_fund", administrator="admin@demo.example", civil="civil1@demo.example", state="etat1@demo.example"
    )


def test_bootstrap_names_three_people_once(at, capsys):
    UserFactory(email="civil1@demo.example")
    bootstrap()
    names = {(grant.user.email, grant.role, grant.college) for grant in RoleGrant.objects.select_related("user")}
    assert names == {
        ("admin@demo.example", "administrator", ""),
        ("civil1@demo.example", "co_president", "civil_society"),
        ("etat1@demo.example", "co_president", "state"),
    }
    assert sorted(mail.to for mail in Mail.objects.filter(code="fund/role.alert")) == sorted(
        name for name, *_rest in names
    )
    assert Event.objects.filter(machine="role_grant", verb="appoint_first").count() == 3
    assert "etat1@demo.example chooses a password" in capsys.readouterr().out
    with pytest.raises(CommandError, match="déjà été|already been"):
        bootstrap()
    assert RoleGrant.objects.count() == 3


def test_bootstrap_is_closed_once_any_role_was_granted_even_an_ended_one(at):
    RoleGrantFactory(role=Role.AUDITOR, state="ended", ends_at=at - timedelta(days=1))
    with pytest.raises(CommandError):
        bootstrap()
    assert RoleGrant.objects.count() == 1


def test_bootstrap_wants_three_people(at):
    with pytest.raises(CommandError):
        call_command("bootstrap_fund", administrator="a@demo.example", civil="a@demo.example", state="b@demo.example")
    assert not RoleGrant.objects.exists()


def test_rescue_only_while_nobody_could_approve(at):
    bootstrap()
    with pytest.raises(CommandError, match="administrat"):
        call_command("rescue_role", "case_officer", "agent@demo.example", reason="Il en faut un.")
    for row in RoleGrant.objects.filter(role=Role.CO_PRESIDENT):
        roles.step_down(role_grant=row, actor=row.user, at=at)
    with pytest.raises(CommandError, match="college"):
        call_command("rescue_role", "co_president", "nouvelle@demo.example", reason="Les deux sont partis.")
    call_command(
        "rescue_role", "co_president", "nouvelle@demo.example", reason="Les deux sont partis.", college="state"
    )
    row = RoleGrant.objects.get(user__email="nouvelle@demo.example")
    assert (row.role, row.procedure, row.state) == ("co_president", "rescue", "granted")
    event = Event.objects.get(machine="role_grant", verb="rescue")
    assert event.reason.text == "Les deux sont partis." and event.payload["role"] == "co_president"
    told = Mail.objects.filter(code="fund/role.alert", text__contains="Les deux sont partis.").values_list(
        "to", flat=True
    )
    assert sorted(told) == ["admin@demo.example", "nouvelle@demo.example"]
    with pytest.raises(CommandError):
        call_command("rescue_role", "case_officer", "agent@demo.example", reason="Encore.")


def test_a_rescue_says_why_and_respects_the_incompatibilities(at):
    with pytest.raises(CommandError):
        call_command("rescue_role", "administrator", "agent@demo.example", reason="  ")
    person_with(Role.ACCOUNTING_OFFICER, email="comptable@demo.example")
    with pytest.raises(CommandError, match="cumule|combined"):
        call_command("rescue_role", "administrator", "comptable@demo.example", reason="Personne d’autre.")


def test_a_co_president_alone_is_the_one_who_cannot_approve_his_own(at):
    """An administrator and one co-president: everyone else's role has two keys, the co-president's second role has not."""
    administrator()
    chair = president(A)
    with pytest.raises(CommandError):
        call_command("rescue_role", "case_officer", "autre@demo.example", reason="Un motif.")
    call_command("rescue_role", "case_officer", chair.email, reason="Un motif.")
