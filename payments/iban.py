"""Account numbers: checked (country structure, mod 97, national key), inside the SEPA zone, shown masked everywhere."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.transitions import Refusal

_FRENCH = frozenset("FR GP MQ GF RE YT PM BL MF NC PF WF TF".split())
_BANKS_OF = {
    "FR": _FRENCH,
    "MC": _FRENCH | {"MC"},
    "GB": frozenset({"GB", "JE", "GG", "IM"}),
    "FI": frozenset({"FI", "AX"}),
}
"""By country of the account, those its bank may say in its BIC when there is more than one: territories that share the numbers of their State."""
EEA = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())


def compact(text: str) -> str:
    """The number as machines write it: no spaces, upper case."""
    return "".join(character for character in (text or "") if character.isalnum()).upper()


def checked(text: str) -> str:
    """The compact IBAN. Raises Refusal `iban_invalid` with the reason: unknown country, wrong length, wrong keys, outside SEPA."""
    from schwifty import IBAN  # loads its bank register, slowly
    from schwifty.exceptions import (
        InvalidBBANChecksum,
        InvalidChecksumDigits,
        InvalidCountryCode,
        InvalidLength,
        SchwiftyException,
    )

    number = compact(text)
    try:
        iban = IBAN(number, validate_bban=True)
    except InvalidLength:
        raise _invalid(_("it does not have the right number of characters")) from None
    except InvalidCountryCode:
        raise _invalid(_("its first two letters are not a country")) from None
    except (InvalidChecksumDigits, InvalidBBANChecksum):
        raise _invalid(_("one character at least is wrong, its key does not match")) from None
    except SchwiftyException:
        raise _invalid(_("its form is not the one of its country")) from None
    if not iban.in_sepa_zone:
        raise _invalid(_("the account is outside the SEPA zone"))
    return number


def checked_bic(text: str, iban: str = "") -> str:
    """The compact BIC, or "" when none was given. Raises Refusal `bic_invalid`, `bic_of_another_country`, or `bic_missing` outside the EEA."""
    from schwifty import BIC
    from schwifty.exceptions import SchwiftyException

    code, country = compact(text), compact(iban)[:2]
    if not code and country and country not in EEA:
        raise Refusal(
            "bic_missing",
            _("This account is outside the European Economic Area: its bank’s code (BIC) is needed."),
            remedy=_("Copy it from your bank statement, below the IBAN."),
            article="art. 22",
            field="bic",
        )
    if not code:
        return ""
    try:
        BIC(code)
    except SchwiftyException:
        raise Refusal(
            "bic_invalid",
            _("This bank code (BIC) is not valid: it has eight or eleven characters."),
            remedy=_("Copy it from your bank statement, or leave it empty."),
            field="bic",
        ) from None
    if country and code[4:6] not in _BANKS_OF.get(country, {country}):
        raise Refusal(
            "bic_of_another_country",
            _("This bank code (BIC) is of another country (%(bank)s) than the account (%(account)s).")
            % {"bank": code[4:6], "account": country},
            remedy=_("Copy the IBAN and the BIC from the same bank statement."),
            article="art. 22",
            field="bic",
        )
    return code


def masked(iban: str) -> str:
    """`FR76 •••• •••• 0189`: the country and key, then the last four signs. What screens, documents and mails may show."""
    number = compact(iban)
    return f"{number[:4]} •••• •••• {number[-4:]}" if len(number) > 8 else "••••"


def last_four(iban: str) -> str:
    return compact(iban)[-4:]


def _invalid(why: str) -> Refusal:
    return Refusal(
        "iban_invalid",
        _("This account number is not valid: %(why)s.") % {"why": why},
        remedy=_("Copy it from your bank statement."),
        article="art. 22",
        field="iban",
    )
