import hashlib

from django import forms
from django.utils.translation import gettext_lazy as _

from core import outgoing
from core.forms import FundForm
from registry.enums import ChangeGround, Licence, News, SetAsideReason
from registry.queries import pages
from registry.rules.webhooks import address_refused
from registry.transitions import correction

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

    source = forms.URLField(
        label=_("Where it was published"),
        required=False,
        max_length=500,
        help_text=_("The page of the file. It is public, on the page of each grant."),
        assume_scheme="https",
    )
    licence = forms.ChoiceField(
        label=_("Its licence"), required=False, choices=[("", _("not said by who published it")), *Licence.choices]
    )

    def origin(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("source", "licence")}

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST:
            raise forms.ValidationError(_("This file is larger than 40 MB: import it in parts."))
        return upload.read()


class CodeForm(FundForm):
    """The code of a document, as typed from its print."""

    code = forms.CharField(
        label=_("Code of the document"),
        max_length=60,
        help_text=_("Such as DOC-4T8RWZ2M"),
        widget=forms.TextInput(attrs={"class": "input w16", "autocomplete": "off"}),
        error_messages={"required": _("Write the code that stands beside the QR code.")},
    )


class ConfirmForm(FundForm):
    """The file that was looked at, named by its hash: what is imported is what was shown."""

    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    about = forms.CharField(required=False, widget=forms.HiddenInput)
    """Its name and its origin, signed, as they were given with it."""


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


class FollowForm(FundForm):
    """An address that wants to follow. `website` is for robots, as with questions."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("Kept encrypted, used for these mails alone, erased as soon as you stop."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)


class WebhookForm(FundForm):
    """An address that a program is told at. Its name is resolved here, outside of any transaction, and each time something is sent."""

    label = forms.CharField(label=_("Whose program it is"), max_length=120)
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("It begins with https:// and is on the public internet."),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    kinds = forms.MultipleChoiceField(
        label=_("What is sent"), choices=News.choices, initial=News.values, widget=forms.CheckboxSelectMultiple
    )

    def clean_url(self):
        url = self.cleaned_data["url"].strip()
        try:
            outgoing.resolve(url)
        except outgoing.NotAllowed as error:
            raise forms.ValidationError(str(address_refused(str(error)))) from None
        return url


class AnswerForm(FundForm):
    text = forms.CharField(
        label=_("Public answer"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 8})
    )


class SetAsideForm(FundForm):
    reason = forms.ChoiceField(label=_("Why"), choices=SetAsideReason.choices, required=False)


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


class GroundForm(FundForm):
    """Why a public page is changed: a ground for everybody, a detail for the fund."""

    ground = forms.ChoiceField(
        label=_("Ground"),
        required=False,
        choices=[("", "–"), *ChangeGround.choices],
        help_text=_(
            "Public. What a text said before and after is public too when the ground is an error, never otherwise."
        ),
    )
    detail = forms.CharField(
        label=_("Detail"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What it rests on: a judgment, a request, a fact. It stays with the fund."),
    )


class CorrectionForm(GroundForm):
    """The public texts of a project, each with what the public reads now; those that are changed are proposed."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.present = pages.present_texts(self.obj.application)
        for name, text in self.present.items():
            is_line = name in ("title", "licence", *pages.ADDRESSES)
            self.fields[name] = forms.CharField(
                label=str(pages.label_of(name)).capitalize(),
                required=False,
                initial=text,
                strip=False,
                widget=forms.TextInput() if is_line else forms.Textarea(attrs={"rows": 6}),
            )
        self.order_fields([*self.present, "ground", "detail"])

    def params(self):
        """A browser sends line ends as CRLF: a text that only differs by them is not changed."""
        given = {name: self.cleaned_data[name].replace("\r\n", "\n").strip() for name in self.present}
        changes = {
            name: text for name, text in given.items() if text != self.present[name].replace("\r\n", "\n").strip()
        }
        said = {name: self.cleaned_data[name] for name in ("ground", "detail")}
        return said | correction(self.obj.application, changes)
