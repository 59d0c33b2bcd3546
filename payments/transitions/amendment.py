"""The amendment: asked by the recipient, answered within thirty days, signed by both sides; it never raises the grant."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.periods import deadline_in
from core import documents
from core.money import split
from core.transitions import verb
from fund.enums import Role
from fund.queries import holders
from payments import documents as papers
from payments.enums import Term
from payments.models import Amendment, AmendmentChange
from payments.notifications import tell
from payments.rules import agreement as signing
from payments.rules import amendment as rules
from payments.rules import paper
from payments.rules.delegation import amendment_within_delegation, signed_by
from payments.rules.people import authorising_officer, case_officer, clock, delegate, no_interest, party, referent
from payments.schedule import final_report_due
from payments.transitions import instalment as instalments
from payments.transitions.agreement import advance
from payments.transitions.common import capacity_for_bearer, followed_by, lock_money, record_event, sign_paper


def _path(amendment) -> str:
    return f"/dossiers/{amendment.agreement.reference}/avenants/{amendment.number}/"


@verb(
    machine=Amendment,
    label=_("ask for an amendment"),
    who=(party,),
    creates="requested",
    on="agreement",
    guards=(
        rules.agreement_in_force,
        rules.project_not_over,
        rules.none_open,
        rules.changes_something,
        rules.end_within_limit,
        rules.amount_only_lower,
    ),
    mails=("payments/amendment.requested",),
)
def request(act, agreement, *, reason, new_ends_on=None, new_amount=None, changes=()):
    """Ask for a change before the project ends: a new end, a lower amount (cents), and rows of what else changes (`term`, `before`, `after`)."""
    act.because(reason)
    amendment = Amendment.objects.create(
        agreement=agreement,
        number=agreement.amendments.count() + 1,
        reason=reason.strip(),
        new_ends_on=new_ends_on,
        new_amount=new_amount,
        requested_by=act.actor,
        requested_at=act.at,
        answer_by_on=timezone.localdate(act.at) + timedelta(days=agreement.rules["amendment_answer_days"]),
    )
    _write_figures(amendment)
    for position, row in enumerate(changes, len(FIGURES) + 1):
        given = {name: row[name].strip() for name in ("before", "after")}
        AmendmentChange.objects.create(amendment=amendment, position=position, term=row["term"], **given)
    tell(
        "amendment.requested",
        agreement,
        f"/instruction/avenants/{amendment.pk}/",
        at=act.at,
        to=holders(Role.CASE_OFFICER, act.at),
        answer_by_on=amendment.answer_by_on,
    )
    return amendment


FIGURES = (Term.ENDS_ON, Term.FINAL_REPORT, Term.AMOUNT)
"""Terms that follow from the new end and the new amount, in the order of their rows."""


def _write_figures(amendment) -> None:
    """The rows of end and amount, with what the agreement says now."""
    agreement = amendment.agreement
    found = {}
    if amendment.new_ends_on:
        final = agreement.reports.filter(kind="final").exclude(state="cancelled").first()
        found[Term.ENDS_ON] = (agreement.ends_on.isoformat(), amendment.new_ends_on.isoformat())
        if final is None or final.due_on != (due_on := _report_due(amendment)):
            found[Term.FINAL_REPORT] = (final.due_on.isoformat() if final else "", due_on.isoformat())
    if amendment.new_amount:
        found[Term.AMOUNT] = (str(agreement.amount), str(amendment.new_amount))
    amendment.changes.filter(term__in=FIGURES).delete()
    for position, term in enumerate(FIGURES, 1):
        if term in found:
            before, after = found[term]
            AmendmentChange.objects.create(
                amendment=amendment, position=position, term=term, before=before, after=after
            )


def _report_due(amendment):
    agreement = amendment.agreement
    return final_report_due(
        amendment.new_ends_on,
        private_body=agreement.application.bearer_person_id is None,
        months=agreement.rules["final_report_months_after_project_end"],
    )


@verb(machine=Amendment, label=_("withdraw the request"), who=(party,), danger=True)
def withdraw(act, amendment):
    """The recipient no longer asks; the agreement goes on unchanged."""
    amendment.withdraw(act.at)


def _answered(amendment, at) -> None:
    tell(
        "amendment.answered",
        amendment.agreement,
        _path(amendment),
        at=at,
        wait_for=amendment.document,
        requested_at=amendment.requested_at,
        sign_by_at=amendment.sign_by_at,
    )


@verb(
    machine=Amendment,
    label=_("refuse the amendment"),
    who=(case_officer,),
    guards=(no_interest, rules.answer_given),
    mails=("payments/amendment.answered",),
)
def refuse(act, amendment, *, reason):
    """The answer says why, and what would make it possible; the agreement goes on unchanged."""
    act.because(reason)
    amendment.refuse(act.actor, act.at, reason.strip())
    _answered(amendment, act.at)


@verb(
    machine=Amendment,
    label=_("approve the amendment"),
    who=(case_officer,),
    guards=(no_interest, rules.agreement_in_force, rules.end_within_limit, rules.amount_only_lower),
    documents=("amendment",),
    mails=("payments/amendment.answered",),
)
def approve(act, amendment, *, answer=""):
    """The differences are frozen as a document that both sides sign within thirty days."""
    sign_by_at = deadline_in(amendment.agreement.rules["amendment_signature_days"], act.at)
    _write_figures(amendment)
    amendment.approve(act.actor, act.at, sign_by_at, answer.strip())
    amendment.document = papers.freeze_amendment(amendment, at=act.at)
    _answered(amendment, act.at)


SIGNING = (
    rules.agreement_in_force,
    rules.still_to_sign,
    rules.amount_only_lower,
    signing.document_ready,
    signing.signer_has_not_signed,
)


@verb(
    machine=Amendment,
    label=_("sign for the bearer"),
    who=(referent,),
    guards=SIGNING,
    mails=("payments/amendment.fund_to_sign",),
)
def sign_as_bearer(act, amendment, *, evidence=None):
    """As for the agreement: the bearer's representative signs what is rendered; in a collective its referent signs too."""
    agreement = amendment.agreement
    sign_paper(act, amendment, signer=act.actor, capacity=capacity_for_bearer(agreement, act.actor), evidence=evidence)
    amendment.sign_as_bearer(act.actor, act.at)
    tell(
        "amendment.fund_to_sign",
        agreement,
        f"/paiements/avenants/{amendment.pk}/",
        at=act.at,
        to=holders(Role.AUTHORISING_OFFICER, act.at),
    )


@verb(
    machine=Amendment,
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
    mails=("payments/amendment.fund_to_sign",),
)
def record_paper_signature(act, amendment, *, signer, signed_on, seen=False):
    """A case officer looked at the signed copy: this person signed it by hand for the bearer, on that day. The authorising officer signs after, as ever."""
    agreement = amendment.agreement
    sign_paper(
        act,
        amendment,
        signer=signer,
        capacity=capacity_for_bearer(agreement, signer),
        evidence=None,
        signed_on=signed_on,
    )
    amendment.sign_as_bearer(signer, act.at)
    tell(
        "amendment.fund_to_sign",
        agreement,
        f"/paiements/avenants/{amendment.pk}/",
        at=act.at,
        to=holders(Role.AUTHORISING_OFFICER, act.at),
    )


def _advance(amendment, at) -> None:
    advance(amendment.agreement, at)


@followed_by(_advance)
@verb(
    machine=Amendment,
    label=_("sign for the fund"),
    who=(authorising_officer, delegate),
    guards=(
        no_interest,
        amendment_within_delegation,
        signing.bearer_has_signed,
        signing.signer_is_not_bearer,
        *SIGNING,
        paper.paper_if_said,
        paper.day_of_paper,
    ),
    mails=("payments/amendment.signed",),
    ledger=("release_commitment",),
    lock=lock_money,
)
def sign(act, amendment, *, evidence=None, signed_on=None):
    """The authorising officer signs last: the agreement changes, what is taken off goes back to the envelope, the payments left are made again.

    `signed_on`: the day beside his signature, when he signed the printed copy by hand.
    """
    capacity, facts = signed_by(act)
    sign_paper(
        act, amendment, signer=act.actor, capacity=capacity, evidence=(evidence or {}) | facts, signed_on=signed_on
    )
    amendment.sign(act.actor, act.at)
    amendment.save()
    act.note(**facts, **_apply(amendment, act))
    tell("amendment.signed", amendment.agreement, _path(amendment), at=act.at)


def _apply(amendment, act) -> dict:
    """The agreement as the amendment says it: its end and its reports' days, its amount and its payments."""
    agreement, facts = amendment.agreement, {"number": amendment.number}
    if amendment.new_ends_on:
        facts |= {"ends_on": amendment.new_ends_on.isoformat(), "before": agreement.ends_on.isoformat()}
        agreement.ends_on = amendment.new_ends_on
        due_on = _report_due(amendment)
        agreement.reports.filter(kind="final", state__in=("due", "draft")).update(
            due_on=due_on, reminded_days=[], noticed_at=None, notice_due_on=None, notice=None
        )
    if amendment.new_amount:
        facts["released"] = _lower(agreement, amendment.new_amount, act)
        agreement.amount = amendment.new_amount
    agreement.save()
    record_event(agreement, "amend", actor=act.actor, at=act.at, **facts)
    return facts


def _lower(agreement, amount: int, act) -> int:
    """Bring the payments to `amount` cents in all: those nobody certified share what is left, in proportion. Returns the cents released."""
    rows = list(agreement.instalments.exclude(state="cancelled").order_by("number"))
    lowerable = [one for one in rows if one.state in rules.LOWERABLE]
    off = max(0, sum(one.payable_amount for one in rows) - amount)
    left = sum(one.amount for one in lowerable) - off
    if off:
        for one, share in zip(lowerable, split(left, [one.amount for one in lowerable]), strict=True):
            if share == one.amount:
                continue  # a few cents off are taken from the others
            if share:
                instalments.lower(one, share, actor=act.actor, at=act.at)
            else:
                instalments.release(
                    instalment=one, actor=act.actor, at=act.at, reason=str(_("the amendment lowers the grant"))
                )
    return off


@verb(machine=Amendment, label=_("let the amendment lapse"), who=(clock,), guards=(rules.signing_is_over,))
def lapse(act, amendment):
    """Approved, and not signed by both in time: the agreement goes on unchanged."""
    documents.void(amendment.document, act.at)
    amendment.lapse(act.at)


__all__ = ["approve", "lapse", "record_paper_signature", "refuse", "request", "sign", "sign_as_bearer", "withdraw"]
