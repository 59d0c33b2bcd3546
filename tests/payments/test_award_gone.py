"""An award taken back before the signature: its agreement falls with it, and a granted appeal is offered anew."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import two_key
from core.models import Mail, User
from core.transitions import Refusal
from payments import tasks
from payments.models import Agreement
from payments.queries import agreements as lists
from payments.transitions import agreement
from reviews.models import Decision
from reviews.transitions import appeals, decisions
from tests.factories import payments as make
from tests.factories import reviews

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(at):
    return reviews.reviewed(reviews.world(files=1))


def draft(made, kind, outcome, cited, **facts) -> Decision:
    """Drafted by a president, signed by both, notified."""
    row = decisions.draft(
        application=cited.application,
        actor=made.presidents[0],
        kind=kind,
        outcome=outcome,
        grounds="Des motifs.",
        cites=cited,
        **facts,
    )
    return reviews.notified(made, row)


def withdrawn(made, award) -> Decision:
    invited = timezone.localdate() - timedelta(days=40)
    return draft(made, "withdrawal", "rejected", award, details={"observations_invited_on": invited.isoformat()})


def tick(at) -> int:
    return tasks.offers(at, User.objects.system())


@pytest.mark.parametrize("accepted", [False, True])
def test_the_agreement_falls_with_its_award(made, at, accepted):
    award = reviews.notified(made, reviews.decided(made, made.files[0]))
    people = make.People()
    row = make.accepted(people, at=at, decision=award) if accepted else make.offered(people, at=at, decision=award)
    withdrawn(made, award)
    mails = Mail.objects.count()
    assert tick(at) == 1 and tick(row.accept_by_at + timedelta(days=40)) == 0
    row = Agreement.objects.get()
    assert (row.state, row.application.state, row.closed_at) == ("lapsed", "rejected", at)
    assert (
        Mail.objects.count() == mails and make.invariants() == []
    )  # the withdrawal's letter says it; no reminder follows
    assert row.document is None or row.document.state == "void"


def test_an_agreement_does_not_fall_while_its_award_stands(made, at):
    row = make.offered(make.People(), at=at, decision=reviews.notified(made, reviews.decided(made, made.files[0])))
    with pytest.raises(Refusal) as caught:
        agreement.fall(agreement=row, actor=User.objects.system(), at=at)
    assert caught.value.code == "award_stands"
    for verb in (agreement.offer_again,):
        with pytest.raises(Refusal):
            verb(agreement=row, actor=made.officer, at=at)


@pytest.mark.parametrize("worker_ran", [True, False])
def test_an_award_given_again_on_appeal_is_offered_again(made, at, worker_ran):
    people = make.People()
    award = reviews.notified(made, reviews.decided(made, made.files[0]))
    former = make.accepted(people, at=at, decision=award, conditions=[{"text": "Trouver une salle."}])
    refused = withdrawn(made, award)
    if worker_ran:
        tick(at)
    appeal = appeals.file(decision=refused, actor=former.application.lead, text="Je conteste.")
    appeals.grant(appeal=appeal, actor=made.presidents[0], answer="Vous avez raison.")
    again = draft(made, "appeal", "selected", refused, amount=1_500_000)
    assert list(lists.to_offer(made.officer)) == [again] and make.invariants() == []
    asked = [{"text": "Trouver deux salles."}]
    row = agreement.offer_award(decision=again, actor=made.officer, at=at, conditions=asked)
    assert [(one.state, one.text) for one in row.conditions.all()] == [
        ("dropped", "Trouver une salle."),
        ("open", "Trouver deux salles."),
    ]
    assert (row.pk, row.state, row.amount, row.decision, row.document) == (former.pk, "offered", 1_500_000, again, None)
    assert not lists.to_offer(made.officer).exists()
    lead = row.application.lead
    row = agreement.accept(agreement=row, actor=lead, at=at, signatory=lead, terms=True, cer=True)
    assert row.state == "accepted" and row.document_id != former.document_id and make.invariants() == []


def test_an_award_is_not_taken_back_once_both_signed_even_terminated(made, at):
    """The agreement ends it; a decision after that would set money aside that nothing could ever commit."""
    people = make.People()
    award = reviews.notified(made, reviews.decided(made, made.files[0]))
    row = make.signed(people, at=at, decision=award)
    row = agreement.suspend(agreement=row, actor=people.officer, at=at, reason="Rien ne vient.", remedy="un signe")
    later = at + timedelta(days=16)
    asked = two_key.propose(agreement.terminate.verb, row, actor=people.officer, at=later, params={"reason": "Arrêté."})
    two_key.approve(asked, actor=people.orderer, at=later)
    with pytest.raises(Refusal) as caught:
        withdrawn(made, award)
    assert caught.value.code == "agreement_already_signed" and caught.value.remedy
    assert Decision.objects.get(pk=award.pk).state == "notified" and make.invariants() == []


def test_a_withdrawal_drafted_before_the_signature_is_not_notified_after_it(made, at):
    people = make.People()
    award = reviews.notified(made, reviews.decided(made, made.files[0]))
    row = make.to_sign(people, at=at, decision=award)
    invited = timezone.localdate() - timedelta(days=40)
    taking_back = reviews.signed(
        made,
        decisions.draft(
            application=row.application,
            actor=made.presidents[0],
            kind="withdrawal",
            outcome="rejected",
            grounds="Des motifs.",
            cites=award,
            details={"observations_invited_on": invited.isoformat()},
        ),
    )
    row = agreement.sign_as_bearer(agreement=row, actor=row.application.lead, at=at)
    agreement.sign(agreement=row, actor=people.orderer, at=at)
    with pytest.raises(Refusal) as caught:
        decisions.notify(decision=taking_back, actor=made.officer)
    assert caught.value.code == "agreement_already_signed"
    decisions.annul(decision=taking_back, actor=made.presidents[0], reason="La convention est signée.")
    assert Agreement.objects.get().state in ("signed", "active") and make.invariants() == []
