"""Guards of an amendment: what may change, until when, and who has still to sign."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from applications.periods import CLOSING_GRACE
from core.money import format_euros
from core.transitions import Act, Refusal
from fund.rules.common import when
from payments.enums import AGREEMENT_IN_FORCE, AMENDMENT_OPEN, TERMS_IN_WORDS, InstalmentState
from payments.rules.people import agreement_of
from payments.schedule import project_end

LOWERABLE = (InstalmentState.SCHEDULED, InstalmentState.DUE)
"""Payments that nobody has certified yet: an amendment may lower them."""


def agreement_in_force(act: Act) -> None:
    if agreement_of(act.obj).state not in AGREEMENT_IN_FORCE:
        raise Refusal(
            "agreement_not_signed",
            _("Only an agreement in force can be amended."),
            article="art. 24",
            status=409,
        )


def project_not_over(act: Act) -> None:
    agreement = agreement_of(act.obj)
    if agreement.ends_on and timezone.localdate(act.at) > agreement.ends_on:
        raise Refusal(
            "amendment_too_late",
            _("The project ended on %(day)s: the agreement can no longer be amended.")
            % {"day": date_format(agreement.ends_on, "j F Y")},
            remedy=_("Explain the change in your report."),
            article="art. 24",
            status=409,
        )


def none_open(act: Act) -> None:
    if act.obj.amendments.filter(state__in=AMENDMENT_OPEN).exists():
        raise Refusal(
            "amendment_already_open",
            _("An amendment is already open."),
            remedy=_("Wait for it to be signed, or withdraw it."),
            article="art. 24",
            status=409,
        )


def changes_something(act: Act) -> None:
    if act.preview:
        return
    if not (act.get("reason") or "").strip():
        raise Refusal("reason_missing", _("Say why the agreement should change."), field="reason", article="art. 24")
    if act.get("new_ends_on") is None and act.get("new_amount") is None and not act.get("changes"):
        raise Refusal(
            "amendment_empty",
            _("Nothing changes."),
            remedy=_("Give a new end, a lower amount, or a row of what else changes."),
            field="changes",
            article="art. 24",
        )
    for row in act.get("changes") or ():
        before, after = (row.get("before") or "").strip(), (row.get("after") or "").strip()
        if row.get("term") not in TERMS_IN_WORDS or not before or not after or before == after:
            raise Refusal(
                "amendment_row_incomplete",
                _("A row says what changes, what it was and what it becomes."),
                remedy=_("Complete the row, or empty it."),
                field="changes",
                article="art. 24",
            )


def latest_end(agreement) -> date:
    """The last day a project may end, all its extensions together."""
    return project_end(
        agreement.starts_on, agreement.duration_months + agreement.rules["amendment_extension_max_months"]
    )


def end_within_limit(act: Act) -> None:
    new, agreement = _asked(act, "new_ends_on"), agreement_of(act.obj)
    if new is None:
        return
    latest = latest_end(agreement)
    if new > latest or new < timezone.localdate(act.at) or new == agreement.ends_on:
        raise Refusal(
            "amendment_end_refused",
            _("The new end must differ from the present one, %(present)s, and lie between today and %(latest)s.")
            % {"present": date_format(agreement.ends_on, "j F Y"), "latest": date_format(latest, "j F Y")},
            remedy=_("A project may be extended by %(n)s months in all.")
            % {"n": agreement.rules["amendment_extension_max_months"]},
            field="new_ends_on",
            article="art. 24",
        )


def lowest_amount(agreement) -> int:
    """Cents that the grant cannot go below: what is certified, ordered or paid."""
    rows = agreement.instalments.exclude(state__in=("cancelled", *LOWERABLE))
    return sum(one.payable_amount for one in rows)


def amount_only_lower(act: Act) -> None:
    new, agreement = _asked(act, "new_amount"), agreement_of(act.obj)
    if new is None:
        return
    if new >= agreement.amount:
        raise Refusal(
            "amendment_raises_award",
            _("An amendment cannot raise the grant, %(amount)s today.") % {"amount": format_euros(agreement.amount)},
            remedy=_("Move sums between lines, or apply to another call."),
            field="new_amount",
            article="art. 24",
        )
    if new < max(1, lowest := lowest_amount(agreement)):
        raise Refusal(
            "amendment_below_paid",
            _("%(amount)s are already certified or paid: the grant cannot go below.")
            % {"amount": format_euros(lowest)},
            remedy=_("Money already paid is given back by a recovery."),
            field="new_amount",
            article="art. 24",
        )


def _asked(act: Act, name: str):
    """What is asked: the parameter at the request, then what the amendment says."""
    return act.get(name) if act.verb.creates else getattr(act.obj, name)


def answer_given(act: Act) -> None:
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _("Say why the change is refused, and what would make it possible."),
            field="reason",
            article="art. 24",
        )


def still_to_sign(act: Act) -> None:
    if act.at >= act.obj.sign_by_at:
        raise Refusal(
            "amendment_lapsed",
            _("The time to sign ended on %(instant)s.") % {"instant": when(act.obj.sign_by_at)},
            remedy=_("The agreement goes on unchanged; a new amendment can be asked for."),
            article="art. 24",
            status=409,
        )


def signing_is_over(act: Act) -> None:
    if act.at < act.obj.sign_by_at + CLOSING_GRACE:
        raise Refusal("deadline_not_passed", _("The time to answer is not over."), status=409)
