"""Forms of simulations: a new one; the lines of one, file by file."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import EurosField, FundForm
from reviews.enums.simulation import SimulationBase, SimulationStart

STARTS = [(value, label) for value, label in SimulationStart.choices if value != SimulationStart.COPY]


def _name() -> forms.CharField:
    return forms.CharField(label=_("Name"), max_length=80)


def _note() -> forms.CharField:
    return forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What you tried, in a sentence. Write of no application from which a member is recused."),
    )


class NewSimulationForm(FundForm):
    name = _name()
    start = forms.ChoiceField(
        label=_("Starts from"), choices=STARTS, widget=forms.RadioSelect, initial=SimulationStart.RANKING
    )
    base = forms.ChoiceField(
        label=_("Made over"), choices=SimulationBase.choices, widget=forms.RadioSelect, initial=SimulationBase.MINE
    )
    note = _note()


class SimulationForm(FundForm):
    """Name, note, and for each file a box and an amount. `rows`: the files of the simulation, with their amounts now."""

    name = _name()
    note = _note()

    def __init__(self, *args, rows: Iterable = (), **options):
        super().__init__(*args, **options)
        self.lines = list(rows)
        for row in self.lines:
            key, reference = row.application.pk, row.application.reference
            self.fields[f"in-{key}"] = forms.BooleanField(
                label=_("Fund %(reference)s") % {"reference": reference}, required=False, initial=row.funded
            )
            self.fields[f"amount-{key}"] = EurosField(
                label=_("Amount for %(reference)s, in euros") % {"reference": reference},
                required=False,
                initial=row.amount or row.most,
            )

    def controls(self):
        """Each file with its two fields."""
        return [(row, self[f"in-{row.application.pk}"], self[f"amount-{row.application.pk}"]) for row in self.lines]

    def clean(self):
        """An amount that was there and is emptied is asked for again, never filled in silence."""
        given = super().clean()
        for row in self.lines:
            name = f"amount-{row.application.pk}"
            if given.get(f"in-{row.application.pk}") and given.get(name) is None and name not in self.errors:
                self.add_error(name, _("Write an amount, or untick the application."))
        return given

    def params(self) -> dict:
        given = self.cleaned_data
        amounts = {}
        for row in self.lines:
            key = row.application.pk
            amount = given.get(f"amount-{key}")
            amounts[key] = (row.most if amount is None else amount) if given.get(f"in-{key}") else 0
        return {"name": given["name"], "note": given["note"], "amounts": amounts}
