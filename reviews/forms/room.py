"""Forms of what the chairs propose in one act, and of a signed dissent."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.forms import FundForm
from reviews.enums.meeting import Proposal
from reviews.forms.reading import area


class ClearForm(FundForm):
    """The clear files to propose; `items` are those that may be, by id."""

    items = forms.MultipleChoiceField(
        label=_("Files to settle in one act"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, items=(), **options):
        super().__init__(*args, **options)
        self.known = {str(item.pk): item for item in items}
        self.fields["items"].choices = [(pk, item.application.reference) for pk, item in self.known.items()]

    def params(self):
        return {"items": [self.known[pk] for pk in self.cleaned_data["items"]]}


class ClearVoteForm(FundForm):
    """The grounds of the files put to the vote together: one text for each proposal that some of them have; and that so many are settled at once."""

    def __init__(self, *args, proposals=(), number=0, **options):
        super().__init__(*args, **options)
        for proposal in Proposal:
            if proposal in proposals:
                self.fields[f"grounds_{proposal}"] = forms.CharField(
                    label=_("Grounds of the files proposed as “%(proposal)s”") % {"proposal": proposal.label},
                    max_length=4000,
                    widget=area(3),
                    required=False,
                    help_text=_(
                        "The same for each of them. Every decision has some: left empty, they are due before the list is adopted, where one text may serve all."
                    ),
                )
        self.fields["sure"] = forms.BooleanField(
            label=ngettext(
                "I asked aloud and nobody objects: %(n)s file is voted in one act",
                "I asked aloud and nobody objects: %(n)s files are voted in one act",
                number,
            )
            % {"n": number},
            error_messages={"required": _("Tick the box once you have asked the room.")},
        )

    def params(self):
        given = {name: text for name, text in self.cleaned_data.items() if name.startswith("grounds_") and text}
        return {"grounds": {name.removeprefix("grounds_"): text for name, text in given.items()}}

    @staticmethod
    def kept(form: FundForm) -> ClearVoteForm:
        """The same form with what was typed, to go on with after another act of the page."""
        typed = {name: form.data.get(form.add_prefix(name), "") for name in form.fields if name != "sure"}
        fresh = ClearVoteForm(obj=form.obj, user=form.user, initial=typed)
        fresh.fields = form.fields
        return fresh


class DissentForm(FundForm):
    text = forms.CharField(
        label=_("Why you do not agree"),
        max_length=1000,
        widget=area(5),
        required=False,
        help_text=_("A few lines, signed with your name, in the part of the minutes that tells of this item."),
    )
