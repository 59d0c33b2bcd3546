"""Figures of the published set, one definition each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum
from django.db.models.functions import ExtractYear
from django.utils import timezone

from applications.models import NameConsent
from fund.models import Seal
from payments.models import Agreement
from registry.models import PastGrant, part_of
from registry.queries.grants import EVERYTHING, Filters
from registry.queries.published import own, past, published_applications

RNA = r"^W\d{9}$"
"""The RNA numbers that SCDL accepts: those with letters are refused by its schema."""


def modified_at() -> datetime:
    """The instant the published set last changed, from public facts alone.

    An award notified, an agreement signed, an entry made public, an import, a name shown or taken off.
    """
    instants = [
        published_applications().order_by().aggregate(at=Max("awarded_at"))["at"],
        Agreement.objects.filter(signed_at__isnull=False).aggregate(at=Max("signed_at"))["at"],
        Seal.objects.order_by("-seq").values_list("entry__at", flat=True).first(),
        PastGrant.objects.aggregate(at=Max("imported_at"))["at"],
        *_consents().values(),
    ]
    return max(
        (instant for instant in instants if instant),
        default=datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone()),
    )


def _consents() -> dict:
    """The last name shown and the last one taken off, of projects told: of the others nothing is known, not even when."""
    told = published_applications().filter(state="selected").order_by().values("pk")
    return NameConsent.objects.filter(application__in=told).aggregate(given=Max("given_at"), ended=Max("withdrawn_at"))


@dataclass(frozen=True)
class Summary:
    """How many grants match, and the cents awarded to those taken up, earlier grants included."""

    projects: int
    not_taken_up: int
    earlier: int
    cents: int
    departments: int

    @property
    def all(self) -> int:
        return self.projects + self.not_taken_up + self.earlier


def summary(filters: Filters = EVERYTHING) -> Summary:
    taken = Q(state="selected")
    mine = own(filters).aggregate(
        projects=Count("pk", filter=taken),
        left=Count("pk", filter=~taken),
        cents=Sum("awarded_amount", filter=taken),
        departments=Count("department", filter=taken & ~Q(department=""), distinct=True),
    )
    rows = past(filters)
    whole = rows.aggregate(rows=Count("pk"), cents=Sum("amount", filter=Q(share=1)))
    # A share of a grant is rounded to the cent row by row, as the row shows it.
    parts = sum(part_of(amount, share) for amount, share in rows.exclude(share=1).values_list("amount", "share"))
    cents = (mine["cents"] or 0) + (whole["cents"] or 0) + parts
    return Summary(mine["projects"], mine["left"], whole["rows"], cents, mine["departments"])


def _groups(rows, *names: str, **computed) -> list[dict]:
    found = rows.filter(state="selected").order_by().values(*names, **computed)
    return list(found.annotate(projects=Count("pk"), cents=Sum("awarded_amount")).order_by("-cents", *names, *computed))


def by_department(filters: Filters = EVERYTHING) -> list[dict]:
    """Number and awarded cents of taken-up grants per department code."""
    return _groups(own(filters), "department")


def by_call(filters: Filters = EVERYTHING) -> list[dict]:
    return _groups(own(filters), "call__slug", "call__title")


def by_kind() -> list[dict]:
    return _groups(own(EVERYTHING), "applicant_kind")


def by_year() -> list[dict]:
    return sorted(_groups(own(EVERYTHING), year=ExtractYear("awarded_at")), key=lambda row: row["year"])


def years() -> list[int]:
    """Years one can ask for, latest first: of awards and of earlier grants."""
    found = set(published_applications().order_by().values_list(ExtractYear("awarded_at"), flat=True).distinct())
    found |= set(PastGrant.objects.order_by().values_list("agreed_on__year", flat=True).distinct())
    return sorted(found, reverse=True)


def unsayable_in_scdl() -> tuple[int, int]:
    """How many taken-up grants SCDL cannot express, and their cents: told beside the file so that totals reconcile (two queries)."""
    signed = Agreement.objects.filter(application=OuterRef("pk"), signed_at__isnull=False)
    named = Q(bearer_organisation__isnull=False) & (
        ~Q(bearer_organisation__siret="") | Q(bearer_organisation__rna__regex=RNA)
    )
    rows = own(EVERYTHING).filter(state="selected").annotate(is_signed=Exists(signed)).exclude(named, is_signed=True)
    mine = rows.order_by().aggregate(rows=Count("pk"), cents=Sum("awarded_amount"))
    nameless = Q(recipient_siret="") & ~Q(recipient_rna__regex=RNA)
    untold = Q(nature="") | Q(conditions="") | Q(paid_from_on=None) | Q(share=None) | Q(eu_notified=None)
    earlier = PastGrant.objects.filter(nameless | untold)
    parts = [part_of(amount, share) for amount, share in earlier.values_list("amount", "share")]
    return mine["rows"] + len(parts), (mine["cents"] or 0) + sum(parts)
