"""Above a threshold of the rules a payment order waits for a third signature: whose, of what, and what makes it lost."""

import pytest
from django.db import IntegrityError, transaction

from core.models import Event
from desks import awaited
from fund.enums import Role
from payments.models import BatchLine, Instalment, PaymentOrder, ThirdSignature
from payments.queries import desk, liquidation
from payments.transitions import batch, instalment
from tests.core.helpers import refused
from tests.factories import delegations as delegated
from tests.factories import payments as make
from tests.factories.applications import TeamMemberFactory
from tests.factories.fund import RoleGrantFactory, person_with, rules_in_force
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db
ABOVE = 1_000_000
FIRST = 1_295_000
"""The first payment of the grants below."""


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def other():
    return person_with(Role.AUTHORISING_OFFICER, name="Anne Garnier")


@pytest.fixture
def rules(people):
    return rules_in_force(third_signature_above_amount=ABOVE)


def due(people, at) -> Instalment:
    return make.first_of(make.signed(people, at=at))


def ordered(people, at) -> Instalment:
    return make.ordered(people, due(people, at), at=at)


def fresh(one) -> Instalment:
    return Instalment.objects.get(pk=one.pk)


def both(user, *roles):
    """More roles than the rules allow: the act must refuse by itself."""
    for role in roles:
        RoleGrantFactory(user=user, role=role)
    user.__dict__.pop("_role_grants", None)
    return user


def said(refusal) -> str:
    return str(refusal.value).replace("\u202f", " ").replace("\xa0", " ")


# ---- when it is asked ----


def test_the_model_rules_ask_none(people, at):
    one = ordered(people, at)
    assert one.third_signature_above_amount is None and not one.waits_for_third_signature
    make.exported(people, [one], at=at)
    assert make.invariants() == []


@pytest.mark.parametrize(("above", "waits"), [(FIRST, False), (FIRST - 1, True), (0, True), (None, False)])
def test_strictly_above_the_threshold(people, at, above, waits):
    one = due(people, at)
    rules_in_force(third_signature_above_amount=above)
    one = make.ordered(people, one, at=at)
    assert one.certified_amount == FIRST and one.waits_for_third_signature is waits
    assert PaymentOrder.objects.get().third_signature_above_amount == (above if waits else None)


def test_nothing_goes_into_a_file_before_it_and_the_refusal_says_who(people, at, rules, other):
    one = ordered(people, at)
    with refused("third_signature_missing") as caught:
        batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    assert "au-dessus de 10 000,00" in said(caught) and f"version {rules.number} des règles" in said(caught)
    assert "autre que Henri Cazaux" in said(caught) and "Anne Garnier" in said(caught)
    signed = instalment.countersign_order(instalment=one, actor=other, at=at)
    assert signed.state == "ordered" and signed.countersigned_by == other
    make.exported(people, [signed], at=at)
    line = BatchLine.objects.get()
    assert line.third_signature == ThirdSignature.objects.get() and line.third_signature.signed_by == other
    assert make.invariants() == []


def test_what_was_ordered_keeps_its_rules(people, at):
    before, after = ordered(people, at), due(people, at)
    rules = rules_in_force(third_signature_above_amount=ABOVE)
    batch.gather(batch=None, instalments=[before], actor=people.payer, at=at)
    one = make.ordered(people, after, at=at)
    assert PaymentOrder.objects.get(instalment=one).rule_version == rules
    rules_in_force(third_signature_above_amount=None, payment_days=60)
    with refused("third_signature_missing"):
        batch.gather(batch=None, instalments=[fresh(one)], actor=people.payer, at=at)


def test_one_that_needs_none_is_not_signed(people, at, other):
    with refused("third_signature_not_needed"):
        instalment.countersign_order(instalment=ordered(people, at), actor=other, at=at)


# ---- whose ----


def test_the_orderer_and_the_certifier_do_not_sign(people, at, rules, other):
    one = ordered(people, at)
    with refused("same_person") as caught:
        instalment.countersign_order(instalment=one, actor=people.orderer, at=at)
    assert "Anne Garnier" in said(caught)
    with refused("same_person"):
        instalment.countersign_order(instalment=one, actor=both(people.officer, Role.AUTHORISING_OFFICER), at=at)
    with refused("not_permitted"):
        instalment.countersign_order(instalment=one, actor=people.payer, at=at)


def test_who_signed_does_not_pay(people, at, rules, other):
    one = instalment.countersign_order(instalment=ordered(people, at), actor=other, at=at)
    with refused("same_person"):
        batch.gather(batch=None, instalments=[one], actor=both(other, Role.ACCOUNTING_OFFICER), at=at)


def test_the_database_says_the_same(people, at, rules, other):
    one = instalment.countersign_order(instalment=ordered(people, at), actor=other, at=at)
    for by in (one.certified_by, one.ordered_by):
        with pytest.raises(IntegrityError), transaction.atomic():
            Instalment.objects.filter(pk=one.pk).update(countersigned_by=by)
    sent = make.exported(people, [one], at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Instalment.objects.filter(pk=one.pk).update(countersigned_by=None, countersigned_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Instalment.objects.filter(pk=one.pk).update(countersigned_by=people.payer)
    waiting = ordered(people, at)
    with pytest.raises(IntegrityError), transaction.atomic():
        BatchLine.objects.create(
            batch=sent,
            position=2,
            instalment=waiting,
            order=waiting.orders.get(),
            third_signature_needed=True,
            in_file=True,
            added_by=people.payer,
            added_at=at,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Instalment.objects.filter(pk=waiting.pk).update(paid_by=people.payer, in_payment_at=at, state="in_payment")


def test_an_interest_binds_the_third_person(people, at, rules, other):
    one = ordered(people, at)
    TeamMemberFactory(application=one.agreement.application, user=other)
    with refused("officer_interest"):
        instalment.countersign_order(instalment=one, actor=other, at=at)


def test_a_delegate_of_another_officer_signs_within_his_amount(people, at, rules, other):
    one = ordered(people, at)
    narrow = delegated.given(other, at=at, ceiling_amount=FIRST - 1)
    with refused("delegation_amount"):
        instalment.countersign_order(instalment=one, actor=narrow.delegate, at=at)
    wide = delegated.given(other, narrow.delegate, at=at)
    instalment.countersign_order(instalment=one, actor=wide.delegate, at=at)
    signature = ThirdSignature.objects.get()
    assert signature.delegation == wide and signature.document.context["third_delegation"] == (
        f"par délégation de Anne Garnier ({wide.reference})"
    )
    event = Event.objects.get(machine="instalment", verb="countersign_order")
    assert event.payload["delegation"] == wide.reference
    with refused("same_person"):  # who delegated does not pay either
        batch.gather(batch=None, instalments=[fresh(one)], actor=both(other, Role.ACCOUNTING_OFFICER), at=at)


def test_a_delegation_of_who_ordered_is_the_same_hand_twice(people, at, rules, other):
    one, delegation = ordered(people, at), delegated.given(people.orderer, at=at)
    with refused("same_person") as caught:
        instalment.countersign_order(instalment=one, actor=delegation.delegate, at=at)
    assert "Henri Cazaux" in said(caught)
    hers = delegated.given(other, delegation.delegate, at=at)  # he holds both: hers is the one that counts
    instalment.countersign_order(instalment=one, actor=delegation.delegate, at=at)
    assert ThirdSignature.objects.get().delegation == hers


def test_who_delegated_the_order_does_not_sign_it(people, at, rules, other):
    one, delegation = make.certified(people, due(people, at), at=at), delegated.given(people.orderer, at=at)
    one = instalment.order(instalment=one, actor=delegation.delegate, at=at)
    for person in (people.orderer, delegation.delegate):
        with refused("same_person"):
            instalment.countersign_order(instalment=one, actor=person, at=at)
    instalment.countersign_order(instalment=one, actor=other, at=at)


# ---- what becomes of it ----


def test_it_is_given_once(people, at, rules, other):
    one = instalment.countersign_order(instalment=ordered(people, at), actor=other, at=at)
    with refused("already_signed"):
        instalment.countersign_order(
            instalment=one, actor=person_with(Role.AUTHORISING_OFFICER, name="Luc Morin"), at=at
        )


@pytest.mark.parametrize("taken_back", ["recall", "refuse"])
def test_an_order_taken_back_loses_it(people, at, rules, other, taken_back):
    one = instalment.countersign_order(instalment=ordered(people, at), actor=other, at=at)
    actor = people.orderer if taken_back == "recall" else people.payer
    one = getattr(instalment, taken_back)(instalment=one, actor=actor, at=at, reason="Erreur.")
    assert one.countersigned_by is None and one.third_signature_above_amount is None
    one = instalment.order(instalment=fresh(one), actor=people.orderer, at=at)
    assert one.waits_for_third_signature and ThirdSignature.objects.count() == 1
    assert make.invariants() == []


def test_a_suspension_loses_it_and_it_is_given_again(people, at, rules, other):
    one = instalment.countersign_order(instalment=ordered(people, at), actor=other, at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    one = instalment.suspend(instalment=one, actor=people.payer, at=at, reason="Opposition reçue.")
    first = ThirdSignature.objects.get()
    assert one.countersigned_by is None and first.ended_at == at and first.document.state == "void"
    with refused("payment_suspended"):
        instalment.countersign_order(instalment=one, actor=other, at=at)
    one = instalment.unsuspend(instalment=one, actor=people.payer, at=at)
    freeze = {"payment_batch": lot, "actor": people.payer, "at": at, "controls": make.Control.values}
    with refused("third_signature_missing"):
        batch.freeze(**freeze)
    instalment.countersign_order(instalment=one, actor=other, at=at)
    batch.freeze(**freeze)
    assert BatchLine.objects.get().third_signature_id != first.pk
    assert make.invariants() == []


def test_a_batch_cancelled_keeps_it_a_rejection_does_not(people, at, rules, other):
    one = instalment.countersign_order(instalment=ordered(people, at), actor=other, at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    lot = batch.freeze(payment_batch=lot, actor=people.payer, at=at, controls=make.Control.values)
    batch.cancel(payment_batch=lot, actor=people.payer, at=at)
    one = fresh(one)
    assert one.state == "ordered" and one.countersigned_by == other
    make.exported(people, [one], at=at)
    one = fresh(one)
    make.import_bytes(people, make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)]), at=at)
    returned = make.camt053([make.Movement(one.end_to_end_id, one.certified_amount, returned=True, reason="MS03")])
    make.import_bytes(people, returned, at=at)
    assert fresh(one).state == "payment_rejected"
    one = instalment.recertify(instalment=fresh(one), actor=people.officer, at=at, note="Compte confirmé.")
    assert one.countersigned_by is None and one.third_signature_above_amount is None
    assert make.invariants() == []


# ---- what is kept and shown ----


def test_the_order_is_written_again_with_the_signature(people, at, rules, other):
    one = ordered(people, at)
    order = PaymentOrder.objects.get()
    assert "attendue" in plain_text(order.paper)
    instalment.countersign_order(instalment=one, actor=other, at=at)
    order = PaymentOrder.objects.get()
    assert order.paper != order.document and "Anne Garnier, ordonnateur" in plain_text(order.paper)
    file = liquidation.order_of(people.payer, order.reference)
    facts = " ".join(fact for check in liquidation.checklist(file) for fact in check.facts)
    assert "Anne Garnier" in facts and f"version {rules.number} des règles" in facts
    assert [one.source for one in liquidation.pieces(file)][0] == order.paper


def plain_text(document) -> str:
    from core import documents

    return documents.html(document)


def test_the_signature_is_written_once(people, at, rules, other):
    instalment.countersign_order(instalment=ordered(people, at), actor=other, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        ThirdSignature.objects.update(signed_by=people.orderer)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentOrder.objects.update(third_signature_above_amount=None)


# ---- the desk ----


def test_the_queue_of_who_signs_and_of_who_pays(people, at, rules, other, as_user):
    one = ordered(people, at)
    counts = desk.counts(people.payer)
    assert (counts["pay"]["n"], counts["countersign"]["n"], counts["countersign"]["amount"]) == (0, 1, FIRST)
    page = plain(as_user(people.payer).get("/paiements/?etape=countersign"))
    assert "autre que Henri Cazaux peut le signer : Anne Garnier" in page
    page = plain(as_user(people.orderer).get("/paiements/?etape=countersign"))
    assert "vous avez ordonné ce versement" in page
    assert [task.url for task in awaited.of_finance(other)] == ["/paiements/?etape=countersign"]
    assert awaited.of_finance(people.orderer) == []
    browser = as_user(other)
    assert 'value="countersign"' in browser.get("/paiements/?etape=countersign").content.decode()
    browser.post("/paiements/", {"act": "countersign", "instalment": [one.pk]})
    assert fresh(one).countersigned_by == other
    page = plain(browser.get(f"/paiements/versements/{one.pk}/"))
    assert "Quatre actes, quatre personnes" in page and "Anne Garnier" in page
    assert desk.counts(people.payer)["pay"]["n"] == 1 and awaited.of_finance(other) == []


def test_a_suspended_payment_is_not_to_pay(people, at, as_user):
    one = ordered(people, at)
    instalment.suspend(instalment=one, actor=people.payer, at=at, reason="Opposition reçue.")
    counts = desk.counts(people.payer)
    assert (counts["pay"]["n"], counts["pay"]["amount"], counts["suspended"]["n"]) == (0, 0, 1)
    assert awaited.of_finance(people.payer) == []
    browser = as_user(people.payer)
    assert "Opposition reçue." in plain(browser.get("/paiements/?etape=suspended"))
    assert one.basis not in plain(browser.get("/paiements/?etape=pay"))


def test_the_queue_costs_the_same_for_one_and_for_five(people, at, rules, other, as_user):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counted = []
    for number in (1, 4):
        for _one in range(number):
            ordered(people, at)
        for person in (people.payer, other):
            browser = as_user(person)
            browser.get("/paiements/?etape=countersign")
            with CaptureQueriesContext(connection) as asked:
                assert browser.get("/paiements/?etape=countersign").status_code == 200
            counted.append(len(asked))
    assert counted[:2] == counted[2:]


def test_a_rule_version_with_and_without(people, at):
    from fund import rule_parameters
    from fund.forms.settings import RulesForm
    from fund.models import RuleVersion

    parameter = rule_parameters.BY_CODE["third_signature_above_amount"]
    assert parameter.read("") is None and parameter.read(None) is None and parameter.read(1_500_000) == 1_500_000
    with pytest.raises(ValueError):
        parameter.read("beaucoup")
    field = RulesForm(obj=RuleVersion(number=9)).fields["third_signature_above_amount"]
    assert field.clean("") is None and field.clean("15000") == 1_500_000
