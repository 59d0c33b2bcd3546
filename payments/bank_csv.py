"""Bank statements as CSV: the bank's own headers, dates and amounts, read through a mapping of columns that a person confirms.

Pure: bytes in, the same `camt.Statement` out as a camt.053 gives, so that the same verb takes it in. What cannot be read for certain is refused
with its line (`camt.Unreadable`); titles above the table and balances below it are left aside, and named.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from payments.bank_reasons import BANK_REASONS
from payments.camt import Line, Statement, Unreadable

KIND = "csv"
MAX_BYTES = 2 * 1024 * 1024
MAX_LINES = 20_000
DATE_FORMATS = {
    "dmy": re.compile(r"(?P<d>\d{1,2})[/.\- ](?P<m>\d{1,2})[/.\- ](?P<y>\d{4}|\d{2})"),
    "ymd": re.compile(r"(?P<y>\d{4})[/.\-]?(?P<m>\d{2})[/.\-]?(?P<d>\d{2})"),
    "mdy": re.compile(r"(?P<m>\d{1,2})[/.\- ](?P<d>\d{1,2})[/.\- ](?P<y>\d{4}|\d{2})"),
}
COLUMNS = ("booked", "value", "amount", "debit", "credit", "reference", "text", "bank_reference")
_NAMES = {
    "booked": (
        "date operation",
        "date d operation",
        "date comptable",
        "date de comptabilisation",
        "booking date",
        "date",
    ),
    "value": ("date valeur", "date de valeur", "value date", "valeur"),
    "amount": ("montant", "amount", "montant en euros", "montant eur", "montant operation"),
    "debit": ("debit",),
    "credit": ("credit",),
    "reference": ("reference de bout en bout", "end to end", "endtoendid", "end to end id", "reference"),
    "text": ("libelle", "libelle operation", "libelle complet", "description", "intitule", "motif", "label"),
    "bank_reference": ("numero d operation", "numero operation", "reference banque", "id transaction", "n operation"),
}
"""Headers that banks use, without accents or signs; the whole header first, then how it begins."""
_ORDER = re.compile(r"(?<![0-9A-Z])(FP-\d{4}-[0-9A-Z]{8}-\d{1,3}-\d{1,3})(?![0-9A-Z-])")
"""The end-to-end id of an order of the fund, wherever the bank prints it."""
_IBAN = re.compile(r"(?<![0-9A-Z])([A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?)(?![0-9A-Z])")
_BLANKS = re.compile(r"[\s\u00a0\u202f€]|EUR")


@dataclass(frozen=True)
class Mapping:
    """Which column (from 0; None: none) holds what, and how dates and amounts are written. One column of amounts, or one of debits and one of credits."""

    booked: int | None = None
    value: int | None = None
    amount: int | None = None
    debit: int | None = None
    credit: int | None = None
    reference: int | None = None
    text: int | None = None
    bank_reference: int | None = None
    dates: str = "dmy"
    decimal: str = ","

    def as_json(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Sheet:
    """The file as rows: what stands above the header, the header, and (line in the file, cells) of each row below."""

    above: tuple[str, ...]
    headers: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def fingerprint(self) -> str:
        """The same for files of the same bank account export: their headers."""
        return hashlib.sha256("\n".join(_plain(name) for name in self.headers).encode()).hexdigest()


@dataclass
class Reading:
    """The lines of the file under a mapping, and what was left aside: (line in the file, its text)."""

    lines: list[Line] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)


def looks_like_csv(content: bytes, name: str = "") -> bool:
    """Not XML, and text with at least one separator, or called so."""
    head = content[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \r\n\t")
    if not head or head.startswith(b"<"):
        return False
    return name.lower().endswith((".csv", ".tsv")) or any(sign in head for sign in (b";", b",", b"\t", b"|"))


def sheet(content: bytes) -> Sheet:
    """The rows of the file. Raises Unreadable when it is not a table."""
    if len(content) > MAX_BYTES:
        raise Unreadable(1, _("a CSV file is over 2 megabytes"))
    text = _decoded(content)
    delimiter = _delimiter(text)
    try:
        rows = [(n, tuple(cell.strip() for cell in row)) for n, row in _numbered(text, delimiter)]
    except csv.Error:
        raise Unreadable(1, _("this is not a table of columns")) from None
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if len(rows) > MAX_LINES:
        raise Unreadable(MAX_LINES, _("the file has too many lines"))
    top = _header(rows)
    above = tuple(" ".join(cell for cell in cells if cell) for _line, cells in rows[:top])
    return Sheet(above, rows[top][1], tuple(rows[top + 1 :]))


def _numbered(text: str, delimiter: str):
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in reader:
        yield reader.line_num, row


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Unreadable(1, _("the text of the file cannot be read"))


def _delimiter(text: str) -> str:
    """The sign that gives the most columns on the most lines."""
    lines = [line for line in text.splitlines()[:60] if line.strip()]
    best = max(";\t|,", key=lambda sign: sum(min(line.count(sign), 12) for line in lines))
    if not lines or not any(best in line for line in lines):
        raise Unreadable(1, _("it has one column only, or another sign between its columns"))
    return best


def _header(rows) -> int:
    """The first row that names at least a day and a sum; otherwise the first with three cells."""
    for place, (_line, cells) in enumerate(rows[:40]):
        names = {code for cell in cells for code in COLUMNS if _is_named(cell, code)}
        if "booked" in names | ({"booked"} if "value" in names else set()) and names & {"amount", "debit", "credit"}:
            return place
    for place, (_line, cells) in enumerate(rows[:40]):
        if sum(1 for cell in cells if cell) >= 3:
            return place
    raise Unreadable(1, _("no row of headers names a day and an amount"))


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def _is_named(header: str, code: str) -> bool:
    name = _plain(header)
    return any(name == known or name.startswith(f"{known} ") for known in _NAMES[code])


def guess(found: Sheet) -> Mapping:
    """What the headers and the first rows suggest; a person looks before anything is taken in."""
    places: dict[str, int] = {}
    for code in COLUMNS:
        exact = [n for n, name in enumerate(found.headers) if _plain(name) in _NAMES[code]]
        begins = [n for n, name in enumerate(found.headers) if _is_named(name, code)]
        free = [n for n in exact + begins if n not in places.values()]
        if free:
            places[code] = free[0]
    if "debit" in places and "credit" in places:
        places.pop("amount", None)
    days = _cells(found, [places[name] for name in ("booked", "value") if name in places])
    sums = _cells(found, [places[name] for name in ("amount", "debit", "credit") if name in places])
    dates = next((code for code in DATE_FORMATS if days and all(_day(day, code) for day in days)), "dmy")
    comma, point = (sum(1 for one in sums if re.search(rf"[{sign}]\d{{1,2}}\D*$", one)) for sign in ",.")
    return Mapping(**places, dates=dates, decimal="." if point > comma else ",")


def _cells(found: Sheet, columns: list[int]) -> list[str]:
    return [
        cells[n]
        for _line, cells in found.rows[:200]
        for n in columns
        if n < len(cells) and any(map(str.isdigit, cells[n]))
    ]


def _day(text: str, code: str) -> date | None:
    match = DATE_FORMATS[code].match(text)
    if not match or match.end() < len(text) and text[match.end()] not in " T":
        return None
    year = int(match["y"])
    try:
        return date(year + 2000 if year < 100 else year, int(match["m"]), int(match["d"]))
    except ValueError:
        return None


def _cents(text: str, decimal: str) -> int | None:
    """Cents of `1 234,50`, `-12.30`, `(12,30)`, `+5`; None of an empty cell. Raises ValueError."""
    bare = _BLANKS.sub("", text).replace("−", "-")
    if not bare:
        return None
    negative = bare.startswith(("-", "(")) or bare.endswith("-")
    bare = bare.strip("+-()").replace("'", "").replace("’", "")
    group = re.escape("." if decimal == "," else ",")  # thousands stand in threes, or it is no thousands' sign
    if not re.fullmatch(rf"(?:\d{{1,13}}|\d{{1,3}}(?:{group}\d{{3}}){{1,4}})(?:{re.escape(decimal)}\d{{1,2}})?", bare):
        raise ValueError(text)
    whole, _sign, rest = re.sub(group, "", bare).partition(decimal)
    cents = int(whole) * 100 + int((rest + "00")[:2])
    return -cents if negative else cents


def read(found: Sheet, mapping: Mapping, account: str) -> Reading:
    """Every movement of the sheet. Raises Unreadable on the first row, between the first dated one and the last, that cannot be read for certain."""
    if mapping.booked is None or (mapping.amount is None) == (mapping.debit is None or mapping.credit is None):
        raise Unreadable(1, _("say which column holds the day, and which the amounts"))
    dated = [n for n, (_line, cells) in enumerate(found.rows) if _day(_cell(cells, mapping.booked), mapping.dates)]
    if not dated:
        raise Unreadable(found.rows[0][0] if found.rows else 1, _("no day can be read in that column"))
    reading = Reading()
    for n, (line, cells) in enumerate(found.rows):
        if dated[0] <= n <= dated[-1]:
            reading.lines.append(_line(line, cells, mapping, account))
        else:
            reading.aside.append((line, " ".join(cell for cell in cells if cell)[:140]))
    return reading


def _cell(cells: tuple[str, ...], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _line(line: int, cells: tuple[str, ...], mapping: Mapping, account: str) -> Line:
    booked = _day(_cell(cells, mapping.booked), mapping.dates)
    value_text = _cell(cells, mapping.value)
    value = _day(value_text, mapping.dates)
    if booked is None or value_text and value is None:
        raise Unreadable(line, _("a date cannot be read"))
    signed = _signed(line, cells, mapping)
    reference, text = _cell(cells, mapping.reference), _cell(cells, mapping.text)
    ours = _ORDER.search(reference.upper()) or _ORDER.search(text.upper())
    came_back = (
        bool(ours) and signed > 0
    )  # money that comes in under the reference of a payment is that payment come back
    return Line(
        source_line=line,
        direction="credit" if signed > 0 else "debit",
        amount=abs(signed),
        end_to_end_id=ours[1] if ours else "",
        booked=True,
        booked_on=booked,
        value_on=value or booked,
        bank_reference=_cell(cells, mapping.bank_reference)[:140],
        reversal=came_back,
        reason_code=_reason(text, reference) if came_back else "",
        batch_message_id="" if ours else _batch(reference, text),
        text=" ".join(part for part in (text, "" if ours else reference) if part)[:140],
        account=account,
    )


def _reason(*texts: str) -> str:
    """The code of a return among the words of the bank, when it writes one."""
    words = re.findall(r"[0-9A-Z]+", " ".join(texts).upper())
    return next((word for word in words if word in BANK_REASONS), "")


def _batch(*texts: str) -> str:
    """The message id of a batch, when the bank books the whole file as one sum and says so."""
    match = re.search(r"(?<![0-9A-Z])(L-\d{4}-[0-9A-Z]{8})(?![0-9A-Z])", " ".join(texts).upper())
    return match[1] if match else ""


def _signed(line: int, cells: tuple[str, ...], mapping: Mapping) -> int:
    try:
        if mapping.amount is not None:
            found = _cents(_cell(cells, mapping.amount), mapping.decimal)
        else:
            out, into = (_cents(_cell(cells, column), mapping.decimal) for column in (mapping.debit, mapping.credit))
            if out and into:
                raise Unreadable(line, _("a movement is both a debit and a credit"))
            found = -abs(out) if out else abs(into) if into else None
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable(line, _("an amount cannot be read")) from None
    if not found:
        raise Unreadable(line, _("an amount is missing"))
    return found


def parse(content: bytes, mapping: Mapping, account: str) -> Statement:
    """The statement, or Unreadable. `account`: the fund's, unless the file names another above its table."""
    found = sheet(content)
    named = [re.sub(r"\s", "", match) for text in found.above for match in _IBAN.findall(text.upper())]
    reading = read(found, mapping, named[0] if named else account)
    says = "\n".join(line.identity() for line in reading.lines)
    digest = hashlib.sha256(says.encode()).hexdigest()
    return Statement(KIND, KIND, f"CSV-{digest[:31]}", "", (named[0] if named else account,), tuple(reading.lines))
