"""What a reader asks of the public ledger: the same filters on the page, in the file and over the API, each with its type."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import DayField, EurosField, FundForm
from fund.ledger.queries import Wanted, account_label
from fund.models.ledger import Account, Kind

YEARS = (2000, 2199)
WORDS = {
    "ref": "text",
    "enveloppe": "envelope",
    "compte": "account",
    "ecriture": "kind",
    "annee": "year",
    "du": "since",
    "au": "until",
    "montant_min": "least",
    "montant_max": "most",
}
"""Filters by their name in addresses, and what they say of `Wanted`."""


class EntryFilters(FundForm):
    """The filters of the page, by their names in its address."""

    ref = forms.CharField(label=_("Reference or number"), required=False, max_length=60)
    compte = forms.ChoiceField(label=pgettext_lazy("money", "Account"), required=False)
    ecriture = forms.ChoiceField(label=_("What happened"), required=False)
    enveloppe = forms.CharField(label=_("Envelope"), required=False, max_length=60)
    annee = forms.IntegerField(label=_("Year"), required=False, min_value=YEARS[0], max_value=YEARS[1], localize=False)
    du = DayField(label=pgettext_lazy("period", "From"), required=False)
    au = DayField(label=pgettext_lazy("period", "To"), required=False)
    montant_min = EurosField(label=_("At least"), required=False)
    montant_max = EurosField(label=_("At most"), required=False)

    def __init__(self, *args, envelopes=(), **options):
        super().__init__(*args, **options)
        every = ("", _("All"))
        self.fields["compte"].choices = [every, *((one.value, str(account_label(one)).capitalize()) for one in Account)]  # type: ignore[attr-defined]
        self.fields["ecriture"].choices = [every, *((value, str(label).capitalize()) for value, label in Kind.choices)]  # type: ignore[attr-defined]
        if len(envelopes) > 1:
            choices = [every, *((one.reference, one.label) for one in envelopes)]
            self.fields["enveloppe"].widget = forms.Select(choices=choices, attrs={"class": "input"})
        else:
            self.fields["enveloppe"].widget = forms.HiddenInput()

    def clean(self):
        found = super().clean()
        said = wrong_order(*(found.get(name) for name in ("du", "au", "montant_min", "montant_max")))
        for place, reason in said.items():
            self.add_error({"until": "au", "most": "montant_max"}[place], reason)
        return found

    def wanted(self) -> Wanted:
        return Wanted(**{WORDS[name]: value for name, value in self.cleaned_data.items() if value not in (None, "")})


def wrong_order(since, until, least, most) -> dict:
    """What is asked the wrong way round, by the field of `Wanted` that ends it."""
    found = {}
    if since and until and until < since:
        found["until"] = _("The end comes before the beginning.")
    if least is not None and most is not None and most < least:
        found["most"] = _("The highest amount is below the lowest.")
    return found
