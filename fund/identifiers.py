"""Numbers of French organisations: what is accepted, in which form it is stored, and why it is refused.

Stored forms are compact: digits (and letters for an RNA) without spaces or dots.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

ALSACE_MOSELLE = ("57", "67", "68")
"""Departments of local law, where associations are entered in the registry of a court and have no RNA number."""

_RNA = re.compile(r"^W\d[0-9A-Z]\d{7}$")
_SEPARATORS = re.compile(r"[\s.\-\u00a0\u202f]+")


def compact(text: str) -> str:
    return _SEPARATORS.sub("", str(text or "")).upper()


def is_siren(text: str) -> bool:
    """Nine digits and Luhn; nine zeros are nobody."""
    number = compact(text)
    return (
        len(number) == 9
        and number.isascii()
        and number.isdigit()
        and number.strip("0") != ""
        and stdnum_siren.is_valid(number)
    )


def is_siret(text: str) -> bool:
    """Fourteen digits, a valid SIREN and Luhn, or the sum of digits for the establishments of La Poste; zeros alone are refused."""
    number = compact(text)
    if (
        len(number) != 14
        or not (number.isascii() and number.isdigit())
        or number[:9].strip("0") == ""
        or number[9:].strip("0") == ""
    ):
        return False
    return is_siren(number[:9]) and stdnum_siret.is_valid(number)


def is_rna(text: str) -> bool:
    """`W`, then nine signs; the third may be a letter (overseas, Corsica)."""
    return bool(_RNA.match(compact(text)))


def clean_siret(text: str) -> str:
    """The SIRET as it is stored. Raises ValidationError in plain words."""
    number = compact(text)
    if not number:
        return ""
    if not (number.isascii() and number.isdigit()) or len(number) != 14:
        raise ValidationError(
            _("A SIRET has 14 digits; this one has %(count)s signs.") % {"count": len(number)}, code="siret_length"
        )
    if not is_siret(number):
        raise ValidationError(
            _("This SIRET does not exist: one digit at least is wrong. Copy it from a notice of the SIRENE directory."),
            code="siret_check",
        )
    return number


def clean_rna(text: str) -> str:
    """The RNA number as it is stored. Raises ValidationError in plain words."""
    number = compact(text)
    if number and not is_rna(number):
        raise ValidationError(
            _("An RNA number is a W and nine signs, such as W751234567. It is on the receipt of the prefecture."),
            code="rna",
        )
    return number


def check_association(*, siret: str, rna: str, court_registry: str, department: str) -> None:
    """An association has an RNA number, or an entry in a court's registry in Moselle, Bas-Rhin and Haut-Rhin. Raises ValidationError by field."""
    if rna and court_registry:
        raise ValidationError(
            {"court_registry": _("An association has an RNA number or an entry in a court's registry, not both.")}
        )
    if court_registry and department not in ALSACE_MOSELLE:
        raise ValidationError(
            {
                "court_registry": _(
                    "Only associations of Moselle, Bas-Rhin and Haut-Rhin are entered in a court's registry; elsewhere give the RNA number."
                )
            }
        )
    if not (siret or rna or court_registry):
        raise ValidationError(
            {
                "siret": _(
                    "Give at least one number that identifies the association: SIRET, RNA or the court's registry."
                )
            }
        )
