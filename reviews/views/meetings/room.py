"""The meeting as it goes on: the fragment that a page asks for every few seconds, and the screen that the whole room reads."""

from __future__ import annotations

import hashlib

from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from core.access import allow
from core.browser import as_int
from fund.people import instruction_desk
from reviews.queries.session import session
from reviews.views.acts import member_desk
from reviews.views.meetings.acts import MEMBERS, STAFF, Desk
from reviews.views.meetings.live import _opinions, _words, meeting_or_404
from reviews.views.meetings.state import state_of


def _fragment(request, template: str, context: dict):
    """The region alone, 304 while it says the same."""
    response = render(request, template, context)
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response)


def _follow(request, pk: int, desk: Desk):
    meeting = meeting_or_404(request, pk)
    seen = session(meeting, request.user, request.received_at, as_int(request.GET.get("point", "")))
    context = {
        **state_of(seen),
        "desk": desk,
        "words": _words(request, seen.focus),
        "opinions": _opinions(request, seen.focus),
        "seat": seen.room.seat_of(request.user),
    }
    return _fragment(request, "reviews/meetings/_live.html", context)


def _wall(request, pk: int, desk: Desk, *, alone: bool):
    meeting = meeting_or_404(request, pk)
    seen = session(meeting, request.user, request.received_at, wall=True)
    context = {**state_of(seen), "desk": desk}
    if alone:
        return _fragment(request, "reviews/meetings/_wall.html", context)
    return render(request, "reviews/meetings/wall.html", context)


@allow(member_desk)
@require_safe
def follow(request, pk):
    """What a member's page of the meeting asks for every few seconds."""
    return _follow(request, pk, MEMBERS)


@allow(instruction_desk)
@require_safe
def follow_conduct(request, pk):
    """What the secretary's page of the meeting asks for every few seconds."""
    return _follow(request, pk, STAFF)


@allow(member_desk)
@require_safe
def wall(request, pk):
    """The screen of the room, opened by a member: nothing of a file that somebody present is recused from."""
    return _wall(request, pk, MEMBERS, alone=False)


@allow(member_desk)
@require_safe
def follow_wall(request, pk):
    """What that screen asks for every few seconds."""
    return _wall(request, pk, MEMBERS, alone=True)


@allow(instruction_desk)
@require_safe
def conduct_wall(request, pk):
    """The same screen, opened by the secretary."""
    return _wall(request, pk, STAFF, alone=False)


@allow(instruction_desk)
@require_safe
def follow_conduct_wall(request, pk):
    """What that screen asks for every few seconds."""
    return _wall(request, pk, STAFF, alone=True)
