"""One published grant as everybody may know it, and what a reader may ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from registry.enums import BARE, PageState, Stage
from registry.models import part_of

NAMES = {
    "text": "q",
    "call": "appel",
    "department": "departement",
    "theme": "theme",
    "kind": "beneficiaire",
    "partner": "partenaire",
    "band": "montant",
    "stage": "etat",
    "year": "annee",
    "order": "tri",
}
"""Filters and their names in addresses."""
BANDS = {
    "0-5000": (0, 5000),
    "5000-10000": (5000, 10_000),
    "10000-20000": (10_000, 20_000),
    "20000-30000": (20_000, 30_000),
    "30000-": (30_000, None),
}
"""Bands of awarded amounts, in euros: from the first, and below the second."""


def band_of(cents: int) -> str:
    return next(name for name, (_from, below) in BANDS.items() if below is None or cents < below * 100)


def path_of(public_id: str, *, is_past: bool) -> str:
    """The page of a grant."""
    return f"/projets/anterieurs/{public_id}/" if is_past else f"/projets/{public_id}/"


@dataclass
class PublishedGrant:
    """What the public may know of one grant. Amounts in cents; `shared_amount` is this beneficiary's part of `amount`."""

    reference: str
    public_id: str
    url: str
    stage: str
    awarded_on: date
    modified_at: datetime
    """The last public act on it: decision, agreement, entry of the ledger, report accepted, name shown or taken off, page changed."""
    amount: int
    funder_name: str
    funder_siret: str
    awarded_at: datetime | None = None
    title: str = ""
    purpose: str = ""
    scheme: str = ""
    call_slug: str = ""
    recipient_name: str = ""
    recipient_kind: str | None = ""
    is_person: bool = False
    person_id: str = ""
    team: list[str] = field(default_factory=list)
    """People of the project who agreed to be named."""
    recipient_siret: str = ""
    recipient_rna: str = ""
    partner_name: str = ""
    partner_id: int | None = None
    commune: str = ""
    """Of the project of a legal person: searched, and empty for persons."""
    department: str = ""
    department_name: str = ""
    region: str = ""
    themes: list[str] = field(default_factory=list)
    requested_amount: int | None = None
    agreed_amount: int | None = None
    paid_amount: int | None = None
    share: Decimal | None = Decimal(1)
    score: str = ""
    decision_reference: str = ""
    agreed_on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    paid_from_on: date | None = None
    paid_until_on: date | None = None
    nature: str = "aide en numéraire"
    conditions: str = ""
    rae: str = ""
    eu_notified: bool | None = False
    licence: str = ""
    repository_url: str = ""
    demo_url: str = ""
    page: Any = None
    """What two people changed of its page (`registry.models.PublicPage`), if anything."""
    is_past: bool = False
    source: Any = None
    decision: Any = None
    """The decision that stands, and the agreement once it is signed: for pages that tell more of them."""
    agreement: Any = None
    judged: Any = None
    """The grid and its ballots (`queries.ballots.Judged`), when they were asked for."""

    @property
    def path(self) -> str:
        return path_of(self.public_id, is_past=self.is_past)

    @property
    def shared_amount(self) -> int:
        return part_of(self.amount, self.share)

    @property
    def is_bare(self) -> bool:
        """Told by its reference, amount and entries alone."""
        return self.stage in BARE

    @property
    def unpublished_on(self) -> date | None:
        hidden = self.page is not None and self.page.state == PageState.UNPUBLISHED
        return timezone.localdate(self.page.changed_at) if hidden else None

    @property
    def stage_label(self):
        return Stage(self.stage).label


@dataclass(frozen=True)
class ListedGrant:
    """One line of a list, read from the index alone. `shared_amount` in cents."""

    public_id: str
    reference: str
    title: str
    scheme: str
    recipient_name: str
    partner_name: str
    department_name: str
    funder_name: str
    decision_reference: str
    stage: str
    awarded_on: date
    shared_amount: int

    @property
    def is_past(self) -> bool:
        return self.stage == Stage.EARLIER

    @property
    def path(self) -> str:
        return path_of(self.public_id, is_past=self.is_past)

    @property
    def is_bare(self) -> bool:
        return self.stage in BARE

    @property
    def stage_label(self):
        return Stage(self.stage).label


@dataclass(frozen=True)
class Filters:
    """What a reader asked for; empty means everything. Unknown values match nothing."""

    text: str = ""
    call: str = ""
    department: str = ""
    theme: str = ""
    kind: str = ""
    partner: str = ""
    band: str = ""
    stage: str = ""
    year: str = ""
    order: str = "recent"

    @classmethod
    def read(cls, query) -> Filters:
        """From the query of an address, whatever was typed in it."""
        given = {name: query.get(word, "").replace("\x00", "").strip()[:100] for name, word in NAMES.items()}
        return cls(**given | {"order": given["order"] or "recent"})

    def as_query(self) -> dict[str, str]:
        """The shortest address query that says the same."""
        values = {word: getattr(self, name) for name, word in NAMES.items()}
        return {word: value for word, value in values.items() if value and not (word == "tri" and value == "recent")}

    def search(self, **changes: str) -> str:
        """`?departement=58`: the query of an address, with some filters changed (by their names in addresses; empty takes one away)."""
        query = {word: value for word, value in (self.as_query() | changes).items() if value}
        return f"?{urlencode(query)}" if query else ""

    @property
    def is_empty(self) -> bool:
        return not set(self.as_query()) - {"tri"}

    @property
    def year_number(self) -> int | None:
        """The year asked for, or None when it cannot be one."""
        return int(self.year) if self.year.isascii() and self.year.isdigit() and 1900 <= int(self.year) < 2200 else None


EVERYTHING = Filters()
