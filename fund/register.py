"""The official register of bodies, asked by SIRET when REGISTER_URL is set (the API « Recherche d’entreprises » of the State, or what speaks like it).

Nothing waits for it and nothing depends on it: who does not get an answer types on, and the case officer checks.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from core.services import NoService, ask

log = logging.getLogger("fund.requests")


class RegisterDown(Exception):
    """No answer in time, or none that can be read."""


@dataclass(frozen=True)
class Facts:
    """What the register says of an establishment. `rna` is empty when it has none; `is_open` is False once it has closed."""

    name: str
    address: str
    rna: str
    is_open: bool


def is_on() -> bool:
    return bool(settings.REGISTER_URL)


def look_up(siret: str) -> Facts | None:
    """The facts of this SIRET (14 digits, already checked), or None when the register does not know it. Raises RegisterDown."""
    address = f"{settings.REGISTER_URL}?{urlencode({'q': siret, 'page': 1, 'per_page': 1})}"
    try:
        found = ask(address)["results"]
        return next((facts for one in found if (facts := _read(one, siret))), None)
    except (NoService, KeyError, TypeError, AttributeError) as error:
        log.warning("the register does not answer: %s", str(error) if isinstance(error, NoService) else "unreadable")
        raise RegisterDown from error


def _read(unit: dict, siret: str) -> Facts | None:
    places = [unit.get("siege") or {}, *(unit.get("matching_etablissements") or [])]
    place = next((one for one in places if one.get("siret") == siret), None)
    if place is None:
        return None
    return Facts(
        name=_text(unit.get("nom_raison_sociale") or unit.get("nom_complet"))[:200],
        address=_text(place.get("adresse"))[:300],
        rna=_text((unit.get("complements") or {}).get("identifiant_association"))[:10],
        is_open=place.get("etat_administratif") != "F" and unit.get("etat_administratif") != "C",
    )


def _text(value) -> str:
    """One line that can be shown and stored."""
    return " ".join(str(value or "").replace("\x00", " ").split())
