"""What one organisation was awarded by the fund over twelve months and in a year: above EUR 23,000 an agreement is compulsory.

Loi 2000-321 art. 10 and décret 2001-495 art. 1 count the annual amount. The fund asks an agreement for every grant (rulebook, art. 20); here is told when the
law does, and because of which other grants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from applications.periods import add_months
from reviews.models import Decision

AGREEMENT_ABOVE = 23_000_00
"""Cents."""
WINDOW = 12
Award = tuple[date, int, str]
"""Its day, its cents, its name."""
_earlier: list[Callable[[str, date, date], list[Award]]] = []


def register_earlier(awards_of: Callable[[str, date, date], list[Award]]) -> None:
    """A higher app's grants of an organisation (SIREN) between two days: those the fund made before this software."""
    if awards_of not in _earlier:
        _earlier.append(awards_of)


@dataclass(frozen=True)
class Cumulated:
    """`months_cents`: the most that twelve months with this award hold; `year_cents`: its calendar year; `others`: names of the other awards counted."""

    year: int
    months_cents: int
    year_cents: int
    others: list[str]

    @property
    def is_above(self) -> bool:
        return max(self.months_cents, self.year_cents) > AGREEMENT_ABOVE


def cumulated(agreement) -> Cumulated | None:
    """What counts together with this agreement; None when a person receives it. Two queries."""
    application = agreement.application
    body = application.bearer_organisation or (application.organisation if not application.bearer_person_id else None)
    if body is None or agreement.decision.notified_at is None:
        return None
    day = timezone.localdate(agreement.decision.notified_at)
    first, last = (
        min(add_months(day, -WINDOW), date(day.year, 1, 1)),
        max(add_months(day, WINDOW), date(day.year, 12, 31)),
    )
    siren = body.siret[:9]
    others = _awards(body.pk, siren, agreement.application_id, first, last)
    for awards_of in _earlier if siren else ():
        others += awards_of(siren, first, last)
    awards = [(day, agreement.amount, agreement.reference), *others]
    end = max(
        (one for one, *_rest in awards if day <= one < add_months(day, WINDOW)),
        key=lambda one: sum(cents for other, cents, _name in awards if _together(other, one)),
    )
    year = [award for award in awards if award[0].year == day.year]
    months = [award for award in awards if _together(award[0], end)]
    names = {name for _day, _cents, name in (*year, *months)} - {agreement.reference}
    return Cumulated(
        day.year, sum(cents for _d, cents, _n in months), sum(cents for _d, cents, _n in year), sorted(names)
    )


def _together(one: date, end: date) -> bool:
    return add_months(end, -WINDOW) < one <= end


def _awards(body: int, siren: str, besides: int, first: date, last: date) -> list[Award]:
    """The other awards of this organisation, whatever its establishment; what was given up or lapsed is none."""
    same = Q(application__bearer_organisation=body)
    same |= Q(application__bearer_organisation=None, application__bearer_person=None, application__organisation=body)
    if siren:
        same |= Q(application__bearer_organisation__siret__startswith=siren)
    rows = Decision.objects.filter(same, state="notified", outcome="selected", amount__isnull=False)
    rows = rows.filter(notified_at__date__gte=first, notified_at__date__lte=last).exclude(application=besides)
    rows = rows.exclude(application__agreement__state__in=("declined", "lapsed")).order_by("notified_at", "pk")
    return [
        (timezone.localdate(at), agreed or awarded, reference)
        for at, awarded, agreed, reference in rows.values_list(
            "notified_at", "amount", "application__agreement__amount", "application__reference"
        )
    ]
