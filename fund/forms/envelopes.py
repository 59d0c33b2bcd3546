"""Forms of the envelopes: an amount, and why."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import EurosField, FundForm
from fund.queries.envelopes import other_open_envelopes


class EnvelopeForm(FundForm):
    """A draft: a year and a name."""

    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2200)
    label = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As the authority calls it, with what it is for.")
    )


class AmountForm(FundForm):
    amount = EurosField(label=_("Amount"), min_cents=1)


class AmountReasonForm(AmountForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One sentence: it is kept, and shown to those concerned."),
    )


class CarryForm(AmountReasonForm):
    to = forms.ChoiceField(label=_("To the envelope"))

    field_order = ("amount", "to", "reason")

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["to"].choices = [("", "—"), *((row.reference, str(row)) for row in other_open_envelopes(self.obj))]
