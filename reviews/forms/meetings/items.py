"""One item: notes, what is put to the vote, ballots, what the room decides by show of hands."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import EurosField, FundForm, ReasonForm, SharedForm
from core.money import format_euros
from fund.enums import College
from reviews.enums.meeting import BallotChoice, Proposal, VoteMode
from reviews.forms.meetings.seats import NOBODY, SeatsForm
from reviews.forms.reading import area


class NoteForm(SharedForm):
    debate = forms.CharField(label=_("Summary of the discussion"), max_length=6000, widget=area(4), required=False)
    dissent = forms.CharField(label=_("Disagreement to record"), max_length=2000, widget=area(2), required=False)
    grounds = forms.CharField(
        label=_("Grounds"),
        max_length=4000,
        widget=area(4),
        required=False,
        help_text=_("The letter to the applicant gives them word for word."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in list(self.fields):
            self.fields[name].initial = getattr(self.obj, name)
            self.keep(name, getattr(self.obj, name))


class BallotForm(SharedForm):
    """What is put to the vote, and how."""

    proposal = forms.ChoiceField(
        label=_("Proposal"), choices=Proposal.choices, widget=forms.RadioSelect, required=False
    )
    amount = EurosField(label=_("Amount proposed"), required=False)
    amount_reason = forms.CharField(
        label=_("Why less than the request"),
        max_length=500,
        required=False,
        help_text=_("Only when the amount is lower: the minutes and the letter repeat it."),
    )
    grounds = NoteForm.base_fields["grounds"]
    mode = forms.ChoiceField(
        label=_("How"),
        choices=[
            (VoteMode.OPEN.value, VoteMode.OPEN.label),
            (VoteMode.SECRET.value, VoteMode.SECRET.label),
            (VoteMode.CONSENT.value, _("without objection: adopted at once, everyone present counted in favour")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        item = self.obj
        self.fields["grounds"].initial = item.grounds
        self.fields["mode"].initial = VoteMode.SECRET if item.secret_asked_by.exists() else VoteMode.OPEN
        if item.application_id is None:
            for name in ("proposal", "amount", "amount_reason", "grounds"):
                del self.fields[name]
            return
        self.keep("grounds", item.grounds)
        application = item.application
        self.fields["amount_reason"].initial = item.amount_reason
        self.fields["proposal"].initial = item.proposal or Proposal.SELECTED
        self.fields["amount"].initial = item.amount or min(
            application.requested_amount, application.call.ceiling_amount
        )

    def tell_left(self, left: int) -> None:
        """What the votes so far would leave of the envelope, beside the amount."""
        if "amount" in self.fields:
            self.fields["amount"].help_text = _(
                "The votes so far would leave %(left)s: above it, the list may put this file on the reserve list."
            ) % {"left": format_euros(left, cents_if_round=False)}

    def params(self):
        facts = super().params()
        facts["mode"] = facts["mode"] or str(VoteMode.OPEN)
        if facts.get("proposal") != Proposal.SELECTED:
            facts.pop("amount", None)
            facts.pop("amount_reason", None)
        return facts


class CastForm(FundForm):
    choice = forms.ChoiceField(
        label=_("My vote"), choices=BallotChoice.choices, widget=forms.RadioSelect, required=False
    )


class HandsForm(SeatsForm):
    """A show of hands: one choice for each seat that has not voted yet. `voted` are the seats that have."""

    def __init__(self, *args, voted=(), **options):
        self.voted = voted
        super().__init__(*args, **options)

    def offer_seats(self):
        for seat in self.room.seats:
            speaker = self.room.speaker(seat, self.obj)
            if speaker is None or seat.pk in self.voted:
                continue
            name = str(seat.user) if speaker.pk == seat.pk else f"{seat.user} ({speaker.user})"
            self.fields[f"seat-{seat.pk}"] = forms.ChoiceField(
                label=name, choices=[*NOBODY, *BallotChoice.choices], required=False
            )

    def params(self):
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return {"choices": {self.room.seat(int(name.partition("-")[2])): value for name, value in chosen.items()}}


class CloseVoteForm(FundForm):
    anyway = forms.BooleanField(label=_("Close although some did not vote: the count shows it"), required=False)


COUNTED = (("votes_for", _("for")), ("against", _("against")), ("abstained", _("abstentions")))


class MotionForm(ReasonForm):
    """What the room decides by show of hands: nobody objects, or so many voices of each college."""

    mode = forms.ChoiceField(
        label=_("How the room decided"),
        choices=[("consent", _("nobody objects")), ("hands", _("by show of hands, counted below"))],
        initial="consent",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for college in College:
            for name, label in COUNTED:
                self.fields[f"{college.value}_{name}"] = forms.IntegerField(
                    label=f"{college.label} : {label}", min_value=0, max_value=99, required=False
                )

    def params(self):
        given = dict(self.cleaned_data)
        counts = {
            college.value: {name: given.pop(f"{college.value}_{name}") or 0 for name, _label in COUNTED}
            for college in College
        }
        return given | {"votes": counts if given.pop("mode") == "hands" else None}

    def refuse(self, refusal):
        self.status = refusal.status
        self.add_error(
            "mode" if refusal.field == "votes" else refusal.field if refusal.field in self.fields else None,
            str(refusal),
        )


class MoveForm(MotionForm):
    place = forms.IntegerField(label=_("New rank"), min_value=1, max_value=10_000, required=False)

    field_order = ["place", "reason", "mode"]
