"""The lists of a call (criteria, payments, questions of eligibility, answers), a form for each row."""

from __future__ import annotations

from django import forms
from django.forms.utils import ErrorDict, ErrorList
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import FundForm
from fund.enums import Trigger
from fund.models import Criterion
from fund.rules.content import MOST, SCORES

YES_NO = (("yes", _("yes")), ("no", _("no")))


def area(rows=3):
    return forms.Textarea(attrs={"rows": rows})


class CriterionForm(FundForm):
    code = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    label = forms.CharField(label=_("Criterion"), max_length=80)
    weight = forms.IntegerField(label=_("Weight, in percent"), min_value=1, max_value=100)
    question = forms.CharField(label=_("Question asked to the reader"), max_length=300, widget=area(2))

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for score in SCORES:
            self.fields[f"anchor_{score}"] = forms.CharField(
                label=_("What a score of %(score)s means") % {"score": score},
                max_length=300,
                required=False,
                widget=area(2),
            )
            self.fields[f"anchor_{score}"].mark = ""

    def row(self) -> dict:
        data = self.cleaned_data
        anchors = [{"score": score, "label": data[f"anchor_{score}"]} for score in SCORES if data[f"anchor_{score}"]]
        return {name: anchors if name == "anchors" else data[name] for name in Criterion.FIELDS}

    @staticmethod
    def initial_of(row: dict) -> dict:
        anchors = {f"anchor_{anchor['score']}": anchor["label"] for anchor in row["anchors"]}
        return {name: value for name, value in row.items() if name != "anchors"} | anchors


class PlainRowForm(FundForm):
    """A row whose fields are those of the content."""

    def row(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.fields if name != "DELETE"}

    @staticmethod
    def initial_of(row: dict) -> dict:
        return dict(row)


class InstalmentLineForm(PlainRowForm):
    code = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    label = forms.CharField(label=_("Payment"), max_length=120)
    percent = forms.IntegerField(label=_("Share, in percent"), min_value=1, max_value=100)
    trigger = forms.ChoiceField(label=pgettext_lazy("trigger", "Paid on"), choices=[("", "—"), *Trigger.choices])


class EligibilityQuestionForm(PlainRowForm):
    code = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    question = forms.CharField(label=_("Question"), max_length=300, widget=area(2))
    expected = forms.ChoiceField(label=_("Expected answer"), choices=YES_NO, initial="yes")
    refusal = forms.CharField(label=_("What is said when the answer is the other one"), max_length=300, widget=area(2))
    article = forms.CharField(label=_("Article"), max_length=80, required=False)

    def row(self) -> dict:
        return super().row() | {"expected": self.cleaned_data["expected"] == "yes"}

    @staticmethod
    def initial_of(row: dict) -> dict:
        return row | {"expected": "yes" if row["expected"] else "no"}


class FaqForm(PlainRowForm):
    question = forms.CharField(label=_("Question"), max_length=200)
    answer = forms.CharField(label=_("Answer"), max_length=5_000, widget=area(3))


ROW_FORMS = {
    "criteria": CriterionForm,
    "instalment_lines": InstalmentLineForm,
    "eligibility_questions": EligibilityQuestionForm,
    "faq": FaqForm,
}
TITLES = {
    "criteria": _("Criteria"),
    "instalment_lines": _("Payments"),
    "eligibility_questions": _("Eligibility questions"),
    "faq": _("Questions and answers"),
}
ADD = {
    "criteria": _("Add a criterion"),
    "instalment_lines": _("Add a payment"),
    "eligibility_questions": _("Add a question"),
    "faq": _("Add a question and its answer"),
}
HINTS = {
    "criteria": _("The weights add up to 100%. The anchors say to readers what each score means."),
    "instalment_lines": _("The shares add up to 100%."),
    "eligibility_questions": _("Asked before writing: they spare people a file that cannot pass."),
    "faq": _("Answers to what people ask."),
}


class Rows(forms.BaseFormSet):
    """Rows of one kind; `kept` are those not deleted, in order."""

    deletion_widget = forms.CheckboxInput

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove this row")
            form.fields["DELETE"].mark = ""

    @property
    def kept(self) -> list:
        return [
            form
            for form in self.forms
            if not (self.can_delete and self._should_delete_form(form))  # type: ignore[attr-defined]
            and (form.has_changed() or form in self.initial_forms)
        ]

    def rows(self) -> list[dict]:
        return [form.row() for form in self.kept]

    def silence(self) -> None:
        """Show what was typed without judging it yet: a row was asked for, nothing was sent."""
        for form in self.forms:
            form._errors = ErrorDict()
            form.cleaned_data = {}
        self._errors, self._non_form_errors = [{} for _form in self.forms], ErrorList()


def one_more(count: str) -> str:
    """The count of rows a browser sent, and one; what cannot be read counts for none."""
    try:
        return str(min(max(int(count), 0) + 1, 2 * MOST))
    except ValueError:
        return "1"


def formset_class(name: str) -> type[Rows]:
    return forms.formset_factory(
        ROW_FORMS[name], formset=Rows, extra=0, can_delete=True, max_num=MOST, absolute_max=2 * MOST
    )  # type: ignore[return-value]
