"""What one legal person received, from the published set alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from payments.queries.threshold import AGREEMENT_ABOVE
from registry.index.refresh import fresh
from registry.queries.grants import Filters, PublishedGrant
from registry.queries.published import grants_of, ordered

MOST = 1000
"""Grants of one organisation that are read at most."""


@dataclass(frozen=True)
class YearOf:
    """What one funder awarded to the organisation in a year; `cents` above the threshold of agreements or not."""

    year: int
    funder: str
    grants: int
    cents: int

    @property
    def is_above(self) -> bool:
        return self.cents > AGREEMENT_ABOVE


@dataclass(frozen=True)
class Received:
    siren: str
    name: str
    grants: list[PublishedGrant]

    @property
    def cents(self) -> int:
        return sum(grant.shared_amount for grant in self.grants)

    @property
    def years(self) -> list[YearOf]:
        numbers, cents = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
        for grant in self.grants:
            key = grant.awarded_on.year, grant.funder_name
            numbers[key] += 1
            cents[key] += grant.shared_amount
        keys = sorted(numbers, key=lambda key: (-key[0], key[1]))
        return [YearOf(*key, numbers[key], cents[key]) for key in keys]


def received_by(siren: str) -> Received | None:
    """The grants of an organisation, most recent first, under the name of the last; None when it received none. Grants not taken up name nobody.

    The index finds its number, the truth behind tells whether it is the recipient's.
    """
    if not (len(siren) == 9 and siren.isascii() and siren.isdigit()):
        return None
    fresh()
    rows = ordered(Filters(text=siren)).values_list("kind", "source_id", named=True)[:MOST]
    grants = [one for one in grants_of(list(rows)) if one.recipient_siret[:9] == siren and not one.is_bare]
    return Received(siren, grants[0].recipient_name, grants) if grants else None
