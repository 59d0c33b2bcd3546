"""Seats while the panel is at work: one ends, another is filled; what a member says of himself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from reviews.enums.reading import AssignmentState, PanelState
from reviews.models import Assignment, Panel
from reviews.rules import seats as rules
from reviews.rules.people import case_officer, sits_in_panel
from reviews.transitions import assignments
from reviews.transitions.common import lock_call
from reviews.transitions.declarations import open_declarations
from reviews.transitions.deeds import deed
from reviews.transitions.panels import FIELDS, facts_of, seat_of_row

TO_READ = (AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS)


@deed(
    on=Panel,
    label=_("end a seat"),
    who=(case_officer,),
    sources=PanelState.values,
    guards=(rules.panel_is_at_work, rules.seat_may_end),
    mails=("reviews/panel.assigned",),
    lock=lock_call,
    danger=True,
)
def end_seat(act, panel, *, seat, cause):
    """A member resigns, dies, comes to the end of his term or loses the role. Reviews he filed while in office stay; an alternate of his college takes
    each of the others, or it is told missing."""
    seat.ends_at, seat.end_cause = act.at, cause
    seat.save(update_fields=["ends_at", "end_cause"])
    rows = Assignment.objects.filter(seat=seat, state__in=TO_READ).select_related("seat__panel", "application")
    taken = missing = 0
    for row in rows.order_by("pk"):
        gone = assignments.stop(assignment=row, actor=act.actor, at=act.at)
        if assignments.replace_by_alternate(gone, actor=act.actor, at=act.at) is None:
            missing += 1
        else:
            taken += 1
    panel.refresh_from_db(fields=["shortages"])
    act.note(seat=seat.pk, cause=str(cause), readings_taken=taken, readings_missing=missing)


@deed(
    on=Panel,
    label=_("appoint to a seat"),
    who=(case_officer,),
    sources=PanelState.values,
    guards=(rules.panel_is_at_work, rules.seat_may_be_filled),
    mails=("reviews/panel.interests_due",),
    lock=lock_call,
)
def appoint(act, panel, *, user, kind, college="", replaces=None, **facts):
    """A full member, an alternate or someone without a vote, while the panel is at work. An alternate who becomes a full member keeps his seat, its
    declarations and readings. Newcomers declare before they may open any file."""
    row = {name: value for name, value in facts.items() if name in FIELDS}
    row |= {"user": user, "kind": kind, "college": college}
    seat = panel.seats.not_ended().filter(user=user).first()
    if seat is None:
        seat = seat_of_row(panel, row, act.at, replaces=replaces)
    else:
        seat.kind, seat.replaces = kind, replaces
        for name, value in facts_of(panel, row).items():
            if value not in ("", None):
                setattr(seat, name, value)
    seat.save()
    act.note(seat=seat.pk, kind=str(kind), replaces=replaces.pk if replaces else None)
    open_declarations(panel, actor=act.actor, at=act.at)


@deed(
    on=Panel,
    label=_("say one’s gender"),
    who=(sits_in_panel,),
    sources=PanelState.values,
    guards=(rules.gender_is_known,),
)
def say_gender(act, panel, *, gender):
    """The member himself, who may also take it back. Only counts are shown."""
    panel.seats.not_ended().filter(user=act.actor).update(gender=gender)
