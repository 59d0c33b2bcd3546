"""Meetings past and next, and the meeting itself: followed and voted in by the panel, run by the secretary and the chairs."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from core import documents
from core.access import allow
from core.browser import as_int
from core.idempotency import once
from fund.enums import Role
from fund.people import instruction_desk
from fund.queries import has_role
from fund.views.acts import page_of, status
from reviews.enums.meeting import MEETING_LIVE, AgendaItemState, AttendanceKind
from reviews.queries import meetings as queries
from reviews.queries.experts import opinions
from reviews.queries.proposed import words_of_readers
from reviews.queries.session import session, tell_reasons
from reviews.transitions import dissents
from reviews.transitions.deeds import offer_of
from reviews.views.acts import member_desk
from reviews.views.meetings.acts import MEMBERS, STAFF, Desk, conducts, item_cards, meeting_cards, my_votes, post
from reviews.views.meetings.state import state_of


def meeting_or_404(request, pk: int):
    found = queries.find(request.user, pk)
    if found is None:
        raise Http404
    return found


def _index(request, desk: Desk, **more):
    everything = queries.meetings_for(request.user)
    coming = list(everything.filter(state__in=MEETING_LIVE).order_by("planned_at", "id"))
    past = page_of(request, everything.exclude(state__in=MEETING_LIVE).order_by("-planned_at", "-id"), 20)
    return render(
        request,
        "reviews/meetings/index.html",
        {"desk": desk, "coming": coming, "past": past, **more},
    )


@allow(member_desk)
@require_safe
def my_meetings(request):
    """Meetings of the panels in which one sits, next and past."""
    return _index(request, MEMBERS, calls=[], may_plan=False)


@allow(instruction_desk)
@require_safe
def meeting_desk(request):
    """Every meeting, and the calls for which one may be convened."""
    return _index(
        request,
        STAFF,
        calls=list(queries.calls_to_plan()),
        may_plan=has_role(request.user, Role.CASE_OFFICER, request.received_at),
    )


def _papers(request, meeting) -> list[tuple]:
    """(document, address) of the papers this person may read."""
    found = [meeting.notice, meeting.quorum_record, meeting.minutes]
    return [(row, documents.url(row)) for row in found if row is not None and documents.is_visible(request.user, row)]


def _words(request, focus):
    """The notes and amounts of the readers of the file in focus, for who may open it."""
    if focus is None or focus.closed or not focus.item.is_file:
        return []
    application = focus.item.application
    return words_of_readers(request.user, application, queries.panel_of(focus.item.meeting))


def _opinions(request, focus):
    """The opinions of experts from outside about the file in focus, for who may open it."""
    if focus is None or focus.closed or not focus.item.is_file:
        return []
    return opinions(focus.item.application, request.user)


def _announced(request, seen) -> str:
    """What this member answered to the notice, in words."""
    seat = seen.room.seat_of(request.user)
    row = seen.room.attendance.get(seat.pk) if seat is not None else None
    if row is None or not row.announced:
        return ""
    label = str(AttendanceKind(row.announced).label)
    other = seen.room.seat(row.represented_by_id)
    return f"{label} · {other.user}" if other is not None else label


def _may_dissent(request, seen) -> bool:
    """Whether this member may sign that his vote on the point in focus did not carry."""
    point = seen.focus
    if (
        point is None
        or point.closed
        or point.item.state != AgendaItemState.VOTED
        or not seen.room.seat_of(request.user)
    ):
        return False
    offer = offer_of(dissents.sign_dissent, point.item, request.user, request.received_at)
    return offer is not None and offer.allowed


def _live(request, pk: int, desk: Desk):
    meeting = meeting_or_404(request, pk)
    bound = None
    if request.method == "POST":
        response, bound = post(request, meeting, desk)
        if response is not None:
            return response
        meeting = meeting_or_404(request, pk)
    wanted = request.GET.get("point", "")
    if bound is not None and "-" in bound.act:
        wanted = bound.act.split("-")[1]
    seen = session(meeting, request.user, request.received_at, as_int(wanted))
    tell_reasons(seen, request.user)
    runs = conducts(request, meeting)
    cards, acts = meeting_cards(request, seen, runs, bound), item_cards(request, seen, runs, bound)
    votes = my_votes(request, seen, bound)
    shown = [*(one.form for one in (*cards.values(), *acts) if one.offer.allowed), *(form for _seat, form in votes)]
    attendance = cards.pop("record_all", None)
    return render(
        request,
        "reviews/meetings/meeting.html",
        {
            "desk": desk,
            **state_of(seen),
            "cancelled_by": queries.cancelled_by(meeting),
            "words": _words(request, seen.focus),
            "opinions": _opinions(request, seen.focus),
            "pinned": as_int(wanted),
            "attendance": attendance if attendance is not None and attendance.offer.allowed else None,
            "answer": cards.pop("announce", None),
            "announced": _announced(request, seen),
            "cards": list(cards.values()),
            "acts": acts,
            "runs": runs,
            "votes": votes,
            "seat": seen.room.seat_of(request.user),
            "may_dissent": _may_dissent(request, seen),
            "notice_due": queries.notice_due(meeting),
            "presides": queries.presides(request.user, meeting, request.received_at),
            "papers": _papers(request, meeting),
            "stray": bound if bound is not None and not any(form is bound for form in shown) else None,
            "may_plan": has_role(request.user, Role.CASE_OFFICER, request.received_at),
        },
        status=bound is not None and bound.status or status(bound),
    )


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def meeting(request, pk):
    """The meeting as a member sees it: quorum, agenda, the point under discussion, his vote; for who presides, what he may do."""
    return _live(request, pk, MEMBERS)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def conduct(request, pk):
    """The meeting as its secretary runs it: notice, attendance, points, votes."""
    return _live(request, pk, STAFF)
