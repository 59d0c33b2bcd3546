"""The lines of the sheets of a workbook, XLSX or ODS, with the row numbers that the spreadsheet shows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from core.transitions import Refusal
from registry.resources.text import Lines

UNPACKED = 200_000_000
"""Bytes a workbook may hold once unpacked: a small zip can hold gigabytes."""
COLUMNS_AT_MOST = 200
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def refusal() -> Refusal:
    return Refusal(
        "unreadable_file",
        _("This workbook cannot be read."),
        remedy=_("Save it again as XLSX or ODS, or export the table as CSV, in UTF-8."),
    )


def read_sheets(raw: bytes) -> list[Lines]:
    """The sheets of a workbook, in order. Raises Refusal in words."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as pack:
            if sum(part.file_size for part in pack.infolist()) > UNPACKED:
                raise refusal()
            if "content.xml" in pack.namelist():
                with pack.open("content.xml") as content:
                    return list(_ods(content))
        return _xlsx(raw)
    except Refusal:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, ParseError, DefusedXmlException) as error:
        raise refusal() from error


def plain(value) -> str:
    """A cell as text: days as ISO, whole numbers without a mark, never in powers of ten."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return value.isoformat() if value.time().isoformat() != "00:00:00" else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value)


def _xlsx(raw: bytes) -> list[Lines]:
    book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    try:
        sheets = []
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a file says of its size is often wrong
            lines: Lines = []
            for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=COLUMNS_AT_MOST), start=1):
                cells = [plain(value) for value in row]
                if any(map(str.strip, cells)):
                    lines.append((number, cells))
            sheets.append(lines)
        return sheets
    finally:
        book.close()


def _ods(content) -> Iterator[Lines]:
    lines: Lines = []
    number = 1
    for event, node in iterparse(content, events=("start", "end")):
        if event == "start" and node.tag == f"{_TABLE}table":
            lines, number = [], 1
        elif event == "end" and node.tag == f"{_TABLE}table":
            yield lines
        elif event == "end" and node.tag == f"{_TABLE}table-row":
            times = int(node.get(f"{_TABLE}number-rows-repeated", "1"))
            cells = _row(node)
            if any(map(str.strip, cells)):
                if times > 1000:
                    raise refusal()
                lines += [(number + nth, cells) for nth in range(times)]
            number += times
            node.clear()


def _row(node: Element) -> list[str]:
    cells: list[str] = []
    for cell in node:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        times = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        cells += [_cell(cell)] * min(times, COLUMNS_AT_MOST - len(cells))
    return cells


def _cell(cell: Element) -> str:
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind in ("float", "currency", "percentage"):
        return plain(float(cell.get(f"{_OFFICE}value", "")))
    if kind == "date":
        return cell.get(f"{_OFFICE}date-value", "")
    if kind == "boolean":
        return "oui" if cell.get(f"{_OFFICE}boolean-value") == "true" else "non"
    return "\n".join("".join(part.itertext()) for part in cell.iter(f"{_TEXT}p"))
