"""Every file of a large fund through the published schemas of its standard, as those who harvest it do."""

from __future__ import annotations

import csv
import io
import json
import time

from django.test import Client

from bench import registry
from bench.measure import Report
from registry import queries
from tests.registry.schemas import common_grants_errors, giving_errors, scdl_errors

AWARDS = "/common-grants/awards"
PAGE = 100
"""Awards of one answer of the CommonGrants dialect."""


def run(report: Report, number: int) -> None:
    """Validate the files of `number` published grants. Raises RuntimeError with the first faults."""
    registry.fill(number)
    report.title(f"The published standards, {number:,} grants")
    for name, check in (("subventions-scdl.csv", _scdl), ("360giving.json", _giving)):
        started = time.monotonic()
        said = check(_text(f"/donnees/{name}"))
        report.add(f"/donnees/{name}", "valid", f"{said}; {time.monotonic() - started:.0f} s")
    started = time.monotonic()
    report.add(AWARDS, "valid", f"{_awards()}; {time.monotonic() - started:.0f} s")


def hold(standard: str, errors: list[str]) -> None:
    if errors:
        raise RuntimeError(f"{standard}: {errors[:5]}")


def _text(path: str) -> str:
    return b"".join(Client(SERVER_NAME="127.0.0.1").get(path)).decode()


def _scdl(text: str) -> str:
    """With what the standard cannot express told beside it, the file holds every grant that has a page."""
    hold("SCDL", scdl_errors(text))
    rows = sum(1 for _row in csv.reader(io.StringIO(text))) - 1
    beside, _cents = queries.unsayable_in_scdl()
    told = sum(1 for grant in queries.published() if not grant.is_bare)
    hold("SCDL", [f"{rows} rows and {beside} beside it, of {told}"] if rows + beside != told else [])
    return f"{rows:,} rows, {beside:,} grants told beside it"


def _giving(text: str) -> str:
    package = json.loads(text)
    for formats in (False, True):
        hold("360Giving", giving_errors(package, formats=formats))
    names = {grant["id"] for grant in package["grants"]}
    hold("360Giving", ["an identifier serves twice"] if len(names) != len(package["grants"]) else [])
    return f"{len(names):,} grants, formats asserted and not"


def _awards() -> str:
    """Every page of the dialect, to the last one."""
    client, seen, page, pages = Client(SERVER_NAME="127.0.0.1"), 0, 1, 1
    while page <= pages:
        answer = client.get(AWARDS, {"page": page, "pageSize": PAGE}).json()
        hold(f"CommonGrants, page {page}", common_grants_errors(AWARDS, answer))
        seen, pages, page = seen + len(answer["items"]), answer["paginationInfo"]["totalPages"], page + 1
    hold("CommonGrants", [f"{seen} awards of {queries.count()}"] if seen != queries.count() else [])
    return f"{seen:,} awards on {pages:,} pages"
