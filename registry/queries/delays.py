"""How long things take, in days: from filing to the notified decision, from the payment order to the bank's value date, from signature to the first payment.

Payments are public one by one, so their delays are told at any number; decisions are told as `outcomes` tells files: of calls whose decisions are all
notified, for three files at least, with their number only where the outcome tells it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from django.db.models import Min, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from applications.models import Application
from payments.models import Agreement, Instalment
from registry.queries.outcomes import FEWEST, KNOWN, Outcome, outcomes
from reviews.enums.reading import DecisionKind
from reviews.models import Decision

KINDS = {
    "decision": _("From filing to the notified decision"),
    "settlement": _("From the payment order to the bank’s booking"),
    "first_payment": _("From signature to the first payment"),
}
COUNTED = {
    "decision": _("files judged"),
    "settlement": pgettext_lazy("delay", "payments"),
    "first_payment": _("grants"),
}


@dataclass(frozen=True)
class Delay:
    """`count`: how many it is made of, None when it is not told. Half took no longer than `median` days, nine in ten no longer than `ninth`; both are None
    when there is nothing to measure, which is not zero days.
    """

    count: int | None
    median: int | None
    ninth: int | None


UNTOLD = Delay(None, None, None)
Delays = Mapping[str, Delay]


def delay_of(days: Iterable[int], is_counted: bool = True) -> Delay:
    """The 90th percentile is the least number of days within which nine in ten fell (nearest rank)."""
    rows = sorted(days)
    if not rows:
        return Delay(0, None, None)
    return Delay(len(rows) if is_counted else None, round(median(rows)), rows[-(-len(rows) * 9 // 10) - 1])


Days = Mapping[tuple[int, str, str], list[int]]
"""By number, address and title of the call."""
CALL = ("number", "slug", "title")


def _decisions(known: Iterable[Outcome]) -> tuple[Days, set[str]]:
    """Of files the panel judged, three at least; and the calls whose number of them is not told. One query."""
    calls = {one.call.pk: one for one in known}
    first = Decision.objects.filter(application=OuterRef("pk"), kind=DecisionKind.AWARD, state__in=KNOWN)
    rows = Application.objects.filter(call__in=calls, first_received_at__isnull=False).annotate(
        told_at=Subquery(first.order_by("notified_at", "pk").values("notified_at")[:1])
    )
    found: dict[tuple, list[int]] = defaultdict(list)
    for pk, filed_at, told_at in rows.filter(told_at__isnull=False).values_list("call", "first_received_at", "told_at"):
        if filed_at:
            found[tuple(getattr(calls[pk].call, name) for name in CALL)].append(_days(filed_at, told_at))
    told = {key: days for key, days in found.items() if len(days) >= FEWEST}
    return told, {one.call.slug for one in calls.values() if one.reviewed.value is None}


def _days(start: datetime, end: datetime) -> int:
    """Days of Paris between two instants."""
    return (timezone.localdate(end) - timezone.localdate(start)).days


def _payments() -> tuple[Days, Days]:
    """Order to value date of each payment, signature to the first value date of each grant. Two queries."""
    settled: dict[tuple, list[int]] = defaultdict(list)
    first: dict[tuple, list[int]] = defaultdict(list)
    paid = Instalment.objects.filter(state="paid", ordered_at__isnull=False)
    call = [f"agreement__application__call__{name}" for name in CALL]
    for *of, ordered_at, paid_on in paid.values_list(*call, "ordered_at", "paid_on"):
        settled[tuple(of)].append((paid_on - timezone.localdate(ordered_at)).days)
    begun = Agreement.objects.filter(signed_at__isnull=False, instalments__state="paid")
    begun = begun.annotate(first=Min("instalments__paid_on"))
    call = [f"application__call__{name}" for name in CALL]
    for *of, signed_at, paid_on in begun.values_list(*call, "signed_at", "first"):
        first[tuple(of)].append((paid_on - timezone.localdate(signed_at)).days)
    return settled, first


@dataclass(frozen=True)
class Figures:
    """Of the whole fund, and of each call by its address."""

    whole: Delays
    calls: Mapping[str, Delays]
    titles: dict[str, str]


def delays(told: Iterable[Outcome] | None = None) -> Figures:
    """`told`: the outcomes, when they were read already. Three queries besides."""
    known = list(outcomes() if told is None else told)
    (decisions, uncounted), (settled, first) = _decisions(known), _payments()
    calls, titles = {}, {}
    for key in sorted({*decisions, *settled, *first}, reverse=True):
        _number, slug, title = key
        titles[slug] = title
        calls[slug] = {
            "decision": delay_of(decisions[key], slug not in uncounted) if key in decisions else UNTOLD,
            "settlement": delay_of(settled.get(key, ())),
            "first_payment": delay_of(first.get(key, ())),
        }
    everything = {"decision": decisions, "settlement": settled, "first_payment": first}
    whole = {name: delay_of(day for days in found.values() for day in days) for name, found in everything.items()}
    if uncounted:
        whole["decision"] = replace(whole["decision"], count=None)
    return Figures(whole, calls, titles)


NOTHING: Delays = {"decision": UNTOLD, "settlement": Delay(0, None, None), "first_payment": Delay(0, None, None)}
"""Of a call with no payment yet, whose decisions are not told."""


__all__ = ["COUNTED", "Delay", "Delays", "Figures", "KINDS", "NOTHING", "delay_of", "delays"]
