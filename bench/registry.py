"""The public registry at growing sizes: pages, search, filters, deep pages, API, exports; CPU against a bare table and against the smallest fund.

Each page is measured twice: `counted`, when the index has just changed and every choice of every filter is counted again, and `kept`, as it is served
from then on. Rows a second and memory of the exports stand against the rows of the database written as they are.
"""

from __future__ import annotations

import csv
import gc
import io
import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from stdnum import luhn

from bench.measure import Report, cpu
from bench.pages import bare_table, visit
from core.models import User
from desks.demo import scale
from registry import queries
from registry.index.refresh import fresh
from registry.models import PastGrant, PublishedRow
from registry.paging import cursor_after
from registry.queries.earlier import identity_of, key_of
from registry.queries.facets import forget
from registry.queries.published import ordered

OWN = 2_000
"""Grants of the fund made by `seed_scale` at most; the others are earlier ones, which are made faster and cost the index the same."""
RARE, COMMON = "zinzolin", "médiathèque"
WORDS = "atelier quartier numérique écoute jeunesse transition budget accès droits école jardin énergie mobilité santé culture".split()


def fill(size: int) -> float:
    """Grow the fund to `size` published grants; seconds that the index took to follow."""
    fresh()
    own = min(OWN, size // 2) - PublishedRow.objects.filter(kind="own").count()
    if own > 0:
        scale.write(applications=0, grants=own, members=0, at=timezone.now())
    missing, first = size - PublishedRow.objects.count(), PastGrant.objects.count()
    PastGrant.objects.bulk_create((_grant(first + number) for number in range(missing)), batch_size=2_000)
    started = time.monotonic()
    fresh(whole=True)
    return time.monotonic() - started


def _grant(number: int) -> PastGrant:
    """The first thirty hold the rare word, one in ten the common one."""
    said = [WORDS[number * step % len(WORDS)] for step in (1, 3, 7)]
    said += [RARE] * (number < 30) + [COMMON] * (number % 10 == 0)
    grant = PastGrant(
        funder_name="Fonds antérieur",
        funder_siret="13002526500013",
        agreed_on=timezone.localdate() - timedelta(days=400 + number % 3_000),
        decision_reference=f"A-{number}",
        recipient_name=f"Association {number}",
        recipient_siret=_siret(number),
        purpose=f"Projet {number} : {' '.join(said)}",
        amount=100_000 + number % 2_900_000,
        nature="aide en numéraire",
        conditions="échelonné" if number % 3 else "unique",
        paid_from_on=timezone.localdate() - timedelta(days=400 + number % 3_000),
        share=Decimal(1),
        eu_notified=False if number % 10 else None,  # one in ten did not say: SCDL has no place for it
        imported_at=timezone.now(),
        imported_by=User.objects.system(),
    )
    grant.identity = identity_of(grant)
    grant.row_key = key_of(grant.identity, 0)
    return grant


def _siret(number: int) -> str:
    """Fictional, with both check digits right."""
    siren = f"{number:08d}"
    siren += luhn.calc_check_digit(siren)
    return f"{siren}0001{luhn.calc_check_digit(f'{siren}0001')}"


def _pages(size: int) -> dict[str, str]:
    department = next((one.value for one in queries.facets().choices["department"]), "75")
    reference = PublishedRow.objects.filter(kind="own").latest("moment").reference
    middle = ordered(queries.EVERYTHING)[size // 2]
    cursor = urlencode({"cursor": cursor_after(middle, queries.EVERYTHING)})
    year = queries.facets().choices["year"][0].value
    several = {"q": COMMON, "etat": "earlier", "annee": year, "montant": "5000-10000"}
    return {
        "home": "/",
        "registry": "/projets/",
        "registry, middle page": f"/projets/?page={size // 48}",
        "search, a rare word": f"/projets/?{urlencode({'q': RARE})}",
        "search, a word in ten": f"/projets/?{urlencode({'q': COMMON})}",
        "one filter": f"/projets/?departement={department}",
        "several filters and a word": f"/projets/?{urlencode(several)}",
        "statistics": "/statistiques/",
        "a project": f"/projets/{reference}/",
        "API, first page": "/api/v1/projects/",
        "API, middle page": f"/api/v1/projects/?{cursor}",
    }


def _measure(report: Report, size: int, limit: float, before: dict[str, float]) -> dict[str, float]:
    spent: dict[str, float] = {}
    client = Client(SERVER_NAME="127.0.0.1")
    for name, path in _pages(size).items():

        def kept(path=path):
            cache.clear()
            return visit(client, path)

        def counted(path=path):
            forget()
            return kept(path)

        counted()
        with CaptureQueriesContext(connection) as asked:
            body = counted()
        own = [query["sql"] for query in asked.captured_queries if "core_cache" not in query["sql"]]
        most = max(Counter(own).values(), default=0)
        for how, act in (("counted", counted), ("kept", kept)):
            key = f"{name} ({how})"
            spent[key] = cpu(act, 5)
            growth = f", x{spent[key] / before[key]:.2f} since the smallest" if key in before else ""
            report.add(
                key,
                f"{spent[key]:.1f} ms CPU",
                f"{spent[key] / limit:.1f} bare tables, {len(own)} SQL (top {most}), {len(body) / 1000:.0f} kB{growth}",
            )
    return spent


def _exports(report: Report) -> None:
    rows, text = list(PastGrant.objects.values_list()[:20_000].iterator()), io.StringIO()
    raw = cpu(lambda: csv.writer(text).writerows(PastGrant.objects.values_list()[:20_000].iterator()), 1) / max(
        1, len(rows)
    )
    total = PublishedRow.objects.count()
    for name in ("projets.csv", "projets.json", "projets.xlsx", "subventions-scdl.csv", "360giving.json"):
        before, started = _forget_peak(), time.process_time()
        size = sum(len(part) for part in Client(SERVER_NAME="127.0.0.1").get(f"/donnees/{name}"))
        spent = (time.process_time() - started) * 1000
        report.add(
            name,
            f"{total / spent * 1000:,.0f} rows/s CPU",
            f"{spent / total / raw:.1f} raw rows, {size / 10**6:.1f} MB, {_memory('VmHWM') - before:.0f} MiB more at its peak",
        )


def _forget_peak() -> float:
    """Begin to watch the peak of this process anew; MiB it holds now."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> float:
    """MiB of this process, as Linux counts them: `VmRSS` now, `VmHWM` at the peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def run(report: Report, sizes: list[int]) -> None:
    smallest: dict[str, float] = {}
    for size in sizes:
        took = fill(size)
        report.title(f"The registry with {size:,} grants, {connection.vendor}")
        report.add("index brought up to date", f"{took:.1f} s")
        limit = bare_table()
        report.add("limit: a bare table of 50 rows and 12 columns", f"{limit:.1f} ms CPU")
        spent = _measure(report, size, limit, smallest)
        smallest = smallest or spent
        _exports(report)


def exports(report: Report, sizes: list[int]) -> None:
    """The files of `/donnees/` alone."""
    for size in sizes:
        fill(size)
        report.title(f"The exports of {size:,} grants, {connection.vendor}")
        _exports(report)
