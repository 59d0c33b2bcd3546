"""The page of the public draws of a meeting, from the panel's desk and from the case officers'."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import allow
from core.idempotency import once
from core.transitions import Refusal
from fund.people import instruction_desk
from fund.views.acts import did, status
from reviews.forms.draws import AnnounceDrawForm, SeedForm
from reviews.queries import draws as queries
from reviews.queries import meetings as meetings_queries
from reviews.transitions import draws
from reviews.transitions.deeds import offer_of
from reviews.views.acts import member_desk
from reviews.views.meetings.acts import MEMBERS, STAFF, Desk
from reviews.views.meetings.live import meeting_or_404

CALLS = {"announce_draw": draws.announce_draw, "give_seed": draws.give_seed}


def _forms(request, meeting, groups, known) -> dict:
    posted = request.POST.get("act") if request.method == "POST" else None
    waiting = [draw for draw in known if draw.drawn_at is None and draw.meeting_id == meeting.pk]
    common = {"obj": meeting, "user": request.user}
    data = {name: request.POST if posted == name else None for name in CALLS}
    return {
        "announce_draw": AnnounceDrawForm(data["announce_draw"], groups=groups, **common),
        "give_seed": SeedForm(data["give_seed"], draws=waiting, **common),
    }


def _draws(request, pk: int, desk: Desk):
    meeting = meeting_or_404(request, pk)
    if not meeting.rules["tie_draw"]:
        raise Http404
    closed = meetings_queries.closed_files(request.user, meeting)
    context = {"desk": desk, "meeting": meeting, "closed": closed, "draws": [], "announce": None, "give": None}
    if closed:
        if request.method == "POST":
            draws.announce_draw(
                meeting=meeting, actor=request.user, at=request.received_at, rank=None
            )  # refused, with its reason
        return render(request, "reviews/meetings/draws.html", context)
    known = queries.of_meeting(meeting)
    taken = {reference for draw in known for reference in draw.pool}
    groups = queries.tied_groups(meetings_queries.ranking(meeting), meetings_queries.items_of(meeting))
    groups = {number: group for number, group in groups.items() if not taken & set(group)}
    forms, act = _forms(request, meeting, groups, known), request.POST.get("act")
    if request.method == "POST":
        if act not in CALLS:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
        if forms[act].is_valid():
            try:
                CALLS[act](meeting=meeting, actor=request.user, at=request.received_at, **forms[act].params())
                messages.success(request, did(CALLS[act].verb))
                return redirect(request.path)
            except Refusal as refusal:
                forms[act].refuse(refusal)
    offers = {name: offer_of(call, meeting, request.user, request.received_at) for name, call in CALLS.items()}
    context |= {
        "draws": known,
        "announce": offers["announce_draw"] if groups else None,
        "announce_form": forms["announce_draw"],
        "give": offers["give_seed"] if forms["give_seed"].fields["draw"].choices else None,
        "give_form": forms["give_seed"],
    }
    return render(request, "reviews/meetings/draws.html", context, status=status(*forms.values()))


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def my_draws(request, pk):
    """Draws between equal files: announced, then made from the seed that both co-presidents read."""
    return _draws(request, pk, MEMBERS)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def conduct_draws(request, pk):
    """The same, where a case officer announces them."""
    return _draws(request, pk, STAFF)
