"""Forms of the conditions before the start: written with the offer, then met or waived."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, FundForm, WordedForm
from payments.rules.condition import CONDITIONS_MAX, TEXT_MAX


class ConditionForm(WordedForm):
    """One condition of an offer; an empty row is none."""

    use_required_attribute = False
    text = forms.CharField(
        label=_("Condition"), max_length=TEXT_MAX, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    due_on = DayField(label=_("Expected by (optional)"), required=False)

    def __init__(self, *args, **options):
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)

    def clean(self):
        data = super().clean()
        if data.get("due_on") and not (data.get("text") or "").strip():
            self.add_error("text", _("Say what is expected by this day."))
        return data


ConditionFormSet = forms.formset_factory(
    ConditionForm, extra=1, max_num=CONDITIONS_MAX, absolute_max=2 * CONDITIONS_MAX, validate_max=True
)
PREFIX = "conditions"


def conditions_of(rows) -> list[dict]:
    """The verb's `conditions`. The formset must be valid."""
    return [dict(row.cleaned_data) for row in rows.forms if (row.cleaned_data or {}).get("text")]


def one_condition_more(data) -> forms.BaseFormSet:
    """The same rows with an empty one more (without JavaScript)."""
    longer, count = data.copy(), data.get(f"{PREFIX}-TOTAL_FORMS", "")
    known = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 1
    longer[f"{PREFIX}-TOTAL_FORMS"] = str(min(CONDITIONS_MAX, known + 1))
    return ConditionFormSet(longer, prefix=PREFIX)


class MeetForm(FundForm):
    met_on = DayField(label=_("Met on"), required=False, help_text=_("Left empty: today."))
    note = forms.CharField(
        label=_("What shows it"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    evidence = forms.FileField(label=_("Document that shows it (optional when you say it in words)"), required=False)
