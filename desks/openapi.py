"""The description of the API (OpenAPI), its texts in the language of who reads: English in the code, French from the catalogues."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.utils import translation
from django.utils.translation import gettext
from drf_spectacular.generators import SchemaGenerator

LANGUAGES = ("en", "fr")
VALUES = "* `"
"""What begins the list of a field's values: labels, already in the language."""


@cache
def description(language: str) -> dict:
    """The document. It depends on the code alone: made once by a process and language."""
    with translation.override(language):
        return _said(_generated(), gettext)


def _generated() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def _said(node, say: Callable[[str], str]):
    """The same, with each `description` said by `say`."""
    if isinstance(node, list):
        return [_said(one, say) for one in node]
    if not isinstance(node, dict):
        return node
    return {name: _say(text, say) if _is_text(name, text) else _said(text, say) for name, text in node.items()}


def _is_text(name: str, value) -> bool:
    return name == "description" and isinstance(value, str)


def _say(text: str, say: Callable[[str], str]) -> str:
    own, mark, values = text.partition(VALUES)
    return (say(own.strip()) + ("\n\n" if mark else "") if own.strip() else "") + mark + values


def texts() -> list[str]:
    """Every text of the description, docstrings mostly: these have their French in the catalogue of this app."""
    found: list[str] = []

    def noted(text: str) -> str:
        found.append(text)
        return text

    with translation.override("en"):
        _said(_generated(), noted)
    return sorted(set(found))
