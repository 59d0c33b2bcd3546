"""What search engines are told: the pages that are public (sitemaps.org 0.9) and where there is nothing for them (RFC 9309)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from xml.sax.saxutils import escape

from core.links import absolute

PAGES = (
    "/",
    "/appels/",
    "/projets/",
    "/comptes/",
    "/statistiques/",
    "/donnees/",
    "/corrections/",
    "/aide/",
    "/regles/qui-fait-quoi/",
    "/accessibilite/",
)
PRIVATE = (
    "/mon-espace/",
    "/connexion/",
    "/dossiers/",
    "/commission/",
    "/instruction/",
    "/paiements/",
    "/administration/",
)
MOST = 50_000
"""Addresses of one file, as the standard has it."""


def robots() -> str:
    return "".join(
        ["User-agent: *\n", *(f"Disallow: {prefix}\n" for prefix in PRIVATE), f"Sitemap: {absolute('/sitemap.xml')}\n"]
    )


def lines(slugs: Iterable[str], grants: Iterable) -> Iterator[str]:
    """The file, address by address: the fixed pages, the calls (slugs), the grants of the published set."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    yield from islice(_addresses(slugs, grants), MOST)
    yield "</urlset>\n"


def _addresses(slugs: Iterable[str], grants: Iterable) -> Iterator[str]:
    for path in (*PAGES, *(f"/appels/{slug}/" for slug in slugs)):
        yield _address(path)
    for grant in grants:
        yield _address(grant.path, grant.modified_at)


def _address(path: str, modified_at: datetime | None = None) -> str:
    modified = f"<lastmod>{modified_at.isoformat(timespec='seconds')}</lastmod>" if modified_at else ""
    return f"<url><loc>{escape(absolute(path))}</loc>{modified}</url>\n"
