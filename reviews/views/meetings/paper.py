"""The meeting on paper, when the room has no network: for who presides and for the secretary, each his own copy."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.access import allow
from core.transitions import Refusal
from fund.people import instruction_desk
from reviews.documents import sheets
from reviews.enums.meeting import MEETING_LIVE
from reviews.views.acts import member_desk
from reviews.views.meetings.acts import conducts
from reviews.views.meetings.live import meeting_or_404
from reviews.views.members.printing import _answer


def _paper(request, pk: int):
    meeting = meeting_or_404(request, pk)
    if not conducts(request, meeting):
        raise Refusal(
            "not_permitted",
            _("The sheets of a meeting are for who presides it and for its secretary."),
            remedy=_("You may print the files you read from your own page."),
            status=403,
        )
    if meeting.state not in MEETING_LIVE:
        raise Http404
    content = sheets.pdf(meeting, request.user, request.received_at) if request.method == "GET" else b""
    return _answer(request, content, f"seance-{meeting.reference}.pdf")


@allow(member_desk)
@require_safe
def paper(request, pk):
    """A president's copy: nothing of a file from which he is recused but its reference."""
    return _paper(request, pk)


@allow(instruction_desk)
@require_safe
def conduct_paper(request, pk):
    """The secretary's copy, under the same rule."""
    return _paper(request, pk)
