"""The agreement: offered and accepted (`offering`), signed by the bearer then by the authorising officer, started once its conditions are met, ended."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.periods import next_working_day
from core import documents
from core.transitions import TwoKey, verb
from fund import ledger
from fund.enums import Role
from fund.queries import holders
from payments import documents as papers
from payments.models import Agreement
from payments.notifications import tell
from payments.queries.agreements import left
from payments.rules import agreement as rules
from payments.rules import condition, paper
from payments.rules.delegation import agreement_within_delegation, signed_by
from payments.rules.people import (
    accounting_officer,
    authorising_officer,
    case_officer,
    clock,
    comments_given,
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
from payments.transitions.offering import (
    accept,
    decline,
    extend,
    extend_signature,
    fall,
    lapse,
    offer,
    offer_again,
    offer_award,
    remind_offer,
    remind_signature,
)

__all__ = [
    "accept",
    "activate",
    "advance",
    "complete",
    "decline",
    "extend",
    "extend_signature",
    "fall",
    "lapse",
    "observe",
    "offer",
    "offer_again",
    "offer_award",
    "prepare_document",
    "record_paper_signature",
    "remind_offer",
    "remind_signature",
    "reopen",
    "resume",
    "sign",
    "sign_as_bearer",
    "suspend",
    "terminate",
]


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
    started = agreement.state == "signed" and agreement.starts_on <= timezone.localdate(at)
    if started and not left(agreement):
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


@verb(machine=Agreement, label=_("start the project"), who=(case_officer, clock), guards=(condition.project_may_start,))
def activate(act, agreement):
    """The start date is there and every condition met or waived: the first instalments may fall due."""
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
    due_on = next_working_day(timezone.localdate(act.at) + timedelta(days=agreement.rules["adversarial_days"]))
    agreement.suspend(act.at, reason.strip(), remedy.strip(), due_on)
    tell("agreement.suspended", agreement, f"/dossiers/{agreement.reference}/convention/", at=act.at, due_on=due_on)


@verb(machine=Agreement, label=_("send comments"), who=(party,), guards=(comments_given,))
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


@verb(machine=Agreement, label=_("reopen the agreement"), who=(accounting_officer,), inner=True)
def reopen(act, agreement):
    """The bank sent a payment back after the grant had ended well: it goes on until that is settled, then completes anew. Its closing letter is void."""
    if agreement.closing_document_id:
        documents.void(agreement.closing_document, act.at)
    agreement.reopen()


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
