from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm


class ImportForm(FundForm):
    """One CSV of earlier grants, looked at first, imported after."""

    file = forms.FileField(
        label=_("File of earlier grants"),
        help_text=_("CSV in the columns of SCDL “subventions”, 5 MB at most."),
        allow_empty_file=False,
    )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload.size > 5_000_000:
            raise forms.ValidationError(_("This file is larger than 5 MB."))
        return upload.read()
