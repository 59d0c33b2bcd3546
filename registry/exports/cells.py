"""Cells of files that spreadsheets open: a text that could be read as a formula is defused, numbers stay numbers."""

import csv
import io
import re

_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_UNSEEN = re.compile(r"^[\s\x00-\x1f\x7f-\xa0\u200b-\u200f\u202f\u2060\ufeff]+")


def safe(value):
    """Prefix a text that a spreadsheet would run with an apostrophe; other values unchanged."""
    if isinstance(value, str):
        unseen = _UNSEEN.match(value)
        start = unseen.end() if unseen else 0
        if set(value[:start]) & set("\t\r\n") or value.startswith(_DANGEROUS, start):
            return "'" + value
    return value


def csv_lines(rows):
    """CSV lines (comma, double quotes, LF) of rows of plain values, one text a row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow([safe(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word, with an ellipsis when cut."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
