import hashlib

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm

LARGEST = 5_000_000


class HistoryForm(FundForm):
    """A file of earlier grants, to look at."""

    file = forms.FileField(
        label=_("File of earlier grants"),
        help_text=_("CSV, XLSX, ODS or 360Giving JSON, 5 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.ods,.json"}),
        error_messages={"empty": _("This file is empty.")},
    )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST:
            raise forms.ValidationError(_("This file is larger than 5 MB: import it in parts."))
        return upload.read()


class ConfirmForm(FundForm):
    """The file that was looked at, named by its hash: what is imported is what was shown."""

    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
