"""DCAT catalogue (JSON-LD) that data.gouv.fr can harvest, and the Atom feed of what was published."""

from __future__ import annotations

import json
import re
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import gettext_lazy as _

from core.money import decimal_text

LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
FILES = [
    ("subventions-scdl.csv", _("Essential data of grants (SCDL 2.1.1)"), "text/csv"),
    ("360giving.json", _("Grants in the 360Giving 1.4 format"), "application/json"),
    ("projets.csv", _("Registry of projects"), "text/csv"),
    ("projets.json", _("Registry of projects"), "application/json"),
    ("projets.xlsx", _("Registry of projects"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("appels.csv", _("What became of the files of each call"), "text/csv"),
    ("appels.json", _("What became of the files of each call"), "application/json"),
    ("corrections.csv", _("Log of corrections and of unpublished pages"), "text/csv"),
    ("corrections.json", _("Log of corrections and of unpublished pages"), "application/json"),
    ("comptes.csv", _("Accounts, one row a movement"), "text/csv"),
    ("comptes.jsonl", _("Accounts, canonical entries and hashes"), "application/jsonl"),
    ("dictionnaire.csv", _("Dictionary: what every column says"), "text/csv"),
    ("tout.zip", _("Everything in one archive, with the dictionary and the programs that check"), "application/zip"),
]


CONFORMS = {
    "subventions-scdl.csv": "https://schema.data.gouv.fr/schemas/scdl/subventions/2.1.1/schema.json",
    "360giving.json": "https://standard.threesixtygiving.org/",
}
"""Published schemas that these files hold to."""


def description(left_count: int, left_cents: int) -> str:
    """French. `left_count`, `left_cents`: what SCDL cannot express, told so that totals reconcile."""
    return (
        "Projets aidés, données essentielles des subventions et comptes publics du fonds. Les aides à des personnes physiques, "
        "que le format SCDL ne permet pas de décrire, et les aides dont la convention n’est pas encore signée figurent dans le registre et au format "
        f"360Giving : {left_count} aides pour {decimal_text(left_cents)} euros."
    )


def dcat(fund, modified_at: datetime, left_count: int, left_cents: int) -> str:
    """In the present language, which is French for the file."""
    dataset = {
        "@id": f"{fund.data_url}#jeu",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{fund.data_url}#jeu",
        "dct:title": f"Subventions attribuées par {fund.name}",
        "dct:description": description(left_count, left_cents),
        "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/FRA"},
        "dct:modified": {"@type": "xsd:dateTime", "@value": modified_at.isoformat()},
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/CONT"},
        "dcat:keyword": ["subvention", "subventions", "innovation civique"],
        "dct:license": {"@id": LICENCE},
        "dct:publisher": {"@id": fund.website, "@type": "foaf:Organization", "foaf:name": fund.legal_name},
        "dcat:distribution": [
            {
                "@id": f"{fund.data_url}{name}",
                "@type": "dcat:Distribution",
                "dct:title": str(title),
                "dcat:mediaType": media,
                "dcat:downloadURL": {"@id": f"{fund.data_url}{name}"},
                "dcat:accessURL": {"@id": fund.data_url},
                "dct:license": {"@id": LICENCE},
                **({"dct:conformsTo": {"@id": CONFORMS[name]}} if name in CONFORMS else {}),
            }
            for name, title, media in FILES
        ],
    }
    catalogue = {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{fund.data_url}catalogue.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": f"Données ouvertes de {fund.name}",
        "dct:description": fund.tagline,
        "dct:license": {"@id": LICENCE},
        "dct:publisher": {"@id": fund.website, "@type": "foaf:Organization", "foaf:name": fund.legal_name},
        "dcat:dataset": [dataset],
    }
    return json.dumps(catalogue, ensure_ascii=False, indent=1)


def atom(grants, changes, fund, modified_at: datetime, ledger_line: str) -> str:
    """Feed of the latest published grants, each with the ledger's count and head, then of the latest changes of public pages."""
    address = f"{fund.data_url}flux.atom"
    entries = "".join(
        f"<entry><id>{_text(grant.url)}</id><title>{_text(grant.title or grant.reference)}</title>"
        f"<updated>{grant.modified_at.isoformat()}</updated><link href={quoteattr(_printable(grant.url))}/>"
        f"<summary>{_text(grant.purpose or str(grant.stage_label))}</summary><category term={quoteattr(grant.stage)}/>"
        f'<content type="text">{_text(ledger_line)}</content></entry>\n'
        for grant in grants
    )
    entries += "".join(
        f"<entry><id>{_text(fund.corrections_url)}#c{one.number}</id><title>{_text(f'{one.reference} : {one.kind_label}')}</title>"
        f"<updated>{one.at.isoformat()}</updated><link href={quoteattr(f'{fund.corrections_url}?ref={one.reference}')}/>"
        f"<summary>{_text(' : '.join(str(part) for part in (one.field_label, one.ground_label) if part))}</summary>"
        f'<category term="{one.kind}"/></entry>\n'
        for one in changes
    )
    return _feed(address, fund.name, fund, modified_at, entries)


def project_atom(reference: str, title: str, lines, fund, since: datetime) -> str:
    """Feed of one project: `lines` of `registry.queries.changes`, latest first."""
    page = fund.data_url.removesuffix("donnees/") + f"projets/{reference}/"
    entries = "".join(
        f"<entry><id>{_text(page)}#{_text(one.change.key)}</id><title>{_text(one.words)}</title>"
        f"<updated>{one.change.at.isoformat()}</updated><link href={quoteattr(_printable(one.link))}/>"
        f"<summary>{_text(title)}</summary><category term={quoteattr(one.change.kind)}/></entry>\n"
        for one in lines
    )
    modified_at = lines[0].change.at if lines else since
    return _feed(f"{page}flux.atom", f"{title} · {fund.name}", fund, modified_at, entries)


def _feed(address: str, title: str, fund, modified_at: datetime, entries: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">'
        f"<id>{_text(address)}</id><title>{_text(title)}</title><updated>{modified_at.isoformat()}</updated>"
        f'<author><name>{_text(fund.legal_name or fund.name)}</name></author><link rel="self" href={quoteattr(address)}/>'
        f"\n{entries}</feed>\n"
    )


def _printable(text: str) -> str:
    """Without the signs that XML 1.0 cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _text(text: str) -> str:
    return escape(_printable(text))
