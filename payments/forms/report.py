"""The report being written: saved complete or not, nothing typed is lost."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.schema import EXPENSE_ACCOUNTS, LICENCES
from core.forms import EurosField, FundForm
from payments.enums import Adoption
from payments.rules.report import HEADINGS, spending_bound, too_much

NEW_LINES = 2


class ReportForm(FundForm):
    """Narrative by heading, what was learnt, outputs. Nothing is required to save."""

    learnt = forms.CharField(
        label=_("What you learnt"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=10_000,
        required=False,
        help_text=_("What you would tell someone who starts tomorrow. A failure told honestly is worth a success."),
    )
    repository_url = forms.URLField(
        label=_("Where the work is published"), max_length=300, required=False, assume_scheme="https"
    )
    demo_url = forms.URLField(label=_("Where it can be tried"), max_length=300, required=False, assume_scheme="https")
    licence = forms.ChoiceField(
        label=_("Open licence"), choices=[("", "—"), *((code, code) for code in LICENCES)], required=False
    )
    adoption = forms.ChoiceField(
        label=_("What became of the prototype in the administration"),
        choices=[("", "—"), *Adoption.choices],
        required=False,
    )
    adoption_comment = forms.CharField(
        label=_("In a few words"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2_000, required=False
    )

    def __init__(self, *args, report, **options):
        initial = {
            name: getattr(report, name)
            for name in ("learnt", "repository_url", "demo_url", "licence", "adoption", "adoption_comment")
        }
        super().__init__(
            *args, initial=initial | {code: report.narrative.get(code, "") for code, _t, _h in HEADINGS}, **options
        )
        for code, title, hint in HEADINGS:
            self.fields[code] = forms.CharField(
                label=title, help_text=hint, widget=forms.Textarea(attrs={"rows": 6}), max_length=20_000, required=False
            )
        self.order_fields(
            [
                *(code for code, _t, _h in HEADINGS),
                "learnt",
                "repository_url",
                "demo_url",
                "licence",
                "adoption",
                "adoption_comment",
            ]
        )
        for name, field in self.fields.items():
            field.narrative = name in {code for code, _t, _h in HEADINGS}

    def facts(self) -> dict:
        data = dict(self.cleaned_data)
        return {"narrative": {code: data.pop(code, "") for code, _t, _h in HEADINGS}} | data


class LineForm(FundForm):
    """Spending on one line. `title` names it among the errors of the page."""

    title = ""
    actual_amount = EurosField(label=_("Spent"), required=False)
    explanation = forms.CharField(label=_("Why the gap"), max_length=500, required=False)

    def __init__(self, *args, report, **options):
        super().__init__(*args, **options)
        self.fields["actual_amount"] = EurosField(
            label=_("Spent"),
            required=False,
            max_cents=spending_bound(report),
            error_messages={"max_amount": too_much(report)},
        )


class NewLineForm(LineForm):
    account = forms.ChoiceField(label=_("Account"), choices=[("", "—"), *EXPENSE_ACCOUNTS], required=False)
    label = forms.CharField(label=_("Expense that was not in the budget"), max_length=200, required=False)
    field_order = ["account", "label", "actual_amount", "explanation"]

    def clean(self):
        """An expense begun is not dropped for want of a name."""
        data = super().clean()
        if (
            not data.get("label", "").strip()
            and "label" not in self.errors
            and (data.get("actual_amount") or data.get("explanation"))
        ):
            self.add_error("label", _("Say what this expense was, or empty its other boxes."))
        return data


def line_forms(report, data=None) -> tuple[list, list]:
    """(line, form) of each line of the report, and forms of lines to add."""
    known = [
        (
            line,
            LineForm(
                data,
                report=report,
                prefix=f"line-{line.position}",
                initial={"actual_amount": line.actual_amount, "explanation": line.explanation},
            ),
        )
        for line in report.lines.all()
    ]
    new = [NewLineForm(data, report=report, prefix=f"new-{number}") for number in range(1, NEW_LINES + 1)]
    for line, form in known:
        form.title = line.label
    for number, form in enumerate(new, 1):
        form.title = _("Expense %(number)s") % {"number": number}
    return known, new


def rows_of(known, new) -> list[dict]:
    """The verb's `lines`. Forms must be valid."""
    rows = [{"position": line.position, **form.cleaned_data} for line, form in known]
    return rows + [dict(form.cleaned_data) for form in new if form.cleaned_data.get("label", "").strip()]
