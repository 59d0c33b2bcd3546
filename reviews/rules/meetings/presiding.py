"""Who presides a sitting (rulebook, art. 11, 16): the co-president of each college while he is there, another full member in his place when he is not."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from reviews.enums.meeting import ActingReason, MeetingState
from reviews.enums.reading import SeatKind
from reviews.models import Seat
from reviews.models.meeting import MinutesRefusal
from reviews.queries import meetings as queries
from reviews.rules.meetings.attendance import seat_named
from reviews.rules.meetings.frame import case_officer, lacks, meeting_of


def chair_is_there(act: Act) -> None:
    """Who presides acts while he is recorded in the room or remote. The secretary records what the room does, wherever he is himself."""
    meeting = meeting_of(act.obj)
    if meeting.state != MeetingState.OPEN and act.verb.name != "open":
        return
    if case_officer in act.verb.who and case_officer(act.actor, act.obj, act.at):
        return
    if queries.is_there(act.actor, meeting) or not queries.presides(act.actor, meeting, act.at):
        return
    raise Refusal(
        "chair_not_present",
        _("You are not recorded as present: who is away does not preside."),
        remedy=_(
            "Have your arrival recorded if you are here; otherwise the other president, or an acting president of your college, does it."
        ),
        article="art. 11, 16",
        status=409,
    )


def acting_is_of_the_college(act: Act) -> None:
    """Another full member of the college stands in for its co-president."""
    if lacks(act, "seat"):
        return
    room = queries.room_of(act.obj, act.at)
    seat = seat_named(act, room)
    if seat.kind != SeatKind.FULL_MEMBER or seat.is_president:
        raise Refusal(
            "acting_not_full_member",
            _("The acting president is another full member of the same college."),
            field="seat",
            article="art. 11",
        )


def acting_is_called_for(act: Act) -> None:
    """Nobody replaces a co-president who may preside: the reason given must be a fact of the record."""
    if lacks(act, "seat"):
        return
    meeting, college, reason = act.obj, act.get("seat").college, act.get("reason")
    now = queries.acting_of(meeting).get(college)
    if now is not None and (now.seat_id, now.reason) == (act.get("seat").pk, reason):
        raise Refusal(
            "already_acting",
            _("%(person)s already is acting president of the college.") % {"person": now.seat.user},
            field="seat",
            article="art. 11",
            status=409,
        )
    president = queries.presidents_of(meeting, act.at).get(college)
    if president is None:
        return
    why = _presides_himself(meeting, president, reason)
    if why:
        raise Refusal(
            "president_presides",
            why[0] % {"person": president.user},
            remedy=why[1],
            field="reason",
            article="art. 11",
            status=409,
        )


def _presides_himself(meeting, president: Seat, reason: str) -> tuple[str, str] | None:
    """(what the record says against this reason, what would make it possible); None when it stands."""
    sitting = meeting.state in (MeetingState.CONVENED, MeetingState.OPEN)
    if reason == ActingReason.ABSENT and sitting and queries.is_there(president.user, meeting):
        return _("%(person)s is recorded as present, and presides."), _("If he has left, record it first.")
    if reason == ActingReason.RECUSED and "recused" not in queries.closed_files(president.user, meeting).values():
        return (
            _("%(person)s is recused from no file of this agenda, and presides."),
            _("If he has a link with one of them, he declares it first; if he is away, choose that reason."),
        )
    if reason == ActingReason.ENDED and queries.presides(president.user, meeting):
        return _("The term of %(person)s has not ended."), _("Choose another reason.")
    refusals = MinutesRefusal.objects.filter(meeting=meeting, college=president.college, withdrawn_at__isnull=True)
    if reason == ActingReason.REFUSED and not refusals.exists():
        return (
            _("%(person)s has not refused to sign the minutes."),
            _("He writes his refusal, with its reason, on the page of the minutes."),
        )
    return None


def acting_sees_every_file(act: Act) -> None:
    """Who stands in may open every file of the agenda. Where a college has nobody left who may, somebody to whom the co-president’s closed files are open."""
    if lacks(act, "seat"):
        return
    meeting, seat = act.obj, act.get("seat")
    closed = queries.closed_files(seat.user, meeting)
    if not closed:
        return
    room = queries.room_of(meeting, act.at)
    others = [one for one in room.seats if one.college == seat.college and not one.is_president and one.pk != seat.pk]
    free = [one for one in others if not queries.closed_files(one.user, meeting)]
    president = queries.presidents_of(meeting, act.at).get(seat.college)
    hidden = queries.closed_files(president.user, meeting) if president is not None else {}
    if not free and not closed.keys() & hidden.keys():
        return
    raise Refusal(
        "acting_is_recused",
        _("%(person)s may not open every file of this agenda: recused, or without a declaration.")
        % {"person": seat.user},
        remedy=_("Choose among: %(people)s.") % {"people": ", ".join(str(one.user) for one in free)}
        if free
        else _("Choose a full member of the college to whom the files closed to its co-president are open."),
        field="seat",
        article="art. 11, 12",
        status=409,
    )
