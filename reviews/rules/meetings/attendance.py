"""Who sits, stands in or is represented (rulebook, art. 11, 12)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from reviews import voting
from reviews.enums.meeting import (
    AttendanceKind,
)
from reviews.enums.reading import SeatKind
from reviews.models import Seat
from reviews.queries import meetings as queries
from reviews.rules.meetings.frame import LABELS, lacks


def seat_named(act: Act, room: queries.Room, name: str = "seat") -> Seat:
    seat = room.seat(getattr(act.get(name), "pk", act.get(name)))
    if seat is None:
        raise Refusal("unknown_seat", _("This seat is not one of this panel."), field=name)
    return seat


def own_seat(act: Act) -> None:
    """A member answers for his own seat."""
    if lacks(act, "seat"):
        return
    if getattr(act.get("seat"), "user_id", None) != act.actor.pk:
        raise Refusal("not_permitted", _("Each member answers for his own seat."), status=403)


def attendance_stands(act: Act) -> None:
    """Alternates of the same college, one seat each; proxies to a member of the same college who is there, one each by default."""
    if lacks(act, "presence"):
        return
    room = queries.room_of(act.obj, act.at)
    seat, presence = seat_named(act, room), act.get("presence")
    if seat.kind == SeatKind.OBSERVER:
        if presence in (AttendanceKind.ALTERNATE, AttendanceKind.PROXY):
            raise Refusal(
                "observer_is_not_replaced",
                _("Who has no vote is there or is not: nobody stands for him."),
                field="presence",
                article="art. 11",
            )
        return
    if seat.kind != SeatKind.FULL_MEMBER:
        raise Refusal(
            "alternate_has_no_seat",
            _("An alternate takes part for a full member: record him on that member’s seat."),
            field="presence",
            article="art. 11",
        )
    if presence not in (AttendanceKind.ALTERNATE, AttendanceKind.PROXY):
        return
    if act.get("represented_by") is None:
        raise Refusal(
            "representative_missing",
            _("Choose the alternate or the proxy: the name is missing."),
            field="represented_by",
            article="art. 15",
        )
    other = seat_named(act, room, "represented_by")
    if presence == AttendanceKind.PROXY:
        _proxy(act, room, seat, other)
        return
    alternate_may_stand(act, room, seat, other)
    if room.sits_in(other.pk, besides=seat.pk):
        raise _alternate_taken(other)


def _alternate_taken(other: Seat) -> Refusal:
    return Refusal(
        "alternate_taken",
        _("%(person)s already replaces another member.") % {"person": other.user},
        field="represented_by",
        article="art. 11",
        status=409,
    )


def alternate_may_stand(act: Act, room: queries.Room, seat: Seat, other: Seat) -> None:
    if other.kind != SeatKind.ALTERNATE or other.college != seat.college:
        raise Refusal(
            "college_mismatch",
            _("An alternate replaces a full member of the same college."),
            remedy=_("Choose an alternate of the college “%(college)s”.") % {"college": LABELS[seat.college]},
            field="represented_by",
            article="art. 11",
            status=409,
        )
    if room.replacing(other.pk, besides=seat.pk):
        raise _alternate_taken(other)


def _proxy(act: Act, room: queries.Room, seat: Seat, other: Seat) -> None:
    maximum, announced = room.meeting.rules["proxies_max"], act.verb.name == "announce"
    fault = voting.proxy_fault(
        voting.Voice(seat.pk, seat.college),
        voting.Voice(other.pk, other.college),
        held=room.held_proxies(other.pk, besides=seat.pk, announced=announced),
        maximum=maximum,
    )
    if other.kind != SeatKind.FULL_MEMBER or fault == "proxy_other_college":
        free = [
            str(one.user)
            for one in room.seats
            if one.college == seat.college
            and one.pk != seat.pk
            and room.held_proxies(one.pk, besides=seat.pk, announced=announced) < maximum
        ]
        raise Refusal(
            "proxy_other_college",
            _("A proxy is given within one’s college, to a full member."),
            remedy=_("Choose among: %(people)s.") % {"people": ", ".join(free)},
            field="represented_by",
            article="art. 15",
            status=409,
        )
    if fault:
        raise Refusal(
            "proxy_limit",
            _("%(person)s already holds a proxy; nobody holds more than %(maximum)s.")
            % {"person": other.user, "maximum": maximum},
            remedy=_("Choose another member of your college."),
            field="represented_by",
            article="art. 15",
            status=409,
        )
    present = room.attendance.get(other.pk)
    if act.verb.name == "record_attendance" and (present is None or present.presence not in queries.IN_PERSON):
        raise Refusal(
            "proxy_holder_absent",
            _("%(person)s is not present.") % {"person": other.user},
            remedy=_("A proxy is held by a member who is there."),
            field="represented_by",
            article="art. 15",
            status=409,
        )


def no_ballot_is_dropped(before: dict[int, tuple[str, int | None]], after: dict[int, tuple[str, int | None]]) -> None:
    """Who has voted stays counted: nobody whose ballot is in the vote under way leaves, or is spoken for by another, before it ends (art. 16). Each maps a
    seat to its member's name and to who speaks for it."""
    for seat, (name, speaker) in before.items():
        if after[seat][1] != speaker:
            raise Refusal(
                "vote_under_way",
                _("%(person)s has voted in the vote under way: this would drop a ballot already cast.")
                % {"person": name},
                remedy=_("Close the vote, or abandon it, then record the departure."),
                field="presence",
                article="art. 16",
                status=409,
            )
