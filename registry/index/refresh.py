"""The one function that writes the index: what the database saw change is read again from the published set, before anybody reads the index."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, time
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from registry.index.words import indexed
from registry.models import (
    PastGrant,
    Pending,
    PublishedCount,
    PublishedRow,
    PublishedText,
    PublishedTheme,
    PublishedVersion,
)
from registry.queries.grants import PublishedGrant, band_of
from registry.queries.told import from_past, published_applications, tellable, told

CHUNK = 500
FEW, SOME = 200, 1000
"""Earlier grants that a reader brings into the index himself, and how many the worker does in one transaction: who reads a page waits behind no
import. What changed of the fund's own grants (a name taken back, an award annulled) is never left to the worker.
"""
_STATE = (
    "SELECT (SELECT token FROM registry_publishedversion), EXISTS (SELECT 1 FROM registry_pending WHERE kind = 'own'), "  # noqa: S608  a constant
    f"(SELECT count(*) FROM (SELECT 1 FROM registry_pending LIMIT {FEW + 1}) AS waiting)"
)


def batched(items: Iterable, size: int) -> Iterator[list]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


_steady: ContextVar[str] = ContextVar("registry.index.steady", default="")


@contextmanager
def steady() -> Iterator[str]:
    """One reading of the index for a whole page: brought up to date once, asked no more before the end."""
    token = fresh()
    before = _steady.set(token)
    try:
        yield token
    finally:
        _steady.reset(before)


def fresh(*, whole: bool = False) -> str:
    """Bring the index up to date, and give its token: the same token, the same index. One query when nothing changed. Of a large import, only the
    worker and whoever asks for the `whole` wait.
    """
    if token := _steady.get():
        return token
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        token, is_own, waiting = cursor.fetchone()
    if not token or 0 < waiting <= FEW:
        return _drained()
    if is_own:
        token = _drained(own=True)
    while whole and waiting:
        token = _drained(most=SOME)
        waiting = Pending.objects.exists()
    return token


def _drained(*, own: bool = False, most: int | None = None) -> str:
    """One process at a time: the others wait for its commit, then find nothing left. `own`: the fund's own grants alone; at `most` so many."""
    with transaction.atomic():
        PublishedVersion.objects.get_or_create(pk=1, defaults={"token": ""})
        version = PublishedVersion.objects.select_for_update().get(pk=1)
        if not version.token:
            _note_everything()
            most = None
        pending = Pending.objects.filter(kind="own") if own else Pending.objects.all()
        noted = list(pending.order_by("pk").values_list("pk", "kind", "source_id")[:most])
        changed, moved = not version.token, Moved()
        for kind, read in (("own", _own), ("past", _past)):
            sources = dict.fromkeys(source for _pk, one, source in noted if one == kind)
            for some in batched(sources, CHUNK):
                changed |= _write(kind, some, read(some), moved)
        for some in batched((pk for pk, *_rest in noted), CHUNK):
            Pending.objects.filter(pk__in=some).delete()
        moved.write()
        if changed:
            version.token = uuid.uuid4().hex
            version.save(update_fields=["token"])
        return version.token


def rebuild() -> int:
    """Read the whole published set again, whatever the index says; returns how many grants it holds."""
    with transaction.atomic():
        PublishedVersion.objects.all().delete()
        for model in (PublishedTheme, PublishedText, PublishedRow, PublishedCount, Pending):
            model.objects.all().delete()
        _drained()
    return PublishedRow.objects.count()


def _note_everything() -> None:
    keys = [("own", pk) for pk in published_applications().order_by("pk").values_list("pk", flat=True)]
    keys += [("past", pk) for pk in PastGrant.objects.order_by("pk").values_list("pk", flat=True)]
    Pending.objects.bulk_create((Pending(kind=kind, source_id=pk) for kind, pk in keys), batch_size=2000)


class Moved:
    """What a refresh adds to the counts and takes from them, by filter, value and stage."""

    def __init__(self):
        self._rows: Counter[tuple[str, str, str]] = Counter()
        self._cents: Counter[tuple[str, str, str]] = Counter()

    def add(self, row: PublishedRow, themes: Iterable[str], sign: int) -> None:
        values = {
            "call": row.call_id,
            "year": row.year,
            "department": row.department,
            "kind": row.recipient_kind,
            "partner": row.partner_id,
            "band": row.band,
            "stage": row.stage,
        }
        for facet, value in [*values.items(), *(("theme", code) for code in themes)]:
            if value:
                key = (facet, str(value), str(row.stage))
                self._rows[key] += sign
                self._cents[key] += sign * row.cents

    def write(self) -> None:
        """Under the lock of the refresh."""
        keys = [key for key in self._rows if self._rows[key] or self._cents[key]]
        facets = {facet for facet, *_rest in keys}
        there = {(one.facet, one.value, one.stage): one for one in PublishedCount.objects.filter(facet__in=facets)}
        touched = [
            there.get(key) or PublishedCount(facet=key[0], value=key[1], stage=key[2], rows=0, cents=0) for key in keys
        ]
        for one in touched:
            key = (one.facet, one.value, one.stage)
            one.rows, one.cents = one.rows + self._rows[key], one.cents + self._cents[key]
        PublishedCount.objects.bulk_create([one for one in touched if one.pk is None])
        PublishedCount.objects.bulk_update(
            [one for one in touched if one.pk is not None and one.rows], ["rows", "cents"], batch_size=CHUNK
        )
        empty = [one.pk for one in touched if one.pk is not None and not one.rows]
        PublishedCount.objects.filter(pk__in=empty).delete()


def _own(pks: Iterable[int]) -> dict[int, PublishedGrant]:
    grants = told(list(tellable().filter(pk__in=pks)))
    return {grant.source.pk: grant for grant in grants}


def _past(pks: Iterable[int]) -> dict[int, PublishedGrant]:
    return {pk: from_past(row) for pk, row in PastGrant.objects.in_bulk(list(pks)).items()}


def _moment(grant: PublishedGrant) -> datetime:
    if grant.awarded_at is not None:
        return grant.awarded_at
    return timezone.make_aware(datetime.combine(grant.awarded_on, time.min), timezone.get_default_timezone())


def _entry(kind: str, source: int, grant: PublishedGrant) -> tuple[PublishedRow, PublishedText, list[str]]:
    row = PublishedRow(
        kind=kind,
        source_id=source,
        reference=grant.public_id,
        moment=_moment(grant),
        modified=max(grant.modified_at, _moment(grant)),
        cents=grant.shared_amount,
        stage=grant.stage,
        call_id=None if grant.is_past else grant.source.call_id,
        year=grant.awarded_on.year,
        department=grant.department,
        recipient_kind=grant.recipient_kind or "",
        partner_id=grant.partner_id,
        band=band_of(grant.shared_amount),
    )
    card = {
        name: getattr(grant, name)
        for name in (
            "reference", "title", "scheme", "recipient_name", "partner_name", "department_name", "funder_name",
            "decision_reference",
        )
    }  # fmt: skip
    said = [grant.public_id, grant.reference]
    if not grant.is_bare:
        said += [
            grant.title, grant.purpose, grant.recipient_name, grant.recipient_siret, grant.recipient_rna, grant.partner_name,
            grant.commune, grant.department_name, grant.decision_reference, *grant.team,
        ]  # fmt: skip
    if grant.is_past:
        said += [grant.scheme, grant.funder_name]
    return row, PublishedText(words=" ".join(indexed(said)), card=card), sorted(set(grant.themes))


def _facts(row: PublishedRow, text: PublishedText, themes: list[str]) -> tuple:
    """What a search or a count could tell apart: not when it last changed, which each payment moves."""
    fields = [field.attname for field in PublishedRow._meta.concrete_fields if field.attname not in ("id", "modified")]
    return (*(getattr(row, name) for name in fields), text.words, text.card, themes)


def _write(kind: str, sources: Iterable[int], grants: dict[int, PublishedGrant], moved: Moved) -> bool:
    """Put these rows as the published set tells them; those it does not tell go. Whether anything that counts and searches read has changed: what only
    moved in time is dated again where it stands.
    """
    there = PublishedRow.objects.filter(kind=kind, source_id__in=sources).select_related("text")
    known = {
        row.source_id: (row, _facts(row, row.text, sorted(theme.code for theme in row.themes.all())))
        for row in there.prefetch_related("themes")
    }
    wanted = {source: _entry(kind, source, grant) for source, grant in grants.items()}
    new = [entry for source, entry in wanted.items() if source not in known or known[source][1] != _facts(*entry)]
    kept = {source for source, entry in wanted.items() if source in known and known[source][1] == _facts(*entry)}
    gone, dated = [], []
    for source, (row, facts) in known.items():
        if source not in kept:
            gone.append(row.pk)
            moved.add(row, facts[-1], -1)
        elif row.modified != (at := wanted[source][0].modified):
            row.modified = at
            dated.append(row)
    PublishedRow.objects.bulk_update(dated, ["modified"], batch_size=CHUNK)
    for model, key in ((PublishedTheme, "row__in"), (PublishedText, "row__in"), (PublishedRow, "pk__in")):
        model.objects.filter(**{key: gone}).delete()  # type: ignore[attr-defined]
    PublishedRow.objects.bulk_create([row for row, _text, _themes in new])
    for row, text, themes in new:
        text.row = row
        moved.add(row, themes, 1)
    PublishedText.objects.bulk_create([text for _row, text, _themes in new])
    PublishedTheme.objects.bulk_create(
        [PublishedTheme(row=row, code=code) for row, _text, themes in new for code in themes]
    )
    return bool(new or gone)


__all__ = ["fresh", "rebuild", "steady"]
