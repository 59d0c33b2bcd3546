"""The lines of a CSV file, whatever program wrote it: its encoding, its separator, and each line's number as a spreadsheet shows it."""

from __future__ import annotations

import codecs
import csv
import io

from django.utils.translation import gettext as _

from core.transitions import Refusal
from registry.resources.headers import recognised

Lines = list[tuple[int, list[str]]]
"""Lines that hold something, with their number in the file a person opens: blank lines count."""

DELIMITERS = ";,\t"
HEADER_WITHIN = 25
"""Published tables begin with a title and notes: the names of the columns are looked for in this many lines."""


def wide(raw: bytes) -> str:
    """UTF-16 by its mark, or by the zeros that every Latin letter leaves when the mark was lost; empty when it is not UTF-16."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = raw[:400]
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if odd > len(start) // 3 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > len(start) // 3 and odd == 0 else ""


def read_text(raw: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16 (with or without mark) or Windows-1252. Raises Refusal in words."""
    remedy = _("Export the table as CSV, in UTF-8.")
    for encoding in [wide(raw)] if wide(raw) else ["utf-8-sig", "cp1252"]:
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refusal("unreadable_file", _("The letters of this file are in no known encoding."), remedy=remedy)
    text = text.removeprefix("\ufeff")
    if "\x00" in text or not text.strip():
        raise Refusal("unreadable_file", _("This file is empty or is not a CSV file."), remedy=remedy)
    return text


def delimiter_of(text: str) -> str:
    """The separator that parts the names of the columns best."""
    first = text.split("\n", HEADER_WITHIN)[:HEADER_WITHIN]

    def known(delimiter: str) -> tuple[int, int]:
        return max((recognised(line.split(delimiter)), line.count(delimiter)) for line in first)

    return max(DELIMITERS, key=known)


def read_lines(raw: bytes) -> Lines:
    """The lines of a CSV. Raises Refusal in words when a quotation mark or a cell does not end."""
    text = read_text(raw)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    try:
        return [(number, line) for number, line in enumerate(reader, start=1) if any(map(str.strip, line))]
    except csv.Error as error:
        raise Refusal(
            "unreadable_file",
            _("This file cannot be read as a table: a quotation mark or a cell does not end."),
            remedy=_("Export the table as CSV, in UTF-8."),
        ) from error
