"""DCAT catalogue (JSON-LD) that data.gouv.fr can harvest, and the Atom feed of what was published."""

from __future__ import annotations

import json
from datetime import datetime
from xml.sax.saxutils import escape

LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
FILES = [
    ("subventions-scdl.csv", "Données essentielles des subventions (SCDL 2.1.1)", "text/csv"),
    ("360giving.json", "Aides au format 360Giving 1.4", "application/json"),
    ("projets.csv", "Registre des projets", "text/csv"),
    ("projets.json", "Registre des projets", "application/json"),
    ("projets.xlsx", "Registre des projets", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("comptes.csv", "Comptes, une ligne par mouvement", "text/csv"),
    ("comptes.jsonl", "Comptes, écritures canoniques et empreintes", "application/jsonl"),
]


def dcat(fund, modified_at: datetime) -> str:
    dataset = {
        "@id": f"{fund.data_url}#jeu",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{fund.data_url}#jeu",
        "dct:title": f"Subventions attribuées par {fund.name}",
        "dct:description": "Projets aidés, données essentielles des subventions et comptes publics du fonds. Les aides à des personnes physiques, "
        "que le format SCDL ne sait pas dire, figurent dans le registre et au format 360Giving.",
        "dct:modified": modified_at.isoformat(),
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/CONT"},
        "dcat:keyword": ["subvention", "subventions", "innovation civique"],
        "dct:license": {"@id": LICENCE},
        "dct:publisher": {"@id": fund.website, "@type": "foaf:Organization", "foaf:name": fund.legal_name},
        "dcat:distribution": [
            {
                "@id": f"{fund.data_url}{name}",
                "@type": "dcat:Distribution",
                "dct:title": title,
                "dcat:mediaType": media,
                "dcat:downloadURL": {"@id": f"{fund.data_url}{name}"},
                "dcat:accessURL": {"@id": fund.data_url},
                "dct:license": {"@id": LICENCE},
            }
            for name, title, media in FILES
        ],
    }
    catalogue = {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
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


def atom(grants, fund, modified_at: datetime, ledger_line: str) -> str:
    """Feed of the latest published grants; each item carries the ledger's count and head."""
    entries = "".join(
        f"<entry><id>{escape(grant.url)}</id><title>{escape(grant.title or grant.reference)}</title><updated>{grant.modified_at.isoformat()}</updated>"
        f'<link href="{escape(grant.url)}"/><summary>{escape(grant.purpose or grant.stage)}</summary><category term="{escape(grant.stage)}"/>'
        f'<content type="text">{escape(ledger_line)}</content></entry>\n'
        for grant in grants
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{escape(fund.data_url)}flux.atom</id><title>{escape(fund.name)}</title><updated>{modified_at.isoformat()}</updated>"
        f'<author><name>{escape(fund.legal_name)}</name></author><link rel="self" href="{escape(fund.data_url)}flux.atom"/>\n{entries}</feed>\n'
    )
