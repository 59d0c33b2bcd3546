"""Calls as the public, the applicants and the case officers read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db.models import QuerySet

from core.models import Event
from fund.enums import CallState
from fund.models import Call, RuleVersion


@dataclass(frozen=True)
class Asked:
    """What a reader asks of the calls: words of the title, year of opening, days of Paris between which they close, cents of the ceiling of a grant."""

    text: str = ""
    year: int | None = None
    since: date | None = None
    until: date | None = None
    least: int | None = None
    most: int | None = None

    def of(self, rows: QuerySet[Call]) -> QuerySet[Call]:
        """Those of these calls that match."""
        bounds = {
            "title__icontains": self.text or None,
            "opens_at__year": self.year,
            "closes_at__date__gte": self.since,
            "closes_at__date__lte": self.until,
            "ceiling_amount__gte": self.least,
            "ceiling_amount__lte": self.most,
        }
        return rows.filter(**{name: value for name, value in bounds.items() if value is not None})


def public_calls(at: datetime) -> QuerySet[Call]:
    """Every call that was ever published, cancelled ones included, latest opening first."""
    return (
        Call.objects.public()
        .filter(published_at__lte=at)
        .select_related("envelope", "rule_version")
        .order_by("-opens_at", "-number")
    )


def open_calls(at: datetime) -> QuerySet[Call]:
    """Calls one can file in at this instant, first to close first."""
    return Call.objects.open_at(at).select_related("envelope", "rule_version").order_by("closes_at", "number")


def upcoming_calls(at: datetime) -> QuerySet[Call]:
    """Announced, not open yet, first to open first."""
    return Call.objects.upcoming_at(at).select_related("envelope", "rule_version").order_by("opens_at", "number")


def past_calls(at: datetime) -> QuerySet[Call]:
    """Published once and no longer open, latest first."""
    return (
        Call.objects.past_at(at)
        .filter(published_at__lte=at)
        .select_related("envelope", "rule_version")
        .order_by("-closes_at", "-number")
    )


def find_call(slug: str) -> Call | None:
    """The public call of this address, or None."""
    return Call.objects.public().select_related("envelope", "rule_version").filter(slug=slug).first()


def call_by_slug(slug: str) -> Call | None:
    """Any call, drafts included: for the desks that may see them."""
    return Call.objects.select_related("envelope", "rule_version", "created_by").filter(slug=slug).first()


def desk_calls() -> QuerySet[Call]:
    """Every call but discarded drafts, drafts first, then the latest."""
    return (
        Call.objects.exclude(state=CallState.CANCELLED, published_at__isnull=True)
        .select_related("envelope", "rule_version")
        .order_by("-number")
    )


def rules_in_force() -> RuleVersion | None:
    return RuleVersion.objects.filter(state="in_force").first()


def events_of(obj) -> QuerySet[Event]:
    """What happened to an object, newest first, with the reasons that were not erased."""
    return Event.objects.filter(machine=obj.machine, object_id=obj.pk).select_related("actor", "reason").order_by("-id")


NOT_COPIED = (*Call.INSTANTS, *Call.DAYS, "envelope", "rule_version", "title", "slug")


def starting_content(source: Call | None = None) -> dict:
    """What a new call begins with: an earlier one but its dates, envelope and name, or the grid of the rulebook."""
    if source is None:
        return json.loads((Path(__file__).parent.parent / "data" / "default_call.json").read_text(encoding="utf-8"))
    return {name: value for name, value in source.content().items() if name not in NOT_COPIED}
