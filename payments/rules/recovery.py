"""Guards of a recovery: the discussion first, then a decision within what was paid; what came back is never asked twice."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.money import format_euros
from core.transitions import Act, Refusal
from fund.models import GrantAccount
from payments.enums import AGREEMENT_SIGNED_ONCE, RECOVERY_OPEN, RecoveryGround
from payments.queries.plan import keepable
from payments.rules.people import agreement_of


def claimable(agreement) -> int:
    """Cents paid and not claimed back yet."""
    account = GrantAccount.objects.filter(reference=agreement.reference).first()
    return account.paid_amount if account else 0


def signed_once(act: Act) -> None:
    if agreement_of(act.obj).state not in AGREEMENT_SIGNED_ONCE:
        raise Refusal(
            "agreement_not_signed", _("Nothing was paid on this grant: nothing can be claimed back."), status=409
        )


def none_open(act: Act) -> None:
    if act.obj.recoveries.filter(state__in=RECOVERY_OPEN).exists():
        raise Refusal(
            "recovery_already_open",
            _("An amount is already being claimed back on this grant."),
            remedy=_("Close it first."),
            article="art. 25",
            status=409,
        )


def something_was_paid(act: Act) -> None:
    if not claimable(agreement_of(act.obj)):
        raise Refusal("nothing_paid", _("Nothing that was paid is left to claim back."), article="art. 25", status=409)


def ground_given(act: Act) -> None:
    if act.preview:
        return
    for name in ("ground", "facts"):
        if not (act.get(name) or "").strip() or (name == "ground" and act.get(name) not in RecoveryGround.values):
            raise Refusal(
                "claim_ground_missing",
                _("Give the legal and factual ground for the amount to repay."),
                field=name,
                article="art. 25",
            )


def within_paid(act: Act) -> None:
    """What is asked is above zero, at most what was proposed, at most what was paid and not yet claimed."""
    amount = act.get("amount")
    if amount is None and act.verb.creates:
        if act.preview:
            return
        raise Refusal("claim_amount_missing", _("Write the amount to give back."), field="amount", article="art. 25")
    proposed = None if act.verb.creates else act.obj.amount
    paid = claimable(agreement_of(act.obj))
    asked: int = amount if amount is not None else act.obj.amount
    if asked <= 0 or asked > min(paid, proposed or paid):
        raise Refusal(
            "claim_above_paid",
            _("The amount claimed must be above zero and at most %(amount)s, what was paid and may be claimed.")
            % {"amount": format_euros(min(paid, proposed or paid))},
            field="amount",
            article="art. 25",
        )


def heard(act: Act) -> None:
    recovery = act.obj
    if recovery.observed_at is None and timezone.localdate(act.at) <= recovery.observations_due_on:
        raise Refusal(
            "observations_period_open",
            _("The recipient can still reply until %(day)s.")
            % {"day": date_format(recovery.observations_due_on, "j F Y")},
            remedy=_("Wait for the reply or that date."),
            article="art. 25",
            status=409,
        )


def observations_answered(act: Act) -> None:
    if act.obj.observed_at and not act.preview and not (act.get("answer") or "").strip():
        raise Refusal(
            "answer_missing",
            _("Answer the comments of the recipient: the decision says what they changed."),
            field="answer",
            article="art. 25",
        )


def nothing_repaid(act: Act) -> None:
    if act.obj.repaid_amount:
        raise Refusal(
            "repayment_already_recorded",
            _("Part of it was already repaid: the claim can no longer be cancelled."),
            remedy=_("Reduce it, or waive it with two keys."),
            article="art. 25",
            status=409,
        )


def reduction_within(act: Act) -> None:
    amount = act.get("amount")
    if amount is None and act.preview:
        return
    if amount is None or not 0 < amount < act.obj.left_amount:
        raise Refusal(
            "reduction_out_of_range",
            _("A reduction is above zero and below what is left to repay, %(amount)s.")
            % {"amount": format_euros(act.obj.left_amount)},
            remedy=_("To give up all of it, cancel the claim or waive it."),
            field="amount",
            article="art. 25",
        )


def overpaid(agreement) -> int:
    """Cents paid above what the accepted final report supports, less what may be kept; zero before that report."""
    report = agreement.reports.filter(kind="final", state="accepted").first()
    if report is None:
        return 0
    paid = sum(one.payable_amount for one in agreement.instalments.all() if one.state == "paid")
    return max(0, paid - (agreement.amount - report.unspent_amount) - keepable(agreement))


def overpayment_answered(agreement) -> bool:
    """Whether somebody has asked for what was not spent, or decided not to."""
    return not overpaid(agreement) or agreement.recoveries.filter(ground=RecoveryGround.UNSPENT).exists()
