"""Forms of meetings: they parse and keep what was typed; rules stay in the verbs. `obj` is the meeting, or the agenda item."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import EurosField, FundForm, InstantField, SharedForm
from core.money import format_euros
from fund.enums import College
from fund.rules.common import when
from reviews.enums.meeting import ActingReason, AttendanceKind, BallotChoice, MeetingState, Proposal, VoteMode
from reviews.forms.reading import PlainForm, ReasonForm, area
from reviews.models import Seat
from reviews.models.meeting import AgendaItem, Meeting, MinutesSection

NOBODY = [("", "—")]
BY_ANOTHER = (AttendanceKind.ALTERNATE, AttendanceKind.PROXY)
IN_PERSON = (AttendanceKind.ROOM, AttendanceKind.REMOTE, AttendanceKind.ABSENT)


def _number(value: str) -> int | None:
    return int(value) if value else None


def seat_choices(seats) -> list[tuple[str, str]]:
    return [*NOBODY, *((str(seat.pk), str(seat.user)) for seat in seats)]


class SeatsForm(FundForm):
    """A form whose choices are seats of the meeting's room; `room` is given by the page."""

    def __init__(self, *args, room=None, **options):
        super().__init__(*args, **options)
        self.room = room
        if room is not None:
            self.offer_seats()

    def offer_seats(self) -> None:
        raise NotImplementedError

    def seat_in(self, name: str) -> Seat | None:
        value = self.cleaned_data.get(name)
        return self.room.seat(int(value)) if value else None


# ---- plan, notice ----


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


# ---- attendance ----


class AnnounceForm(SeatsForm):
    """A full member's answer to the notice."""

    presence = forms.ChoiceField(label=_("Will you be there?"), choices=AttendanceKind.choices)
    represented_by = forms.ChoiceField(
        label=_("Who stands for you"),
        choices=NOBODY,
        required=False,
        help_text=_("An alternate, or the member of your college who holds your proxy."),
    )

    def offer_seats(self):
        mine = self.room.seat_of(self.user)
        others = [
            seat
            for seat in (*self.room.seats, *self.room.alternates)
            if mine is not None and seat.college == mine.college and seat.pk != mine.pk
        ]
        self.fields["represented_by"].choices = seat_choices(others)
        row = self.room.attendance.get(mine.pk) if mine is not None else None
        if row is not None and row.announced:
            self.fields["presence"].initial = row.announced
            self.fields["represented_by"].initial = str(row.represented_by_id or "")

    def params(self):
        return {
            "seat": self.room.seat_of(self.user),
            "presence": self.cleaned_data["presence"],
            "represented_by": self.seat_in("represented_by"),
        }


class AttendanceForm(SeatsForm, SharedForm):
    """Everyone on one sheet: `presence-12` and `represented_by-12` for the seat 12, `read-12` for what was recorded of it when the page was made."""

    def offer_seats(self):
        for seat in (*self.room.seats, *self.room.observers):
            row = self.room.attendance.get(seat.pk)
            self.keep(seat.pk, row.said if row is not None else str(AttendanceKind.ABSENT))
        for seat in self.room.seats:
            row = self.room.attendance.get(seat.pk)
            others = [
                one
                for one in (*self.room.alternates, *self.room.seats)
                if one.college == seat.college and one.pk != seat.pk
            ]
            presence = forms.ChoiceField(label=str(seat.user), choices=AttendanceKind.choices, required=False)
            presence.initial = row.presence if row is not None and row.recorded_at and row.arrived_at else None
            if presence.initial is None:
                presence.initial = (row.announced if row is not None else "") or AttendanceKind.ABSENT
            by = forms.ChoiceField(
                label=_("who stands for %(person)s") % {"person": seat.user},
                choices=seat_choices(others),
                required=False,
                initial=str(row.represented_by_id or "") if row is not None else "",
            )
            self.fields[f"presence-{seat.pk}"], self.fields[f"represented_by-{seat.pk}"] = presence, by
        for seat in self.room.observers:
            row = self.room.attendance.get(seat.pk)
            self.fields[f"presence-{seat.pk}"] = forms.ChoiceField(
                label=str(seat.user),
                choices=[(one.value, one.label) for one in IN_PERSON],
                required=False,
                initial=row.presence if row is not None else AttendanceKind.ABSENT,
            )

    @property
    def voiceless(self):
        """(seat, presence field) of those who attend without a vote."""
        return [(seat, self[f"presence-{seat.pk}"]) for seat in self.room.observers]

    @property
    def sheet(self):
        """(seat, presence field, representative field) by college, for the page."""
        return [
            (
                college,
                [
                    (seat, self[f"presence-{seat.pk}"], self[f"represented_by-{seat.pk}"])
                    for seat in self.room.seats
                    if seat.college == college
                ],
            )
            for college in College.values
        ]

    def put(self, key, value):
        presence, _colon, other = value.partition(":")
        self.data[self.add_prefix(f"presence-{key}")] = presence
        self.data[self.add_prefix(f"represented_by-{key}")] = other

    def told(self, key, value):
        presence, _colon, other = value.partition(":")
        stands_in = self.room.seat(int(other)) if other else None
        words = str(AttendanceKind(presence).label)
        name = f"presence-{key}"
        return name, self.fields[name].label, f"{words} · {stands_in.user}" if stands_in is not None else words

    @property
    def shown(self):
        """What the page showed of each seat, hidden."""
        return [self[name] for name in self.fields if name.startswith("read-")]

    def params(self):
        read = {int(key): value for key, value in self.read.items()}
        if self.data.get("everyone"):
            return {"rows": [(seat, str(AttendanceKind.ROOM), None) for seat in self.room.seats], "read": read}
        rows = []
        for seat in self.room.seats:
            presence = self.cleaned_data[f"presence-{seat.pk}"] or str(AttendanceKind.ABSENT)
            other = self.seat_in(f"represented_by-{seat.pk}") if presence in BY_ANOTHER else None
            rows.append((seat, presence, other))
        for seat in self.room.observers:
            rows.append((seat, self.cleaned_data[f"presence-{seat.pk}"] or str(AttendanceKind.ABSENT), None))
        return {"rows": rows, "read": read}


class AdjournForm(ReasonForm):
    abandon_vote = forms.BooleanField(label=_("I abandon the vote under way"), required=False)

    def tell_vote(self, words: str) -> None:
        """What becomes of the vote under way; nothing to confirm when none is."""
        if words:
            self.fields["abandon_vote"].help_text = words
        elif not self.is_bound:
            del self.fields["abandon_vote"]


class ActingForm(SeatsForm):
    seat = forms.ChoiceField(
        label=_("Acting president"),
        choices=NOBODY,
        error_messages={"required": _("Choose the member who presides in place of the co-president.")},
    )
    reason = forms.ChoiceField(label=_("Because"), choices=ActingReason.choices)

    def offer_seats(self):
        self.fields["seat"].choices = [
            *NOBODY,
            *(
                (str(seat.pk), f"{seat.user} ({seat.get_college_display()})")
                for seat in self.room.seats
                if not seat.is_president
            ),
        ]

    def tell_acting(self, acting) -> None:
        """Who stands in already: another choice replaces him."""
        self.fields["seat"].help_text = " ".join(
            _("%(person)s is acting president since %(at)s: another choice for this college replaces this one.")
            % {"person": row.seat.user, "at": when(row.designated_at)}
            for row in acting
        )

    def params(self):
        return {"seat": self.seat_in("seat"), "reason": self.cleaned_data["reason"]}


class StepOutForm(SeatsForm):
    """A recused member leaves the room for one item."""

    seat = forms.ChoiceField(label=_("Who leaves"), choices=NOBODY, required=False)
    replaced_by = forms.ChoiceField(
        label=_("Alternate who takes the seat for this item"), choices=NOBODY, required=False
    )

    def offer_seats(self):
        leaving = self.room.recused_in_room(self.obj)
        self.fields["seat"].choices = seat_choices(leaving)
        if len(leaving) == 1:
            self.fields["seat"].initial = str(leaving[0].pk)
        free = [
            seat
            for seat in self.room.alternates
            if seat.college in {one.college for one in leaving}
            and not self.room.replacing(seat.pk)
            and not self.room.is_recused(seat.user_id, self.obj)
        ]
        self.fields["replaced_by"].choices = [
            *NOBODY,
            *((str(seat.pk), f"{seat.user} ({seat.get_college_display()})") for seat in free),
        ]

    def params(self):
        return {"seat": self.seat_in("seat"), "replaced_by": self.seat_in("replaced_by")}


# ---- one item ----


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


# ---- the list ----


class ListForm(FundForm):
    """The list to adopt: `outcome_7` and `grounds_7` for the item 7. `lines` are those proposed from the votes, `voted` the amounts voted, by item:
    the amounts are the votes', the list changes none."""

    data: Any  # a copy of its own when the box must be ticked again
    OUTCOMES = [("selected", _("Fund")), ("reserve", _("Reserve list")), ("rejected", _("Do not fund"))]

    def __init__(self, *args, lines=(), voted=None, references=None, **options):
        super().__init__(*args, **options)
        self.lines, self.voted = list(lines), voted or {}
        references = references or {}
        self.offer_common()
        for line in self.lines:
            self.fields[f"outcome_{line.key}"] = forms.ChoiceField(
                label=_("Outcome"), choices=self.OUTCOMES, initial=line.outcome, required=False
            )
            self.fields[f"grounds_{line.key}"] = forms.CharField(
                label=_("Grounds of %(reference)s") % {"reference": references.get(line.key, "")},
                max_length=4000,
                widget=area(2),
                required=False,
            )

            self.initial[f"grounds_{line.key}"] = (
                line.grounds if line.left is None else ""
            )  # who waits has grounds of its own

    def offer_common(self):
        """One text for all the files of an outcome that have no grounds yet."""
        for outcome, label in self.OUTCOMES:
            if any(line.outcome == outcome and not line.grounds for line in self.lines):
                self.fields[f"common_{outcome}"] = forms.CharField(
                    label=_("Grounds of the files “%(outcome)s” that have none") % {"outcome": label},
                    max_length=4000,
                    widget=area(3),
                    required=False,
                )

    @property
    def common(self):
        return [self[name] for name in self.fields if name.startswith("common_")]

    def tell_total(self, lines) -> None:
        """What adopting these lines does, to be read and confirmed. Other lines since, and it is asked again."""
        aided = [line for line in lines if line.outcome == "selected"]
        total = format_euros(sum(line.amount or 0 for line in aided), cents_if_round=False)
        told = {"aids": len(aided), "amount": total, "others": len(lines) - len(aided)}
        self.read = "-".join(str(one) for one in told.values())
        words = _(
            "The panel adopts this list, nobody objecting. Aids: %(aids)s, for %(amount)s reserved at once. Other decisions: %(others)s."
        )
        self.fields.setdefault("sure", forms.BooleanField(required=False))
        self["sure"].label = words % told

    def confirms(self) -> bool:
        """Whether what the list does, as it is now, was read and confirmed; else asks for it."""
        if self.cleaned_data.get("sure") and self.data.get("read") == self.read:
            return True
        self.status = 422
        self.data = self.data.copy()
        self.data.pop("sure", None)
        self.add_error("sure", _("Read what adopting the list does, then tick the box."))
        for line in self.lines:
            if not self._grounds(line):
                self.add_error(f"grounds_{line.key}", _("Write the grounds: every decision has some."))
        return False

    def fields_of(self, key):
        return {name: self[f"{name}_{key}"] for name in ("outcome", "grounds")}

    def refuse(self, refusal):
        """Every file without grounds is told beside its own box."""
        super().refuse(refusal)
        for line in self.lines if refusal.code == "grounds_missing" else ():
            name = f"grounds_{line.key}"
            if name != refusal.field and not self._grounds(line):
                self.add_error(name, _("Write the grounds: every decision has some."))

    def _grounds(self, line) -> str:
        """Its own, else those of all the files of its outcome; who waits against the vote has its own."""
        own = self.cleaned_data.get(f"grounds_{line.key}") or ""
        outcome = self.cleaned_data.get(f"outcome_{line.key}") or line.outcome
        return own or (self.cleaned_data.get(f"common_{outcome}") or "" if line.left is None else "")

    def params(self):
        return {
            "lines": [
                {
                    "item": line.key,
                    "outcome": self.cleaned_data[f"outcome_{line.key}"],
                    "amount": self.voted.get(line.key) if line.amount is None else line.amount,
                    "grounds": self._grounds(line),
                }
                for line in self.lines
            ]
        }


# ---- minutes ----


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


__all__ = [
    "ActingForm",
    "AdjournForm",
    "AdoptByVoteForm",
    "AnnounceForm",
    "AttendanceForm",
    "BallotForm",
    "CastForm",
    "CloseVoteForm",
    "HandsForm",
    "ListForm",
    "MoveForm",
    "NoteForm",
    "PlainForm",
    "PlanForm",
    "ReasonForm",
    "ReconveneForm",
    "ReviseForm",
    "SignMinutesForm",
    "StepOutForm",
    "UrgencyForm",
]
