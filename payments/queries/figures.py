"""The figures of the financial report of a grant, laid out as on the form Cerfa 15059: costs and resources, budget, spending, share. Cents.

Budget: the one filed with the application. Spending: the lines of the final report (what the fund admitted once it is accepted, what was
filed before that); without one, those of the interim report. The fund knows its own payments and no other resource: those are left to the bearer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from fund.models import GrantAccount

COSTS = (
    ("60", _("60 Purchases")),
    ("61", _("61 Outside services")),
    ("62", _("62 Other outside services")),
    ("63", _("63 Taxes")),
    ("64", _("64 Staff")),
    ("65", _("65 Other current costs")),
    ("66", _("66 Financial costs")),
    ("67", _("67 Exceptional costs")),
    ("68", _("68 Depreciation and provisions")),
    ("indirect", _("Indirect costs of the project")),
)
RESOURCES = (
    ("70", _("70 Sales and services")),
    ("74", _("74 Grants")),
    ("75", _("75 Other current income")),
    ("76", _("76 Financial income")),
    ("77", _("77 Exceptional income")),
    ("78", _("78 Provisions and funds carried over")),
)
IN_KIND_COSTS = (("86", _("86 Use of contributions in kind")),)
IN_KIND_RESOURCES = (("87", _("87 Contributions in kind")),)
FILED = ("submitted", "changes_requested", "accepted")


def _sum_of(amounts: Iterable[int | None]) -> int | None:
    """Known when every part is, and there is one."""
    found = list(amounts)
    known = [one for one in found if one is not None]
    return sum(known) if known and len(known) == len(found) else None


@dataclass
class Line:
    """One account. An amount is None when the fund does not know it."""

    account: str
    label: Any
    budget: int | None = None
    actual: int | None = None

    @property
    def tenths(self) -> int | None:
        """Spending over budget, in tenths of a percent, rounded half up."""
        if self.actual is None or not self.budget:
            return None
        return (self.actual * 2000 + self.budget) // (2 * self.budget)

    @property
    def percent(self) -> str:
        return "" if self.tenths is None else f"{localize(self.tenths / 10)}\u00a0%"


@dataclass
class Heading(Line):
    """An account of two digits, with what it is made of."""

    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.lines.append(line)
        self.budget = _sum_of(one.budget for one in self.lines)
        self.actual = _sum_of(one.actual for one in self.lines)


@dataclass
class Table:
    """One side of the form: its headings in the order of the form, and their total."""

    code: str
    title: Any
    headings: list[Heading]

    @property
    def total(self) -> Line:
        used = [one for one in self.headings if one.lines]
        return Line("", self.title, _sum_of(one.budget for one in used), _sum_of(one.actual for one in used))

    @property
    def is_empty(self) -> bool:
        return not any(one.lines for one in self.headings)


@dataclass
class Figures:
    """The four parts of the form, the report they come from (None: nothing filed yet), and the grant over all the resources of the budget."""

    costs: Table
    resources: Table
    in_kind_costs: Table
    in_kind_resources: Table
    report: Any
    share: Line

    @property
    def tables(self) -> list[Table]:
        """The two sides that must be equal; what is given free only when there is some."""
        in_kind = [one for one in (self.in_kind_costs, self.in_kind_resources) if not one.is_empty]
        return [self.costs, self.resources, *in_kind]


def figures_of(agreement) -> Figures:
    """Three queries, whatever the number of lines."""
    budget = agreement.application.content.get("budget", {})
    report = _report(agreement)
    known = report is not None and report.state in FILED
    costs = Table("costs", _("Costs"), _headings(COSTS))
    _fill(costs, _spent(report) if known else _planned(budget.get("expenses", [])))
    resources = Table("resources", _("Resources"), _headings(RESOURCES))
    _fill(resources, _income(agreement, budget.get("resources", [])))
    in_kind_costs = Table("in_kind_costs", _("Use of contributions in kind"), _headings(IN_KIND_COSTS))
    _fill(in_kind_costs, _planned(budget.get("in_kind_expenses", [])))
    in_kind_resources = Table("in_kind_resources", _("Contributions in kind"), _headings(IN_KIND_RESOURCES))
    _fill(in_kind_resources, _planned(budget.get("in_kind_resources", [])))
    share = Line("", "", resources.total.budget, agreement.amount)
    return Figures(costs, resources, in_kind_costs, in_kind_resources, report if known else None, share)


def _headings(known) -> list[Heading]:
    return [Heading(account, label) for account, label in known]


def _fill(table: Table, lines: list[Line]) -> None:
    """Each line under its heading; what has none goes to the last one."""
    by_account = {one.account: one for one in table.headings}
    for line in lines:
        by_account.get(line.account[:2] if line.account != "indirect" else "indirect", table.headings[-1]).add(line)


def _report(agreement):
    """The final report when it is filed, else the interim one, with their lines."""
    found = agreement.reports.filter(state__in=FILED).prefetch_related("lines")
    return min(found, key=lambda one: one.kind != "final", default=None)


def _planned(rows) -> list[Line]:
    return [
        Line("indirect" if row.get("indirect") else row.get("account") or "", row.get("label") or "", row["amount"])
        for row in rows
        if row.get("amount")
    ]


def _spent(report) -> list[Line]:
    """The lines of the report; those of the budget flagged as overhead stand apart, as the form has it."""
    rows = report.agreement.application.content.get("budget", {}).get("expenses", [])
    indirect = {position for position, row in enumerate(rows, start=1) if row.get("indirect")}
    return [
        Line(
            "indirect" if line.position in indirect else line.account,
            line.label,
            line.budget_amount,
            line.actual_amount if line.accepted_amount is None else line.accepted_amount,
        )
        for line in report.lines.all()
    ]


def _income(agreement, rows) -> list[Line]:
    """The fund's line with what it paid, less what came back; the others as planned."""
    account = GrantAccount.objects.filter(reference=agreement.reference).first()
    paid = account.paid_amount + account.claimed_amount if account else 0
    return [
        Line(row.get("account") or "", row.get("label") or "", row["amount"], paid if row.get("is_fund") else None)
        for row in rows
        if row.get("amount")
    ]
