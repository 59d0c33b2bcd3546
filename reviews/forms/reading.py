"""Forms of the reading side: they parse and keep what was typed; rules stay in the verbs."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, EurosField, FundForm, InstantField, ReasonForm
from reviews.enums.reading import AUTOMATIC_GROUNDS, Fallback, Ground
from reviews.models import Seat
from reviews.queries.reminders import left_to_file
from reviews.queries.reviewing import readable_files


def area(rows=3):
    return forms.Textarea(attrs={"rows": rows, "class": "input"})


MEMBER_GROUNDS = [(code, label) for code, label in Ground.choices if code not in AUTOMATIC_GROUNDS]


class InterestForm(FundForm):
    ground = forms.ChoiceField(label=_("Which link"), choices=[("", "—"), *MEMBER_GROUNDS], required=False)
    detail = forms.CharField(
        label=_("In your own words, if you wish"),
        max_length=1000,
        widget=area(2),
        required=False,
        help_text=_("Private: only the kind of link is followed. You can have it erased."),
    )


class ReopenCallForm(ReasonForm):
    closes_at = InstantField(label=_("New closing"), required=False)

    field_order = ["closes_at", "reason"]

    def params(self):
        closes_at = self.cleaned_data["closes_at"]
        return {"reason": self.cleaned_data["reason"], "closes_at": closes_at.isoformat() if closes_at else ""}


class FallbackForm(ReasonForm):
    """Which solution of article 13 replaces the missing readers of a file."""

    application = forms.ModelChoiceField(queryset=None, widget=forms.HiddenInput)
    fallback = forms.ChoiceField(label=_("What replaces the missing readers"), choices=Fallback.choices)

    field_order = ["application", "fallback", "reason"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["application"].queryset = self.obj.call.applications.filter(state="under_review")


class AskDiscussionForm(ReasonForm):
    """Which file a member wants discussed, among those he may open, and why."""

    application = forms.ModelChoiceField(queryset=None, label=_("Application"), required=False, empty_label="—")

    field_order = ["application", "reason"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["application"].queryset = (
            readable_files(self.user).filter(call=self.obj.call_id, state="under_review").order_by("reference")
        )
        self.fields["application"].label_from_instance = lambda row: f"{row.reference} · {row.display_title}"


class AssignForm(FundForm):
    """Confirms the assignment that was looked at."""

    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)


class RemindForm(FundForm):
    """Whom to remind: one reader, or all who have reviews left."""

    seat = forms.ModelChoiceField(
        queryset=None, label=_("Whom"), required=False, empty_label=_("All who have reviews left")
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["seat"].queryset = (
            Seat.objects.current()
            .members()
            .filter(panel=self.obj, user__in=left_to_file(self.obj))
            .select_related("user")
        )
        self.fields["seat"].label_from_instance = lambda seat: str(seat.user)


class AssignReaderForm(FundForm):
    application = forms.ModelChoiceField(queryset=None, label=_("Application"))
    seat = forms.ModelChoiceField(queryset=None, label=_("Reader"))

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["application"].queryset = self.obj.call.applications.filter(state="under_review").order_by(
            "reference"
        )
        self.fields["application"].label_from_instance = lambda row: row.reference
        self.fields["seat"].queryset = Seat.objects.current().members().filter(panel=self.obj).select_related("user")
        self.fields["seat"].label_from_instance = lambda seat: (
            f"{seat.user} ({seat.get_college_display()}, {seat.get_kind_display()})"
        )


class IneligibilityForm(FundForm):
    article = forms.CharField(
        label=_("Article applied"), max_length=120, required=False, help_text=_("For example: art. 3, partnership")
    )
    grounds = forms.CharField(
        label=_("What was found"),
        max_length=4000,
        widget=area(5),
        required=False,
        help_text=_(
            "The condition that is missing and the facts: the applicant must be able to understand and contest."
        ),
    )
    remedy = forms.CharField(label=_("What would make it possible"), max_length=2000, widget=area(3), required=False)
    not_correctable = forms.BooleanField(
        label=_("This defect could not have been corrected after closing"), required=False
    )

    def params(self):
        facts = self.cleaned_data
        return {
            "kind": "eligibility",
            "outcome": "ineligible",
            "article": facts["article"],
            "grounds": facts["grounds"],
            "remedy": facts["remedy"],
            "correctable": not facts["not_correctable"],
        }


class DraftForm(FundForm):
    """A decision that no vote makes, by the authority. `kind` and `outcome` come from the page."""

    amount = EurosField(label=_("Amount of the grant"), required=False)
    grounds = forms.CharField(label=_("Grounds"), max_length=4000, widget=area(6), required=False)
    observations_invited_on = DayField(label=_("Observations invited on"), required=False)
    observations = forms.CharField(label=_("Observations received"), max_length=4000, widget=area(4), required=False)

    def __init__(self, *args, kind="", outcome="", **options):
        super().__init__(*args, **options)
        self.kind, self.outcome = kind, outcome
        if outcome != "selected":
            del self.fields["amount"]
        if not (kind == "withdrawal" or kind == "appeal" and outcome == "rejected"):
            del self.fields["observations_invited_on"], self.fields["observations"]

    def params(self):
        facts = self.cleaned_data
        invited = facts.get("observations_invited_on")
        details = (
            {"observations_invited_on": invited.isoformat(), "observations": facts.get("observations", "")}
            if invited
            else {}
        )
        return {
            "kind": self.kind,
            "outcome": self.outcome,
            "amount": facts.get("amount"),
            "grounds": facts["grounds"],
            "details": details,
        }


class AppealForm(FundForm):
    text = forms.CharField(
        label=_("What you contest, and why"),
        max_length=10_000,
        widget=area(8),
        required=False,
        help_text=_("Free and without form. A receipt is sent at once."),
    )


class AnswerForm(FundForm):
    answer = forms.CharField(
        label=_("Answer to each argument"),
        max_length=10_000,
        widget=area(10),
        required=False,
        help_text=_("The applicant reads this text."),
    )


class SignForm(FundForm):
    read = forms.BooleanField(
        label=_("I have read these decisions and I sign them"),
        error_messages={"required": _("Tick the box once you have read them.")},
    )


class NotifyForm(FundForm):
    sure = forms.BooleanField(
        label=_("I have read what will happen; it cannot be undone"),
        error_messages={"required": _("Tick the box once you have read it.")},
    )


class LeaveForm(FundForm):
    reason = forms.CharField(label=_("A word on why, if you wish"), max_length=1000, widget=area(), required=False)
