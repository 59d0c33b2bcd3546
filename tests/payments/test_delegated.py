"""What a delegate signs for the authorising officer: within the acts, the days and the amount of the delegation, and never where he could not have acted."""

from datetime import timedelta

import pytest

from core.models import Event, Signature, User
from core.transitions import VERBS, Refusal
from fund.enums import Role
from fund.people import delegate
from fund.transitions import delegations as delegating
from payments.models import Agreement, Instalment, PaymentOrder
from payments.queries import liquidation
from payments.transitions import agreement, amendment, batch, instalment
from tests.core.helpers import refused
from tests.factories import delegations as delegated
from tests.factories import payments as make
from tests.factories.applications import TeamMemberFactory
from tests.factories.fund import RoleGrantFactory, person_with
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def ready(people, at, amount=1_850_000) -> Agreement:
    row = make.to_sign(people, amount, at=at)
    return agreement.sign_as_bearer(agreement=row, actor=row.signatory, at=at)


def to_order(people, at) -> Instalment:
    return make.certified(people, make.first_of(make.signed(people, at=at)), at=at)


def test_the_signature_names_the_delegation_and_commits_the_money(people, at):
    row, delegation = ready(people, at), delegated.given(people.orderer, at=at)
    signed = agreement.sign(agreement=row, actor=delegation.delegate, at=at, evidence={"method": "password"})
    signature = Signature.objects.get(signer=delegation.delegate)
    assert signature.capacity == f"par délégation de Henri Cazaux ({delegation.reference})"
    assert signature.evidence == {
        "method": "password",
        "delegation": delegation.reference,
        "deed": "Décision 2026-12 du 3 novembre 2026",
        "delegator": people.orderer.pk,
    }
    assert signed.signed_by == delegation.delegate
    event = Event.objects.get(machine="agreement", verb="sign")
    assert event.payload["delegation"] == delegation.reference
    assert make.invariants() == []


def test_the_authorising_officer_himself_signs_in_his_own_name(people, at):
    delegated.given(people.orderer, at=at)
    agreement.sign(agreement=ready(people, at), actor=people.orderer, at=at)
    assert Signature.objects.get(signer=people.orderer).capacity == "ordonnateur"


def test_an_order_keeps_its_delegation_and_its_document_says_it(people, at):
    one, delegation = to_order(people, at), delegated.given(people.orderer, at=at)
    instalment.order(instalment=one, actor=delegation.delegate, at=at)
    order = PaymentOrder.objects.get()
    assert order.delegation == delegation and order.ordered_by == delegation.delegate
    assert order.document.context["delegation"] == f"par délégation de Henri Cazaux ({delegation.reference})"
    assert make.invariants() == []


@pytest.mark.parametrize(
    ("terms", "days", "code", "words"),
    [
        ({"acts": ["agreements", "amendments"]}, 0, "delegation_scope", "signer les conventions, signer les avenants"),
        ({"ceiling_amount": 1_294_999}, 0, "delegation_amount", "12 949,99"),
        ({"starts_on": "2026-11-25"}, 0, "delegation_dates", "25 novembre 2026"),
        ({"ends_on": "2026-11-25"}, 2, "delegation_dates", "25 novembre 2026"),
    ],
)
def test_outside_of_the_delegation_is_refused_in_words(people, at, terms, days, code, words):
    one, delegation = to_order(people, at), delegated.given(people.orderer, at=at, **terms)
    with refused(code) as caught:
        instalment.order(instalment=one, actor=delegation.delegate, at=at + timedelta(days=days))
    said = str(caught.value).replace("\u202f", " ").replace("\xa0", " ")
    assert words in said and delegation.reference in said, said
    assert caught.value.status == 403 and not PaymentOrder.objects.exists()


def test_the_amount_of_the_act_to_the_cent_and_the_last_day_included(people, at):
    one = to_order(people, at)
    delegation = delegated.given(people.orderer, at=at, ceiling_amount=1_295_000, ends_on="2026-11-25")
    last_minute = at.replace(day=25, hour=23, minute=59)
    assert instalment.order(instalment=one, actor=delegation.delegate, at=last_minute).state == "ordered"


def test_the_amount_is_the_agreements_when_it_is_signed(people, at):
    row, delegation = ready(people, at), delegated.given(people.orderer, at=at, ceiling_amount=1_849_999)
    with refused("delegation_amount"):
        agreement.sign(agreement=row, actor=delegation.delegate, at=at)


def test_a_wider_delegation_of_another_officer_is_found(people, at):
    one, narrow = to_order(people, at), delegated.given(people.orderer, at=at, ceiling_amount=100)
    wide = delegated.given(person_with(Role.AUTHORISING_OFFICER, name="Anne Garnier"), narrow.delegate, at=at)
    instalment.order(instalment=one, actor=narrow.delegate, at=at)
    assert PaymentOrder.objects.get().delegation == wide


def test_revoked_it_is_worth_nothing_from_that_instant_on(people, at):
    one, delegation = to_order(people, at), delegated.given(people.orderer, at=at)
    delegating.revoke(delegation=delegation, actor=people.orderer, at=at, reason="Poste changé.")
    with refused("delegation_revoked"):
        instalment.order(instalment=one, actor=delegation.delegate, at=at)


def test_it_ends_with_the_role_of_who_delegates_and_of_who_receives(people, at):
    from fund.transitions import roles

    one, delegation = to_order(people, at), delegated.given(people.orderer, at=at)
    roles.step_down(role_grant=people.orderer.role_grants.get(), actor=people.orderer, at=at)
    with refused("delegation_ended"):
        instalment.order(instalment=one, actor=delegation.delegate, at=at + timedelta(minutes=1))
    roles.step_down(role_grant=delegation.delegate.role_grants.get(), actor=delegation.delegate, at=at)
    with refused("not_permitted"):
        instalment.order(
            instalment=one, actor=User.objects.get(pk=delegation.delegate_id), at=at + timedelta(minutes=1)
        )


def test_a_role_without_a_delegation_signs_nothing(people, at):
    with refused("delegation_missing"):
        instalment.order(instalment=to_order(people, at), actor=person_with(Role.DELEGATE), at=at)


def test_a_proposal_is_no_delegation(people, at):
    one, row = to_order(people, at), delegated.proposed(people.orderer, at=at)
    with refused("delegation_missing"):
        instalment.order(instalment=one, actor=row.delegate, at=at)


def test_an_amendment_is_signed_up_to_the_amount_of_the_grant_once_amended(people, at):
    row = make.signed(people, at=at)
    one = make.approved_amendment(people, row, at=at, new_amount=1_500_000)
    one = amendment.sign_as_bearer(amendment=one, actor=row.signatory, at=at)
    narrow = delegated.given(people.orderer, at=at, ceiling_amount=1_499_999)
    with refused("delegation_amount"):
        amendment.sign(amendment=one, actor=narrow.delegate, at=at)
    wide = delegated.given(people.orderer, at=at, ceiling_amount=1_500_000, acts=["amendments"])
    amendment.sign(amendment=one, actor=wide.delegate, at=at)
    assert Signature.objects.get(signer=wide.delegate).evidence["delegation"] == wide.reference


def test_the_liquidation_file_says_by_whose_delegation(people, at):
    one, delegation = to_order(people, at), delegated.given(people.orderer, at=at)
    instalment.order(instalment=one, actor=delegation.delegate, at=at)
    order = liquidation.order_of(people.payer, PaymentOrder.objects.get().reference)
    said = " ".join(fact for check in liquidation.checklist(order) for fact in check.facts)
    assert delegation.mention() in said and "Henri Cazaux tenait le rôle d’ordonnateur" in said


def test_a_signature_by_hand_lies_within_the_delegation_on_the_day_it_bears(people, at):
    row = ready(people, at)
    delegation = delegated.given(people.orderer, at=at, starts_on="2026-11-26")
    with refused("delegation_dates"):
        agreement.sign(
            agreement=row, actor=delegation.delegate, at=at + timedelta(days=3), signed_on=at.date() + timedelta(days=1)
        )
    with refused("paper_copy_missing"):  # covered: what is missing then is the paper
        agreement.sign(
            agreement=row, actor=delegation.delegate, at=at + timedelta(days=3), signed_on=at.date() + timedelta(days=2)
        )


# ---- who delegates counts ----


def test_the_interest_of_who_delegates_binds_his_delegate(people, at):
    one, delegation = to_order(people, at), delegated.given(people.orderer, at=at)
    TeamMemberFactory(application=one.agreement.application, user=people.orderer)
    with refused("officer_interest") as caught:
        instalment.order(instalment=one, actor=delegation.delegate, at=at)
    assert "Henri Cazaux" in str(caught.value)


def test_nobody_orders_by_the_delegation_of_who_certified(people, at):
    RoleGrantFactory(
        user=people.officer, role=Role.AUTHORISING_OFFICER
    )  # more than the rules allow: the act refuses by itself
    one, delegation = to_order(people, at), delegated.given(people.officer, at=at)
    with refused("same_person"):
        instalment.order(instalment=one, actor=delegation.delegate, at=at)


def test_a_delegate_does_not_order_what_he_certified(people, at):
    delegation = delegated.given(people.orderer, at=at)
    RoleGrantFactory(user=delegation.delegate, role=Role.CASE_OFFICER)
    people.officer = delegation.delegate
    one = make.certified(people, make.first_of(make.signed(make.People(), at=at)), at=at)
    with refused("same_person"):
        instalment.order(instalment=one, actor=delegation.delegate, at=at)


@pytest.mark.parametrize("who", ["delegate", "delegator"])
def test_neither_of_the_two_pays(people, at, who):
    one, delegation = to_order(people, at), delegated.given(people.orderer, at=at)
    one = instalment.order(instalment=one, actor=delegation.delegate, at=at)
    person = getattr(delegation, who)
    RoleGrantFactory(user=person, role=Role.ACCOUNTING_OFFICER)
    person.__dict__.pop("_role_grants", None)
    with refused("same_person"):
        batch.gather(batch=None, instalments=[one], actor=person, at=at)


# ---- the desk ----


def test_the_delegate_finds_what_to_sign_and_no_longer_once_the_role_is_gone(people, at, as_user):
    from fund.transitions import roles

    one, delegation = to_order(people, at), delegated.given(people.orderer, at=at, ceiling_amount=1_000)
    browser = as_user(delegation.delegate)
    page = browser.get("/paiements/?etape=order")
    assert page.status_code == 200 and "va jusqu’à 10,00" in plain(page) and "disabled" in page.content.decode()
    wide = delegated.given(people.orderer, delegation.delegate, at=at)
    page = browser.get("/paiements/?etape=order")
    assert 'value="order"' in page.content.decode()
    browser.post("/paiements/", {"act": "order", "instalment": [one.pk]})
    assert PaymentOrder.objects.get().delegation == wide
    here = plain(browser.get(f"/paiements/versements/{one.pk}/"))
    assert f"par délégation de Henri Cazaux ({wide.reference})" in here
    roles.step_down(role_grant=delegation.delegate.role_grants.get(), actor=delegation.delegate, at=at)
    assert as_user(delegation.delegate).get("/paiements/").status_code == 403


@pytest.mark.one_engine
def test_before_signing_the_page_says_for_whom_what_and_until_when(people, at, as_user):
    row, delegation = ready(people, at), delegated.given(people.orderer, at=at)
    one = to_order(people, at)
    for address in (f"/paiements/conventions/{row.reference}/", f"/paiements/versements/{one.pk}/"):
        page = plain(as_user(delegation.delegate).get(address))
        for words in (
            f"Vous signez pour Henri Cazaux, par la délégation {delegation.reference}",
            "signer les conventions, signer les avenants, ordonner",
            "30 000,00",
            "jusqu’au 22 février 2027",
            "Décision 2026-12",
        ):
            assert words in page, (address, words)
        assert "par la délégation" not in plain(as_user(people.orderer).get(address))
    narrow = delegated.given(people.orderer, person_with(Role.DELEGATE, name="Léa Roy"), at=at, ceiling_amount=100)
    page = plain(as_user(narrow.delegate).get(f"/paiements/versements/{one.pk}/"))
    assert "Vous signez pour" not in page and "va jusqu’à 1,00" in page


def test_the_queue_costs_the_same_for_one_payment_and_for_five(people, at, as_user):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    delegation = delegated.given(people.orderer, at=at)
    browser, counted = as_user(delegation.delegate), []
    for number in (1, 4):
        for _one in range(number):
            to_order(people, at)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/paiements/?etape=order").status_code == 200
        counted.append(len(asked))
    assert counted[0] == counted[1]


def test_a_delegate_does_none_of_the_other_acts(people, at):
    person = delegated.given(people.orderer, at=at).delegate
    may = {
        (verb.machine, verb.name)
        for verbs in VERBS.values()
        for verb in verbs.values()
        if any(who is delegate and who(person, None, at) for who in verb.who)
    }
    assert may == {
        ("agreement", "sign"),
        ("amendment", "sign"),
        ("instalment", "order"),
        ("instalment", "countersign_order"),
    }


def test_refusals_are_plain(people, at):
    with pytest.raises(Refusal) as caught:
        instalment.order(instalment=to_order(people, at), actor=person_with(Role.DELEGATE), at=at)
    assert "ordonnateur" in str(caught.value)
