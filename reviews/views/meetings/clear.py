"""The clear files of a meeting: proposed together by a president, taken out by any member, put to the vote in one act."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core.access import allow
from core.browser import as_ids, as_int
from core.forms import FundForm, PlainForm
from core.idempotency import once
from core.transitions import Refusal
from fund.people import instruction_desk
from fund.views.acts import status
from reviews.forms.room import ClearForm, ClearVoteForm
from reviews.models.meeting import AgendaItem
from reviews.queries import clear as queries
from reviews.queries import meetings as meetings_queries
from reviews.rules import meetings as rules
from reviews.transitions import clear
from reviews.transitions.deeds import offer_of
from reviews.views.acts import member_desk
from reviews.views.meetings.acts import MEMBERS, STAFF, Desk, _open_to
from reviews.views.meetings.live import meeting_or_404


def _form(request, meeting, name: str, candidates, waiting) -> FundForm:
    """The form of an act of the page: bound when it is posted."""
    common = {"data": request.POST or None, "obj": meeting, "user": request.user}
    if name == "propose_clear":
        return ClearForm(**common, items=[one.item for one in candidates])
    if name == "put_clear":
        return ClearVoteForm(**common, proposals={one.proposal for one in waiting}, number=len(waiting))
    return PlainForm(**common)


def _do(request, meeting, candidates, waiting) -> FundForm | None:
    """The posted act; the bound form when it was refused, None when it was done."""
    name, _dash, number = request.POST.get("act", "").partition("-")
    common = {"actor": request.user, "at": request.received_at}
    form = _form(request, meeting, name, candidates, waiting)
    if name != "note_departures" and not form.is_valid():
        return form
    try:
        if name == "propose_clear":
            clear.propose_clear(meeting=meeting, **common, **(chosen := form.params()))
            done = _proposed(len(chosen["items"]))
        elif name == "put_clear":
            read = as_ids(request.POST.getlist("announced")) or None
            clear.put_clear(meeting=meeting, **common, **form.params(), announced=read)
            done = ngettext("%(n)s file is voted.", "%(n)s files are voted.", len(waiting)) % {"n": len(waiting)}
        elif name == "note_departures":
            clear.note_departures(meeting=meeting, **common)
            messages.success(request, _("Their departure is recorded, for these files alone."))
            return ClearVoteForm.kept(_form(request, meeting, "put_clear", candidates, waiting))
        elif name == "take_out":
            rows = AgendaItem.objects.select_related("application", "meeting__call__rule_version")
            item = get_object_or_404(rows, meeting=meeting, pk=as_int(number))
            _open_to(request.user, item)
            clear.take_out(agenda_item=item, **common)
            done = _("%(reference)s is taken out: it is discussed on its own.") % {
                "reference": item.application.reference if item.application is not None else item.title
            }
        else:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    except Refusal as refusal:
        form.refuse(refusal)
        return form
    messages.success(request, done)
    return None


def _proposed(number: int) -> str:
    if not number:
        return _("Nothing is proposed any more: the proposal is taken back.")
    return ngettext("%(n)s file is proposed.", "%(n)s files are proposed.", number) % {"n": number}


def _clear(request, pk: int, desk: Desk):
    meeting = meeting_or_404(request, pk)
    if not meeting.is_open:
        raise Http404
    closed = meetings_queries.closed_files(request.user, meeting)
    chairs = bool(meetings_queries.presides(request.user, meeting, request.received_at))
    candidates = queries.candidates(meeting) if chairs and not closed else []
    points = [one for one in queries.points_of(meeting) if one.item.application_id not in closed]
    waiting = queries.waiting(points)
    bound = None
    if request.method == "POST":
        bound = _do(request, meeting, candidates, waiting)
        if bound is None:
            return redirect(request.path)
    room = meetings_queries.room_of(meeting, request.received_at)
    stopped = queries.obstacles(waiting, room) if chairs and not closed else []
    announced, out = {one.item_id for one in waiting}, [one for one in points if one.taken_out_at is not None]
    apart = {one.item_id for one in out}
    return render(
        request,
        "reviews/meetings/clear.html",
        {
            "desk": desk,
            "meeting": meeting,
            "closed": closed,
            "chairs": chairs,
            "waiting": [(one, bool(room.spoken_for(request.user, one.item))) for one in waiting],
            "out": out,
            "put": [one for one in points if one.put_at is not None],
            "clear": [
                (one, one.item.pk in announced or not announced)
                for one in candidates
                if one.is_clear and one.item.pk not in apart
            ],
            "others": [one for one in candidates if not one.is_clear],
            "stopped": [(one, rules.quorum_words(one.quorum) if one.quorum is not None else "") for one in stopped],
            "leaving": any(one.leaving for one in stopped),
            "offer": offer_of(clear.put_clear, meeting, request.user, request.received_at) if waiting else None,
            "vote": bound
            if isinstance(bound, ClearVoteForm)
            else _form(request, meeting, "put_clear", candidates, waiting),
            "stray": bound if not isinstance(bound, ClearVoteForm) else None,
        },
        status=bound is not None and bound.status or status(bound),
    )


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def clear_files(request, pk):
    """Files that the chairs propose to settle without debate: a member takes out those he wants to discuss."""
    return _clear(request, pk, MEMBERS)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def conduct_clear(request, pk):
    """The same files, as the secretary follows them."""
    return _clear(request, pk, STAFF)
