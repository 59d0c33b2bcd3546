"""How many grants each choice of a filter would give, the others kept; one query, kept under the token of the index."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db.models import CharField, Count, Sum, Value
from django.db.models.functions import Cast, Coalesce

from fund.models import Call, Organisation
from registry.enums import Stage
from registry.index.refresh import fresh
from registry.models import PublishedCount, PublishedTheme
from registry.queries.grants import EVERYTHING, Filters
from registry.queries.published import matching

COLUMNS = {
    "call": "call__slug",
    "year": "year",
    "theme": "themes__code",
    "department": "department",
    "kind": "recipient_kind",
    "partner": "partner__siret",
    "band": "band",
    "stage": "stage",
}
"""Filters that are counted, and their column."""
KEPT = 256
MOST = 20_000
"""Rows counted in one pass here rather than filter by filter in the database."""
T = TypeVar("T")


class _Memory:
    """What was counted, under the token it was counted for: a token that changed is never asked again."""

    def __init__(self):
        self._kept: OrderedDict[tuple, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_memory = _Memory()
forget = _memory.clear


def remembered(name: str, filters: Filters, make: Callable[[], T]) -> T:
    """What `make` counts, made once for the index as it stands."""
    return _memory.get((fresh(), name, replace(filters, order="recent")), make)


@dataclass(frozen=True)
class Choice:
    """One value of a filter: how many grants it would give, and their cents."""

    value: str
    count: int
    cents: int


@dataclass(frozen=True)
class Summary:
    """How many grants match: `cents` awarded to the `projects`, the fund's own that are taken up; `earlier_cents` to earlier grants, whoever made them."""

    projects: int
    not_taken_up: int
    earlier: int
    cents: int
    earlier_cents: int
    departments: int

    @property
    def all(self) -> int:
        return self.projects + self.not_taken_up + self.earlier

    @property
    def all_cents(self) -> int:
        """Of every grant that is listed, but those not taken up."""
        return self.cents + self.earlier_cents


@dataclass(frozen=True)
class Facets:
    choices: dict[str, list[Choice]]
    summary: Summary
    partners: dict[str, str]
    """Names of administrations by SIRET."""


def facets(filters: Filters = EVERYTHING) -> Facets:
    """The choices of every filter, largest first, and the sum of what matches."""
    return remembered("facets", filters, lambda: _counted(filters))


def summary(filters: Filters = EVERYTHING) -> Summary:
    return facets(filters).summary


def _branch(name: str, column: str, filters: Filters):
    rows = matching(filters).values(column).annotate(rows=Count("pk"), sum=Sum("cents"))
    value = Coalesce(Cast(column, CharField()), Value(""))
    return rows.values_list(Value(name, CharField()), value, "rows", "sum")


def counts() -> list[PublishedCount]:
    """The counts of the whole, as the refresh keeps them; of calls and administrations by their keys."""
    return remembered("counts", EVERYTHING, lambda: list(PublishedCount.objects.order_by("facet", "value", "stage")))


def _whole() -> Facets:
    """The choices when nothing is filtered: nothing is counted, they are read."""
    rows, sums = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in counts():
        rows[one.facet, one.value] += one.rows
        sums[one.facet, one.value] += one.cents
    calls = dict(
        Call.objects.filter(pk__in=[value for facet, value in rows if facet == "call"]).values_list("pk", "slug")
    )
    bodies = Organisation.objects.filter(pk__in=[value for facet, value in rows if facet == "partner"])
    names = {
        "call": {str(pk): slug for pk, slug in calls.items()},
        "partner": {str(one.pk): one.siret for one in bodies},
    }
    found: dict[str, list[Choice]] = {name: [] for name in ("all", *COLUMNS)}
    for (facet, value), number in rows.items():
        if said := names[facet].get(value) if facet in names else value:
            found[facet].append(Choice(said, number, sums[facet, value]))
    found["all"] = found["stage"]
    return _facets(found, EVERYTHING, {one.siret: one.name for one in bodies})


def _counted(filters: Filters) -> Facets:
    if filters.is_empty:
        return _whole()
    chosen = [name for name in COLUMNS if getattr(filters, name)]
    found = _in_one_pass(filters, chosen) if filters.text or len(chosen) == 1 else None
    if found is None:
        found = _in_the_database(filters)
    elif not filters.text:  # without its only filter, its choices are those of the whole
        found[chosen[0]] = facets().choices[chosen[0]]
    sirets = [one.value for one in sorted(found["partner"], key=lambda one: -one.count)[:200]]
    names = dict(Organisation.objects.filter(siret__in=sirets).values_list("siret", "name")) if sirets else {}
    return _facets(found, filters, names)


def _in_the_database(filters: Filters) -> dict[str, list[Choice]]:
    """One grouped query a filter, in one statement."""
    branches = [
        _branch(name, column, replace(filters, **{name: ""}) if getattr(filters, name) else filters)
        for name, column in COLUMNS.items()
    ]
    first, *others = [_branch("all", "stage", filters), *branches]
    found: dict[str, list[Choice]] = {name: [] for name in ("all", *COLUMNS)}
    for name, value, number, cents in first.union(*others, all=True):
        if value:
            found[name].append(Choice(value, number, cents or 0))
    return found


def _in_one_pass(filters: Filters, chosen: list[str]) -> dict[str, list[Choice]] | None:
    """Rows that hold the words, or match the only filter, read once and counted here; None when they are too many for that."""
    base = matching(Filters(text=filters.text) if filters.text else filters)
    columns = [column for name, column in COLUMNS.items() if name != "theme"]
    rows = list(base.values_list("pk", "cents", *columns)[: MOST + 1])
    if len(rows) > MOST:
        return None
    themes: dict[int, list[str]] = {}
    for pk, code in PublishedTheme.objects.filter(row__in=base.values("pk")).values_list("row", "code"):
        themes.setdefault(pk, []).append(code)
    names = [name for name in COLUMNS if name != "theme"]
    found: dict[str, list[Choice]] = {}
    hits, nearly = _sorted_out(rows, themes, filters, chosen, names) if filters.text and chosen else (rows, {})
    for place, name in enumerate(names, start=2):
        told = hits + nearly.get(name, [])
        numbers, sums = Counter(row[place] for row in told), Counter[Any]()
        for row in told:
            sums[row[place]] += row[1]
        found[name] = [Choice(str(value), number, sums[value]) for value, number in numbers.items() if value]
    codes = Counter(code for row in hits + nearly.get("theme", []) for code in themes.get(row[0], ()))
    found["theme"] = [Choice(code, number, 0) for code, number in codes.items()]
    stages, cents = Counter(row[-1] for row in hits), Counter[str]()
    for row in hits:
        cents[row[-1]] += row[1]
    found["all"] = [Choice(stage, number, cents[stage]) for stage, number in stages.items()]
    return found


def _sorted_out(rows, themes, filters: Filters, chosen: list[str], names: list[str]) -> tuple[list, dict[str, list]]:
    """The rows that match every filter; and by filter those that match every other one: its choices count them too."""
    places = {name: place for place, name in enumerate(names, start=2)}
    wanted = {name: str(filters.year_number) if name == "year" else getattr(filters, name) for name in chosen}
    hits, nearly = [], {name: [] for name in chosen}
    for row in rows:
        missed = [
            name
            for name, value in wanted.items()
            if (value not in themes.get(row[0], ()) if name == "theme" else str(row[places[name]]) != value)
        ]
        if not missed:
            hits.append(row)
        elif len(missed) == 1:
            nearly[missed[0]].append(row)
    return hits, nearly


def _facets(found: dict[str, list[Choice]], filters: Filters, partners: dict[str, str]) -> Facets:
    for choices in found.values():
        choices.sort(key=lambda one: (-one.count, one.value))
    return Facets(found, _summed(found, filters), partners)


def _summed(found: dict[str, list[Choice]], filters: Filters) -> Summary:
    counts = {one.value: one.count for one in found["all"]}
    cents = {one.value: one.cents for one in found["all"] if one.value != Stage.NOT_TAKEN_UP}
    left, earlier = counts.pop(Stage.NOT_TAKEN_UP, 0), counts.pop(Stage.EARLIER, 0)
    before, projects = cents.pop(Stage.EARLIER, 0), sum(counts.values())
    departments = min(1, projects) if filters.department else len(found["department"])
    return Summary(projects, left, earlier, sum(cents.values()), before, departments)
