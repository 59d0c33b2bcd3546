"""Who is there, who stands for whom, who presides, who leaves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import ReasonForm, SharedForm
from fund.enums import College
from fund.rules.common import when
from reviews.enums.meeting import ActingReason, AttendanceKind
from reviews.forms.meetings.seats import BY_ANOTHER, IN_PERSON, NOBODY, SeatsForm, seat_choices


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
