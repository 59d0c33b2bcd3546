"""Appeals: their dates, who may answer them, the desk's list."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from applications.models import Application
from applications.periods import add_months
from reviews.enums.reading import APPEAL_LABELS, DecisionOutcome, DecisionState
from reviews.models import Appeal, Decision
from reviews.queries.decisions import appeal_until


def is_late(appeal: Appeal) -> bool:
    """Received after the time to contest: read all the same, it may be rejected for that reason (rulebook, art. 19)."""
    until: datetime | None = appeal_until(appeal.decision)
    return until is not None and appeal.filed_at >= until


def implicit_rejection_on(appeal: Appeal) -> date:
    """The day on which silence counts as a rejection (CRPA L411-7)."""
    return add_months(timezone.localdate(appeal.filed_at), appeal.decision.rule_version["appeal_answer_months"])


def open_appeals(user):
    """Appeals that wait for an answer, oldest first."""
    return (
        Appeal.objects.visible_to(user)
        .filter(state="filed")
        .select_related("decision__application__call", "decision__rule_version", "filed_by")
        .order_by("filed_at")
    )


def of_application(application):
    return (
        Appeal.objects.filter(decision__application=application)
        .select_related("decision__rule_version", "receipt", "letter")
        .order_by("-id")
    )


def label(appeal: Appeal):
    """Where it stands, in words; what was received late says so while it is open."""
    return APPEAL_LABELS["filed_late" if appeal.state == "filed" and is_late(appeal) else appeal.state]


def to_contest(user, at, limit: int = 50) -> list[tuple[Decision, datetime]]:
    """Refusals this person's teams may still contest, none filed yet, each with the instant its time ends."""
    rows = (
        Decision.objects.filter(
            application__in=Application.objects.of_team(user).values("pk"),
            state=DecisionState.NOTIFIED,
            outcome__in=(DecisionOutcome.REJECTED, DecisionOutcome.INELIGIBLE),
            appeals__isnull=True,
        )
        .select_related("application", "rule_version")
        .order_by("-notified_at")[:limit]
    )
    ends = ((row, appeal_until(row)) for row in rows)
    return [(row, until) for row, until in ends if until is not None and at < until]
