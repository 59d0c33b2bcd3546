"""Guards of the fund's identity: what letters, bank files and open data are made from."""

from __future__ import annotations

import re
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.utils.translation import gettext as _

from core.fields import cipher
from core.transitions import Act, Refusal
from fund import communes
from fund.identifiers import clean_siret
from fund.models import FundIdentity
from fund.rules.common import read_day

EMAILS = ("email", "data_protection_email", "accessibility_email", "appeals_email")
DERIVED = ("commune", "department", "region")
"""Follow the INSEE code of the commune."""
FIELDS = tuple(name for name in FundIdentity.FIELDS if name not in DERIVED)
CODES = ("siret", "debtor_iban", "debtor_bic", "postcode", "insee_code")
"""Written by people in groups of signs: blanks do not count."""
_BLANKS = re.compile(r"\s")
_SEALED = "sealed:"


def seal(changes: dict) -> dict:
    """The same with the IBAN encrypted: a proposal is a row that many may read."""
    iban = changes.get("debtor_iban")
    if not isinstance(iban, str) or not iban or iban.startswith(_SEALED):
        return dict(changes)
    return changes | {"debtor_iban": _SEALED + cipher().encrypt(iban.encode()).decode()}


def unseal(changes: dict) -> dict:
    """What was proposed, readable."""
    iban = changes.get("debtor_iban")
    if not isinstance(iban, str) or not iban.startswith(_SEALED):
        return dict(changes)
    try:
        return changes | {"debtor_iban": cipher().decrypt(iban.removeprefix(_SEALED).encode()).decode()}
    except InvalidToken:
        return changes | {"debtor_iban": ""}


def without_sealed(params: dict) -> dict:
    """The parameters of a two-key act without what is encrypted in them: null stands in its place."""
    return {
        name: without_sealed(value) if isinstance(value, dict) else None if str(value).startswith(_SEALED) else value
        for name, value in params.items()
    }


def _no(field: str, reason) -> Refusal:
    return Refusal("content_invalid", reason, field=field)


def iban_is_valid(text: str) -> bool:
    """Form and check digits (ISO 13616: modulo 97)."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def _plain(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _no(name, _("Write a text here."))
    text = value.strip()
    most = FundIdentity._meta.get_field(name).max_length or 2_000  # type: ignore[union-attr]
    if len(text) > most:
        raise _no(
            name, _("Write %(most)s characters at most; there are %(count)s.") % {"most": most, "count": len(text)}
        )
    return text


def _lines(value) -> list[str]:
    given = value.splitlines() if isinstance(value, str) else value
    if not isinstance(given, list) or any(not isinstance(line, str) for line in given):
        raise _no("address_lines", _("Write an address of five lines at most."))
    lines = [line.strip() for line in given if line.strip()]
    if len(lines) > 5 or any(len(line) > 100 for line in lines):
        raise _no("address_lines", _("Write an address of five lines at most."))
    return lines


def _checked(name: str, text: str, check, reason) -> str:
    if text:
        try:
            check(text)
        except ValidationError as error:
            raise _no(name, reason) from error
    return text


def read(changes: Any) -> dict[str, Any]:
    """The typed values of the fields given; the commune's name and codes follow its INSEE code. Raises Refusal on the first that cannot be kept."""
    if not isinstance(changes, dict):
        raise _no("", _("The identity is a set of named values."))
    values: dict[str, Any] = {}
    for name, value in unseal(changes).items():
        if name not in FIELDS:
            raise _no(name, _("The fund has no fact of this name: %(name)s.") % {"name": name})
        if name == "address_lines":
            values[name] = _lines(value)
            continue
        if name == "opened_on":
            values[name] = read_day(value, name)
            continue
        if name == "pays_through_chorus":
            if not isinstance(value, bool):
                raise _no(name, _("Say yes or no."))
            values[name] = value
            continue
        text = _plain(name, _BLANKS.sub("", value) if name in CODES and isinstance(value, str) else value)
        if name in EMAILS:
            _checked(name, text, EmailValidator(), _("This is not an e-mail address."))
        elif name == "website":
            _checked(name, text, URLValidator(), _("This is not a web address; it begins with https://."))
        elif name == "siret":
            try:
                text = clean_siret(text)
            except ValidationError as error:
                raise _no(name, " ".join(error.messages)) from error
        elif name == "postcode" and text and not re.fullmatch(r"\d{5}", text):
            raise _no(name, _("A postcode has five digits."))
        elif name == "insee_code":
            commune = communes.find(text) if text else None
            if text and commune is None:
                raise _no(name, _("No commune has this INSEE code; it is not the postcode."))
            values |= (
                {"commune": commune.name, "department": commune.department, "region": commune.region}
                if commune
                else dict.fromkeys(DERIVED, "")
            )
        elif name == "debtor_iban":
            text = text.upper()
            if text and not iban_is_valid(text):
                raise _no(
                    name, _("This IBAN is not valid: one sign at least is wrong. Copy it from the bank’s document.")
                )
        elif name == "debtor_bic":
            text = text.upper()
            if text and not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", text):
                raise _no(name, _("A BIC has 8 or 11 signs, such as BDFEFRPPXXX."))
        values[name] = text
    if "name" in values and not values["name"]:
        raise _no("name", _("The fund needs a name."))
    return values


def changes_are_sound(act: Act) -> None:
    """Each fact is known and well formed, and one at least changes."""
    if act.preview:
        return
    values = read(act.get("changes") or {})
    if not any(getattr(act.obj, name) != value for name, value in values.items()):
        raise Refusal("nothing_changes", _("Nothing would change."), remedy=_("Change a fact of the fund."))
