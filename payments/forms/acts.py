"""One form an act: fields, words, and `params()`, the keywords of the verb."""

from __future__ import annotations

from datetime import datetime, time

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, EurosField, FundForm, ReasonForm
from core.money import format_euros
from payments.enums import BankSchema, Control
from payments.models import ReportLine
from payments.queries import desk
from payments.rules.agreement import needs_cer


def _area(rows=3):
    return forms.Textarea(attrs={"rows": rows})


class DeclineForm(FundForm):
    reason = forms.CharField(label=_("A word on why, if you wish"), max_length=1000, widget=_area(), required=False)


class BlockForm(ReasonForm):
    """Same field; its own name so that the page can word it."""


class HoldForm(ReasonForm):
    """A reason the recipient reads."""


class ObserveForm(FundForm):
    reason = forms.CharField(
        label=_("Your comments"),
        max_length=5000,
        widget=_area(6),
        required=False,
        help_text=_("They are kept in the file and read before any decision."),
    )


class NoteForm(FundForm):
    note = forms.CharField(label=_("What you checked"), max_length=1000, widget=_area(2), required=False)


class SuspendForm(ReasonForm):
    remedy = forms.CharField(label=_("What will lift the suspension"), max_length=500, widget=_area(2), required=False)


class ExtendForm(ReasonForm):
    until = DayField(label=_("New deadline (end of that day)"))

    field_order = ["until", "reason"]

    def params(self):
        until = timezone.make_aware(datetime.combine(self.cleaned_data["until"], time(23, 59)))
        return {"until": until, "reason": self.cleaned_data["reason"]}


class AcceptForm(FundForm):
    """The offer's acceptance: terms, who signs, de minimis and republican commitment where due."""

    signatory = forms.ModelChoiceField(
        queryset=None,
        label=_("Who signs the agreement for the bearer"),
        required=False,
        help_text=_("Someone of your team who has an account. To add someone, invite this person from the Team page."),
    )
    signatory_capacity = forms.CharField(
        label=_("In what capacity"),
        max_length=120,
        required=False,
        help_text=_("For example: president of the association."),
    )
    de_minimis_amount = EurosField(
        label=_("De minimis aid received over three years, in euros"), required=False, help_text=_("Zero if none.")
    )
    cer = forms.BooleanField(
        label=_("The bearer subscribes the republican commitment contract (law 2000-321, art. 10-1)"), required=False
    )
    terms = forms.BooleanField(
        label=_("I accept the amount, the calendar and the terms of the agreement"), required=False
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        from core.models import User

        application = self.obj.application
        people = {
            application.lead_id,
            *application.members.filter(joined_at__isnull=False).values_list("user_id", flat=True),
        }
        if application.bearer_person_id:
            people = {application.bearer_person_id}
        self.fields["signatory"].queryset = User.objects.filter(pk__in=people, is_active=True)
        self.fields["signatory"].initial = application.bearer_person_id or application.lead_id
        self.fields["signatory"].label_from_instance = str
        if not application.economic_activity:
            del self.fields["de_minimis_amount"]
        if not needs_cer(application) or application.content.get("statements", {}).get("cer"):
            del self.fields["cer"]


class PayeeAccountForm(FundForm):
    holder = forms.CharField(
        label=_("Account holder"), max_length=140, required=False, help_text=_("Exactly the bearer’s name.")
    )
    iban = forms.CharField(
        label=_("IBAN"),
        max_length=50,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "input mono"}),
        help_text=_("As on your bank identity statement; spaces do not matter."),
    )
    bic = forms.CharField(
        label=_("BIC (optional)"),
        max_length=14,
        required=False,
        help_text=_(
            "Needed only for an account outside the European Economic Area (Switzerland, Monaco, United Kingdom…)."
        ),
    )
    proof = forms.FileField(label=_("Bank identity statement (PDF or picture)"), required=False)


class SignForm(FundForm):
    read = forms.BooleanField(
        label=_("I have read the agreement and I sign it"),
        required=True,
        error_messages={"required": _("Tick the box once you have read the agreement.")},
    )

    def params(self):
        return {}


class CertifyForm(FundForm):
    amount = EurosField(label=_("Amount due, in euros"), required=False)
    note = forms.CharField(label=_("What shows that it is due"), max_length=1000, widget=_area(2), required=False)
    evidence = forms.FileField(label=_("Supporting document (optional)"), required=False)


class BatchControlsForm(FundForm):
    controls = forms.MultipleChoiceField(
        label=_("What you have checked (décret 2012-1246, art. 19 and 20)"),
        choices=Control.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    execution_on = DayField(
        label=_("Execution date"),
        help_text=_(
            "A day on which banks exchange payments: no Saturday, Sunday, 1 January, Good Friday, Easter Monday, 1 May, 25 or 26 December."
        ),
    )
    schema = forms.ChoiceField(label=_("Format the bank takes"), choices=BankSchema.choices)


class StatementForm(FundForm):
    file = forms.FileField(
        label=_("The bank’s file (camt.053, camt.054, pain.002 or CSV)"),
        help_text=_("Of a CSV, you confirm what each column holds before anything is imported."),
        error_messages={"required": _("Choose the file of the bank.")},
    )


class MatchForm(FundForm):
    """Payments of the same amount that this line could be: at the bank for a debit or a rejection, paid for a return."""

    instalment = forms.ModelChoiceField(
        queryset=None,
        label=_("The payment it is"),
        required=True,
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the payment."), "invalid_choice": _("Choose the payment.")},
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["instalment"].queryset = desk.candidates(self.obj)
        self.fields["instalment"].label_from_instance = lambda one: (
            f"{one.basis} · {one.agreement.bearer_name} · {format_euros(one.payable_amount)}"
        )


class DismissForm(FundForm):
    note = forms.CharField(
        label=_("What this line is"),
        max_length=300,
        required=False,
        help_text=_("For example: bank charges of the month."),
    )


class PieceForm(FundForm):
    """A document of a report, tied to a line of spending when it is the receipt of one."""

    line = forms.ModelChoiceField(
        queryset=ReportLine.objects.none(),
        label=_("What it is the receipt of"),
        required=False,
        empty_label=_("the whole report"),
    )
    file = forms.FileField(
        label=_("Add a receipt or a document"),
        help_text=_("PDF, picture, office document or text, 10 MB at most."),
        error_messages={"required": _("Choose a file.")},
    )

    field_order = ["file", "line"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["line"].queryset = self.obj.lines.all()
        self.fields["line"].label_from_instance = lambda line: line.label


class ReportChangesForm(FundForm):
    """What is expected, one text a line of the report and one for the whole."""

    due_on = DayField(label=_("Answer expected by"), required=False)
    general = forms.CharField(label=_("On the whole report"), max_length=1000, widget=_area(2), required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for line in self.obj.lines.all():
            self.fields[f"line_{line.position}"] = forms.CharField(label=line.label, max_length=500, required=False)

    def params(self):
        changes = (
            [{"line": "", "text": self.cleaned_data["general"].strip()}] if self.cleaned_data["general"].strip() else []
        )
        for line in self.obj.lines.all():
            text = self.cleaned_data[f"line_{line.position}"].strip()
            if text:
                changes.append({"line": line.position, "label": line.label, "text": text})
        return {"changes": changes, "due_on": self.cleaned_data["due_on"]}


class ReportAcceptForm(FundForm):
    """What is admitted, line by line; empty means what was spent."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for line in self.obj.lines.all():
            self.fields[f"accepted_{line.pk}"] = EurosField(
                label=line.label, required=False, initial=line.actual_amount
            )

    def params(self):
        given = {
            int(name.removeprefix("accepted_")): cents for name, cents in self.cleaned_data.items() if cents is not None
        }
        return {"accepted": given}
