"""The dataset of the fund on data.gouv.fr, kept like the catalogue when DATA_GOUV_DATASET and DATA_GOUV_KEY are set (API of udata, version 1).

One remote resource for each file of `/donnees/`, known again by its address: what is read there is what is served here. The licence, the description
and the tag that the law asks for (arrêté of 17 November 2017, art. 2) follow; the title, other tags and other resources are left as people made them.
The official client brings an HTTP library of its own and knows its hosts by name only: the few requests it would make are on this page.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings

from core.services import ask
from registry.exports import catalogue
from registry.queries.card import FundCard

SECONDS, MOST_BYTES = 15, 4 * 1024 * 1024
LICENCE = "lov2"
TAGS = ("subvention", "subventions", "innovation-civique")
SCHEMAS = {"subventions-scdl.csv": {"name": "scdl/subventions", "version": "2.1.1"}}


def is_on() -> bool:
    return bool(settings.DATA_GOUV_DATASET and settings.DATA_GOUV_KEY)


def resources(fund: FundCard) -> list[dict[str, Any]]:
    """What data.gouv.fr should say of each file. Titles in the present language."""
    return [
        {
            "url": f"{fund.data_url}{name}",
            "title": str(title),
            "type": "documentation" if name == "dictionnaire.csv" else "main",
            "filetype": "remote",
            "format": name.rpartition(".")[2],
            "mime": media,
            **({"schema": SCHEMAS[name]} if name in SCHEMAS else {}),
        }
        for name, title, media in catalogue.FILES
    ]


def push(fund: FundCard, left_count: int, left_cents: int) -> int:
    """Bring the dataset up to the catalogue; returns how many things were written there, none when it said the same. Raises core.services.NoService."""
    found = _ask("GET")
    wanted = {
        "description": catalogue.description(left_count, left_cents),
        "license": LICENCE,
        "frequency": "continuous",
        "tags": sorted({*(found.get("tags") or []), *TAGS}),
    }
    written = 0
    if not _says(found | {"tags": sorted(found.get("tags") or [])}, wanted):
        kept = {
            name: found[name] for name in ("title", "private") if name in found
        }  # a change without them makes public
        _ask("PUT", body=kept | wanted)
        written += 1
    there = {one.get("url"): one for one in found.get("resources") or []}
    for resource in resources(fund):
        one = there.get(resource["url"])
        if one is None:
            _ask("POST", "resources/", resource)
        elif not _says(one, resource):
            _ask("PUT", f"resources/{quote(str(one['id']), safe='')}/", resource)
        else:
            continue
        written += 1
    return written


def _says(there: Any, wanted: Any) -> bool:
    """Whether every wanted value is there already; what else is there does not matter."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(_says(there.get(name), value) for name, value in wanted.items())
    return there == wanted


def _ask(method: str, path: str = "", body: Any = None) -> Any:
    return ask(
        f"{settings.DATA_GOUV_DATASET}/{path}",
        method=method,
        body=body,
        headers={"X-API-KEY": settings.DATA_GOUV_KEY},
        seconds=SECONDS,
        most_bytes=MOST_BYTES,
    )
