"""What the clock tells people before a date passes. Each reminder leaves once; none changes a state."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from applications import queries
from applications.models import Application, InformationRequest
from applications.notifications import tell, writers_of
from applications.rules.gaps import missing
from core.models import Event, Mail
from fund.models import Call

SILENCE_DAYS = 15
"""The applicant is told two weeks before silence would count as a rejection."""


def already_told(application: Application, code: str, since) -> bool:
    return Mail.objects.filter(
        code=f"applications/{code}", reference=application.reference, created_at__gte=since
    ).exists()


def remind_draft(application: Application, *, since, at) -> bool:
    """Closing is near: what is left to do. Once per window, which began at `since`."""
    if application.created_at > since or already_told(application, "draft.deadline", since):
        return False
    call = application.call
    gaps = [gap.message for gap in missing(application)][:12]
    days = max(1, (timezone.localdate(call.closes_at) - timezone.localdate(at)).days)
    tell(
        "draft.deadline",
        application,
        "verifier/",
        at=at,
        to=writers_of(application),
        days=days,
        closes_at=call.closes_at,
        missing=gaps,
        partner_waits=application.partnerships.filter(state="invited").exists(),
        partner_until=call.partner_deadline_at,
    )
    return True


def remind_request(request: InformationRequest, *, at) -> None:
    """Two days before the end of the time to answer."""
    InformationRequest.objects.filter(pk=request.pk).update(reminded_at=at)
    tell(
        "information.reminder",
        request.application,
        "complements/",
        at=at,
        items=[item["label"] for item in request.items],
        until=request.due_at,
    )


def remind_silence(application: Application, *, at) -> bool:
    """The date on which silence counts as rejection comes, and nothing is decided."""
    clock = queries.silence(application, at)
    if clock is None or clock.paused or not 0 <= clock.remaining_days <= SILENCE_DAYS:
        return False
    tell(
        "silence.approaching",
        application,
        "",
        at=at,
        rejected_on=clock.rejected_on,
        meeting_on=application.call.meeting_on,
    )
    return True


def tell_amended_calls(at) -> int:
    """A published call was changed (art. 6: those with a file in progress are told the same day). Found by its events, told once."""
    count = 0
    for event in Event.objects.filter(
        machine=Call.machine, verb="amend", at__gt=at - timedelta(days=2), at__lte=at
    ).order_by("id"):
        call = Call.objects.get(pk=event.object_id)
        files = call.applications.filter(state__in=("draft", "submitted"), created_at__lt=event.at).select_related(
            "call", "lead"
        )
        for application in files:
            if already_told(application, "call.changed", event.at):
                continue
            tell(
                "call.changed",
                application,
                f"/appels/{call.slug}/",
                at=at,
                to=writers_of(application),
                change="moved",
                what="",
                closes_at=call.closes_at,
                cancelled_reason="",
            )
            count += 1
    return count
