"""Requests to external experts: whose link it is, what was said of a file, who is late."""

from __future__ import annotations

from datetime import datetime, timedelta

from applications.rules.partners import token_hash
from reviews.enums.reading import PanelState
from reviews.models import ExpertRequest, Panel

NUDGE_BEFORE = timedelta(days=3)


def link_holder(token: str) -> ExpertRequest | None:
    """The request a link belongs to, used or not; None for a link nobody made."""
    if not token or len(token) > 200:
        return None
    digest = token_hash(token)
    rows = ExpertRequest.objects.select_related(
        "application__call__rule_version",
        "application__lead",
        "application__organisation",
        "application__bearer_organisation",
        "application__bearer_person",
        "application__filed_version",
        "asked_by",
    )
    return rows.filter(token_hash=digest).first() or rows.filter(used_token_hash=digest).first()


def panel_works_on(application) -> bool:
    """The file is under review and its panel is at work: the time of experts."""
    return (
        application.state == "under_review"
        and Panel.objects.filter(
            call=application.call_id, state__in=(PanelState.READING, PanelState.READING_CLOSED)
        ).exists()
    )


def situation(row: ExpertRequest, token: str, at: datetime) -> str:
    """What a link is worth now: `declare`, `write`, or why it opens nothing (`expired`, `revoked`, `conflicted`, `declined`, `over`, `used`)."""
    if row.token_hash != token_hash(token):
        return row.state if row.state in ("revoked", "conflicted", "declined") else "used"
    if not panel_works_on(row.application):
        return "over"
    if at >= row.deadline_at:
        return "expired"
    return "declare" if row.state == "asked" else "write"


def requests_of(application, user) -> list[ExpertRequest]:
    """The requests about a file, for who follows them."""
    rows = ExpertRequest.objects.visible_to(user).filter(application=application)
    return list(rows.select_related("application__call", "asked_by").order_by("asked_at", "id"))


def opinions(application, user) -> list[ExpertRequest]:
    """The opinions given about a file, for a member to whom it is open, an officer or an auditor without interest; nothing for anybody else."""
    return list(
        ExpertRequest.objects.visible_to(user)
        .submitted()
        .filter(application=application)
        .order_by("submitted_at", "id")
    )


def heard(application_ids) -> dict[int, list[ExpertRequest]]:
    """The experts who gave their opinion, by file: what the minutes say. One query."""
    found: dict[int, list[ExpertRequest]] = {}
    rows = ExpertRequest.objects.submitted().filter(application__in=list(application_ids))
    for row in rows.order_by("submitted_at", "id"):
        found.setdefault(row.application_id, []).append(row)
    return found


def to_nudge(at: datetime):
    """Running requests whose deadline comes within three days and that got no mail since."""
    rows = ExpertRequest.objects.running().filter(
        deadline_at__gt=at, deadline_at__lte=at + NUDGE_BEFORE, application__state="under_review"
    )
    return [row for row in rows.select_related("application__call") if not _written_lately(row)]


def _written_lately(row: ExpertRequest) -> bool:
    return max(row.asked_at, row.reminded_at or row.asked_at) >= row.deadline_at - NUDGE_BEFORE
