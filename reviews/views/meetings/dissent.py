"""The page where a member signs his dissent on one item."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import allow
from core.idempotency import once
from core.transitions import Refusal
from fund.views.acts import status
from reviews.forms.room import DissentForm
from reviews.models.meeting import Dissent
from reviews.queries import meetings as queries
from reviews.transitions import dissents
from reviews.transitions.deeds import offer_of
from reviews.views.acts import member_desk
from reviews.views.meetings.acts import MEMBERS
from reviews.views.meetings.live import meeting_or_404


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def dissent(request, pk, item):
    """Why my vote did not carry, in a few lines: mine alone, until the minutes are adopted."""
    meeting = meeting_or_404(request, pk)
    row = meeting.items.select_related("application").filter(pk=item).first()
    if row is None or row.application_id in queries.closed_files(request.user, meeting):
        raise Http404
    row.meeting = meeting
    offer = offer_of(dissents.sign_dissent, row, request.user, request.received_at)
    if offer is None:
        raise Http404
    mine = Dissent.objects.filter(item=row, user=request.user).order_by("-round").first()
    form = DissentForm(
        request.POST if request.method == "POST" else None,
        obj=row,
        user=request.user,
        initial={"text": mine.text if mine is not None else ""},
    )
    if request.method == "POST" and form.is_valid():
        try:
            dissents.sign_dissent(agenda_item=row, actor=request.user, at=request.received_at, **form.params())
            messages.success(request, _("Your dissent is signed: the minutes give it with this item."))
            return redirect(request.path)
        except Refusal as refusal:
            form.refuse(refusal)
    return render(
        request,
        "reviews/meetings/dissent.html",
        {"desk": MEMBERS, "meeting": meeting, "item": row, "offer": offer, "mine": mine, "form": form},
        status=form.status or status(form),
    )
