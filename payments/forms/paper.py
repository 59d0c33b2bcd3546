"""Forms of papers signed by hand."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, FundForm, WordedForm
from payments.forms.acts import SignForm
from payments.forms.changes import SignAmendmentForm
from payments.rules.agreement import missing_people
from payments.rules.paper import live_copy
from payments.rules.people import agreement_of

FILES = 20


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several of the same field; cleaned to a list."""

    widget = ManyFiles

    def clean(self, data, initial=None):
        given = (data or [None]) if isinstance(data, list | tuple) else [data]
        if len(given) > FILES:
            raise forms.ValidationError(_("Twenty files at a time, at most."))
        return [super(FilesField, self).clean(one, initial) for one in given]


class ScanForm(FundForm):
    scans = FilesField(
        label=_("The scan"),
        help_text=_(
            "A PDF of any number of documents, pages in any order, or pictures. At most 35 MB and 500 pages at a time; 200 or 300 dots an inch, in grey."
        ),
        error_messages={"required": _("Choose the scan.")},
    )


class PageForm(FundForm):
    """Which page of which document it is."""

    code = forms.CharField(
        label=_("Code of the document"),
        max_length=20,
        widget=forms.TextInput(attrs={"class": "input w16 mono", "autocomplete": "off"}),
        help_text=_("At the foot of the page: DOC-, then eight signs."),
        error_messages={"required": _("Write the code of the document.")},
    )
    number = forms.IntegerField(
        label=_("Number of the page"),
        min_value=1,
        max_value=9999,
        error_messages={"required": _("Write the number of the page.")},
    )
    turn = forms.TypedChoiceField(
        label=_("How it lies"),
        choices=[(0, _("upright")), (180, _("upside down")), (90, _("turned right")), (270, _("turned left"))],
        coerce=int,
        initial=0,
    )


class AsideForm(FundForm):
    note = forms.CharField(label=_("Why"), max_length=300, required=False)


class PaperSignatureForm(FundForm):
    """Who signed by hand, and when."""

    signer = forms.ModelChoiceField(
        queryset=None,
        label=_("Who signed for the bearer"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who signed."), "invalid_choice": _("Choose who signed.")},
    )
    signed_on = DayField(label=_("Date beside the signature"), required=False)
    seen = forms.BooleanField(
        label=_("I looked at the signed copy: this signature and its date stand on it"), required=False
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        from core.models import User

        people = [one.pk for one in missing_people(agreement_of(self.obj), self.obj)]
        self.fields["signer"].queryset = User.objects.filter(pk__in=people)
        self.fields["signer"].label_from_instance = str
        self.fields["signer"].initial = people[0] if people else None


class ByHand(WordedForm):
    """The fund's signature may stand on the paper: its day is asked once the signed copy is in the file."""

    signed_on = DayField(
        label=_("I signed the printed copy by hand, on"),
        required=False,
        help_text=_("The signed copy is in the file. Leave empty to sign here."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        document = self.obj.document
        if document is None or live_copy(document) is None:
            del self.fields["signed_on"]

    def params(self):
        day = self.cleaned_data.get("signed_on")
        return {"signed_on": day} if day else {}


class FundSignForm(ByHand, SignForm):
    """The authorising officer signs an agreement."""


class FundSignAmendmentForm(ByHand, SignAmendmentForm):
    """The authorising officer signs an amendment."""
