"""The budget: the amount between the bounds of the call, each line whole, and what is spent equal to what is found."""

from __future__ import annotations

from fractions import Fraction

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from applications.models import Application
from applications.queries import rules_of
from applications.rules.gaps.frame import Missing, needed, too_long
from applications.schema import SECTIONS, total
from core.money import format_euros


def gaps_of(application: Application, content: dict) -> list[Missing]:
    section, call = content["budget"], application.call
    requested = section["requested_amount"]
    gaps = []
    if requested is None:
        gaps += needed("budget", content, "requested_amount")
    elif requested <= 0:
        gaps.append(
            Missing("budget", "requested_amount", _("The amount requested must be above zero."), "amount_not_positive")
        )
    elif requested > call.ceiling_amount:
        gaps.append(
            Missing(
                "budget",
                "requested_amount",
                _(
                    "You ask for %(asked)s; the ceiling is %(ceiling)s. Lower the request or find another resource for the difference."
                )
                % {"asked": format_euros(requested), "ceiling": format_euros(call.ceiling_amount)},
                "amount_above_ceiling",
            )
        )
    elif requested < call.floor_amount:
        gaps.append(
            Missing(
                "budget",
                "requested_amount",
                _("You ask for %(asked)s; this call starts at %(floor)s.")
                % {"asked": format_euros(requested), "floor": format_euros(call.floor_amount)},
                "amount_below_floor",
            )
        )
    if requested and section["minimum_viable_amount"] and section["minimum_viable_amount"] > requested:
        gaps.append(
            Missing(
                "budget",
                "minimum_viable_amount",
                _("Your minimum amount is higher than your request. Lower one or raise the other."),
                "minimum_above_request",
            )
        )
    return gaps + _lines(section) + _balance(application, section) + too_long("budget", content)


def _lines(section: dict) -> list[Missing]:
    gaps = []
    if not section["expenses"]:
        gaps.append(Missing("budget", "expenses", _("No line yet. Start with the biggest expense.")))
    for table in ("expenses", "resources", "in_kind_expenses", "in_kind_resources"):
        accounts = {code for code, _label in SECTIONS["budget"].key(table).columns[0].choices}
        for number, row in enumerate((row for row in section[table] if not row.get("is_fund")), 1):
            if not row["label"] or row["amount"] is None:
                gaps.append(
                    Missing(
                        "budget",
                        table,
                        _("%(table)s, line %(n)s: say what and how much.")
                        % {"table": SECTIONS["budget"].key(table).label, "n": number},
                    )
                )
            elif row["amount"] <= 0:
                gaps.append(
                    Missing(
                        "budget", table, _("Line “%(line)s”: the amount must be above zero.") % {"line": row["label"]}
                    )
                )
            elif row["account"] not in accounts:
                gaps.append(
                    Missing(
                        "budget",
                        table,
                        _("The line “%(line)s” has no account, or one that cannot be funded. Choose it from the list.")
                        % {"line": row["label"]},
                        "expense_not_eligible",
                    )
                )
    return gaps


def _balance(application: Application, section: dict) -> list[Missing]:
    gaps = []
    spent, found = total(section["expenses"]), total(section["resources"])
    if spent != found:
        gaps.append(
            Missing(
                "budget",
                "expenses",
                _("Expenses: %(spent)s; resources: %(found)s. They must be equal; the gap is %(gap)s.")
                % {"spent": format_euros(spent), "found": format_euros(found), "gap": format_euros(abs(spent - found))},
                "budget_unbalanced",
            )
        )
    given, used = total(section["in_kind_resources"]), total(section["in_kind_expenses"])
    if given != used:
        gaps.append(
            Missing(
                "budget",
                "in_kind_expenses",
                _("In kind: %(used)s used, %(given)s given. They must be equal.")
                % {"used": format_euros(used), "given": format_euros(given)},
                "budget_unbalanced",
            )
        )
    indirect = total([row for row in section["expenses"] if row["indirect"]])
    requested = section["requested_amount"] or 0
    highest = Fraction(rules_of(application)["indirect_cost_max_rate"])
    if indirect > requested * highest:
        gaps.append(
            Missing(
                "budget",
                "expenses",
                _(
                    "Overheads are %(amount)s, more than %(percent)s%% of the grant. Detail the excess as direct costs or reduce it."
                )
                % {"amount": format_euros(indirect), "percent": floatformat(float(highest * 100), -1)},
                "indirect_costs_too_high",
            )
        )
    return gaps
