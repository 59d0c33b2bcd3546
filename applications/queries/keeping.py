"""How long a draft that was never filed is kept (rulebook, art. 27): who is to be warned, what is to be erased."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from applications.models import Application
from applications.periods import ERASURE_NOTICE_DAYS, add_months
from applications.queries.writing import rules_of
from core.models import Event


def erased_on(application: Application) -> date:
    """The day from which a lapsed draft is no longer kept: so many months after it lapsed, by the rules of its call."""
    months = rules_of(application)["retention_lapsed_draft_months"]
    return add_months(timezone.localdate(application.closed_at), months)


def _lapsed():
    events = Event.objects.filter(machine="application", object_id=OuterRef("pk"))
    return (
        Application.objects.filter(state="lapsed", filed_version=None, first_received_at=None)
        .annotate(
            is_warned=Exists(events.filter(verb="warn_of_erasure", at__gte=OuterRef("closed_at"))),
            is_erased=Exists(events.filter(verb="erase_draft", at__gte=OuterRef("closed_at"))),
        )
        .select_related("call__rule_version", "lead")
        .order_by("closed_at", "pk")
    )


def drafts_to_warn(at, limit: int) -> list[Application]:
    """Lapsed drafts whose day is less than the time of the notice ahead, and whose people were not told."""
    before = timezone.localdate(at) + timedelta(days=ERASURE_NOTICE_DAYS)
    rows = _lapsed().filter(is_warned=False, is_erased=False)[:limit]
    return [row for row in rows if erased_on(row) <= before]


def drafts_to_erase(at, limit: int) -> list[Application]:
    """Lapsed drafts whose day has come, and whose people were told long enough before."""
    told = Event.objects.filter(
        machine="application",
        object_id=OuterRef("pk"),
        verb="warn_of_erasure",
        at__gte=OuterRef("closed_at"),
        at__lte=at - timedelta(days=ERASURE_NOTICE_DAYS),
    )
    rows = _lapsed().filter(Exists(told), is_erased=False)[:limit]
    return [row for row in rows if erased_on(row) <= timezone.localdate(at)]
