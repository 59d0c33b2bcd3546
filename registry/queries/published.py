"""The published set as it is searched, filtered, ordered and paged: keys from the index, grants from the truth behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from registry.index.refresh import fresh
from registry.index.words import asked, for_postgresql, for_sqlite
from registry.models import HistoryCorrection, PastGrant, PublishedRow, PublishedText, PublishedTheme
from registry.queries.grants import EVERYTHING, Filters, ListedGrant, PublishedGrant
from registry.queries.told import from_past, tellable, told

CHUNK = 500
ORDERS = {
    "recent": ("moment", True),
    "amount": ("cents", True),
    "oldest": ("moment", False),
    "changed": ("modified", True),
}
"""Column, and whether the greatest come first; the reference tells equals apart, the same way round."""
Key = tuple[datetime | int, str]
"""Where a row stands in an order: the value of its column, and its reference."""


def matching(filters: Filters) -> QuerySet[PublishedRow]:
    """Rows of the index that match, in no order. The caller has brought the index up to date (`fresh`)."""
    rows = PublishedRow.objects.order_by()
    if filters.text:
        words = asked(filters.text)
        if not words:
            return rows.none()
        rows = rows.filter(pk__in=_holding(words))
    if filters.theme:
        rows = rows.filter(pk__in=PublishedTheme.objects.filter(code=filters.theme).values("row"))
    if filters.year:
        rows = rows.filter(year=filters.year_number) if filters.year_number else rows.none()
    equals = {
        "call__slug": filters.call,
        "department": filters.department,
        "recipient_kind": filters.kind,
        "partner__siret": filters.partner,
        "band": filters.band,
        "stage": filters.stage,
    }
    return rows.filter(**{name: value for name, value in equals.items() if value})


def _holding(words):
    """Rows whose text holds every word asked: by GIN on PostgreSQL, by FTS5 on SQLite, over the same signs."""
    if connection.vendor == "postgresql":
        found = RawSQL(
            "array_to_tsvector(string_to_array(words, ' ')) @@ %s::tsquery",
            [for_postgresql(words)],
            output_field=BooleanField(),
        )
        return PublishedText.objects.filter(found).values("row")
    return RawSQL("SELECT rowid FROM registry_words WHERE registry_words MATCH %s", [for_sqlite(words)])  # noqa: S611  no text of ours is put in it


def _order(filters: Filters) -> tuple[str, bool]:
    return ORDERS.get(filters.order, ORDERS["recent"])


def ordered(filters: Filters, *, backwards: bool = False) -> QuerySet[PublishedRow]:
    return _in_order(matching(filters), filters, backwards)


def _in_order(rows: QuerySet[PublishedRow], filters: Filters, backwards: bool = False) -> QuerySet[PublishedRow]:
    column, descends = _order(filters)
    sign = "-" if descends != backwards else ""
    return rows.order_by(f"{sign}{column}", f"{sign}reference")


def beyond(filters: Filters, key: Key | None, *, backwards: bool = False) -> QuerySet[PublishedRow]:
    """The rows that follow a key in the order asked (that come before it, nearest first, when `backwards`): the same cost at any depth."""
    rows = ordered(filters, backwards=backwards)
    if key is None:
        return rows
    column, descends = _order(filters)
    side = "lt" if descends != backwards else "gt"
    value, reference = key
    strictly = Q(**{f"{column}__{side}": value}) | Q(**{f"reference__{side}": reference})
    return rows.filter(strictly, **{f"{column}__{side}e": value})


def key_of(row: PublishedRow, filters: Filters) -> Key:
    return getattr(row, _order(filters)[0]), row.reference


_PAST = [field.name for field in PastGrant._meta.concrete_fields if field.name not in ("imported_by", "identity")]


def grants_of(rows) -> list[PublishedGrant]:
    """What is told of these rows (they have `kind` and `source_id`), in their order."""
    own = [row.source_id for row in rows if row.kind == "own"]
    past = [row.source_id for row in rows if row.kind == "past"]
    found = {("own", grant.source.pk): grant for grant in told(list(tellable().filter(pk__in=own)))} if own else {}
    if past:
        kept = PastGrant.objects.filter(pk__in=past).values_list(
            *_PAST, named=True
        )  # models would cost more than the rest
        found |= {("past", row.id): from_past(row) for row in kept}
    return [found[row.kind, row.source_id] for row in rows if (row.kind, row.source_id) in found]


def _listed(row: PublishedRow) -> ListedGrant:
    return ListedGrant(
        **row.text.card,
        public_id=row.reference,
        stage=row.stage,
        awarded_on=timezone.localdate(row.moment),
        shared_amount=row.cents,
    )


class GrantList:
    """The published set as a list that is counted and sliced, for pages. `lines`: what a list shows, from the index alone, instead of whole grants."""

    def __init__(self, filters: Filters = EVERYTHING, *, lines: bool = False, total: int | None = None):
        self.filters, self.lines, self.total = filters, lines, total
        fresh()

    def count(self) -> int:
        if self.total is None:
            self.total = matching(self.filters).count()
        return self.total

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list:
        keys = ordered(self.filters).values("pk")[part]  # what is skipped, or sorted and left, is not read whole
        rows = _in_order(PublishedRow.objects.filter(pk__in=keys), self.filters)
        if self.lines:
            return [_listed(row) for row in rows.select_related("text")]
        return grants_of(list(rows))


def published(filters: Filters = EVERYTHING) -> Iterator[PublishedGrant]:
    """Every published grant in the order asked, in flat memory."""
    fresh()
    key: Key | None = None
    column = _order(filters)[0]
    while rows := list(beyond(filters, key).values_list("kind", "source_id", column, "reference", named=True)[:CHUNK]):
        yield from grants_of(rows)
        key = rows[-1][2:]


def count(filters: Filters = EVERYTHING) -> int:
    return GrantList(filters).count()


def earlier_grant(public_id: str) -> PublishedGrant | None:
    """One earlier grant by its public id, from the truth."""
    if len(public_id) != 16 or not set(public_id) <= set("0123456789abcdef"):
        return None
    row = PastGrant.objects.select_related("brought_by").filter(row_key__range=(public_id, f"{public_id}g")).first()
    return from_past(row) if row else None


def corrections_of(row: PastGrant) -> list[tuple[HistoryCorrection, list[str]]]:
    """What later files changed of an earlier grant and still stands, latest first: each with the names of the fields."""
    changes = HistoryCorrection.objects.filter(grant=row, file__undone_at=None).select_related("file").order_by("-pk")
    return [(one, sorted(name for name in one.after if one.before.get(name) != one.after[name])) for one in changes]


def get(reference: str, fund=None) -> PublishedGrant | None:
    """One grant of the fund, from the truth: the index is not asked."""
    grants = told(list(tellable().filter(reference=reference)), fund)
    return grants[0] if grants else None
