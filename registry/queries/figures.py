"""Figures of the published set, one definition each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum
from django.utils import timezone

from fund.models import Call, Seal
from payments.models import Agreement
from registry.enums import PageState, Stage
from registry.index.refresh import fresh
from registry.models import PastGrant, PublishedRow, part_of
from registry.queries.facets import counts, facets, remembered
from registry.queries.grants import EVERYTHING, Filters
from registry.queries.panels import is_told
from registry.queries.told import published_applications

RNA = r"^W\d{9}$"
"""The RNA numbers that SCDL accepts: those with letters are refused by its schema."""


def modified_at() -> datetime:
    """The instant the published set last changed, from public facts alone: the last change of a grant, or the last entry made public."""
    fresh()
    instants = [
        PublishedRow.objects.aggregate(at=Max("modified"))["at"],
        Seal.objects.order_by("-seq").values_list("entry__at", flat=True).first(),
    ]
    return max(
        (instant for instant in instants if instant),
        default=datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone()),
    )


def _groups(facet: str) -> list[tuple[str, int, int]]:
    """(value, number, cents awarded) of taken-up grants of the fund by a filter, largest amount first."""

    def summed() -> list[tuple[str, int, int]]:
        rows, cents = Counter[str](), Counter[str]()
        for one in counts():
            if one.facet == facet and one.stage not in (Stage.NOT_TAKEN_UP, Stage.EARLIER):
                rows[one.value] += one.rows
                cents[one.value] += one.cents
        return sorted(((value, rows[value], cents[value]) for value in rows), key=lambda row: (-row[2], row[0]))

    return remembered(f"by {facet}", EVERYTHING, summed)


def _named(facet: str, name: str) -> list[dict]:
    return [{name: value, "projects": number, "cents": cents} for value, number, cents in _groups(facet)]


def by_department(filters: Filters = EVERYTHING) -> list[dict]:
    """Number and awarded cents of taken-up grants per department code, largest first."""
    if filters.is_empty:
        return _named("department", "department")
    choices = facets(replace(filters, department="")).choices["department"]
    rows = [{"department": one.value, "projects": one.count, "cents": one.cents} for one in choices]
    return sorted(rows, key=lambda row: (-row["cents"], row["department"]))


def by_call() -> list[dict]:
    """Number and awarded cents of taken-up grants per call, largest first; `is_over`: every decision of the call is notified."""
    rows = _named("call", "key")
    calls = Call.objects.in_bulk([int(row["key"]) for row in rows])
    told = [(calls[int(row.pop("key"))], row) for row in rows]
    return [{"call__slug": call.slug, "call__title": call.title, "is_over": is_told(call), **row} for call, row in told]


def by_kind() -> list[dict]:
    return _named("kind", "applicant_kind")


def by_year() -> list[dict]:
    rows = [row | {"year": int(row["year"])} for row in _named("year", "year")]
    return sorted(rows, key=lambda row: row["year"])


def given_up(call: Call) -> dict:
    """How many published awards of a call were not taken up, and their cents: between what was awarded and what its projects hold."""
    rows = published_applications().filter(call=call).exclude(state="selected")
    return rows.order_by().aggregate(number=Count("pk"), cents=Sum("awarded_amount"))


def unsayable_in_scdl() -> tuple[int, int]:
    """How many taken-up grants SCDL cannot express, and their cents: told beside the file so that totals reconcile (two queries)."""
    signed = Agreement.objects.filter(application=OuterRef("pk"), signed_at__isnull=False)
    named = Q(bearer_organisation__isnull=False) & (
        ~Q(bearer_organisation__siret="") | Q(bearer_organisation__rna__regex=RNA)
    )
    rows = (
        published_applications()
        .filter(state="selected")
        .annotate(is_signed=Exists(signed))
        .exclude(named, Q(public_page=None) | Q(public_page__state=PageState.PUBLISHED), is_signed=True)
    )
    mine = rows.order_by().aggregate(rows=Count("pk"), cents=Sum("awarded_amount"))
    nameless = Q(recipient_siret="") & ~Q(recipient_rna__regex=RNA)
    untold = Q(nature="") | Q(conditions="") | Q(paid_from_on=None) | Q(share=None) | Q(eu_notified=None)
    earlier = PastGrant.objects.filter(nameless | untold)
    parts = [part_of(amount, share) for amount, share in earlier.values_list("amount", "share")]
    return mine["rows"] + len(parts), (mine["cents"] or 0) + sum(parts)
