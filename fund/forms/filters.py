"""What a reader asks of the list of calls, each filter with its type."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import DayField, EurosField, FundForm
from fund.forms.ledger import YEARS, wrong_order
from fund.queries.calls import Asked


class CallFilters(FundForm):
    """By their names in the address of the page."""

    q = forms.CharField(label=_("Words of the title"), required=False, max_length=60)
    annee = forms.IntegerField(
        label=_("Year of opening"), required=False, min_value=YEARS[0], max_value=YEARS[1], localize=False
    )
    du = DayField(label=pgettext_lazy("calls", "Closing from"), required=False)
    au = DayField(label=pgettext_lazy("calls", "Closing to"), required=False)
    montant_min = EurosField(label=_("Grants of at least"), required=False)
    montant_max = EurosField(label=_("Grants of at most"), required=False)

    def clean(self):
        found = super().clean()
        said = wrong_order(*(found.get(name) for name in ("du", "au", "montant_min", "montant_max")))
        for place, reason in said.items():
            self.add_error({"until": "au", "most": "montant_max"}[place], reason)
        return found

    def asked(self) -> Asked:
        said = self.cleaned_data
        return Asked(said["q"], said["annee"], said["du"], said["au"], said["montant_min"], said["montant_max"])
