"""What one cell says. What can be read in one way only is read; anything else is a problem that says what would mend it. Nothing is guessed."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.widgets import Widget

from fund.identifiers import is_siret
from registry.resources.headers import fold

NOTES = "_notes"
"""Where a row keeps what was understood from a damaged cell, to be said: (column, words)."""

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_NOTHING = set("|-|--|?|null|none|n/a|na|#n/a|nc|n.c.|nd|nr|néant|neant|vide|sans objet|s/o".split("|"))
_NOTHING |= {"non renseigné", "non renseigne", "non communiqué", "non communique"}
_MONTHS = ["janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre"]
_MONTHS += ["decembre"]
_ISO = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$")
_FRENCH = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$")
_WORDS = re.compile(r"^(\d{1,2})(?:er)?\s+([^\W\d]+)\.?\s+(\d{4})$")
_INSTANT = re.compile(r"^(\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4})[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?$")
_FORMULA = re.compile(r"^([=@＝＠]|[-+－＋]\w*[\d(])")  # the wide signs are read as formulas too
_BROKEN = re.compile(
    "\ufffd|\u00c3[\u0080-\u00bf\u20ac\u2030\u0160\u0152\u2020\u2021\u02c6\u201a]|\u00e2\u20ac|[a-z]\u017d"
)
"""What letters become when a file was read in the wrong encoding: `Ã©` for é, `â€™` for an apostrophe, `Ž` for the é of old Macintoshes."""

_is_siret = lru_cache(5000)(is_siret)
"""The funder's number comes again on every row."""


def says_nothing(value) -> bool:
    """An empty cell, or one of the words people write in its place."""
    return _SPACES.sub(" ", str(value or "")).strip().lower() in _NOTHING


def note(row, column: str, words: str) -> None:
    """Keep what was understood of a cell, to be said beside the problems."""
    if row is not None:
        row.setdefault(NOTES, []).append((column, words))


def day_of(text: str) -> date | None:
    """A day written as ISO, in French figures or words, or with an hour; None when it is not one."""
    numbers: tuple[int, int, int] | None = None
    if found := _INSTANT.match(text):
        if found[4] and (whole := _instant(text)):
            return whole
        text = found[1]
    if found := _ISO.match(text):
        numbers = int(found[1]), int(found[2]), int(found[3])
    elif found := _FRENCH.match(text):
        numbers = int(found[3]), int(found[2]), int(found[1])
    elif (found := _WORDS.match(text)) and fold(found[2]) in _MONTHS:
        numbers = int(found[3]), _MONTHS.index(fold(found[2])) + 1, int(found[1])
    if numbers and 1900 <= numbers[0] < 2200:
        with suppress(ValueError):
            return date(*numbers)
    return None


def _instant(text: str) -> date | None:
    """The day in France of an instant that names its offset."""
    with suppress(ValueError, OverflowError):
        return datetime.fromisoformat(text).astimezone(timezone.get_default_timezone()).date()
    return None


def read_day(value, row=None, column: str = "") -> date:
    """A day. A bare number of five digits is how spreadsheets count days. Raises ValueError naming what would be right."""
    text = _SPACES.sub(" ", str(value or "")).strip()
    if found := day_of(text):
        return found
    if re.match(r"^[2-6]\d{4}(\.0+)?$", text):
        day = date(1899, 12, 30) + timedelta(days=int(text[:5]))
        note(
            row,
            column,
            _("“%(text)s” is a day as a spreadsheet counts it: read as %(day)s.") % {"text": text, "day": day},
        )
        return day
    raise ValueError(_("“%(text)s” is not a date: write it as 2026-03-05.") % {"text": value or ""})


def read_period(value, row=None, column: str = "") -> tuple[date, date]:
    """The two days of a period, in order, or one day twice. Published files hold periods written backwards, and their schema takes them."""
    text = _SPACES.sub(" ", str(value or "")).strip()
    with suppress(ValueError):
        return (read_day(text, row, column),) * 2
    bare = re.sub(r"^(du|de|entre le|le)\s+", "", text, flags=re.IGNORECASE)
    for mark in ("_", " / ", " - ", " au ", " à ", " et le ", ";", "/"):
        start, found, end = bare.partition(mark)
        days = day_of(start.strip()), day_of(end.strip())
        if found and days[0] and days[1]:
            return min(days[0], days[1]), max(days[0], days[1])
    wrong = next((part for part in re.split(r"[_/]", text) if not day_of(part)), text) if text.count("-") > 1 else text
    raise ValueError(_("“%(text)s” is not a date: write it as 2026-03-05.") % {"text": wrong})


class DayWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        return read_day(value, row, "dateConvention")


class GivenWidget(Widget):
    """A value that the row has read already."""

    def clean(self, value, row=None, **kwargs):
        if isinstance(value, ValueError):
            raise value
        return value or None


def _plain_number(text: str) -> str:
    """An amount as digits and a point when its marks can be read in one way only; empty otherwise."""
    if re.match(r"^\d{1,3}( \d{3})+([.,]\d+)?$", text):
        text = text.replace(" ", "")
    if re.match(r"^\d{1,3}(\.\d{3})+,\d{1,2}$", text) or re.match(r"^\d{1,3}(\.\d{3}){2,}$", text):
        return text.replace(".", "").replace(",", ".")
    if re.match(r"^\d{1,3}(,\d{3})+\.\d{1,2}$", text) or re.match(r"^\d{1,3}(,\d{3}){2,}$", text):
        return text.replace(",", "")
    return text.replace(",", ".") if re.match(r"^\d{1,12}([.,]\d{1,20})?$", text) else ""


def _no_amount(value, text: str) -> str:
    """Why a text is no amount and what would mend it."""
    if says_nothing(text) or not re.search(r"\d", text):
        return _(
            "“%(text)s” is not an amount: write it as 22000.80, or take the row out. It does not count as zero."
        ) % {"text": value or ""}
    if thousands := re.match(r"^(\d+(?:[.,]\d+)?) ?(k|m)(illions?|€)?$", text, re.IGNORECASE):
        times = 1000 if thousands[2].lower() == "k" else 1_000_000
        full = Decimal(thousands[1].replace(",", ".")) * times
        return _("“%(text)s” is not an amount in full: write %(full)s if it is what it means.") % {
            "text": value,
            "full": f"{full.normalize():f}",
        }
    if re.match(r"^\d([.,]\d+)?e\+?\d+$", text, re.IGNORECASE):
        return _("“%(text)s” is not an amount: the spreadsheet shortened it, write it in full as 22000.80.") % {
            "text": value
        }
    if re.match(r"^(-|\().*\d", text):
        return _("“%(text)s” is not a positive amount in euros and cents.") % {"text": value}
    return _("“%(text)s” is not an amount: write it as 22000.80.") % {"text": value}


def read_cents(value) -> int:
    """Cents of an amount in euros. Raises ValueError: an amount that cannot be read never becomes zero."""
    text = _SPACES.sub(" ", str(value or "")).strip()
    text = re.sub(r"\s*(€|euros?|eur)\.?$|^€\s*", "", text, flags=re.IGNORECASE).strip()
    number = _plain_number(text)
    if not number:
        raise ValueError(_no_amount(value, text))
    if re.match(r"^[1-9]\d{0,2}\.\d{3}$", number):
        words = _("“%(text)s” can be read in two ways: write %(thousands)s, or %(units)s.")
        parts = number.replace(".", ""), f"{Decimal(number):.2f}"
        raise ValueError(words % {"text": value, "thousands": parts[0], "units": parts[1]})
    cents = Decimal(number) * 100
    nearest = cents.to_integral_value()
    if abs(cents - nearest) > Decimal("0.0001") or nearest <= 0:  # spreadsheets leave 22000.799999999996 for 22000.80
        raise ValueError(_("“%(text)s” is not a positive amount in euros and cents.") % {"text": value})
    return int(nearest)


class CentsWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        return read_cents(value)


class ShareWidget(Widget):
    """A part of the whole; None when the file does not say."""

    def clean(self, value, row=None, **kwargs):
        text = _SPACES.sub("", str(value or "")).replace(",", ".")
        if says_nothing(value):
            return None
        percent = text.endswith("%") or text in ("100", "100.0", "100.00")
        text = text.removesuffix("%")
        if not re.match(r"^\d{1,12}(\.\d{1,20})?$", text):
            raise ValueError(_("“%(text)s” is not a share: write it as 0.6, or 1.") % {"text": value})
        share = (Decimal(text) / (100 if percent else 1)).quantize(Decimal("0.0001"))
        if not 0 < share <= 1:
            raise ValueError(_("A share lies between 0.01 and 1."))
        return share


class SiretWidget(Widget):
    """A SIRET, mended of what spreadsheets do to it when that can be undone without guessing."""

    def __init__(self, column: str, required=False):
        super().__init__()
        self.column, self.required = column, required

    def clean(self, value, row=None, **kwargs):
        text = re.sub(
            r"^(FR-)?(SIRET|SIREN|RCS|INSEE)\b[-: ]*", "", _SPACES.sub("", str(value or "")), flags=re.IGNORECASE
        )
        text = re.sub(r"[.,]0+$", "", text.strip("'\"= "))
        if says_nothing(text):
            if self.required:
                raise ValueError(_("This cell may not be empty."))
            return ""
        if powers := re.match(r"^(\d)[.,](\d+)E\+?(\d{2})$", text, re.IGNORECASE):
            text = powers[1] + powers[2].ljust(int(powers[3]), "0") if len(powers[2]) == int(powers[3]) else ""
            if not text:
                words = _(
                    "“%(text)s” is a SIRET that a spreadsheet rounded: its digits are lost. Take it again, as a text cell."
                )
                raise ValueError(words % {"text": value})
        digits = re.sub(r"[.\-]", "", text)
        if _is_siret(digits):
            return digits
        if re.match(r"^\d{10,13}$", digits) and _is_siret(digits.zfill(14)):
            whole = digits.zfill(14)
            note(
                row,
                self.column,
                _("“%(text)s” lost its first zeros: read as %(whole)s.") % {"text": value, "whole": whole},
            )
            return whole
        raise ValueError(_no_siret(value, digits))


def _no_siret(value, digits: str) -> str:
    if re.match(r"^\d{9}$", digits):
        return _("“%(text)s” is not a SIRET but a SIREN: add the five digits of the establishment.") % {"text": value}
    if digits.isascii() and digits.isdigit() and len(digits) != 14:
        return _("“%(text)s” is not a SIRET: it has %(count)s digits and should have fourteen.") % {
            "text": value,
            "count": len(digits),
        }
    return _("“%(text)s” is not a SIRET: fourteen digits whose last one checks the others.") % {"text": value}


class TextWidget(Widget):
    def __init__(self, limit, required=True):
        super().__init__()
        self.limit, self.required = limit, required

    def clean(self, value, row=None, **kwargs):
        text = " ".join(str(value or "").replace("\x00", "").split())
        if says_nothing(text):
            text = ""
        if self.required and not text:
            raise ValueError(_("This cell may not be empty."))
        if _BROKEN.search(text):
            raise ValueError(_("Some letters are damaged: export the table again, as CSV in UTF-8."))
        if _FORMULA.match(text):
            raise ValueError(_("This cell begins like a formula (=, +, -, @): write it as a text."))
        if len(text) > self.limit:
            raise ValueError(_("At most %(limit)s characters.") % {"limit": self.limit})
        return text


RNA = re.compile(r"^W\d[A-Z\d]\d{7}$")


class RnaWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = _SPACES.sub("", str(value or "")).upper()
        if says_nothing(text):
            return ""
        if not RNA.match(text):
            raise ValueError(_("“%(text)s” is not an RNA number: W and nine signs.") % {"text": value})
        return text


class NatureWidget(Widget):
    """The standard's words, however they are typed; empty when the file does not say."""

    def clean(self, value, row=None, **kwargs):
        if says_nothing(value):
            return ""
        parts = [re.sub(r"^(aides?)", "", fold(part)) for part in re.split(r"[;,/+]| et ", str(value))]
        natures = {"numeraire": "aide en numéraire", "nature": "aide en nature"}
        if not all(part in natures for part in parts):
            raise ValueError(_("“%(text)s” is not a nature of aid: write “aide en numéraire”.") % {"text": value})
        return ";".join(natures[part] for part in dict.fromkeys(parts))


class YesNoWidget(Widget):
    """Yes, no, or None when the file does not say."""

    def clean(self, value, row=None, **kwargs):
        text = fold(str(value or ""))
        if text in ("oui", "yes", "true", "vrai", "1", "o"):
            return True
        if text in ("non", "no", "false", "faux", "0") or str(value or "").strip().lower() in ("n", "no"):
            return False
        if says_nothing(value):
            return None
        raise ValueError(_("“%(text)s”: write oui or non.") % {"text": value})
