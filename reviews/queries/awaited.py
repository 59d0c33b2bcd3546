"""What a meeting awaits from a person: to be there, to agree that it closes, to sign its minutes. Constant queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from fund.enums import COLLEGE_ROLES, College, Role
from fund.queries import has_role, roles_of
from reviews.enums.meeting import ActingReason, MeetingState
from reviews.enums.reading import DeclarationState
from reviews.models import Declaration, Seat
from reviews.models.meeting import ActingPresident, Meeting, MinutesRefusal, MinutesSection, MinutesSignature


@dataclass(frozen=True)
class Expected:
    """`what` is under_way, to_close or to_sign."""

    meeting: Meeting
    what: str


def meetings_awaiting(user, at) -> list[Expected]:
    """Meetings under way of the panels where this person sits, those that the other president agreed to close, and minutes that still lack his signature."""
    if not any(grant.role in COLLEGE_ROLES for grant in roles_of(user, at)):
        return []
    seats = {seat.panel_id: seat for seat in Seat.objects.filter(user=user).current(at)}
    if not seats:
        return []
    meetings = list(
        Meeting.objects.filter(state__in=(MeetingState.OPEN, MeetingState.CLOSED), call__panel__in=seats)
        .select_related("call__panel")
        .order_by("planned_at", "id")
    )
    if not meetings:
        return []
    acting: dict[int, dict[str, ActingPresident]] = defaultdict(dict)
    for row in ActingPresident.objects.filter(meeting__in=meetings, ended_at__isnull=True):
        acting[row.meeting_id][row.college] = row
    presides = has_role(user, Role.CO_PRESIDENT, at)
    chaired = {}
    for meeting in meetings:
        seat = seats[meeting.call.panel.pk]
        stands_in = acting[meeting.pk].get(seat.college)
        if seat.is_full_member and (
            seat.is_president and presides or stands_in is not None and stands_in.seat_id == seat.pk
        ):
            chaired[meeting.pk] = seat
    closed = [one for one in meetings if one.state == MeetingState.CLOSED and one.pk in chaired]
    unsigned = _unsigned(user, at, closed, chaired, acting) if closed else set()
    found = []
    for meeting in meetings:
        if meeting.state == MeetingState.CLOSED:
            if meeting.pk in unsigned:
                found.append(Expected(meeting, "to_sign"))
        elif meeting.pk in chaired and meeting.closing_colleges == [str(College(chaired[meeting.pk].college).other)]:
            found.append(Expected(meeting, "to_close"))
        else:
            found.append(Expected(meeting, "under_way"))
    return found


def _unsigned(user, at, meetings, chaired, acting) -> set[int]:
    """Of these meetings, those with a section that nobody signed for his college and that is his to sign; `rules.to_sign` says the same of one meeting."""
    signed: dict[tuple[int, str], set[str]] = defaultdict(set)
    done = set(
        MinutesRefusal.objects.filter(meeting__in=meetings, user=user, withdrawn_at__isnull=True).values_list(
            "meeting", flat=True
        )
    )
    versions = {meeting.pk: meeting.minutes_version for meeting in meetings}
    for row in MinutesSignature.objects.filter(meeting__in=meetings, voided_at__isnull=True):
        if row.version == versions[row.meeting_id]:
            signed[row.meeting_id, row.college].update(row.hashes)
            if row.user_id == user.pk:
                done.add(row.meeting_id)
    presidents = {
        (seat.panel_id, seat.college): seat.user_id
        for seat in Seat.objects.filter(panel__in=[one.call.panel.pk for one in meetings], is_president=True).current(
            at
        )
    }
    people = {user.pk, *presidents.values()}
    sections = [
        row
        for row in MinutesSection.objects.filter(meeting__in=meetings).values_list(
            "meeting", "version", "hash", "item__application"
        )
        if row[1] == versions[row[0]] and row[0] not in done
    ]
    opened = set(
        Declaration.objects.filter(
            user__in=people, application__in={row[3] for row in sections if row[3]}, state=DeclarationState.NONE
        ).values_list("user", "application")
    )
    panels = {meeting.pk: meeting.call.panel.pk for meeting in meetings}
    found = set()
    for pk, _version, given, application in sections:
        seat = chaired[pk]
        if given in signed[pk, seat.college] or application and (user.pk, application) not in opened:
            continue
        president, stands_in = presidents.get((panels[pk], seat.college)), acting[pk].get(seat.college)
        for_the_recused = stands_in is not None and stands_in.reason == ActingReason.RECUSED
        if president in (None, user.pk) or not for_the_recused:
            found.add(pk)
        elif application and (president, application) not in opened:
            found.add(pk)
    return found


def refused_minutes(user) -> list[MinutesRefusal]:
    """Signatures refused that stand, of minutes not adopted: the secretary has somebody designated, or puts them on the next agenda."""
    return list(
        MinutesRefusal.objects.filter(
            meeting__in=Meeting.objects.visible_to(user).filter(state=MeetingState.CLOSED), withdrawn_at__isnull=True
        )
        .select_related("meeting__call", "user")
        .order_by("refused_at", "id")
    )
