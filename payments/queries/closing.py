"""Where the money of each envelope stood at the end of a year, from the journal: entries carry the instant of their act, none is ever dated back."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from fund.models import Entry, Envelope, Posting
from payments.models import YearClosing

ACCOUNTS = ("free", "reserved", "committed", "ordered", "paid", "claimed", "returned")
CARRIED = ("reserved", "committed", "ordered")
"""What binds the fund beyond the year: it stays where it was committed. Free money only moves by an act of its own."""


def _bounds(year: int) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)


def first_open_year() -> int:
    """The first year of the journal that nobody has closed; the journal has at least one entry."""
    first = timezone.localdate(Entry.objects.order_by("at").values_list("at", flat=True)[0]).year
    closed = set(YearClosing.objects.values_list("year", flat=True))
    return next(year for year in count(first) if year not in closed)


def figures(year: int) -> dict:
    """`envelopes`: balances at midnight of 31 December (Europe/Paris), what the bank paid in the year, what is carried; `grants`: what is carried,
    grant by grant. Cents. Four queries.
    """
    start, end = _bounds(year)
    names = {row.pk: row for row in Envelope.objects.all()}
    table: dict[int, dict[str, int]] = {}
    until = Posting.objects.filter(entry__at__lt=end).order_by()
    for envelope, account, cents in until.values_list("envelope", "account").annotate(total=Sum("cents")):
        table.setdefault(envelope, {})[account] = cents
    paid: dict[int, int] = {}
    banked = Q(entry__kind__in=("pay", "bounce")) | Q(entry__reverses__kind__in=("pay", "bounce"))
    of_year = until.filter(banked, entry__at__gte=start, account="paid")
    for envelope, cents in of_year.values_list("envelope").annotate(total=Sum("cents")):
        paid[envelope] = cents
    envelopes = []
    for pk in sorted(table, key=lambda pk: names[pk].reference):
        row: dict[str, Any] = {account: table[pk].get(account, 0) for account in ACCOUNTS}
        row |= {
            "reference": names[pk].reference,
            "label": names[pk].label,
            "opened": -table[pk].get("source", 0),
            "paid_in_year": paid.get(pk, 0),
            "carried": sum(row[account] for account in CARRIED),
        }
        envelopes.append(row)
    return {"envelopes": envelopes, "grants": _grants(until)}


def _grants(until) -> list[dict]:
    found: dict[str, dict] = {}
    carried = until.filter(account__in=CARRIED, entry__grant__isnull=False)
    for grant, account, cents in carried.values_list("entry__grant", "account").annotate(total=Sum("cents")):
        found.setdefault(grant, dict.fromkeys(CARRIED, 0))[account] = cents
    return [
        {"reference": grant, **amounts, "carried": sum(amounts.values())}
        for grant, amounts in sorted(found.items())
        if sum(amounts.values())
    ]


def years(at) -> list[dict]:
    """Every year of the journal up to this one, the newest first, with its closing if there is one."""
    first = Entry.objects.order_by("at").values_list("at", flat=True).first()
    this = timezone.localdate(at).year
    done = {one.year: one for one in YearClosing.objects.select_related("closed_by", "document")}
    start = timezone.localdate(first).year if first else this
    return [{"year": year, "closing": done.get(year), "over": year < this} for year in range(this, start - 1, -1)]
