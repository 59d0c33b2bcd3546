"""Decisions: born of a vote or drafted, money set aside in private, signed by each president once, notified all together or not at all, replaced, contested."""

from __future__ import annotations

from datetime import timedelta

import pytest

from applications import queries as files_queries
from applications.models import Application, InformationRequest
from core import documents
from core.models import Document, Event, Mail
from core.transitions import Refusal
from fund.enums import Authority, Role
from fund.models import Entry, Envelope, GrantAccount, Seal
from reviews import queries
from reviews.documents.decisions import reserve_extract_of
from reviews.models import Appeal, Assignment, Decision, Declaration
from reviews.transitions import appeals, assignments, calls, decisions, declarations, withdrawals
from tests.factories import reviews as make
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db


def refused(code, function, **params):
    with pytest.raises(Refusal) as caught:
        function(**params)
    assert caught.value.code == code, caught.value.code
    return caught.value


@pytest.fixture
def made(at):
    return make.reviewed(make.world(files=3))


def free(made) -> int:
    return Envelope.objects.get(pk=made.call.envelope_id).free_amount


def sealed(reference) -> int:
    return Seal.objects.filter(entry__grant=reference).count()


# ---- the vote ----


def test_an_award_reserves_in_private_and_changes_nothing_else(made):
    application, before = made.files[0], free(made)
    decision = make.decided(made, application, rank=1, amount=1_500_000)
    application.refresh_from_db()
    assert application.state == "under_review" and decision.state == "voted" and decision.published_score == "4.50"
    assert free(made) == before - 1_500_000 and sealed(application.reference) == 0
    letter = decision.document
    assert letter.kind == "award_letter" and letter.context["amount"] == "15 000,00 €".replace(
        " ", "\u202f", 1
    ).replace(" €", "\u00a0€")
    assert not decision.is_known and files_queries.my_applications(application.lead)[0].state == "under_review"


def test_the_envelope_is_never_exceeded_and_the_refusal_says_by_how_much(at):
    made = make.reviewed(make.world(files=2, envelope=2_000_000, requested=1_500_000))
    make.decided(made, made.files[0])
    error = refused("envelope_exceeded", make.decided, made=made, application=made.files[1])
    assert "5\u202f000" in str(error) and "15\u202f000" in str(error)
    assert Decision.objects.count() == 1 and free(made) == 500_000


def test_amounts_stay_between_the_minimum_and_the_request(made):
    application = made.files[0]
    refused(
        "award_above_request", make.decided, made=made, application=application, amount=application.requested_amount + 1
    )
    refused(
        "below_minimum_viable",
        make.decided,
        made=made,
        application=application,
        amount=application.minimum_viable_amount - 1,
    )
    refused("grounds_missing", make.decided, made=made, application=application, grounds="  ")
    refused("reserve_rank_missing", make.decided, made=made, application=application, outcome="reserve", reserve_rank=0)
    files_whole_or_above_the_floor(made, application)
    make.decided(made, application, amount=application.minimum_viable_amount)
    refused("decision_already_live", make.decided, made=made, application=application)


def files_whole_or_above_the_floor(made, application):
    """The meeting's own minimum holds at every door: the call's floor, and without a declared minimum the project whole or not at all."""
    call, asked = application.call, application.requested_amount
    call.floor_amount = asked - 100
    refused("below_minimum_viable", make.decided, made=made, application=application, amount=asked - 200)
    call.floor_amount, declared = 0, application.minimum_viable_amount
    application.minimum_viable_amount = None
    error = refused("below_minimum_viable", make.decided, made=made, application=application, amount=asked - 1)
    assert error.remedy
    application.minimum_viable_amount = declared


def test_a_decision_needs_reviews_of_both_colleges_in_equal_number_or_a_recorded_fallback(made):
    application = made.files[0]
    Assignment.objects.filter(application=application, seat__college=make.STATE).update(
        state="withdrawn", closed_at="2026-11-24T08:00:00Z"
    )
    error = refused("parity_missing", make.decided, made=made, application=application)
    assert "2" in str(error) and "0" in str(error)
    refused(
        "parity_missing",
        assignments.record_fallback,
        panel=made.panel,
        actor=made.officer,
        application=application,
        fallback="lower",
        reason="Un malade.",
    )
    made.panel = assignments.record_fallback(
        panel=made.panel, actor=made.officer, application=application, fallback="plenary", reason="Lu en séance."
    )
    assert make.decided(made, application).state == "voted"


def test_a_weighted_vote_with_a_silent_college_is_not_paritary(at):
    made = make.reviewed(make.world(files=1, majority="college_weighted", legal_basis="Décret fictif n° 1"))
    item = make.voted_item(made, made.files[0], equal_weight=False)
    refused("unequal_votes", make.decided, made=made, application=made.files[0], item=item)


def test_deciding_runs_inside_the_vote_only(made):
    item = make.voted_item(made, made.files[0])
    refused(
        "not_permitted",
        decisions.decide,
        agenda_item=item,
        actor=made.presidents[0],
        application=made.files[0],
        outcome="rejected",
        grounds="x",
    )


# ---- signing ----


def test_each_president_signs_once_after_the_minutes_and_the_second_makes_it_signed(made):
    civil, state = made.presidents
    early = make.rendered(make.decided(made, made.files[0], adopted=False))
    refused("minutes_not_adopted", decisions.sign, decision=early, actor=civil)
    early.agenda_item.meeting.__class__.objects.update(state="minutes_adopted", minutes_adopted_at=early.decided_at)
    decision = Decision.objects.get()
    assert decisions.sign(decision=decision, actor=civil, evidence={"method": "password"}).state == "voted"
    error = refused("already_signed", decisions.sign, decision=decision, actor=civil)
    assert str(state) in str(error)
    refused("not_the_authority", decisions.sign, decision=decision, actor=made.members[make.CIVIL][1])
    refused("not_permitted", decisions.sign, decision=decision, actor=made.officer)
    assert decisions.sign(decision=decision, actor=state).state == "signed"
    assert {row.evidence["college"] for row in decision.document.signatures.all()} == {"civil_society", "state"}
    assert Mail.objects.filter(code="reviews/decision.signed").count() == 1


def test_nothing_is_signed_that_cannot_be_read(made):
    decision = make.decided(made, made.files[0])
    refused("document_not_rendered", decisions.sign, decision=decision, actor=made.presidents[0])


def test_for_a_recused_president_another_full_member_of_his_college_signs(made):
    civil, state = made.presidents
    application = made.files[0]
    declarations.declare_interest(
        declaration=Declaration.objects.get(user=civil, application=application), actor=civil, ground="family_tie"
    )
    make.inside(
        assignments.record_fallback,
        panel=made.panel,
        actor=made.officer,
        application=application,
        fallback="plenary",
        reason="Déport.",
    )
    decision = make.rendered(make.decided(made, application))
    refused("recused", decisions.sign, decision=decision, actor=civil)
    acting = queries.missing_signers(decision)[0].user
    assert acting in made.members[make.CIVIL][1:]
    decisions.sign(decision=decision, actor=acting)
    assert decisions.sign(decision=decision, actor=state).state == "signed"
    assert not Decision.objects.visible_to(civil).exists()


def test_the_authorising_officer_signs_alone_when_the_rules_say_so(at):
    world = make.world(files=1, authority="authorising_officer")
    officer = person_with(Role.AUTHORISING_OFFICER)
    made = make.reviewed(world)
    assert made.call.authority == Authority.AUTHORISING_OFFICER
    decision = make.rendered(make.decided(made, made.files[0]))
    refused("not_the_authority", decisions.sign, decision=decision, actor=made.presidents[0])
    assert decisions.sign(decision=decision, actor=officer).state == "signed"


def test_an_annulled_decision_leaves_no_trace_in_public_accounts(made):
    application, before = made.files[0], free(made)
    decision = make.decided(made, application)
    refused("reason_missing", decisions.annul, decision=decision, actor=made.presidents[0], reason="")
    refused("not_the_authority", decisions.annul, decision=decision, actor=made.officer, reason="x")
    decisions.annul(decision=decision, actor=made.presidents[0], reason="Le vote est repris.")
    assert free(made) == before and GrantAccount.objects.get(reference=application.reference).awarded_amount == 0
    again = make.decided(made, application, item=decision.agenda_item, amount=1_000_000)
    make.notified(made, again)
    assert [seal.entry.basis for seal in Seal.objects.filter(entry__grant=application.reference)] == [again.reference]
    assert Document.objects.get(pk=decision.document_id).state == "void"


# ---- notified ----


def everything_signed(made):
    selected, reserve, rejected = made.files
    return [
        make.signed(made, make.decided(made, application, outcome, rank=place))
        for place, (application, outcome) in enumerate(
            [(selected, "selected"), (reserve, "reserve"), (rejected, "rejected")], 1
        )
    ]


def test_a_call_is_notified_in_one_act(made):
    selected, reserve, rejected = made.files
    going = everything_signed(made)
    preview = queries.preview(made.call)
    assert preview.ready and (preview.selected, preview.reserve, preview.rejected, preview.amount) == (
        1,
        1,
        1,
        selected.requested_amount,
    )
    decisions.notify_call(made.call, made.officer)
    assert list(
        Application.objects.filter(pk__in=[selected.pk, reserve.pk, rejected.pk])
        .order_by("pk")
        .values_list("state", flat=True)
    ) == ["selected", "on_reserve", "rejected"]
    assert (
        sealed(selected.reference) == 1
        and Seal.objects.get(entry__grant=selected.reference).entry.basis == going[0].reference
    )
    assert Mail.objects.filter(code="reviews/decision.notified").count() == 3
    assert (
        queries.live_award(Application.objects.get(pk=selected.pk)) == going[0] and queries.live_award(rejected) is None
    )
    assert calls.conclude(call=made.call, actor=made.officer).state == "decided"
    assert Event.objects.filter(machine="decision", verb="notify").count() == 3


def test_one_decision_that_cannot_go_holds_them_all(made, monkeypatch):
    everything_signed(made)
    last = made.files[2]
    real = decisions.files.reject

    def fails(**params):
        raise RuntimeError("power cut")

    monkeypatch.setattr(decisions.files, "reject", fails)
    with pytest.raises(RuntimeError):
        decisions.notify_call(made.call, made.officer)
    assert (
        Application.objects.filter(state="under_review").count() == 3
        and Seal.objects.filter(entry__grant__isnull=False).count() == 0
    )
    assert (
        Mail.objects.filter(code="reviews/decision.notified").count() == 0
        and Decision.objects.filter(state="signed").count() == 3
    )
    monkeypatch.setattr(decisions.files, "reject", real)
    decisions.notify_call(made.call, made.officer)
    last.refresh_from_db()
    assert last.state == "rejected"


def test_a_call_waits_until_every_file_is_decided_and_signed(made):
    first = make.decided(made, made.files[0])
    assert "2" in str(refused("files_undecided", decisions.notify_call, call=made.call, actor=made.officer))
    make.decided(made, made.files[1], "rejected")
    make.decided(made, made.files[2], "rejected")
    refused("decisions_unsigned", decisions.notify_call, call=made.call, actor=made.officer)
    refused("not_allowed_in_state", decisions.notify, decision=first, actor=made.officer)
    refused("call_not_finished", calls.conclude, call=made.call, actor=made.officer)


def test_a_case_officer_with_an_interest_does_not_notify(made):
    decision = make.signed(made, make.decided(made, made.files[0]))
    from tests.factories.applications import TeamMemberFactory

    TeamMemberFactory(application=made.files[0], user=made.officer)
    refused("officer_interest", decisions.notify, decision=decision, actor=made.officer)


def test_the_letters_say_what_the_law_asks(made):
    selected, reserve, rejected = (
        make.decided(made, application, outcome, amount=amount) if amount else make.decided(made, application, outcome)
        for application, outcome, amount in zip(
            made.files, ("selected", "reserve", "rejected"), (1_000_000, None, None), strict=True
        )
    )
    from core import documents

    for decision in (selected, reserve, rejected):
        text = str(documents.html(decision.document))
        for mention in (
            "deux mois",
            "recours gracieux",
            "tribunal administratif",
            "L311-3-1",
            "CADA",
            decision.reference,
            decision.grounds,
            str(made.presidents[0]),
            "co-présidence",
        ):
            assert mention in text, (decision.outcome, mention)
    text = str(documents.html(selected.document))
    assert "dix mille euros" in text and "sous condition" in text and "moindre" in text


# ---- the other kinds ----


def ineligible(made, application, **facts):
    params = {
        "kind": "eligibility",
        "outcome": "ineligible",
        "grounds": "Aucune administration n’a confirmé.",
        "article": "art. 3",
        "remedy": "Une administration confirme avant le dépôt.",
    }
    return decisions.draft(application=application, actor=made.officer, **(params | facts))


def test_a_file_is_ineligible_only_after_it_could_be_completed_and_signed(at):
    made = make.world(files=1)
    application = made.files[0]
    Application.objects.filter(pk=application.pk).update(state="submitted")
    application.refresh_from_db()
    refused("information_request_required_first", ineligible, made=made, application=application)
    InformationRequest.objects.create(
        application=application,
        number=1,
        requested_by=made.officer,
        opened_at=at,
        due_at=at + timedelta(days=15),
        items=[],
        state="expired",
        closed_at=at,
    )
    refused("eligibility_reason_missing", ineligible, made=made, application=application, article="")
    decision = ineligible(made, application)
    application.refresh_from_db()
    assert (
        application.state == "submitted"
        and decision.state == "drafted"
        and decision.document.kind == "ineligibility_letter"
    )
    make.notified(made, decision)
    application.refresh_from_db()
    assert application.state == "ineligible"
    assert Mail.objects.filter(code="applications/eligibility.ineligible").exists()


def reserve_notified(made):
    going = everything_signed(made)
    decisions.notify_call(made.call, made.officer)
    return Decision.objects.get(pk=going[1].pk)


def test_the_first_of_the_reserve_list_is_promoted_by_a_new_decision(made):
    first = reserve_notified(made)
    application = Application.objects.get(pk=first.application_id)
    params = {
        "application": application,
        "kind": "promotion",
        "outcome": "selected",
        "grounds": "Une aide a été rendue.",
        "amount": application.requested_amount,
    }
    refused("not_the_authority", decisions.draft, actor=made.officer, cites=first, **params)
    refused("cited_decision_missing", decisions.draft, actor=made.presidents[0], **params)
    promotion = decisions.draft(actor=made.presidents[0], cites=first, **params)
    assert sealed(application.reference) == 0
    make.notified(made, promotion)
    application.refresh_from_db()
    first.refresh_from_db()
    assert application.state == "selected" and first.state == "replaced" and sealed(application.reference) == 1
    assert queries.live_award(application).reference == promotion.reference


def test_the_reserve_list_ends_by_a_decision(made, at):
    first = reserve_notified(made)
    params = {
        "application": first.application,
        "kind": "reserve_closure",
        "outcome": "rejected",
        "grounds": "Aucune somme ne s’est libérée.",
        "cites": first,
        "actor": made.presidents[0],
    }
    refused("reserve_list_open", decisions.draft, **params)
    decision = decisions.draft(at=at + timedelta(days=200), **params)
    make.notified(made, decision)
    assert Application.objects.get(pk=first.application_id).state == "rejected"


def test_an_award_is_withdrawn_after_observations_and_its_money_released_in_public(made, at):
    going = everything_signed(made)
    decisions.notify_call(made.call, made.officer)
    award = Decision.objects.get(pk=going[0].pk)
    application, before = Application.objects.get(pk=award.application_id), free(made)
    params = {
        "application": application,
        "kind": "withdrawal",
        "outcome": "rejected",
        "grounds": "Les conditions n’étaient pas remplies.",
        "cites": award,
        "actor": made.presidents[0],
    }
    refused("adversarial_step_missing", decisions.draft, **params)
    refused("observations_period_open", decisions.draft, details={"observations_invited_on": "2026-11-20"}, **params)
    decision = decisions.draft(details={"observations_invited_on": "2026-11-01"}, **params)
    make.notified(made, decision)
    application.refresh_from_db()
    award.refresh_from_db()
    assert application.state == "rejected" and award.state == "replaced" and free(made) == before + award.amount
    assert list(
        Entry.objects.filter(grant=application.reference, seal__isnull=False)
        .order_by("seal__seq")
        .values_list("kind", flat=True)
    ) == ["reserve", "release_reservation"]


def test_withdrawing_under_review_annuls_what_nobody_knows(made):
    application, before = made.files[0], free(made)
    decision = make.signed(made, make.decided(made, application))
    withdrawals.withdraw_from_review(application=application, actor=application.lead, reason="Nous renonçons.")
    application.refresh_from_db()
    decision.refresh_from_db()
    assert (
        application.state == "withdrawn"
        and decision.state == "annulled"
        and free(made) == before
        and sealed(application.reference) == 0
    )
    assert not Assignment.objects.active().filter(application=application).exists()
    refused("not_allowed_in_state", withdrawals.withdraw_from_review, application=application, actor=application.lead)


# ---- appeals ----


def test_an_appeal_is_received_even_late_and_says_what_silence_means(made, at):
    everything_signed(made)
    decisions.notify_call(made.call, made.officer)
    decision = Decision.objects.get(outcome="rejected")
    lead = decision.application.lead
    refused("not_permitted", appeals.file, decision=decision, actor=made.officer, text="x")
    appeal = appeals.file(decision=decision, actor=lead, text="Vous n’avez pas lu notre budget.")
    assert appeal.receipt.context["answer_by"] == "24 janvier 2027" and not appeal.receipt.context["late"]
    refused("appeal_already_open", appeals.file, decision=decision, actor=lead, text="Encore.")
    assert appeals.withdraw(appeal=appeal, actor=lead).state == "withdrawn"
    late = appeals.file(decision=decision, actor=lead, text="Trop tard ?", at=at + timedelta(days=70))
    assert late.receipt.context["late"]


def test_a_granted_appeal_leads_to_a_decision_that_replaces_the_first(made, at):
    everything_signed(made)
    decisions.notify_call(made.call, made.officer)
    contested = Decision.objects.get(outcome="rejected")
    application, president = Application.objects.get(pk=contested.application_id), made.presidents[0]
    appeal = appeals.file(decision=contested, actor=application.lead, text="Vous avez oublié une pièce.")
    params = {
        "application": application,
        "kind": "appeal",
        "outcome": "selected",
        "grounds": "La pièce change la note.",
        "amount": 1_000_000,
        "cites": contested,
    }
    refused("appeal_missing", decisions.draft, actor=president, **params)
    refused("grounds_missing", appeals.grant, appeal=appeal, actor=president, answer="")
    appeals.grant(appeal=appeal, actor=president, answer="Vous avez raison.")
    decision = decisions.draft(actor=president, **params)
    assert Appeal.objects.get().new_decision == decision
    make.notified(made, decision)
    application.refresh_from_db()
    contested.refresh_from_db()
    assert application.state == "selected" and contested.state == "replaced" and sealed(application.reference) == 1


def test_a_decision_on_appeal_is_contested_in_its_turn(made, at):
    """The next one is written beside it, once, and replaces it."""
    everything_signed(made)
    decisions.notify_call(made.call, made.officer)
    contested = Decision.objects.get(outcome="rejected")
    president, lead = made.presidents[0], contested.application.lead
    facts = {"actor": president, "kind": "appeal", "grounds": "La pièce change la note."}
    for outcome, money in (("selected", {"amount": 1_000_000}), ("rejected", {})):
        appeal = appeals.file(decision=contested, actor=lead, text="Vous avez oublié une pièce.")
        appeals.grant(appeal=appeal, actor=president, answer="Vous avez raison.")
        given = {"details": {"observations_invited_on": "2026-10-01"}} | money
        application = Application.objects.get(pk=contested.application_id)
        params = facts | {"application": application, "outcome": outcome, "cites": contested} | given
        decision = decisions.draft(**params)
        again = appeals.file(decision=contested, actor=lead, text="Encore une pièce.")
        appeals.grant(appeal=again, actor=president, answer="Oui.")
        refused("decision_already_live", decisions.draft, **params)
        make.notified(made, decision)
        contested = Decision.objects.get(pk=decision.pk)
    states = list(Decision.objects.filter(kind="appeal").order_by("pk").values_list("outcome", "state"))
    assert states == [("selected", "replaced"), ("rejected", "notified")]
    assert Application.objects.get(pk=contested.application_id).state == "rejected"


def test_a_rejected_appeal_is_answered_by_a_letter_and_not_by_who_handled_the_file(made, at):
    everything_signed(made)
    decisions.notify_call(made.call, made.officer)
    decision = Decision.objects.get(outcome="rejected")
    appeal = appeals.file(decision=decision, actor=decision.application.lead, text="Je conteste.")
    refused("not_permitted", appeals.reject, appeal=appeal, actor=made.officer, answer="Non.")
    judge = made.presidents[1]
    Event.objects.create(
        at=at,
        actor=judge,
        machine="application",
        object_id=1,
        subject=decision.application.reference,
        verb="declare_eligible",
    )
    refused("appeal_handler_involved", appeals.reject, appeal=appeal, actor=judge, answer="Non.")
    done = appeals.reject(appeal=appeal, actor=made.presidents[0], answer="Votre budget a été lu.")
    assert (
        done.state == "rejected"
        and done.letter.kind == "appeal_rejection"
        and "Votre budget a été lu." in done.letter.context["answer"]
    )
    assert Decision.objects.get(pk=decision.pk).state == "notified"


def test_no_letter_to_sign_tells_a_place_and_the_notification_does(made):
    """Who signs may be recused from another file: the rank of one would tell the place of the other (rulebook, art. 12)."""
    decision = make.signed(
        made, make.decided(made, made.files[0], "reserve", reserve_rank=3, details={"reserve_count": 7})
    )
    letter = documents.html(decision.document)
    assert not {"rank", "reserve_rank", "reserve_count"} & set(decision.document.context)
    assert "rang 3" not in letter and "sur 7" not in letter and reserve_extract_of(decision) is None
    decision = decisions.notify(decision=decision, actor=made.officer)
    extract = reserve_extract_of(decision)
    assert "rang 3 sur 7" in documents.html(extract) and extract.context["reserve_until"]
