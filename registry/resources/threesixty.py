"""A 360Giving package as lines of a table, in the words of SCDL. Nothing is guessed: what the standard does not say stays empty."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from core.transitions import Refusal
from registry.resources.headers import CURRENCY
from registry.resources.text import Lines

_NAMES = [
    "nomAttribuant",
    "idAttribuant",
    "dateConvention",
    "referenceDecision",
    "nomBeneficiaire",
    "idBeneficiaire",
    "rnaBeneficiaire",
    "objet",
    "montant",
    "dispositifAide",
    CURRENCY,
]
_RNA = re.compile(r"W\d[A-Z\d]\d{7}$")


def as_lines(package) -> Lines:
    """The names of the columns, then the grants, each with its place in the package. Raises Refusal when there are no grants."""
    grants = package.get("grants") if isinstance(package, dict) else package
    if not isinstance(grants, list) or not all(isinstance(grant, dict) for grant in grants):
        raise Refusal(
            "unreadable_file",
            _("This JSON file is not a 360Giving package: it has no list “grants”."),
            remedy=_("Give a 360Giving package, or export the table as CSV, in UTF-8."),
        )
    return [(0, list(_NAMES)), *((number, _line(grant)) for number, grant in enumerate(grants, start=1))]


def _line(grant: dict) -> list[str]:
    funder, recipient, programme = (
        _first(grant, name) for name in ("fundingOrganization", "recipientOrganization", "grantProgramme")
    )
    number = _text(recipient.get("id"))
    rna = _RNA.search(number) or _RNA.search(_text(recipient.get("charityNumber")))
    siret = _text(recipient.get("companyNumber")) or ("" if rna else number)
    return [
        _text(funder.get("name")),
        _text(funder.get("id")),
        _text(grant.get("awardDate")),
        _text(grant.get("id")),
        _text(recipient.get("name")),
        siret,
        rna[0] if rna else "",
        _text(grant.get("description")) or _text(grant.get("title")),
        _text(grant.get("amountAwarded")),
        _text(programme.get("title")),
        _text(grant.get("currency")),
    ]


def _first(grant: dict, name: str) -> dict:
    found = grant.get(name)
    found = found[0] if isinstance(found, list) and found else found
    return found if isinstance(found, dict) else {}


def _text(value) -> str:
    """A number of a JSON file as people write it; anything that is neither a number nor a text is nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value)
