import hashlib

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm
from registry.enums import SetAsideReason

LARGEST, BEHIND = 40_000_000, 400_000
"""The largest file, and from what size it is read by the worker, in bytes."""


class HistoryForm(FundForm):
    """A file of earlier grants, to look at."""

    file = forms.FileField(
        label=_("File of earlier grants"),
        help_text=_("CSV, XLSX, ODS or 360Giving JSON, 40 MB at most. A large one is read in the background."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.ods,.json"}),
        error_messages={"empty": _("This file is empty.")},
    )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST:
            raise forms.ValidationError(_("This file is larger than 40 MB: import it in parts."))
        return upload.read()


class ConfirmForm(FundForm):
    """The file that was looked at, named by its hash: what is imported is what was shown."""

    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


class QuestionForm(FundForm):
    """What the public asks. `website` is for robots: a person leaves it empty, and does not see it."""

    text = forms.CharField(
        label=_("Your question"),
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Public, with its answer, once the fund has answered; who asks is never told. Name nobody."),
    )
    email = forms.EmailField(
        label=_("Your e-mail address, if you want to be told of the answer"),
        required=False,
        help_text=_("Shown nowhere; it serves only to tell you of the answer."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def params(self):
        return {name: self.cleaned_data[name] for name in ("text", "email")}


class AnswerForm(FundForm):
    text = forms.CharField(
        label=_("Public answer"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 8})
    )


class SetAsideForm(FundForm):
    reason = forms.ChoiceField(label=_("Why"), choices=SetAsideReason.choices, required=False)


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
