"""Plan and convene: date, place, and an agenda chosen from the ranking."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import Rule, allow
from core.idempotency import once
from core.templatetags.ui import instant
from core.transitions import Act, Refusal
from fund.enums import Role
from fund.models import Call
from fund.people import instruction_desk
from fund.queries import has_role
from fund.views.acts import status
from reviews.enums.meeting import AgendaItemState, MeetingState
from reviews.forms.meetings import PlanForm
from reviews.queries.session import choices_for
from reviews.rules import meetings as rules
from reviews.transitions import meetings
from reviews.views.meetings.live import meeting_or_404

meeting_writing = Rule(
    "meeting_writing",
    lambda request: has_role(request.user, Role.CASE_OFFICER, request.received_at),
    ask=instruction_desk.ask,
    roles=(Role.CASE_OFFICER.value,),
)


def _warn_of_notice(request, meeting) -> None:
    """A plan may stand though its notice can no longer go out in time, or reading ends after it: it is said at once."""
    asked = Act(meetings.convene.verb, meeting, request.user, request.received_at, preview=True)
    try:
        rules.notice_in_time(asked)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    closes_at = meeting.call.review_closes_at
    if closes_at and meeting.planned_at < closes_at and not meeting.call.panel.is_reading_closed:
        messages.warning(request, _("Reading is open until %(at)s, after this meeting.") % {"at": instant(closes_at)})


def _groups(form, choices) -> list[dict]:
    """The files by group, in the order proposed for their discussion, each with whether it is chosen."""
    chosen = set(form["applications"].value() or ())
    rows = [(choice, str(choice.application.pk) in chosen) for choice in choices]
    if not any(choice.line is not None for choice in choices):
        return [{"title": "", "rows": rows}]
    parts = (
        (_("To discuss first"), [row for row in rows if row[0].first]),
        (_("Clear"), [row for row in rows if not row[0].first and not row[0].closed]),
        (_("Closed to you"), [row for row in rows if row[0].closed]),
    )
    return [{"title": title, "rows": found} for title, found in parts if found]


def _not_now(request, call) -> Refusal | None:
    """Why no meeting of this call may be planned, said before anything is typed."""
    try:
        rules.call_is_under_review(Act(meetings.plan.verb, call, request.user, request.received_at, preview=True))
    except Refusal as refusal:
        return refusal
    return None


def _page(request, call, form, choices, meeting=None):
    return render(
        request,
        "reviews/meetings/plan.html",
        {
            "call": call,
            "form": form,
            "rows": choices,
            "groups": _groups(form, choices),
            "meeting": meeting,
            "reading_closed": call.panel.is_reading_closed,
            "ranked": any(choice.line and choice.line.rank for choice in choices),
        },
        status=status(form),
    )


@allow(meeting_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def plan(request, slug):
    """A new meeting: planned only, or its notice sent at once."""
    call = (
        Call.objects.filter(slug=slug, published_at__isnull=False, panel__isnull=False)
        .select_related("panel__call__rule_version", "rule_version", "envelope")
        .first()
    )
    if call is None:
        raise Http404
    if request.method != "POST" and (refusal := _not_now(request, call)) is not None:
        return render(request, "reviews/meetings/plan.html", {"call": call, "refusal": refusal})
    choices = choices_for(call, request.user)
    everything = [str(choice.application.pk) for choice in choices]
    form = PlanForm(
        request.POST or None, obj=call, user=request.user, lines=choices, initial={"applications": everything}
    )
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = meetings.plan(call=call, actor=request.user, at=request.received_at, **form.params())
                if request.POST.get("send"):
                    meetings.convene(meeting=made, actor=request.user, at=request.received_at)
            if not request.POST.get("send"):
                _warn_of_notice(request, made)
            messages.success(
                request, _("The notice is sent.") if request.POST.get("send") else _("The meeting is planned.")
            )
            return redirect("reviews:conduct", made.pk)
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, call, form, choices)


@allow(meeting_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def change(request, pk):
    """Before the notice: date, place and agenda. After it: another agenda, with another notice."""
    meeting = meeting_or_404(request, pk)
    if meeting.state not in (MeetingState.PLANNED, MeetingState.CONVENED):
        raise Http404
    choices = choices_for(meeting.call, request.user, meeting)
    listed = meeting.items.filter(state=AgendaItemState.LISTED)
    initial = {
        "planned_at": meeting.planned_at,
        "place": meeting.place,
        "remote_link": meeting.remote_link,
        "urgency_reason": meeting.urgency_reason,
        "applications": [str(item.application_id) for item in listed if item.application_id],
        "minutes_of": [item.minutes_of_id for item in listed if item.minutes_of_id],
        "titles": "\n".join(item.title for item in listed if not item.application_id and not item.minutes_of_id),
    }
    form = PlanForm(
        request.POST or None, obj=meeting.call, user=request.user, meeting=meeting, lines=choices, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        facts = {"meeting": meeting, "actor": request.user, "at": request.received_at, **form.params()}
        try:
            if meeting.state == MeetingState.PLANNED:
                _warn_of_notice(request, meetings.edit_plan(**facts))
            else:
                meetings.change_agenda(**facts)
            messages.success(request, _("The agenda is changed."))
            return redirect("reviews:conduct", meeting.pk)
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, meeting.call, form, choices, meeting)
