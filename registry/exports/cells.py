"""Cells of files that spreadsheets open: a text that could be read as a formula is defused, numbers stay numbers."""

import csv
import io
import json
import re
from itertools import islice

_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_UNSEEN = re.compile(r"^[\s\x00-\x1f\x7f-\xa0\u200b-\u200f\u202f\u2060\ufeff]+")


def safe(value):
    """Prefix a text that a spreadsheet would run with an apostrophe; other values unchanged."""
    if isinstance(value, str) and value and not value[0].isalnum():  # what begins with a letter or a figure is neither
        unseen = _UNSEEN.match(value)
        start = unseen.end() if unseen else 0
        if set(value[:start]) & set("\t\r\n") or value.startswith(_DANGEROUS, start):
            return "'" + value
    return value


TOGETHER = 200
"""Rows written at once: fewer pieces to hash and to send, and still flat memory."""


def together(items, size: int = TOGETHER):
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def csv_lines(rows):
    """CSV lines (comma, double quotes, LF) of rows of plain values, some rows a text."""
    for some in together(rows):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([safe(value) for value in row] for row in some)
        yield buffer.getvalue()


to_json = json.JSONEncoder(ensure_ascii=False).encode
"""One object as JSON, by an encoder that is made once."""


def json_lines(objects):
    """JSON objects between commas, one a line, some a text."""
    first = True
    for some in together(objects):
        yield ("" if first else ",\n") + ",\n".join(map(to_json, some))
        first = False


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word, with an ellipsis when cut."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
