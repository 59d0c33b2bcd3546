"""One form an act: fields, words, and `params()`, the keywords of the verb."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.enums import AREA_SECTIONS, Area, AttachmentKind, SectionCode, TeamRight
from applications.models import Application
from applications.rules.partners import answer_faults
from core.forms import DayField, FundForm, InstantField, ReasonForm, WordedForm
from fund.enums import ApplicantKind
from fund.rules.periods import end_of_day


def _area(rows=3):
    return forms.Textarea(attrs={"rows": rows})


class OptionalReasonForm(FundForm):
    reason = forms.CharField(label=_("A word on why, if you wish"), max_length=1000, widget=_area(), required=False)


class StartForm(FundForm):
    """Which kind of applicant opens the draft; an earlier file may be copied."""

    applicant_kind = forms.ChoiceField(
        label=_("Who applies?"),
        choices=ApplicantKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say who applies: a citizen, an association or a collective.")},
    )
    cloned_from = forms.ModelChoiceField(
        label=_("Start from an earlier application"),
        queryset=Application.objects.none(),
        required=False,
        empty_label=_("No, from a blank page"),
        help_text=_("Its texts are copied; you change what you wish."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        mine = Application.objects.of_team(self.user).order_by("-pk")
        self.fields["cloned_from"].queryset = mine
        if not mine.exists():
            del self.fields["cloned_from"]
        else:
            self.fields["cloned_from"].label_from_instance = lambda application: (
                f"{application.display_title} ({application.reference})"
            )


class RightForm(FundForm):
    """The right of a member: to read, to write everywhere, or to write some parts only."""

    right = forms.ChoiceField(label=_("This person"), choices=TeamRight.choices, initial=TeamRight.EDITOR)
    areas = forms.MultipleChoiceField(
        label=_("Only these parts, if you tick some"),
        choices=Area.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing ticked: every part. Someone who may write some parts only neither files nor invites."),
    )
    signatory = forms.BooleanField(label=_("This person’s agreement is needed to file"), required=False)

    @staticmethod
    def ticked(member) -> list[str]:
        return [area for area, codes in AREA_SECTIONS.items() if set(codes) & set(member.areas)]

    def params(self) -> dict:
        found = super().params()
        return found | {"areas": [code for area in found["areas"] for code in AREA_SECTIONS[area]]}


class InviteForm(RightForm):
    email = forms.CharField(label=_("E-mail address"), max_length=254, widget=forms.EmailInput, required=False)
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.CharField(label=_("Role in the project"), max_length=120, required=False)

    field_order = ("email", "name", "role", "right", "areas", "signatory")


class ConsentForm(FundForm):
    name = forms.CharField(
        label=_("Name shown"),
        max_length=150,
        help_text=_("As it will appear on the project’s page and in the open data."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class PersonForm(FundForm):
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.CharField(label=_("Role in the project"), max_length=120, required=False)
    description = forms.CharField(label=_("What this person brings"), max_length=300, required=False)


class MemberForm(RightForm):
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.CharField(label=_("Role in the project"), max_length=120, required=False)
    description = forms.CharField(label=_("What this person brings"), max_length=300, required=False)

    field_order = ("name", "role", "description", "right", "areas", "signatory")


class HandOverForm(FundForm):
    """Whom the lead is offered to: a member who has joined."""

    member = forms.ChoiceField(label=_("The one who will lead"), choices=())

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        joined = self.obj.members.select_related("user").filter(joined_at__isnull=False).exclude(user=self.obj.lead_id)
        self.fields["member"].choices = [(member.pk, member.display_name) for member in joined]


class PartnerForm(FundForm):
    organisation_name = forms.CharField(
        label=_("Administration"),
        max_length=200,
        required=False,
        help_text=_("As people know it: town hall of Nevers, Nièvre prefecture…"),
    )
    siret = forms.CharField(
        label=_("SIRET of the administration"),
        max_length=20,
        required=False,
        help_text=_("If you know it; its agent gives it otherwise."),
    )
    agent_name = forms.CharField(label=_("Agent you know there"), max_length=150, required=False)
    agent_email = forms.CharField(
        label=_("E-mail address of this agent"), max_length=254, widget=forms.EmailInput, required=False
    )
    service = forms.CharField(label=_("Department or service"), max_length=200, required=False)
    message = forms.CharField(
        label=_("A word from you"),
        max_length=1000,
        widget=_area(4),
        required=False,
        help_text=_("It stands in the mail, in quotation marks."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in ("siret", "agent_name", "service", "message"):
            self.fields[name].optional = True

    def clean(self):
        found = super().clean()
        if not found.get("organisation_name") and not found.get("siret"):
            self.add_error("organisation_name", gettext("Give the name of the administration."))
        if not found.get("agent_email"):
            self.add_error(
                "agent_email", gettext("Give %(what)s.") % {"what": gettext("the e-mail address of an agent")}
            )
        return found


class AnswerPartnerForm(FundForm):
    """What the agent of the administration answers."""

    organisation_name = forms.CharField(label=_("Administration"), max_length=200, required=False)
    siret = forms.CharField(
        label=_("SIRET of the administration"),
        max_length=20,
        required=False,
        help_text=_("Fourteen digits; spaces do not matter."),
    )
    service = forms.CharField(label=_("Your department"), max_length=200, required=False)
    agent_name = forms.CharField(label=_("Your first and last name"), max_length=150, required=False)
    agent_role = forms.CharField(label=_("Your position"), max_length=150, required=False)
    agent_phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    commitment = forms.CharField(
        label=_("What we bring"),
        max_length=5000,
        widget=_area(4),
        required=False,
        help_text=_("Time, a place to try, data, advice, opinions of agents."),
    )
    time_planned = forms.CharField(label=_("Time planned"), max_length=200, required=False)
    authority = forms.CharField(
        label=_("I am entitled to answer for my department, or authorised by"), max_length=200, required=False
    )
    publish_agent_name = forms.BooleanField(
        label=_("I agree that my name be published with the project (optional, can be taken back at any time)"),
        required=False,
    )
    letter = forms.FileField(
        label=_("Letter of commitment"),
        required=False,
        help_text=_(
            "If your administration has written one: PDF, picture or office document without macros. It joins the application’s documents, "
            "which the applicant and those who examine the application read."
        ),
    )

    def __init__(self, *args, takes_letter=True, **options):
        super().__init__(*args, **options)
        if not takes_letter:
            del self.fields["letter"]
        for name in ("agent_phone", "time_planned", "authority", "letter"):
            if name in self.fields:
                self.fields[name].optional = True
        for name in ("siret", "service", "agent_name", "agent_role", "commitment"):
            self.fields[name].mark = "required"

    def choose_again(self) -> None:
        """A browser keeps the text of a refused form, never its files: say so."""
        if self.errors and self.files and "letter" in self.fields and "letter" not in self.errors:
            self.add_error("letter", gettext("Choose the files again: your text is kept, files are not."))

    def clean(self):
        """Everything that is missing at once; the rules of the act say the same one by one."""
        found = super().clean()
        for fault in answer_faults(found):
            self.add_error(fault.field, str(fault))
        return found


class UploadForm(FundForm):
    file = forms.FileField(
        label=_("File"), required=False, help_text=_("PDF, picture or office document without macros.")
    )
    kind = forms.ChoiceField(label=_("What it is"), choices=AttachmentKind.choices, initial=AttachmentKind.OTHER)


class FileForm(FundForm):
    access_code = forms.CharField(
        label=_("Access code"),
        max_length=40,
        required=False,
        help_text=_("Only for a late filing that the fund opened for you."),
    )


class SignOffForm(FundForm):
    mandate = forms.BooleanField(
        label=_("I mandate the bearer to sign the agreement and to receive the grant for the collective"),
        required=False,
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.obj.applicant_kind != ApplicantKind.COLLECTIVE:
            del self.fields["mandate"]


class AnswerForm(FundForm):
    text = forms.CharField(
        label=_("A word to the fund"),
        max_length=5000,
        widget=_area(5),
        required=False,
        help_text=_("What you changed, or why something cannot be given."),
    )


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; cleaned to a list."""

    widget = FilesInput

    def clean(self, data, initial=None):
        return [super(FilesField, self).clean(one, initial) for one in data or ()]


class MessageForm(FundForm):
    text = forms.CharField(
        label=_("Your message"), widget=_area(6), required=False, strip=False, help_text=_("5,000 signs at most.")
    )
    attachments = FilesField(
        label=_("Files"),
        required=False,
        allow_empty_file=True,
        help_text=_("Three at most: PDF, picture or office document without macros. Each is checked before it opens."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["attachments"].optional = True

    def choose_again(self) -> None:
        """A browser keeps the text of a refused form, never its files: say so."""
        if self.errors and self.files:
            self.add_error("attachments", gettext("Choose the files again: your text is kept, files are not."))


class ExtendForm(FundForm):
    due_on = DayField(label=_("New deadline (end of that day)"), required=False)
    reason = ReasonForm.base_fields["reason"]

    def params(self):
        return {"due_at": end_of_day(self.cleaned_data["due_on"]), "reason": self.cleaned_data["reason"]}

    def refuse(self, refusal):
        if refusal.field == "due_at":
            refusal.field = "due_on"
        super().refuse(refusal)


class RequestForm(FundForm):
    due_on = DayField(label=_("Answer before the end of"), required=False)
    message = forms.CharField(label=_("A word with the list"), max_length=3000, widget=_area(3), required=False)


class ItemForm(WordedForm):
    """One thing missing."""

    use_required_attribute = False
    section = forms.ChoiceField(label=_("Part"), choices=[("", "—"), *SectionCode.choices], required=False)
    label = forms.CharField(label=_("What is needed"), max_length=300, required=False)
    reason = forms.CharField(label=_("Why"), max_length=500, required=False)
    article = forms.CharField(label=_("Rule that asks for it"), max_length=80, required=False)

    def __init__(self, *args, **options):
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)


ItemFormSet = forms.formset_factory(ItemForm, extra=2, max_num=12, absolute_max=24, validate_max=True)


class AccessCodeForm(FundForm):
    reference = forms.CharField(
        label=_("Reference of the application"),
        max_length=30,
        help_text=_("The applicant reads it on the page: FP-2026-…"),
    )
    expires_at = InstantField(label=_("Ends at"), required=False)
    max_uses = forms.IntegerField(label=_("Number of uses"), min_value=1, max_value=5, initial=1)
    reason = ReasonForm.base_fields["reason"]


class ChecklistForm(WordedForm):
    """One line a condition: met, not met, not looked at, and a note."""

    def __init__(self, *args, lines, **options):
        super().__init__(*args, label_suffix="", **options)
        self.lines = lines
        for line in lines:
            check = line.check
            self.fields[f"ok_{line.code}"] = forms.ChoiceField(
                label=line.label,
                required=False,
                widget=forms.RadioSelect,
                choices=[("yes", _("met")), ("no", _("not met")), ("", _("not looked at"))],
                initial="" if check is None or check.ok is None else "yes" if check.ok else "no",
            )
            self.fields[f"note_{line.code}"] = forms.CharField(
                label=_("Note"), required=False, max_length=2000, widget=_area(2), initial=check.note if check else ""
            )

    def rows(self):
        return [(line, self[f"ok_{line.code}"], self[f"note_{line.code}"]) for line in self.lines]

    def checks(self) -> dict:
        data = self.cleaned_data
        return {
            line.code: ({"yes": True, "no": False}.get(data[f"ok_{line.code}"]), data[f"note_{line.code}"])
            for line in self.lines
        }
