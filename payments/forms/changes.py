"""Forms of what changes after the signature: amendments, amounts to give back, repayments."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, EurosField, FundForm, WordedForm
from core.money import format_euros
from payments.enums import TERMS_IN_WORDS, RecoveryGround, Term
from payments.models import Agreement
from payments.queries import desk


def _area(rows=4):
    return forms.Textarea(attrs={"rows": rows})


class AmendmentForm(FundForm):
    """A list of differences; what stays empty does not change."""

    reason = forms.CharField(
        label=_("Why the agreement should change"), max_length=5000, widget=_area(), required=False
    )
    new_ends_on = DayField(
        label=_("New end of the project"), required=False, help_text=_("Leave empty if it does not change.")
    )
    new_amount = EurosField(
        label=_("New amount of the grant, in euros"),
        required=False,
        help_text=_("Lower than today; leave empty if it does not change."),
    )


class ChangeForm(WordedForm):
    """One row of what else changes."""

    use_required_attribute = False
    term = forms.ChoiceField(
        label=_("What changes"),
        choices=[("", "—"), *((code, Term(code).label) for code in TERMS_IN_WORDS)],
        required=False,
    )
    before = forms.CharField(label=_("What the agreement says"), max_length=2000, widget=_area(2), required=False)
    after = forms.CharField(label=_("What it should say"), max_length=2000, widget=_area(2), required=False)

    def __init__(self, *args, **options):
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)


CHANGES_MAX = 12
ChangeFormSet = forms.formset_factory(
    ChangeForm, extra=1, max_num=CHANGES_MAX, absolute_max=2 * CHANGES_MAX, validate_max=True
)


def changes_of(rows) -> list[dict]:
    """The verb's `changes`: rows in which something was written. The formset must be valid."""
    return [dict(row.cleaned_data) for row in rows.forms if any((row.cleaned_data or {}).values())]


def one_more(data) -> forms.BaseFormSet:
    """The same rows with an empty one more (without JavaScript)."""
    longer, count = data.copy(), data.get("changes-TOTAL_FORMS", "")
    known = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 1
    longer["changes-TOTAL_FORMS"] = str(min(CHANGES_MAX, known + 1))
    return ChangeFormSet(longer, prefix="changes")


class ApproveAmendmentForm(FundForm):
    answer = forms.CharField(
        label=_("A word with the answer, if you wish"), max_length=2000, widget=_area(2), required=False
    )


class RefuseAmendmentForm(FundForm):
    reason = forms.CharField(
        label=_("Why, and what would make it possible"), max_length=2000, widget=_area(), required=False
    )


class SignAmendmentForm(FundForm):
    read = forms.BooleanField(
        label=_("I have read the amendment and I sign it"),
        error_messages={"required": _("Tick the box once you have read the amendment.")},
    )

    def params(self):
        return {}


class RecoveryForm(FundForm):
    """What is found, on what ground, and how much."""

    ground = forms.ChoiceField(label=_("Ground"), choices=[("", "—"), *RecoveryGround.choices], required=False)
    amount = EurosField(label=_("Amount to give back, in euros"), required=False)
    facts = forms.CharField(
        label=_("What you found, and how the amount is counted"),
        max_length=5000,
        widget=_area(6),
        required=False,
        help_text=_("The recipient reads it in the letter that invites to comment."),
    )


class NotifyForm(FundForm):
    amount = EurosField(
        label=_("Amount to repay, in euros"),
        required=False,
        help_text=_("At most what was proposed; empty means all of it."),
    )
    answer = forms.CharField(
        label=_("Answer to the comments, and the reasons of the decision"),
        max_length=5000,
        widget=_area(),
        required=False,
    )


class ReduceForm(FundForm):
    amount = EurosField(label=_("Amount given up, in euros"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=_area(2), required=False)


class RepaymentForm(FundForm):
    """Claims that this line could pay."""

    recovery = forms.ModelChoiceField(
        queryset=None,
        label=_("The claim it pays"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the claim."), "invalid_choice": _("Choose the claim.")},
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["recovery"].queryset = desk.claims_for(self.obj)
        self.fields["recovery"].label_from_instance = lambda one: (
            f"{one.reference} · {one.agreement.bearer_name} · {format_euros(one.left_amount)}"
        )


class ReturnForm(FundForm):
    agreement = forms.CharField(
        label=_("Reference of the grant"),
        max_length=20,
        widget=forms.TextInput(attrs={"class": "input w16 mono", "autocomplete": "off"}),
        help_text=_("As on the transfer, or as the recipient tells you."),
        error_messages={"required": _("Write the reference of the grant.")},
    )

    def clean_agreement(self):
        found = Agreement.objects.visible_to(self.user).filter(reference=self.cleaned_data["agreement"].strip().upper())
        if (agreement := found.first()) is None:
            raise forms.ValidationError(_("No grant has this reference."))
        return agreement
