"""The agreement until both have signed: offered with its conditions, accepted, given more time, declined, lapsed, fallen with its award."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from applications import transitions as files
from applications.periods import deadline_in
from core import documents
from core.transitions import verb
from fund import ledger
from fund.models import GrantAccount
from payments import documents as papers
from payments.models import Agreement
from payments.notifications import tell
from payments.rules import agreement as rules
from payments.rules import condition
from payments.rules.people import case_officer, clock, no_interest, party, reason_given
from payments.transitions import condition as conditions_of
from payments.transitions.common import lock_money, system
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
    guards=(no_interest, rules.decision_awards, rules.within_award, condition.conditions_are_written),
    mails=("payments/offer.made",),
    lock=_lock_decision,
)
def offer(act, decision, *, amount=None, accept_by_at=None, conditions=()):
    """Offer the grant of a notified award. `amount` in cents, at most the decision's (default); `accept_by_at` defaults to the rules' delay.

    `conditions` [{"text", "due_on"}] are to be met before the project starts; the agreement lists them.
    """
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
    conditions_of.write(agreement, conditions, actor=act.actor, at=act.at)
    act.note(amount=agreement.amount, conditions=len(conditions))
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
    guards=(no_interest, rules.awarded_anew, rules.within_award, condition.conditions_are_written),
    mails=("payments/offer.made",),
    lock=lock_money,
)
def offer_again(act, agreement, *, amount=None, accept_by_at=None, conditions=()):
    """The award fell before the signature and another decision gives the grant again: an offer like the first, from the beginning, with its own conditions."""
    award = live_award(agreement.application)
    until = accept_by_at or deadline_in(agreement.rules["offer_acceptance_days"], act.at)
    agreement.offer_again(award, act.actor, act.at, amount or award.amount, until)
    conditions_of.write(agreement, conditions, actor=act.actor, at=act.at)
    act.note(amount=agreement.amount, conditions=len(conditions))
    tell("offer.made", agreement, f"/dossiers/{agreement.reference}/convention/", at=act.at, accept_by_at=until)


def offer_award(*, decision, actor, at, conditions=()) -> Agreement:
    """Offer the grant of a notified award, for the first time or anew. Raises Refusal."""
    with transaction.atomic():
        former = Agreement.objects.filter(application=decision.application_id).first()
        if former is None:
            return offer(decision=decision, actor=actor, at=at, conditions=conditions)
        if former.is_before_signature and former.decision_id != decision.pk:
            former = fall(agreement=former, actor=system(), at=at)
        return offer_again(agreement=former, actor=actor, at=at, conditions=conditions)


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
