"""Files to read without a network: their text, the list of their documents, an empty grid. Drawn for one reader at the instant he asks, never kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.template.loader import get_template
from django.utils import translation

from core.pdf import draw
from fund.models import FundIdentity
from reviews.rules.reviews import explanations
from reviews.scoring import STEPS, points_text

LOT = 10
"""Files in one PDF: drawn in one request."""


@dataclass
class Sheet:
    """One file as this reader may read it. Blind: nothing of the applicant. `criteria` is empty for who only reads it for the meeting."""

    application: Any
    parts: list
    blind: bool
    pieces: list = field(default_factory=list)
    partners: list = field(default_factory=list)
    criteria: list = field(default_factory=list)


def printed(sheets: list[Sheet], *, reader: str, title: str, at, lot: int = 1, lots: int = 1) -> str:
    """The HTML page that the PDF is drawn from; its headings are the bookmarks."""
    facts = {
        "sheets": sheets,
        "title": title,
        "reader": reader,
        "at": at,
        "lot": lot,
        "lots": lots,
        "steps": [points_text(points) for points in STEPS],
        "explanations": explanations(),
        "language": translation.get_language() or "fr",
        "fund_name": FundIdentity.current().name,
    }
    return get_template("reviews/print/files.html").render(facts)


def pdf(sheets: list[Sheet], **facts) -> bytes:
    """Slow: about a second a file."""
    return draw(printed(sheets, **facts))
