"""The meeting rehearsed on invented files, for who presides and for the secretary: a page without a row behind it."""

from __future__ import annotations

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.access import allow
from core.transitions import Refusal
from fund.people import instruction_desk
from reviews.enums.meeting import Proposal
from reviews.rules.meetings import rehearsal
from reviews.views.acts import member_desk
from reviews.views.meetings.acts import MEMBERS, STAFF, Desk, conducts
from reviews.views.meetings.live import meeting_or_404


def _rehearse(request, pk: int, desk: Desk):
    meeting = meeting_or_404(request, pk)
    if not conducts(request, meeting):
        raise Refusal(
            "not_permitted", _("A rehearsal is for who presides the meeting and for its secretary."), status=403
        )
    return render(
        request,
        "reviews/meetings/rehearsal.html",
        {
            "desk": desk,
            "meeting": meeting,
            "played": rehearsal.rehearse(request.GET, meeting.rules),
            "envelope": rehearsal.ENVELOPE,
            "proposals": Proposal.choices,
        },
    )


@allow(member_desk)
@require_safe
def rehearse(request, pk):
    """The rules of this call on invented files: quorum, recusals, votes, the list."""
    return _rehearse(request, pk, MEMBERS)


@allow(instruction_desk)
@require_safe
def conduct_rehearsal(request, pk):
    """The same rehearsal, from the secretary's desk."""
    return _rehearse(request, pk, STAFF)
