"""Several hands for every euro: who is refused, in words, and who could do it instead."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from core import two_key
from core.transitions import Refusal
from fund.enums import Role
from payments.models import Agreement, Instalment, PayeeAccount, StatementLine
from payments.transitions import account, agreement, batch, instalment, matching
from tests.factories import payments as make
from tests.factories.applications import TeamMemberFactory
from tests.factories.fund import RoleGrantFactory, person_with

pytestmark = pytest.mark.django_db


def both(user, *roles):
    """Give more roles than the rules allow: the acts must refuse by themselves."""
    for role in roles:
        RoleGrantFactory(user=user, role=role)
    return user


def refused(code, call, **params):
    with pytest.raises(Refusal) as caught:
        call(**params)
    assert caught.value.code == code, caught.value.code
    return caught.value


def test_the_orderer_did_not_certify(at):
    people = make.People()
    both(people.officer, Role.AUTHORISING_OFFICER)
    one = make.certified(people, make.first_of(make.signed(people, at=at)), at=at)
    refusal = refused("same_person", instalment.order, instalment=one, actor=people.officer, at=at)
    assert "Henri Cazaux" in str(refusal.remedy) and "Zoé Astruc" not in str(refusal.remedy)
    assert refusal.status == 403 and refusal.article == "art. 22"


@pytest.mark.parametrize("who", ["officer", "orderer"])
def test_the_payer_did_nothing_before(at, who):
    people = make.People()
    person = both(getattr(people, who), Role.ACCOUNTING_OFFICER)
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    refusal = refused("same_person", batch.gather, batch=None, instalments=[one], actor=person, at=at)
    assert "Claire Desmoulins" in str(refusal.remedy)


def test_another_accountant_may_gather_but_the_freezer_counts(at):
    """The freeze, not the gathering, names the third person: gathering by one and freezing by the certifier is refused."""
    people = make.People()
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    both(people.officer, Role.ACCOUNTING_OFFICER)
    refused(
        "same_person", batch.freeze, payment_batch=lot, actor=people.officer, at=at, controls=list(make.Control.values)
    )
    assert Instalment.objects.get(pk=one.pk).state == "ordered"


def test_constraints_say_the_same_as_the_rules(at):
    people = make.People()
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Instalment.objects.filter(pk=one.pk).update(ordered_by=one.certified_by)


def test_the_recorder_does_not_approve(at):
    people = make.People()
    row = make.accepted(people, at=at)
    both(people.officer, Role.ACCOUNTING_OFFICER)
    recorded = make.give_account(row, at=at, actor=people.officer)
    assert recorded.from_paper
    refusal = refused("same_person", account.approve, payee_account=recorded, actor=people.officer, at=at)
    assert "Claire Desmoulins" in str(refusal.remedy)


def test_roles_are_asked_first(at):
    people = make.People()
    one = make.first_of(make.signed(people, at=at))
    refused("not_permitted", instalment.certify, instalment=one, actor=people.orderer, at=at, note="x")
    one = make.certified(people, one, at=at)
    refused("not_permitted", instalment.order, instalment=one, actor=people.payer, at=at)
    one = make.ordered(people, one, at=at)
    refused("not_permitted", batch.open_batch, payment_batch=None, actor=people.orderer, at=at)


def test_staff_with_an_interest_do_not_act(at):
    people = make.People()
    row = make.signed(people, at=at)
    TeamMemberFactory(application=row.application, user=people.officer)
    refused(
        "officer_interest", instalment.certify, instalment=make.first_of(row), actor=people.officer, at=at, note="x"
    )


@pytest.mark.parametrize("credit", [False, True])
def test_an_accountant_with_an_interest_reads_the_banks_word_and_adds_none_of_his(at, credit):
    """What the bank names by its reference is booked whoever reads the statement; what a person must recognise needs another person."""
    people = make.People()
    friend = person_with(Role.ACCOUNTING_OFFICER)
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    TeamMemberFactory(application=one.agreement.application, user=friend)
    moves = [make.Movement("AUTRE", one.certified_amount)]
    if credit:
        moves = [make.Movement(one.end_to_end_id, one.certified_amount), make.Movement("", 5, credit=True, text="?")]
    of_the_friend = make.People(payer=friend)
    make.import_bytes(of_the_friend, make.camt053(moves), at=at)
    assert Instalment.objects.get(pk=one.pk).state == ("paid" if credit else "in_payment")
    line = StatementLine.objects.get(state="to_check")
    by_hand = {"statement_line": line, "at": at}
    if credit:
        refused("officer_interest", matching.record_return, actor=friend, agreement=one.agreement, **by_hand)
        assert matching.record_return(actor=people.payer, agreement=one.agreement, **by_hand).state == "matched"
    else:
        refused("officer_interest", matching.match, actor=friend, instalment=one, **by_hand)
        assert matching.match(actor=people.payer, instalment=one, **by_hand).state == "matched"
    assert make.invariants() == []


def test_the_signer_of_the_fund_is_not_the_bearers(at):
    people = make.People()
    row = make.to_sign(people, at=at)
    lead = both(row.application.lead, Role.AUTHORISING_OFFICER)
    row = agreement.sign_as_bearer(agreement=row, actor=lead, at=at)
    with pytest.raises(Refusal) as caught:
        agreement.sign(agreement=row, actor=lead, at=at)
    assert caught.value.code in ("officer_interest", "same_person")
    refusal = refused(
        "fund_signs_last", agreement.sign, agreement=make.to_sign(people, at=at), actor=people.orderer, at=at
    )
    assert "Personne" in str(refusal.remedy)


def test_unblocking_takes_two_people(at):
    people = make.People()
    row = make.signed(people, at=at)
    current = row.payee_accounts.get(state="approved")
    account.block(payee_account=current, actor=row.application.lead, at=at, reason="Un courriel suspect.")
    refused("second_key_missing", account.unblock, payee_account=current, actor=people.payer, at=at)
    act = two_key.propose(account.unblock.verb, PayeeAccount.objects.get(pk=current.pk), actor=people.payer, at=at)
    refused("same_person", two_key.approve, act=act, actor=people.payer, at=at)
    two_key.approve(act, actor=people.orderer, at=at)
    assert PayeeAccount.objects.get(pk=current.pk).state == "approved"


def test_terminating_takes_the_adversarial_step_and_two_people(at):
    people = make.People()
    row = make.signed(people, at=at)
    with pytest.raises(Refusal) as caught:
        two_key.propose(agreement.terminate.verb, row, actor=people.officer, at=at, params={"reason": "Projet arrêté."})
    assert caught.value.code == "adversarial_step_missing"
    row = agreement.suspend(
        agreement=row, actor=people.officer, at=at, reason="Compte rendu en retard.", remedy="le remettre"
    )
    with pytest.raises(Refusal) as caught:
        two_key.propose(agreement.terminate.verb, row, actor=people.officer, at=at, params={"reason": "Projet arrêté."})
    assert caught.value.code == "observations_period_open"
    later = at + timedelta(days=16)
    act = two_key.propose(
        agreement.terminate.verb, row, actor=people.officer, at=later, params={"reason": "Projet arrêté."}
    )
    two_key.approve(act, actor=people.orderer, at=later)
    row = Agreement.objects.get(pk=row.pk)
    assert row.state == "terminated" and {one.state for one in row.instalments.all()} == {"cancelled"}
    assert make.invariants() == []


def test_the_time_to_comment_on_a_suspension_ends_on_a_working_day(at):
    people = make.People()
    later = at + timedelta(days=11)  # fifteen days after Saturday 5 December is a Sunday
    row = make.signed(people, at=at)
    row = agreement.suspend(agreement=row, actor=people.officer, at=later, reason="Rien ne vient.", remedy="un signe")
    assert row.observations_due_on == date(2026, 12, 21)


def test_a_person_without_a_role_sees_nothing(at):
    people = make.People()
    row = make.signed(people, at=at)
    stranger = person_with(Role.PANEL_MEMBER)
    assert not Agreement.objects.visible_to(stranger).exists()
    assert Agreement.objects.visible_to(row.application.lead).get() == row
    assert not PayeeAccount.objects.visible_to(stranger).exists()
