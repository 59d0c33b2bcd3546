"""What time does on the panel's side, found by query; nothing depends on it having run."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core.clock import register
from core.models import Mail, User
from core.transitions import Refusal
from fund.enums import CallState
from fund.models import Call
from reviews.enums.reading import PanelState
from reviews.models import Panel
from reviews.notifications import tell
from reviews.queries.experts import to_nudge
from reviews.queries.reminders import REMINDER, left_to_file
from reviews.queries.reminders import mark as mark_of
from reviews.transitions import calls, experts
from reviews.transitions.declarations import open_declarations


@register("reviews.close_calls")
def close_calls(at, actor):
    """Calls whose closing and its minutes have passed; and drafts of closed calls whose access code has run out."""
    done = 0
    for call in Call.objects.filter(state=CallState.PUBLISHED, closes_at__lte=at).select_related("rule_version"):
        if at >= call.closes_at + timedelta(minutes=call.rule_version["closing_grace_minutes"]):
            try:
                calls.close(call=call, actor=actor, at=at)
                done += 1
            except Refusal:  # moved or closed meanwhile
                continue
    for call in Call.objects.filter(state=CallState.CLOSED, applications__state="draft").distinct():
        done += calls.lapse_drafts(call, at)
    return done


@register("reviews.open_declarations", every_seconds=300)
def open_waiting_declarations(at, actor) -> int:
    """Files that became eligible since, links that the service finds since."""
    panels = Panel.objects.exclude(state=PanelState.READING_CLOSED).filter(
        call__state__in=(CallState.PUBLISHED, CallState.CLOSED, CallState.UNDER_REVIEW)
    )
    return sum(_opened(panel, actor, at) for panel in panels.select_related("call"))


def _opened(panel, actor, at) -> int:
    with transaction.atomic():
        return open_declarations(panel, actor=actor, at=at)


@register("reviews.remind_readers", every_seconds=3600)
def remind_readers(at, actor):
    """Seven days and two days before reading closes, once each: those who still have reviews to file."""
    done = 0
    for panel in Panel.objects.filter(state=PanelState.READING, call__review_closes_at__gt=at).select_related(
        "call__rule_version"
    ):
        days_left = (timezone.localdate(panel.call.review_closes_at) - timezone.localdate(at)).days
        reminders = [days for days in panel.call.rule_version["review_reminder_days"] if days_left <= days]
        if not reminders:
            continue
        left = left_to_file(panel)
        people = User.objects.in_bulk(left)
        mark = mark_of(panel, str(min(reminders)))
        for key, count in left.items():
            person = people[key]
            if not Mail.objects.filter(code=REMINDER, recipient=person, reference=mark).exists():
                tell(
                    "panel.reminder",
                    [person],
                    "/commission/",
                    at=at,
                    reference=mark,
                    count=count,
                    until=panel.call.review_closes_at,
                    call=panel.call.title,
                )
                done += 1
    return done


@register("reviews.nudge_experts", every_seconds=3600)
def nudge_experts(at, actor):
    """Three days before the deadline, once: external experts who have not answered."""
    done = 0
    for row in to_nudge(at):
        try:
            experts.remind(expert_request=row, actor=actor, at=at)
            done += 1
        except Refusal:  # answered meanwhile, or the link can no longer be written
            continue
    return done


__all__ = ["close_calls", "nudge_experts", "open_waiting_declarations", "remind_readers"]
