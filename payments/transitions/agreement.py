"""The agreement: offered by the fund, accepted by the laureate, signed by the bearer then by the authorising officer, started, ended."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications import transitions as files
from applications.periods import deadline_in
from core import documents
from core.transitions import TwoKey, verb
from fund import ledger
from fund.enums import Role
from fund.models import GrantAccount
from fund.queries import holders
from payments import documents as papers
from payments.models import Agreement
from payments.notifications import tell
from payments.rules import agreement as rules
from payments.rules import paper
from payments.rules.delegation import agreement_within_delegation, signed_by
from payments.rules.people import (
    authorising_officer,
    case_officer,
    clock,
    delegate,
    no_interest,
    party,
    reason_given,
    referent,
)
from payments.schedule import pay_by, project_end
from payments.transitions import instalment as instalments
from payments.transitions import report as reports
from payments.transitions.common import capacity_for_bearer, followed_by, lock_money, sign_paper, system
from reviews.queries.decisions import live_award


def _lock_decision(decision) -> None:
    account = GrantAccount.objects.filter(reference=decision.application.reference).first()
    if account:
        ledger.lock([account.envelope_id], [account.reference])


@verb(
    machine=Agreement,
    label=_("offer the agreement"),
    who=(case_officer,),
    creates="offered",
    on="decision",
    guards=(no_interest, rules.decision_awards, rules.within_award),
    mails=("payments/offer.made",),
    lock=_lock_decision,
)
def offer(act, decision, *, amount=None, accept_by_at=None):
    """Offer the grant of a notified award. `amount` in cents, at most the decision's (default); `accept_by_at` defaults to the rules' delay."""
    application = decision.application
    agreement = Agreement.objects.create(
        reference=application.reference,
        application=application,
        decision=decision,
        amount=amount or decision.amount,
        award_amount=decision.amount,
        bearer_name=application.bearer_name,
        case_officer=act.actor,
        offered_at=act.at,
        accept_by_at=accept_by_at or deadline_in(application.call.rule_version["offer_acceptance_days"], act.at),
        duration_months=application.duration_months or application.call.max_duration_months,
    )
    act.note(amount=agreement.amount)
    tell(
        "offer.made",
        agreement,
        f"/dossiers/{agreement.reference}/convention/",
        at=act.at,
        accept_by_at=agreement.accept_by_at,
    )
    return agreement


@verb(
    machine=Agreement,
    label=_("offer the agreement again"),
    who=(case_officer,),
    guards=(no_interest, rules.awarded_anew, rules.within_award),
    mails=("payments/offer.made",),
    lock=lock_money,
)
def offer_again(act, agreement, *, amount=None, accept_by_at=None):
    """The award fell before the signature and another decision gives the grant again: an offer like the first, from the beginning."""
    award = live_award(agreement.application)
    until = accept_by_at or deadline_in(agreement.rules["offer_acceptance_days"], act.at)
    agreement.offer_again(award, act.actor, act.at, amount or award.amount, until)
    act.note(amount=agreement.amount)
    tell("offer.made", agreement, f"/dossiers/{agreement.reference}/convention/", at=act.at, accept_by_at=until)


def offer_award(*, decision, actor, at) -> Agreement:
    """Offer the grant of a notified award, for the first time or anew. Raises Refusal."""
    with transaction.atomic():
        former = Agreement.objects.filter(application=decision.application_id).first()
        if former is None:
            return offer(decision=decision, actor=actor, at=at)
        if former.is_before_signature and former.decision_id != decision.pk:
            former = fall(agreement=former, actor=system(), at=at)
        return offer_again(agreement=former, actor=actor, at=at)


@verb(
    machine=Agreement,
    label=_("let the agreement fall with its award"),
    who=(clock,),
    guards=(rules.award_is_gone,),
    lock=lock_money,
)
def fall(act, agreement):
    """The award was taken back or replaced before both signed, by a decision that says why and frees the money: nothing is left to accept."""
    if agreement.document_id:
        documents.void(agreement.document, act.at)
    agreement.fall(act.at)


@verb(
    machine=Agreement,
    label=_("accept the grant"),
    who=(party,),
    guards=(
        rules.offer_is_open,
        rules.award_stands,
        rules.terms_accepted,
        rules.signatory_is_of_the_bearer,
        rules.de_minimis_declared,
        rules.cer_subscribed,
    ),
    documents=("agreement",),
    mails=("payments/payee_account.enter",),
)
def accept(act, agreement, *, signatory, signatory_capacity="", terms=False, de_minimis_amount=None, cer=False):
    """The laureate accepts amount and terms and says who signs for the bearer. `cer`: the bearer subscribes the republican commitment now."""
    statements = agreement.application.content.get("statements", {})
    cer_at = (
        (agreement.application.received_at if statements.get("cer") else act.at)
        if rules.needs_cer(agreement.application)
        else None
    )
    sign_by_at = deadline_in(agreement.rules["agreement_signature_days"], act.at)
    agreement.accept(act.actor, act.at, sign_by_at, signatory, signatory_capacity.strip(), de_minimis_amount, cer_at)
    agreement.document = papers.freeze_agreement(agreement, at=act.at)
    if not agreement.payee_accounts.exists():
        tell(
            "payee_account.enter",
            agreement,
            f"/dossiers/{agreement.reference}/compte/",
            at=act.at,
            bearer=agreement.bearer_name,
        )


@verb(
    machine=Agreement,
    label=_("give more time to accept"),
    who=(case_officer,),
    guards=(no_interest, reason_given, rules.later_deadline),
    mails=("payments/offer.extended",),
)
def extend(act, agreement, *, until, reason):
    """A later deadline to accept."""
    act.because(reason)
    agreement.extend(until)
    tell("offer.extended", agreement, f"/dossiers/{agreement.reference}/convention/", at=act.at, until=until)


@verb(
    machine=Agreement,
    label=_("give more time to sign"),
    who=(case_officer,),
    guards=(no_interest, reason_given, rules.later_deadline),
    mails=("payments/offer.extended",),
)
def extend_signature(act, agreement, *, until, reason):
    """A later deadline to sign."""
    act.because(reason)
    agreement.extend_signature(until)
    tell("offer.extended", agreement, f"/dossiers/{agreement.reference}/convention/", at=act.at, until=until)


def _free_the_award(agreement, at) -> int:
    """Give what the decision reserved back to the envelope. Returns the cents."""
    account = GrantAccount.objects.get(reference=agreement.reference)
    if account.reserved_amount:
        ledger.post(
            "release_reservation",
            at=at,
            amount=account.reserved_amount,
            grant=agreement.reference,
            basis=agreement.decision.reference,
        )
    if agreement.document_id:
        documents.void(agreement.document, at)
    return account.reserved_amount


@verb(
    machine=Agreement,
    label=_("give up the grant"),
    who=(party,),
    guards=(rules.award_stands,),
    mails=("payments/offer.renounced",),
    ledger=("release_reservation",),
    danger=True,
    lock=lock_money,
)
def decline(act, agreement, *, reason=""):
    """The laureate gives up before both have signed: the application is renounced, the money goes back to the envelope."""
    if reason.strip():
        act.because(reason)
    agreement.decline(act.at)
    files.renounce(application=agreement.application, actor=act.actor, at=act.at)
    act.note(released=_free_the_award(agreement, act.at))
    tell("offer.renounced", agreement, f"/dossiers/{agreement.reference}/", at=act.at)


@verb(machine=Agreement, label=_("remind the offer"), who=(clock,), mails=("payments/offer.reminder",))
def remind_offer(act, agreement):
    """A reminder before the offer lapses."""
    agreement.remind_offer(act.at)
    tell(
        "offer.reminder",
        agreement,
        f"/dossiers/{agreement.reference}/convention/",
        at=act.at,
        deadline=agreement.accept_by_at,
        step="accept",
    )


@verb(machine=Agreement, label=_("remind the signature"), who=(clock,), mails=("payments/offer.reminder",))
def remind_signature(act, agreement):
    """A reminder before an accepted agreement lapses unsigned."""
    agreement.remind_signature(act.at)
    tell(
        "offer.reminder",
        agreement,
        f"/dossiers/{agreement.reference}/convention/",
        at=act.at,
        deadline=agreement.sign_by_at,
        step="sign",
    )


@verb(
    machine=Agreement,
    label=_("let the award lapse"),
    who=(clock,),
    guards=(rules.deadline_passed_after_reminder,),
    documents=("lapse_letter",),
    mails=("payments/offer.lapsed",),
    ledger=("release_reservation",),
    lock=lock_money,
)
def lapse(act, agreement):
    """The time to accept or sign has passed after a reminder: the award lapses, the money goes back to the envelope."""
    step, deadline = (
        ("accept", agreement.accept_by_at) if agreement.state == "offered" else ("sign", agreement.sign_by_at)
    )
    letter = papers.freeze_lapse_letter(agreement, step=step, deadline=deadline, at=act.at)
    agreement.lapse(act.at)
    files.lapse_award(application=agreement.application, actor=act.actor, at=act.at)
    act.note(released=_free_the_award(agreement, act.at), step=step)
    tell("offer.lapsed", agreement, documents.url(letter), at=act.at, wait_for=letter, deadline=deadline, step=step)


@verb(
    machine=Agreement, label=_("prepare the agreement again"), who=(case_officer,), inner=True, documents=("agreement",)
)
def prepare_document(act, agreement):
    """Freeze the agreement anew (the bank account is approved now), void the former one. Only while nobody has signed."""
    former = agreement.document
    if former is not None:
        documents.void(former, act.at)
    agreement.prepare_document(papers.freeze_agreement(agreement, at=act.at))


SIGNING = (
    rules.signing_is_open,
    rules.award_stands,
    rules.account_approved,
    rules.document_ready,
    rules.cer_subscribed,
    rules.de_minimis_declared,
    rules.signer_has_not_signed,
)


@verb(
    machine=Agreement,
    label=_("sign for the bearer"),
    who=(referent,),
    guards=SIGNING,
    mails=("payments/agreement.fund_to_sign",),
)
def sign_as_bearer(act, agreement, *, evidence=None):
    """The bearer's representative signs what is rendered; in a collective its referent signs too. `evidence`: facts of the re-authentication."""
    sign_paper(act, agreement, signer=act.actor, capacity=capacity_for_bearer(agreement, act.actor), evidence=evidence)
    agreement.sign_as_bearer(act.actor, act.at)
    tell(
        "agreement.fund_to_sign",
        agreement,
        f"/paiements/conventions/{agreement.reference}/",
        at=act.at,
        to=holders(Role.AUTHORISING_OFFICER, act.at),
    )


@verb(
    machine=Agreement,
    label=_("record a signature on paper"),
    who=(case_officer,),
    fsm="sign_as_bearer",
    guards=(
        no_interest,
        *SIGNING,
        paper.copy_is_complete,
        paper.signer_signs_for_bearer,
        paper.day_of_paper,
        paper.was_seen,
    ),
    mails=("payments/agreement.fund_to_sign",),
)
def record_paper_signature(act, agreement, *, signer, signed_on, seen=False):
    """A case officer looked at the signed copy: this person signed it by hand for the bearer, on that day. The authorising officer signs after, as ever."""
    sign_paper(
        act,
        agreement,
        signer=signer,
        capacity=capacity_for_bearer(agreement, signer),
        evidence=None,
        signed_on=signed_on,
    )
    agreement.sign_as_bearer(signer, act.at)
    tell(
        "agreement.fund_to_sign",
        agreement,
        f"/paiements/conventions/{agreement.reference}/",
        at=act.at,
        to=holders(Role.AUTHORISING_OFFICER, act.at),
    )


def advance(agreement, at) -> None:
    """What time and facts allow, done as the clock: start, instalments that fall due, completion. Idempotent."""
    agreement = Agreement.objects.get(pk=agreement.pk)
    if agreement.state == "signed" and agreement.starts_on <= timezone.localdate(at):
        agreement = activate(agreement=agreement, actor=system(), at=at)
    if agreement.state == "active":
        instalments.fall_due_ready(agreement, at)
        if not rules.open_matters(agreement):
            complete(agreement=agreement, actor=system(), at=at)


@followed_by(advance)
@verb(
    machine=Agreement,
    label=_("sign for the fund"),
    who=(authorising_officer, delegate),
    guards=(
        no_interest,
        agreement_within_delegation,
        rules.bearer_has_signed,
        rules.signer_is_not_bearer,
        *SIGNING,
        paper.paper_if_said,
        paper.day_of_paper,
    ),
    mails=("payments/agreement.signed",),
    ledger=("release_reservation", "commit"),
    lock=lock_money,
)
def sign(act, agreement, *, evidence=None, starts_on=None, signed_on=None):
    """The authorising officer signs last: the money is committed, the instalments scheduled, the reports expected. The project starts that day.

    `signed_on`: the day beside his signature, when he signed the printed copy by hand.
    """
    capacity, facts = signed_by(act)
    evidence = (evidence or {}) | facts
    sign_paper(act, agreement, signer=act.actor, capacity=capacity, evidence=evidence, signed_on=signed_on)
    act.note(**facts)
    starts_on = starts_on or signed_on or timezone.localdate(act.at)
    agreement.sign(act.actor, act.at, starts_on, project_end(starts_on, agreement.duration_months), signed_on)
    lower = agreement.award_amount - agreement.amount
    if lower:
        ledger.post(
            "release_reservation", at=act.at, amount=lower, grant=agreement.reference, basis=agreement.reference
        )
    ledger.post("commit", at=act.at, amount=agreement.amount, grant=agreement.reference, basis=agreement.reference)
    act.note(amount=agreement.amount, released=lower)
    agreement.save()
    instalments.schedule_plan(agreement, actor=act.actor, at=act.at)
    final = reports.expect_all(agreement, actor=act.actor, at=act.at)
    tell(
        "agreement.signed",
        agreement,
        f"/dossiers/{agreement.reference}/convention/",
        at=act.at,
        starts_on=starts_on,
        report_due_on=final.due_on,
        pay_by_on=pay_by(timezone.localdate(act.at), agreement.rules["payment_days"]),
    )


@verb(machine=Agreement, label=_("start the project"), who=(case_officer, clock), guards=(rules.start_conditions,))
def activate(act, agreement):
    """The project has started: its first instalments may fall due."""
    agreement.activate()


@verb(
    machine=Agreement,
    label=_("suspend payments"),
    who=(case_officer,),
    guards=(no_interest, reason_given),
    mails=("payments/agreement.suspended",),
    danger=True,
)
def suspend(act, agreement, *, reason, remedy=""):
    """Hold every payment, with a reason, what lifts it, and an invitation to comment (the adversarial step of a termination)."""
    act.because(reason)
    due_on = timezone.localdate(act.at) + timedelta(days=agreement.rules["adversarial_days"])
    agreement.suspend(act.at, reason.strip(), remedy.strip(), due_on)
    tell("agreement.suspended", agreement, f"/dossiers/{agreement.reference}/convention/", at=act.at, due_on=due_on)


@verb(machine=Agreement, label=_("send comments"), who=(party,), guards=(reason_given,))
def observe(act, agreement, *, reason):
    """The recipient's comments on a suspension."""
    agreement.observe(act.at, reason.strip())


@followed_by(advance)
@verb(
    machine=Agreement,
    label=_("resume payments"),
    who=(case_officer,),
    guards=(no_interest,),
    mails=("payments/agreement.resumed",),
)
def resume(act, agreement):
    """Payments go on."""
    agreement.resume()
    tell("agreement.resumed", agreement, f"/dossiers/{agreement.reference}/convention/", at=act.at)


@verb(
    machine=Agreement,
    label=_("complete the agreement"),
    who=(case_officer, clock),
    guards=(rules.all_done,),
    documents=("closing_letter",),
    mails=("payments/agreement.completed",),
    lock=lock_money,
)
def complete(act, agreement):
    """The final report is accepted and everything is paid or released: the grant ends well."""
    agreement.complete(act.at)
    letter = papers.freeze_closing_letter(agreement, at=act.at)
    agreement.closing_document = letter
    tell("agreement.completed", agreement, f"/projets/{agreement.reference}/", at=act.at, wait_for=letter)


@verb(
    machine=Agreement,
    label=_("terminate the agreement"),
    who=(case_officer,),
    guards=(no_interest, reason_given, rules.observations_over, rules.nothing_on_its_way),
    two_key=TwoKey(
        proposes=(case_officer,),
        approves=(authorising_officer,),
        title=lambda agreement: _("Terminate the agreement %s") % agreement.reference,
    ),
    mails=("payments/agreement.terminated",),
    ledger=("release_commitment",),
    danger=True,
    lock=lock_money,
)
def terminate(act, agreement, *, reason):
    """End the agreement early after the adversarial step: open instalments and reports are cancelled, what is committed goes back to the envelope."""
    act.because(reason)
    agreement.terminate(act.at)
    agreement.save()
    instalments.release_open(agreement, actor=act.actor, at=act.at, reason=reason)
    reports.cancel_open(agreement, actor=act.actor, at=act.at)
    tell("agreement.terminated", agreement, f"/dossiers/{agreement.reference}/convention/", at=act.at)
