"""What an act of two keys does to the money, in sentences: said beside the button of who proposes, and to who turns the second key."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_euros
from core.templatetags.ui import day
from fund.views.presenting import Line, about, effect
from payments.rules.matched import received_unasked
from payments.rules.people import agreement_of
from payments.transitions.instalment import release
from payments.transitions.recovery import time_to_pay


def _told() -> str:
    return _("The recipient is told.")


@effect("statement_line", "undo_repayment")
def _undo_repayment(line, at) -> list[str]:
    claim = line.recovery
    if claim is None:
        return []
    freed = _("The line of the statement waits for a person again.")
    if received_unasked(claim):
        words = {"claim": claim.reference, "amount": format_euros(claim.amount)}
        return [
            _("%(claim)s, opened for these %(amount)s, is cancelled, and its receipt is void.") % words,
            freed,
            _told(),
        ]
    words = {
        "amount": format_euros(line.amount),
        "left": format_euros(claim.left_amount + line.amount),
        "claim": claim.reference,
        "day": day(max(claim.pay_by_on, time_to_pay(claim, at))),
    }
    return [
        _("%(amount)s are awaited again on %(claim)s: %(left)s in all, to repay by %(day)s.") % words,
        freed,
        _("The recipient is told, and reads the reason."),
    ]


@effect("instalment", "undo_return")
def _undo_return(instalment, at) -> list[str]:
    return [
        _("%(basis)s, %(amount)s, stands as paid; the line of the statement waits for a person again.")
        % {"basis": instalment.basis, "amount": format_euros(instalment.certified_amount)},
        _("An account that the return blocked stays blocked: unblocking it is another act."),
        _told(),
    ]


@effect("recovery", "write_off")
def _give_up(claim, at) -> list[str]:
    words = {"left": format_euros(claim.left_amount), "claim": claim.reference}
    return [_("The fund gives up %(left)s on %(claim)s; what was repaid stays.") % words]


@effect("recovery", "waive")
def _waive(claim, at) -> list[str]:
    return [*_give_up(claim, at), _told()]


@effect("instalment", "cancel")
def _cancel(instalment, at) -> list[str]:
    return [
        _("%(basis)s will not be paid: its %(amount)s go back to the envelope.")
        % {"basis": instalment.basis, "amount": format_euros(instalment.payable_amount)},
        _("The recipient is told, and reads the reason."),
    ]


@effect("agreement", "terminate")
def _terminate(agreement, at) -> list[str]:
    unpaid = [one.payable_amount for one in agreement.instalments.filter(state__in=release.verb.sources)]
    return [
        _("The agreement ends: nothing more is paid on it, and no report is awaited."),
        ngettext(
            "%(n)s payment, %(amount)s, is cancelled: its money goes back to the envelope.",
            "%(n)s payments, %(amount)s, are cancelled: their money goes back to the envelope.",
            len(unpaid),
        )
        % {"n": len(unpaid), "amount": format_euros(sum(unpaid))},
        _("What was paid stays paid; claiming it back is another act."),
        _told(),
    ]


@effect("payment_batch", "reject_file")
def _reject_file(batch, at) -> list[str]:
    n = batch.lines.filter(live=True, instalment__state="in_payment").count()
    return [
        ngettext(
            "%(n)s payment of this file will be recorded as refused by the bank, and may go into another file.",
            "%(n)s payments of this file will be recorded as refused by the bank, and may go into another file.",
            n,
        )
        % {"n": n}
    ]


@effect("payee_account", "unblock")
def _unblock(account, at) -> list[str]:
    return [_("Payments to this account may be ordered and sent again.")]


@about("agreement", "instalment", "recovery", "payee_account")
def _grant(obj) -> list[Line]:
    agreement = agreement_of(obj)
    amount = getattr(obj, "payable_amount", getattr(obj, "amount", None))
    return [
        Line(_("Project"), f"{agreement.application.display_title} ({agreement.reference})"),
        Line(_("Recipient"), agreement.bearer_name),
        *([] if amount is None else [Line(_("Amount"), format_euros(amount))]),
    ]


@about("payment_batch")
def _batch(batch) -> list[Line]:
    return [
        Line(_("Batch"), batch.reference),
        Line(_("Payments"), str(batch.lines_count)),
        Line(_("Total"), format_euros(batch.total_amount)),
    ]


@about("statement_line")
def _line(line) -> list[Line]:
    return [
        Line(_("Statement"), line.statement.reference),
        Line(_("Amount"), format_euros(line.amount or 0)),
        Line(_("Day"), day(line.booked_on) if line.booked_on else "–"),
    ]
