"""The columns of a bank's CSV, as a person confirms them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm
from payments import bank_csv

LABELS = {
    "booked": _("Day of the movement"),
    "value": _("Value date"),
    "amount": _("Amount, with its sign"),
    "debit": _("Debits"),
    "credit": _("Credits"),
    "reference": _("Reference"),
    "text": _("Wording"),
    "bank_reference": _("Bank’s own number of the movement"),
}
HINTS = {
    "amount": _("One column for both directions; otherwise choose the two below."),
    "reference": _("The reference of our payments is also looked for in the wording."),
    "bank_reference": _("When there is one: it tells two equal movements of a day apart."),
}
DATES = (
    ("dmy", _("day, month, year: 31/12/2026")),
    ("ymd", _("year, month, day: 2026-12-31")),
    ("mdy", _("month, day, year: 12/31/2026")),
)
DECIMALS = ((",", _("comma: 1 234,50")), (".", _("point: 1,234.50")))


class MappingForm(FundForm):
    """One choice of column for each thing; `sheet` gives the bank's own headers."""

    def __init__(self, *args, sheet: bank_csv.Sheet, mapping: dict, **options):
        options["initial"] = {name: "" if value is None else str(value) for name, value in mapping.items()}
        super().__init__(*args, **options)
        columns = [(str(n), name or _("column %(n)s") % {"n": n + 1}) for n, name in enumerate(sheet.headers)]
        for name in bank_csv.COLUMNS:
            self.fields[name] = forms.ChoiceField(
                label=LABELS[name],
                help_text=HINTS.get(name, ""),
                choices=[("", _("no column")), *columns],
                required=name == "booked",
                error_messages={"required": _("Choose the column of the day.")},
            )
        self.fields["dates"] = forms.ChoiceField(label=_("How days are written"), choices=DATES)
        self.fields["decimal"] = forms.ChoiceField(label=_("Decimal sign"), choices=DECIMALS)

    def clean(self):
        found = super().clean()
        one, two = found.get("amount"), (found.get("debit"), found.get("credit"))
        if bool(one) == all(two) or one and any(two):
            self.add_error("amount", _("Choose one column of amounts, or one of debits and one of credits."))
        return found

    def mapping(self) -> dict:
        """As `bank_csv.Mapping` takes it."""
        return {
            name: value if name in ("dates", "decimal") else int(value) if value else None
            for name, value in self.cleaned_data.items()
        }
