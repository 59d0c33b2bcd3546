"""A line of the bank that no machine recognised: the accounting officer says what it is, to the cent, or sets it aside."""

from __future__ import annotations

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.money import format_euros
from core.transitions import Refusal, locked, verb
from payments.models import StatementLine
from payments.rules.matched import day_has_come, no_interest_in_its_grant
from payments.rules.people import accounting_officer
from payments.rules.recovery import claimable
from payments.transitions import agreement as agreements
from payments.transitions import recovery as recoveries
from payments.transitions.common import followed_by, lock_grants, lock_instalments
from payments.transitions.statement import apply, close, orders, why_not


def _after_match(line, at) -> None:
    close([line.instalment_id], at)
    if line.recovery_id:
        agreements.advance(line.recovery.agreement, at)


def _lock_of(line) -> None:
    lock_instalments([line.instalment_id] if line.instalment_id else [])


def _matches(act) -> None:
    instalment = act.get("instalment")
    if instalment is None:
        return
    row = act.obj
    order = orders().filter(instalment=instalment).order_by("-attempt").first()
    if order is None or row.amount != order.amount or why_not(row, instalment, order):
        raise Refusal(
            "bank_line_mismatch",
            _now("The statement line does not match: reference %(reference)s.")
            % {"reference": row.end_to_end_id or "—"},
            remedy=_now("Nothing was reconciled: the amount must be the same, and the payment at the bank."),
            article="art. 22",
            status=409,
        )


@followed_by(_after_match)
@verb(
    machine=StatementLine,
    label=_("reconcile with a payment"),
    who=(accounting_officer,),
    guards=(no_interest_in_its_grant, day_has_come, _matches),
    lock=_lock_of,
    ledger=("pay", "unorder", "bounce"),
)
def match(act, line, *, instalment):
    """The accounting officer recognises a payment the bank named otherwise; the amount must be the same to the cent."""
    lock_instalments([instalment.pk])
    apply(act, line, instalment)
    line.match(instalment, "by_hand", act.actor, act.at)


def _came_in(act) -> None:
    row = act.obj
    if row.direction != "credit" or row.is_return or not row.amount:
        raise Refusal(
            "bank_line_mismatch",
            _now("This line is not money given back to the fund."),
            remedy=_now("Only a credit that is no return of a payment can be a repayment."),
            article="art. 25",
            status=409,
        )


def _pays_the_claim(act) -> None:
    claim = act.get("recovery")
    if claim is not None and (claim.state != "notified" or act.obj.amount > claim.left_amount):
        raise Refusal(
            "repayment_above_claim",
            _now("This claim awaits %(amount)s, less than what came in.")
            % {"amount": format_euros(claim.left_amount if claim.state == "notified" else 0)},
            remedy=_now("Choose another claim, or set the line aside and give the rest back."),
            article="art. 25",
            field="recovery",
        )


def _was_paid_out(act) -> None:
    agreement = act.get("agreement")
    if agreement is not None and act.obj.amount > claimable(agreement):
        raise Refusal(
            "repayment_above_claim",
            _now("Only %(amount)s paid on this grant may come back.") % {"amount": format_euros(claimable(agreement))},
            remedy=_now("Choose another grant, or set the line aside."),
            article="art. 25",
            field="agreement",
        )


@followed_by(_after_match)
@verb(
    machine=StatementLine,
    label=_("record a repayment"),
    who=(accounting_officer,),
    guards=(no_interest_in_its_grant, day_has_come, _came_in, _pays_the_claim),
    ledger=("return",),
)
def match_repayment(act, line, *, recovery):
    """The accounting officer recognises what pays a claim, all of it or a part."""
    lock_grants([recovery.agreement.reference])
    recovery = locked(recovery)
    recoveries.take_repayment(recovery, line.amount, actor=act.actor, at=act.at)
    line.match_repayment(recovery, act.actor, act.at)


@followed_by(_after_match)
@verb(
    machine=StatementLine,
    label=_("record money sent back unasked"),
    fsm="match_repayment",
    who=(accounting_officer,),
    guards=(no_interest_in_its_grant, day_has_come, _came_in, _was_paid_out),
    ledger=("claim", "return"),
)
def record_return(act, line, *, agreement):
    """A recipient gives money back by himself: proposed, notified and repaid in one act."""
    lock_grants([agreement.reference])
    facts = _now("Given back by the recipient, statement %(statement)s.") % {"statement": line.statement.reference}
    recovery = recoveries.receive(agreement=agreement, actor=act.actor, at=act.at, amount=line.amount, facts=facts)
    line.match_repayment(recovery, act.actor, act.at)


def _note_given(act) -> None:
    if not act.preview and not (act.get("note") or "").strip():
        raise Refusal("reason_missing", _now("Say why in one sentence."), field="note")


@verb(machine=StatementLine, label=_("set aside"), who=(accounting_officer,), guards=(_note_given,))
def dismiss(act, line, *, note):
    """The line is not a payment of a grant: bank fees, a refund, another movement of the account."""
    line.dismiss(act.actor, act.at, note.strip()[:300])
