"""The plan of a grant as shown, payment by payment, and what its balance depends on in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from core.money import format_euros
from core.templatetags import ui
from fund.enums import Trigger
from payments.enums import InstalmentState
from payments.models import Instalment
from payments.schedule import instalment_amounts

OVER = (InstalmentState.PAID, InstalmentState.CANCELLED)


@dataclass
class PlanLine:
    """One line of the plan: from the rows once signed, from the call before. `words` says what the balance depends on, until it is paid."""

    number: int
    label: str
    percent: int
    trigger: Any
    amount: int
    instalment: Instalment | None = None
    words: str = ""

    @property
    def tone(self) -> str:
        return self.instalment.tone if self.instalment else ""


def plan(agreement) -> list[PlanLine]:
    rows = list(agreement.instalments.order_by("number"))
    if rows:
        found = [
            PlanLine(
                row.number,
                row.label,
                row.percent,
                row.get_trigger_display(),
                0 if row.state == InstalmentState.CANCELLED else row.expected_amount,
                row,
            )
            for row in rows
        ]
        last = rows[-1]
    else:
        lines = list(agreement.application.call.instalment_lines.order_by("number"))
        amounts = instalment_amounts(agreement.amount, [line.percent for line in lines]) if lines else []
        found = [
            PlanLine(line.number, line.label, line.percent, line.get_trigger_display(), amount)
            for line, amount in zip(lines, amounts, strict=True)
        ]
        last = lines[-1] if lines else None
    if last is not None and last.trigger == Trigger.FINAL_REPORT_ACCEPTED and getattr(last, "state", "") not in OVER:
        found[-1].words = balance_words(agreement)
    return found


def shown(agreement) -> dict[str, Any]:
    """What the table of the plan needs. `not_paid`: cents of the grant that no payment brings, released or not supported by the accepted report."""
    lines = plan(agreement)
    total = sum(line.amount for line in lines)
    return {"plan": lines, "payments_total": total, "not_paid": max(agreement.amount - total, 0) if lines else 0}


def keepable(agreement) -> int:
    """Cents a non-profit body may keep to go on with the same project; a natural person keeps nothing (article 8 of the agreement)."""
    return int(agreement.amount * _keepable_share(agreement))


def _keepable_share(agreement) -> Fraction:
    if agreement.application.bearer_person_id is not None:
        return Fraction(0)
    return Fraction(str(agreement.rules["unspent_keepable_rate"]))


def balance_words(agreement) -> str:
    """What the last payment waits for, what lowers it, and what becomes of money left beyond it."""
    until = _("Paid once the final report is accepted, less what was not spent.")
    if not keepable(agreement):
        back = _("Beyond this balance, what is unspent is given back (article 8 of the agreement).")
        return f"{until} {back}"
    kept = _(
        "Of what is unspent beyond this balance, %(bearer)s may keep up to %(share)s of the grant (%(amount)s) to go on with the same project, and gives "
        "back the rest (article 8 of the agreement)."
    ) % {
        "bearer": agreement.bearer_name,
        "share": ui.percent(float(_keepable_share(agreement) * 100)),
        "amount": format_euros(keepable(agreement), cents_if_round=False),
    }
    return f"{until} {kept}"
