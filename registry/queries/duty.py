"""The duty to publish the essential data of grants (loi 2000-321 art. 10; décret 2017-779): which grants it concerns, until when, what is missing.

It concerns each grant of a legal person whose grants from the fund pass the threshold together within twelve months, three months after the signature
that passes it. What is published is what the registry tells and SCDL can express: the same test as the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.periods import add_months
from applications.queries import with_interest
from fund.models import FundIdentity
from payments.models import Agreement
from payments.queries.threshold import AGREEMENT_ABOVE
from registry.enums import PageState
from registry.models import PastGrant, part_of
from registry.queries.figures import RNA
from reviews.models import Decision

MONTHS, WINDOW, SOON = 3, 12, timedelta(days=30)
UNPUBLISHED = _("its page is unpublished")
NUMBERLESS = _("its recipient has no SIRET, nor an RNA number that the standard accepts")
FALLEN = _("its award no longer stands: it left the published set")


@dataclass(frozen=True)
class Duty:
    """One grant to publish. `total`: cents signed with this organisation over the twelve months that pass the threshold; `missing`: why it is not
    published, empty when it is.
    """

    reference: str
    title: str
    organisation: str
    signed_on: date
    cents: int
    total: int
    due_on: date
    missing: object = ""

    def stands(self, today: date) -> str:
        """`published`, `late`, `soon` or `coming`."""
        if not self.missing:
            return "published"
        if self.due_on < today:
            return "late"
        return "soon" if self.due_on - today <= SOON else "coming"


_NAMES = {
    "agreement": "pk",
    "body": "application__bearer_organisation_id",
    "organisation": "application__bearer_organisation__name",
    "siret": "application__bearer_organisation__siret",
    "rna": "application__bearer_organisation__rna",
    "reference": "reference",
    "title": "application__title",
    "signed_at": "signed_at",
    "paper_signed_on": "paper_signed_on",
    "cents": "amount",
    "page": "application__public_page__state",
    "stands": "stands",
}


def _signed():
    """Agreements both sides signed, of legal persons; `stands`: its award is public."""
    public = Decision.objects.public().filter(application=OuterRef("application"))
    rows = Agreement.objects.filter(signed_at__isnull=False, application__bearer_organisation__isnull=False)
    return rows.annotate(stands=Exists(public), siren=Substr("application__bearer_organisation__siret", 1, 9))


def _read(rows) -> list[dict]:
    found = rows.order_by("signed_at", "pk").values_list(*_NAMES.values())
    return [dict(zip(_NAMES, row, strict=True)) for row in found]


def _key(row: Mapping) -> str:
    """One organisation, whatever its establishment."""
    return row["siret"][:9] or f"#{row['body']}"


def _missing(row: Mapping):
    if row["page"] == PageState.UNPUBLISHED:
        return UNPUBLISHED
    if not row["stands"]:
        return FALLEN
    return "" if row["siret"] or re.match(RNA, row["rna"] or "") else NUMBERLESS


def _crossing(own: list[tuple[date, int]], signed_on: date) -> tuple[date, int] | None:
    """The first signature from this one on at which twelve months of them pass the threshold, this one included; and their sum."""
    for day, _cents in own:
        if signed_on <= day < add_months(signed_on, WINDOW):
            total = sum(cents for other, cents in own if add_months(day, -WINDOW) < other <= day)
            if total > AGREEMENT_ABOVE:
                return day, total
    return None


def _duties(rows: Iterable[dict]) -> list[Duty]:
    """Of all the agreements of some organisations. Two queries."""
    rows = list(rows)
    own: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for row in rows:
        row["signed_on"] = row["paper_signed_on"] or timezone.localdate(row["signed_at"])
        own[_key(row)].append((row["signed_on"], row["cents"]))
    siret = FundIdentity.current().siret
    earlier = PastGrant.objects.filter(funder_siret=siret).annotate(siren=Substr("recipient_siret", 1, 9))
    sirens = [key for key in own if not key.startswith("#")]
    for siren, day, amount, share in earlier.filter(siren__in=sirens).values_list(
        "siren", "agreed_on", "amount", "share"
    ):
        own[siren].append((day, part_of(amount, share)))
    found = []
    for dates in own.values():
        dates.sort()
    for row in rows:
        if passed := _crossing(own[_key(row)], row["signed_on"]):
            told = {name: row[name] for name in ("reference", "title", "organisation", "signed_on", "cents")}
            due_on = add_months(passed[0], MONTHS)
            found.append(Duty(**told, total=passed[1], due_on=due_on, missing=_missing(row)))
    return found


def years() -> list[int]:
    """Years in which agreements were signed, latest first."""
    return [day.year for day in Agreement.objects.filter(signed_at__isnull=False).dates("signed_at", "year", "DESC")]


def duties(user, year: int, today: date) -> list[Duty]:
    """Grants signed in a year that the duty concerns, those to publish first; not those with which this person has a link."""
    near = _signed().filter(signed_at__year__range=(year - 1, year + 1))
    closed = set(with_interest(user).filter(agreement__signed_at__year=year).values_list("reference", flat=True))
    found = [one for one in _duties(_read(near)) if one.signed_on.year == year and one.reference not in closed]
    return sorted(found, key=lambda one: (not one.missing, one.due_on, one.reference))


def to_publish(user, today: date) -> list[Duty]:
    """What is late, or due within thirty days, first due first. Only organisations with something missing are read: there are few."""
    hidden = Q(application__public_page__state=PageState.UNPUBLISHED)
    nameless = Q(application__bearer_organisation__siret="") & ~Q(application__bearer_organisation__rna__regex=RNA)
    lacking = _signed().filter(hidden | nameless | Q(stands=False))
    bodies = list(lacking.values_list("application__bearer_organisation", "siren").distinct())
    if not bodies:
        return []
    same = Q(siren__in={siren for _body, siren in bodies if siren})
    rows = _signed().filter(same | Q(application__bearer_organisation__in=[body for body, _siren in bodies]))
    late = [one for one in _duties(_read(rows)) if one.stands(today) in ("late", "soon")]
    closed = set(
        with_interest(user).filter(reference__in=[one.reference for one in late]).values_list("reference", flat=True)
    )
    return sorted((one for one in late if one.reference not in closed), key=lambda one: (one.due_on, one.reference))


__all__ = ["Duty", "duties", "to_publish", "years"]
