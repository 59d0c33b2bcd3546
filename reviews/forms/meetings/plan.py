"""Date, place, agenda and notice."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm, InstantField
from reviews.enums.meeting import MeetingState
from reviews.forms.reading import area
from reviews.models.meeting import Meeting


class PlanForm(FundForm):
    """Date, place and agenda. `obj` is the call; `meeting` the one whose plan changes; `lines` the files to choose from, best rank first."""

    planned_at = InstantField(label=_("Day and time"), required=False)
    place = forms.CharField(
        label=_("Place"), max_length=200, required=False, help_text=_("Leave empty when everyone is remote.")
    )
    remote_link = forms.URLField(
        label=_("Link to take part remotely"), max_length=300, required=False, assume_scheme="https"
    )
    applications = forms.MultipleChoiceField(
        label=_("Applications"), required=False, widget=forms.CheckboxSelectMultiple
    )
    minutes_of = forms.ModelMultipleChoiceField(
        label=_("Minutes of earlier meetings to adopt by a vote"),
        queryset=Meeting.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    titles = forms.CharField(
        label=_("Other subjects"), max_length=2000, widget=area(), required=False, help_text=_("One a line.")
    )
    urgency_reason = forms.CharField(
        label=_("Reason of the urgency"),
        max_length=300,
        required=False,
        help_text=_("Only when the notice goes out later than the rules say."),
    )

    def __init__(self, *args, meeting=None, lines=(), **options):
        super().__init__(*args, **options)
        self.applications = {str(line.application.pk): line.application for line in lines}
        self.fields["applications"].choices = [(pk, row.reference) for pk, row in self.applications.items()]
        earlier = Meeting.objects.filter(call=self.obj, state=MeetingState.CLOSED).select_related("call")
        self.fields["minutes_of"].queryset = earlier
        self.fields["minutes_of"].label_from_instance = lambda row: row.reference
        if not earlier:
            del self.fields["minutes_of"]
        if meeting is not None and meeting.state != "planned":
            for name in ("planned_at", "place", "remote_link"):
                del self.fields[name]

    def params(self):
        """The keywords of `plan`, `edit_plan` and `change_agenda`."""
        facts = dict(self.cleaned_data)
        facts["applications"] = [self.applications[pk] for pk in facts["applications"]]
        facts["titles"] = [line.strip() for line in facts["titles"].splitlines() if line.strip()]
        facts["minutes_of"] = list(facts.get("minutes_of") or ())
        return facts


class UrgencyForm(FundForm):
    urgency_reason = PlanForm.base_fields["urgency_reason"]


class ReconveneForm(FundForm):
    planned_at = InstantField(label=_("Day and time"), required=False)
    place = forms.CharField(label=_("Place"), max_length=200, required=False)
    remote_link = forms.URLField(
        label=_("Link to take part remotely"), max_length=300, required=False, assume_scheme="https"
    )
    urgency_reason = PlanForm.base_fields["urgency_reason"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["place"].initial, self.fields["remote_link"].initial = self.obj.place, self.obj.remote_link


class RescheduleForm(ReconveneForm):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["planned_at"].initial = self.obj.planned_at
