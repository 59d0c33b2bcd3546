"""SCDL "subventions" 2.1.1, the French essential data of grants (loi 2000-321 art. 10, arrêté of 17 November 2017)."""

from __future__ import annotations

import re

from core.money import decimal_text
from registry.exports.cells import csv_lines, shorten

COLUMNS = [
    "nomAttribuant",
    "idAttribuant",
    "dateConvention",
    "referenceDecision",
    "nomBeneficiaire",
    "idBeneficiaire",
    "rnaBeneficiaire",
    "objet",
    "montant",
    "nature",
    "conditionsVersement",
    "datesPeriodeVersement",
    "idRAE",
    "notificationUE",
    "pourcentageSubvention",
    "dispositifAide",
]
_RNA = re.compile(r"^W\d{9}$")


def is_expressible(grant) -> bool:
    """SCDL has no natural persons and no unregistered bodies, and knows signed agreements only; its RNA pattern refuses the ones with letters.
    An earlier grant whose file did not say what SCDL makes compulsory is left out too: nothing is written in its place.
    """
    named = grant.recipient_siret or _RNA.match(grant.recipient_rna or "")
    told = grant.nature and grant.conditions and grant.paid_from_on
    return bool(grant.agreed_on and named and told and grant.share is not None and grant.eu_notified is not None)


def row(grant) -> list:
    period = grant.paid_from_on.isoformat()
    if grant.paid_until_on and grant.paid_until_on != grant.paid_from_on:
        period += f"/{grant.paid_until_on.isoformat()}"
    return [
        grant.funder_name,
        grant.funder_siret,
        grant.agreed_on.isoformat(),
        grant.decision_reference,
        grant.recipient_name,
        grant.recipient_siret,
        grant.recipient_rna if _RNA.match(grant.recipient_rna or "") else "",
        shorten(grant.purpose, 256),
        decimal_text(grant.agreed_amount or grant.amount),
        grant.nature,
        shorten(grant.conditions, 256),
        period,
        grant.rae,
        "oui" if grant.eu_notified else "non",
        f"{grant.share.normalize():f}",
        grant.scheme,
    ]


def lines(grants):
    """The file, line by line, of the grants that SCDL can express."""
    yield from csv_lines([COLUMNS])
    yield from csv_lines(row(grant) for grant in grants if is_expressible(grant))
