"""What an act of two keys does to the money, in sentences: said beside the button of who proposes, and to who turns the second key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_euros
from core.templatetags.ui import day
from core.transitions import VERBS
from fund.views.presenting import Line, as_given, register
from payments.rules.matched import received_unasked
from payments.transitions.instalment import release
from payments.transitions.recovery import time_to_pay


def _told() -> str:
    return _("The recipient is told.")


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


def _undo_return(instalment, at) -> list[str]:
    return [
        _("%(basis)s, %(amount)s, stands as paid; the line of the statement waits for a person again.")
        % {"basis": instalment.basis, "amount": format_euros(instalment.certified_amount)},
        _("An account that the return blocked stays blocked: unblocking it is another act."),
        _told(),
    ]


def _give_up(claim, at) -> list[str]:
    words = {"left": format_euros(claim.left_amount), "claim": claim.reference}
    return [_("The fund gives up %(left)s on %(claim)s; what was repaid stays.") % words]


def _waive(claim, at) -> list[str]:
    return [*_give_up(claim, at), _told()]


def _cancel(instalment, at) -> list[str]:
    return [
        _("%(basis)s will not be paid: its %(amount)s go back to the envelope.")
        % {"basis": instalment.basis, "amount": format_euros(instalment.payable_amount)},
    ]


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


def _reject_file(batch, at) -> list[str]:
    n = batch.lines.filter(live=True, instalment__state="in_payment").count()
    return [
        ngettext(
            "%(n)s payment of this file is recorded as refused by the bank, and may go into another file.",
            "%(n)s payments of this file are recorded as refused by the bank, and may go into another file.",
            n,
        )
        % {"n": n}
    ]


def _unblock(account, at) -> list[str]:
    return [_("Payments to this account may be ordered and sent again.")]


EFFECTS: dict[tuple[str, str], Callable[[Any, Any], list[str]]] = {
    ("statement_line", "undo_repayment"): _undo_repayment,
    ("instalment", "undo_return"): _undo_return,
    ("instalment", "cancel"): _cancel,
    ("recovery", "waive"): _waive,
    ("recovery", "write_off"): _give_up,
    ("agreement", "terminate"): _terminate,
    ("payment_batch", "reject_file"): _reject_file,
    ("payee_account", "unblock"): _unblock,
}


def effects_of(verb, obj, at) -> list[str]:
    """Sentences on what `verb` would do to this row at this instant; none for a verb of one key."""
    known = EFFECTS.get((verb.machine, verb.name))
    return known(obj, at) if known else []


def _present(act, obj) -> list[Line]:
    """Once the act is closed, or the row went on without it, the row no longer tells what would change."""
    verb, now = VERBS[act.target_machine][act.verb], timezone.now()
    open_still = act.state == "proposed" and now < act.expires_at and obj.state in verb.sources
    said = effects_of(verb, obj, now) if open_still else []
    return [*([Line(_("What changes"), "\n".join(said))] if said else []), *as_given(act, obj)]


for _machine, _verb in EFFECTS:
    register(_machine, _verb)(_present)
