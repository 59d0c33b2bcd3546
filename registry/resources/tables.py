"""From a file to the rows of its table: the sheet and the line where the names of the columns stand, and what is not a row of data."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from core.transitions import Refusal
from registry.resources.headers import Header, fold, recognised
from registry.resources.text import HEADER_WITHIN, Lines, read_lines
from registry.resources.threesixty import as_lines
from registry.resources.workbooks import read_sheets

MAX_ROWS = 200_000
_TOTAL = re.compile(r"^(sous|grand)?(total|totaux)(general|generaux|subventions?|montants?|\d*)*$")

Message = tuple[int, str, str]
"""Row in the file, column as the file names it, words."""


@dataclass
class Table:
    """Rows of data in the order of `headers.ORDER`, with their numbers; what is to mend; what was left aside or understood, to be said."""

    header: Header
    numbers: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    problems: list[Message] = field(default_factory=list)
    notices: list[Message] = field(default_factory=list)


def read_table(raw: bytes) -> Table:
    """The table of a file. Raises Refusal in words when it is not one, or lacks columns."""
    lines, at, header = _found(_sheets(raw))
    if header.missing:
        raise Refusal(
            "missing_columns",
            _("Columns are missing: %(names)s.") % {"names": ", ".join(header.missing)},
            remedy=_("The first line must hold the names of SCDL, between commas, semicolons or tabs."),
        )
    if header.doubled:
        raise Refusal(
            "doubled_columns", _("Columns are there twice: %(names)s.") % {"names": ", ".join(header.doubled)}
        )
    if len(lines) - at - 1 > MAX_ROWS:
        raise Refusal("file_too_long", _("At most %(rows)s rows at a time.") % {"rows": MAX_ROWS})
    table = Table(header, notices=_of_header(header, lines[at][0]))
    for number, line in lines[at + 1 :]:
        _take(table, number, line)
    return table


def _sheets(raw: bytes) -> list[Lines]:
    if raw[:4] == b"PK\x03\x04":
        return read_sheets(raw)
    if raw[:4] == b"\xd0\xcf\x11\xe0":
        raise Refusal(
            "unreadable_file",
            _("This is a workbook of the old kind (.xls)."),
            remedy=_("Open it and save it as XLSX, ODS or CSV."),
        )
    if raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        try:
            return [as_lines(json.loads(raw.decode("utf-8-sig")))]
        except (ValueError, RecursionError) as error:
            raise Refusal(
                "unreadable_file",
                _("This JSON file cannot be read."),
                remedy=_("Give a 360Giving package, or export the table as CSV, in UTF-8."),
            ) from error
    return [read_lines(raw)]


def _found(sheets: list[Lines]) -> tuple[Lines, int, Header]:
    """The sheet and the place in it of the line that names most columns."""
    best: tuple[int, Lines, int] = (-1, [], 0)
    for lines in sheets:
        for at, (_number, line) in enumerate(lines[:HEADER_WITHIN]):
            if (known := recognised(line)) > best[0]:
                best = known, lines, at
    _known, lines, at = best
    if not lines:
        raise Refusal("unreadable_file", _("This file is empty."), remedy=_("Choose the file that holds the table."))
    return lines, at, Header(lines[at][1])


def _of_header(header: Header, number: int) -> list[Message]:
    said = []
    if header.renamed:
        pairs = ", ".join(f"{name} → {column}" for column, name in header.renamed.items())
        said.append((number, "", _("Names of columns understood: %(pairs)s.") % {"pairs": pairs}))
    if header.unread:
        said.append((number, "", _("Columns that are not read: %(names)s.") % {"names": ", ".join(header.unread)}))
    return said


def _take(table: Table, number: int, line: list[str]) -> None:
    """Put a line among the rows, the problems or what is left aside."""
    header = table.header
    if _is_header(header, line):
        table.notices.append((number, "", _("The names of the columns come again here: this line is left aside.")))
    elif any(map(str.strip, line[len(header.names) :])):
        table.problems.append(
            (
                number,
                "",
                _(
                    "This row has more cells than the first line: put texts that hold the separator between quotation marks."
                ),
            )
        )
    elif _is_total(header, line):
        table.notices.append((number, "", _("This line looks like a total: it is left aside.")))
    elif len(header.names) > 2 and sum(bool(cell.strip()) for cell in line) == 1:
        table.notices.append((number, "", _("This line holds one text alone: it is left aside.")))
    else:
        table.numbers.append(number)
        table.rows.append(header.cells(line))


def _is_header(header: Header, line: list[str]) -> bool:
    """The names of the columns once more, as some files have them at the head of each page."""
    same = sum(bool(name) and name == " ".join(cell.split()) for name, cell in zip(header.names, line, strict=False))
    return same > len(header.names) // 2


def _is_total(header: Header, line: list[str]) -> bool:
    """A line that says "total" and names neither a beneficiary's number nor a date: an association may be called Total."""
    told = {column: line[place].strip() for column, place in header.places.items() if place < len(line)}
    if any(told.get(column) for column in ("idBeneficiaire", "rnaBeneficiaire", "dateConvention")):
        return False
    return any("tota" in cell.lower() and _TOTAL.match(fold(cell)) for cell in line)
