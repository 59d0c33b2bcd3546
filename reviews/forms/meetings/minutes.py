"""The minutes: revised, adopted by vote, signed."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm, SharedForm
from reviews.forms.reading import area
from reviews.models.meeting import AgendaItem, MinutesSection


class ReviseForm(SharedForm):
    """The sections this person may correct, one box each: `section-3`. What the page showed of them is the `version` it was made of."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, sections: Iterable[MinutesSection] = (), **options):
        super().__init__(*args, **options)
        self.fields["version"].initial = self.obj.minutes_version
        for section in sections:
            self.fields[f"section-{section.position}"] = forms.CharField(
                label=section.title,
                widget=area(8),
                initial=section.text,
                max_length=40_000,
                required=False,
                strip=False,
            )

    def params(self):
        given = dict(self.cleaned_data)
        version = given.pop("version")
        texts = {int(name.partition("-")[2]): value.replace("\r\n", "\n") for name, value in given.items()}
        return {"texts": texts, "version": version}

    def keep_anew(self, conflict):
        self.data[self.add_prefix("version")] = self.obj.minutes_version

    def put(self, key, value):
        self.data[self.add_prefix(f"section-{key}")] = value

    def told(self, key, value):
        return f"section-{key}", self.fields[f"section-{key}"].label, value


class SignMinutesForm(FundForm):
    read = forms.BooleanField(
        label=_("I have read these minutes and I sign them"),
        error_messages={"required": _("Tick the box once you have read them.")},
    )

    def params(self):
        return {}


class AdoptByVoteForm(FundForm):
    item = forms.ModelChoiceField(
        label=_("The vote of a later meeting"), queryset=AgendaItem.objects.none(), required=False
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["item"].queryset = AgendaItem.objects.filter(minutes_of=self.obj).select_related("meeting__call")
        self.fields["item"].label_from_instance = lambda row: f"{row.meeting.reference}, {row.position}. {row.title}"
