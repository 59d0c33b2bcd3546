"""What the API reads: JSON that a database can hold. Anything else is 400 before a serializer sees it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 32
LARGEST = 2**53
"""Numbers beyond are not exact in every client, nor in every column."""


class Json(JSONParser):
    """Strict JSON, at most 32 levels deep, without NUL, lone surrogates nor numbers no column holds."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_("This is nested too deep.")) from None
        _check(data)
        return data


def _check(data: Any) -> None:
    level = [data]
    for _depth in range(DEEPEST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str):
                _check_text(value)
            elif isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
                raise ParseError(_("A number is too large."))
        if not below:
            return
        level = below
    raise ParseError(_("This is nested too deep."))


def _check_text(text: str) -> None:
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ParseError(_("A text holds signs that are no text."))
