"""A signature is delegated by two keys, to somebody who holds nothing else, and taken back by one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from core import two_key
from core.models import Event, Mail, User
from core.transitions import Refusal
from fund.enums import Role
from fund.models import Delegation
from fund.tasks import tell_delegates
from fund.transitions import delegations, roles
from tests.core.helpers import refused
from tests.factories import delegations as make
from tests.factories.fund import person_with
from tests.fund.browsing import approve, done, plain
from tests.fund.browsing import refused as page_refuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def orderer():
    return person_with(Role.AUTHORISING_OFFICER, name="Henri Cazaux")


def test_the_authorising_officer_proposes_and_a_co_president_gives(at, orderer):
    row = make.proposed(orderer, at=at)
    assert row.state == "proposed" and row.delegator == orderer
    act = make.act_of(row)
    assert "Henri Cazaux" in act.title and "Inès Delmas" in act.title
    with refused("same_person"):
        two_key.approve(act, actor=orderer, at=at)
    with refused("not_permitted"):
        two_key.approve(act, actor=person_with(Role.ADMINISTRATOR), at=at)
    two_key.approve(act, actor=person_with(Role.CO_PRESIDENT), at=at)
    row.refresh_from_db()
    assert row.state == "given" and row.given_at == at
    assert Mail.objects.get(code="fund/account.delegation_given").to == row.delegate.email
    assert Event.objects.get(machine="delegation", verb="give").payload["delegation"] == row.reference


@pytest.mark.parametrize("role", [role for role in Role if role != Role.AUTHORISING_OFFICER])
def test_nobody_else_delegates(at, role):
    with refused("not_permitted"):
        make.proposed(person_with(role), at=at)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DELEGATE])
def test_the_delegate_holds_the_role_of_delegate_and_no_other(at, orderer, role):
    """Who certifies, pays, votes, administers or audits receives no delegation, and who has one receives none of these roles."""
    with refused("delegate_role_missing"):
        make.proposed(orderer, person_with(role), at=at)
    row = make.given(orderer, at=at)
    with refused("incompatible_roles"):
        roles.propose(
            user=row.delegate, actor=person_with(Role.ADMINISTRATOR), at=at, role=role, college="civil_society"
        )


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"acts": []}, "acts_missing"),
        ({"acts": ["decisions"]}, "acts_missing"),
        ({"ceiling_amount": 0}, "amount_missing"),
        ({"ceiling_amount": None}, "amount_missing"),
        ({"ends_on": None}, "dates_missing"),
        ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "dates_out_of_order"),
        ({"starts_on": "2026-01-01", "ends_on": "2026-11-23"}, "dates_out_of_order"),
        ({"ends_on": "2031-01-01"}, "delegation_too_long"),
        ({"deed": "  "}, "deed_missing"),
    ],
)
def test_terms_that_make_no_delegation(at, orderer, terms, code):
    with refused(code):
        make.proposed(orderer, at=at, **terms)


def test_nobody_delegates_to_oneself_and_the_rules_are_asked_again_at_the_second_key(at, orderer):
    with refused("same_person"):
        make.proposed(orderer, orderer, at=at)
    row = make.proposed(orderer, at=at)
    grant = row.delegate.role_grants.get()
    roles.step_down(role_grant=grant, actor=row.delegate, at=at)
    with refused("delegate_role_missing"):
        two_key.approve(make.act_of(row), actor=person_with(Role.CO_PRESIDENT), at=at + timedelta(hours=1))


@pytest.mark.parametrize("who", ["delegator", "delegate", "president"])
def test_one_person_revokes_at_once(at, orderer, who):
    row = make.given(orderer, at=at)
    person = {"delegator": orderer, "delegate": row.delegate, "president": person_with(Role.CO_PRESIDENT, "state")}[who]
    delegations.revoke(delegation=row, actor=person, at=at, reason="La personne change de poste.")
    row.refresh_from_db()
    assert (row.state, row.revoked_by, row.revoked_at) == ("revoked", person, at)
    told = set(Mail.objects.filter(code="fund/account.delegation_revoked").values_list("to", flat=True))
    assert told == {one.email for one in (orderer, row.delegate) if one != person}


def test_others_do_not_revoke_and_a_reason_is_asked(at, orderer):
    row = make.given(orderer, at=at)
    for role in (
        Role.ADMINISTRATOR,
        Role.ACCOUNTING_OFFICER,
        Role.CASE_OFFICER,
        Role.AUDITOR,
        Role.AUTHORISING_OFFICER,
    ):
        with refused("not_permitted"):
            delegations.revoke(delegation=row, actor=person_with(role), at=at, reason="x")
    with refused("reason_missing"):
        delegations.revoke(delegation=row, actor=orderer, at=at, reason=" ")


def test_the_database_keeps_what_was_delegated(at, orderer):
    row = make.given(orderer, at=at)
    for change in ({"ceiling_amount": 9_000_000}, {"ends_on": "2030-01-01"}, {"given_by": orderer}, {"deed": "autre"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Delegation.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Delegation.objects.filter(pk=row.pk).delete()
    facts = {
        "reference": "DEL-X",
        "delegator": orderer,
        "ceiling_amount": 1,
        "starts_on": timezone.localdate(at),
        "ends_on": timezone.localdate(at),
        "deed": "x",
    }
    for wrong in (
        {"delegate": orderer, "agreements": True},
        {"delegate": row.delegate},
        {"delegate": row.delegate, "agreements": True, "ceiling_amount": 0},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Delegation.objects.create(**facts | wrong)
    assert connection.vendor in ("sqlite", "postgresql")


def test_a_proposal_nobody_approved_is_put_away(at, orderer):
    from fund.tasks import expire_proposals

    row = make.proposed(orderer, at=at)
    expire_proposals(at + timedelta(days=15), User.objects.system())
    row.refresh_from_db()
    assert row.state == "dropped"


# ---- what the delegate is told ----


def told(code: str) -> list[tuple[str, str]]:
    return list(Mail.objects.filter(code=f"fund/account.delegation_{code}").values_list("to", "subject"))


def test_the_delegate_is_told_on_the_first_day_and_after_the_last(at, orderer):
    row = make.given(orderer, at=at, starts_on="2026-11-26", ends_on="2026-11-28")
    clock = User.objects.system()
    for days, started, ended in ((1, 0, 0), (2, 1, 0), (3, 1, 0), (4, 1, 0), (5, 1, 1), (6, 1, 1), (80, 1, 1)):
        tell_delegates(at + timedelta(days=days), clock)
        assert (len(told("started")), len(told("ended"))) == (started, ended), days
    assert told("started")[0][0] == told("ended")[0][0] == row.delegate.email


def test_one_that_starts_the_day_it_is_given_was_told_by_then(at, orderer):
    make.given(orderer, at=at)
    assert tell_delegates(at, User.objects.system()) == 0 and len(told("given")) == 1


def test_the_delegate_is_told_when_the_role_of_who_delegates_ends(at, orderer):
    make.given(orderer, at=at)
    roles.step_down(role_grant=orderer.role_grants.get(), actor=orderer, at=at)
    later = at + timedelta(minutes=1)
    assert tell_delegates(later, User.objects.system()) == 1 and tell_delegates(later, User.objects.system()) == 0
    assert "n’est plus ordonnateur" in Mail.objects.get(code="fund/account.delegation_ended").text


def test_a_revoked_one_is_told_at_once_and_never_again(at, orderer):
    row = make.given(orderer, at=at, starts_on="2026-11-26")
    delegations.revoke(delegation=row, actor=orderer, at=at, reason="Je reviens.")
    assert {to for to, _subject in told("revoked")} == {row.delegate.email}
    assert tell_delegates(at + timedelta(days=3), User.objects.system()) == 0


# ---- the pages ----


def test_it_is_proposed_approved_shown_and_revoked_on_the_pages(at, orderer, as_user):
    delegate, president = person_with(Role.DELEGATE, name="Inès Delmas"), person_with(Role.CO_PRESIDENT)
    browser, second = as_user(orderer), as_user(president)
    page = browser.get("/administration/delegations/proposer/")
    assert "Inès Delmas" in plain(page)
    typed = {
        "delegate": delegate.pk,
        "acts": ["agreements", "payment_orders"],
        "ceiling_amount": "12 000,00",
        "starts_on": "2026-11-24",
        "ends_on": "2026-12-31",
        "deed": "Décision 2026-12",
    }
    page_refuses(browser.post("/administration/delegations/proposer/", typed | {"ends_on": "2026-11-01"}))
    done(browser.post("/administration/delegations/proposer/", typed))
    row = Delegation.objects.get()
    act = make.act_of(row)
    assert "12 000,00" in plain(second.get(f"/instruction/cles/{act.reference}/"))
    approve(second, act)
    here = f"/administration/delegations/{row.reference}/"
    for words in ("Inès Delmas signe pour Henri Cazaux", "12 000,00", "Décision 2026-12", "31 décembre 2026"):
        assert words in plain(second.get(here)), words
    for address in ("/administration/roles/", f"/administration/roles/{delegate.role_grants.get().pk}/"):
        assert row.reference in plain(as_user(person_with(Role.AUDITOR)).get(address)), address
    done(second.post(here, {"act": "revoke", "revoke-reason": "Poste changé."}))
    row.refresh_from_db()
    assert row.state == "revoked" and "révoquée" in plain(browser.get(here))


def test_only_authorising_officers_open_the_form_and_only_staff_the_page(at, orderer, as_user, client):
    row = make.given(orderer, at=at)
    assert as_user(person_with(Role.CO_PRESIDENT)).get("/administration/delegations/proposer/").status_code == 403
    assert (
        as_user(person_with(Role.CASE_OFFICER)).get(f"/administration/delegations/{row.reference}/").status_code == 200
    )
    assert client.get(f"/administration/delegations/{row.reference}/").status_code == 302
    with pytest.raises(Refusal):
        delegations.revoke(delegation=row, actor=person_with(Role.CASE_OFFICER), at=at, reason="x")


def test_the_list_of_roles_costs_the_same_with_one_delegation_or_twenty(
    at, orderer, as_user, django_assert_num_queries
):
    from django.test.utils import CaptureQueriesContext

    browser = as_user(person_with(Role.AUDITOR))
    make.given(orderer, at=at)
    with CaptureQueriesContext(connection) as one:
        browser.get("/administration/roles/")
    delegate = person_with(Role.DELEGATE)
    for _number in range(19):
        make.given(orderer, delegate, at=at)
    with django_assert_num_queries(len(one)):
        browser.get("/administration/roles/")
