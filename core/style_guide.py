"""The living catalogue of the design system: every piece with invented content, drawn by the templates the product uses."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, EurosField, FundForm, InstantField
from core.open_pages import open_page
from core.templatetags.ui import ICONS

KINDS = [("association", _("Association")), ("collective", _("Collective")), ("citizen", _("Citizen"))]
BAR = {
    "free": 900_000,
    "reserved": 600_000,
    "committed": 500_000,
    "ordered": 300_000,
    "paid": 1_050_000,
    "claimed": 150_000,
    "returned": 200_000,
}
AT = datetime(2026, 6, 9, 14, 32, tzinfo=ZoneInfo("Europe/Paris"))


class SampleForm(FundForm):
    title = forms.CharField(
        label=_("Title of the project"),
        max_length=80,
        help_text=_("What a neighbour would call it, in fewer than 80 characters."),
    )
    summary = forms.CharField(
        label=_("Summary"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For whom, where, what is missing."),
    )
    kind = forms.ChoiceField(label=_("You apply as"), choices=KINDS, widget=forms.RadioSelect)
    themes = forms.MultipleChoiceField(
        label=_("Themes"),
        choices=[("justice", _("Justice")), ("water", _("Water"))],
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "line"}),
    )
    department = forms.ChoiceField(
        label=_("Department"), choices=[("31", "Haute-Garonne (31)"), ("46", "Lot (46)")], required=False
    )
    amount = EurosField(label=_("Amount requested"), help_text=_("€30,000 at most"))
    starts_on = DayField(label=_("Start of the trial"), required=False)
    meets_at = InstantField(label=_("First meeting"), required=False)
    letter = forms.FileField(
        label=_("Letter of the administration"), required=False, help_text=_("PDF or picture, 10 MB at most.")
    )
    consent = forms.BooleanField(label=_("My name may be published with the project"), required=False)

    department.optional = True  # type: ignore[attr-defined]


class RowForm(forms.Form):
    label = forms.CharField(label=_("Expense"), max_length=120)
    amount = EurosField(label=_("Amount"))


def _act(name: str, label, *, danger=False, two_keys=False, reason="", remedy="") -> SimpleNamespace:
    verb = SimpleNamespace(machine="sample", two_key=two_keys)
    return SimpleNamespace(
        name=name, label=label, allowed=not reason, danger=danger, reason=reason, remedy=remedy, verb=verb
    )


class NoteForm(FundForm):
    note = forms.CharField(
        label=_("What shows that it is due"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )


def sample() -> dict:
    """Everything the page shows."""
    typed = {
        "title": "La notice qu’on comprend " * 4,
        "summary": "Les notices sont lues trois fois. " * 13,
        "amount": "beaucoup",
    }
    wrong = SampleForm({f"wrong-{name}": value for name, value in typed.items()}, prefix="wrong")
    rows = forms.formset_factory(RowForm, extra=1, max_num=12, absolute_max=20)(
        prefix="rows", initial=[{"label": "Interprètes", "amount": 1_200_000}, {"label": "Tournage", "amount": 345_050}]
    )
    acts = [
        {"offer": _act("certify", _("Certify the instalment")), "form": NoteForm(prefix="certify")},
        {"offer": _act("publish", _("Publish the call"), two_keys=True), "form": NoteForm(prefix="publish")},
        {"offer": _act("withdraw", _("Withdraw the application"), danger=True), "form": FundForm(prefix="withdraw")},
        {
            "offer": _act(
                "order",
                _("Order the payment"),
                reason=_("You certified this instalment."),
                remedy=_("Another person must order it."),
            ),
            "form": FundForm(prefix="order"),
        },
    ]
    return {
        "form": SampleForm(prefix="ok"),
        "wrong": wrong,
        "rows": rows,
        "acts": acts,
        "bar": BAR,
        "at": AT,
        "late": AT.replace(month=7, day=1),
        "page": Paginator(range(190), 10).page(4),
        "icons": sorted(ICONS),
    }


@open_page
def style_guide(request):
    return render(request, "core/style_guide.html", sample())
