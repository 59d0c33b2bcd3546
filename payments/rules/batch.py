"""Guards of the payment batch and of the bank's files."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from fund.models import FundIdentity
from payments.enums import Control
from payments.iban import checked, checked_bic
from payments.schedule import next_target_day


def has_lines(act: Act) -> None:
    if not act.obj.lines.filter(live=True).exists():
        raise Refusal(
            "batch_empty",
            _("The batch is empty."),
            remedy=_("Add at least one ordered payment."),
            article="art. 22",
            status=409,
        )


def controls_ticked(act: Act) -> None:
    if act.preview and act.get("controls") is None:
        return
    missing = [control for control in Control if control.value not in (act.get("controls") or ())]
    if missing:
        raise Refusal(
            "controls_incomplete",
            _("Accounting checks remain to be ticked: %(controls)s.")
            % {"controls": "; ".join(str(control.label) for control in missing)},
            article="art. 22",
            field="controls",
        )


def date_not_past(act: Act) -> None:
    day = act.get("execution_on")
    if day is not None and day < timezone.localdate(act.at):
        raise Refusal(
            "execution_date_past",
            _("The execution date has passed."),
            remedy=_("Choose today or later."),
            article="art. 22",
            field="execution_on",
        )


DAYS_AHEAD = 60
"""Nobody orders a payment for later than the time in which it must be made."""


def date_not_far(act: Act) -> None:
    day = act.get("execution_on")
    last = timezone.localdate(act.at) + timedelta(days=DAYS_AHEAD)
    if day is not None and day > last:
        raise Refusal(
            "execution_date_far",
            _("The execution date is too far away."),
            remedy=_("Choose a day until %(day)s.") % {"day": date_format(last, "l j F Y")},
            article="art. 22",
            field="execution_on",
        )


def banks_open(act: Act) -> None:
    # A bank would move the date to an open day of TARGET, or refuse the file.
    day = act.get("execution_on")
    if day is not None and (possible := next_target_day(day)) != day:
        raise Refusal(
            "execution_date_closed",
            _("%(day)s is not a day on which banks exchange payments.") % {"day": date_format(day, "l j F Y")},
            remedy=_("Choose %(day)s, the next possible day.") % {"day": date_format(possible, "l j F Y")},
            article="art. 22",
            field="execution_on",
        )


def debtor_known(act: Act) -> None:
    fund = FundIdentity.current()
    if not fund.debtor_iban or not (fund.debtor_holder or fund.legal_name):
        raise Refusal(
            "debtor_missing",
            _("The account payments leave from is not set."),
            remedy=_("An administrator proposes it in the identity of the fund, a co-president approves."),
            article="art. 22",
            status=409,
        )
    checked_bic(fund.debtor_bic, checked(fund.debtor_iban))


def never_exported(act: Act) -> None:
    if act.obj.exported_at:
        raise Refusal(
            "batch_already_exported",
            _("The file was produced and may have left: the batch can no longer be cancelled."),
            remedy=_("If it never arrived, declare it rejected; the authorising officer approves."),
            article="art. 22",
            status=409,
        )


def lines_wait_for_the_bank(act: Act) -> None:
    """A file asks the bank for every payment in it: one that does not wait for it (final, or taken back) would be paid wrongly."""
    if act.obj.lines.filter(in_file=True).exclude(instalment__state="in_payment").exists():
        raise Refusal(
            "line_not_in_payment",
            _("A payment of this batch does not wait for the bank: its file would pay it wrongly."),
            remedy=_("Cancel the batch and put the other payments in a new one."),
            article="art. 22",
            status=409,
        )


def no_line_paid(act: Act) -> None:
    if act.obj.lines.filter(live=True, instalment__state="paid").exists():
        raise Refusal(
            "batch_has_paid_line",
            _("A payment of this batch is paid, so the file was not rejected as a whole."),
            remedy=_("Reject the lines one by one."),
            article="art. 22",
            status=409,
        )


def every_line_final(act: Act) -> None:
    if act.obj.lines.filter(live=True, instalment__state="in_payment").exists():
        raise Refusal("batch_waiting", _("Payments of this batch still wait for the bank."), status=409)
