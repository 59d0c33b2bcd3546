"""The document of a year's closing."""

from __future__ import annotations

from django.utils import translation

from core import documents
from core.models import Document
from payments.documents.common import day, euros, fund

MONEY = ("opened", "free", "reserved", "committed", "ordered", "paid", "claimed", "returned", "paid_in_year", "carried")


def freeze_year_closing(closing, *, at) -> Document:
    """Every envelope on 31 December, and what is carried, grant by grant."""
    with translation.override("fr"):
        envelopes = closing.figures["envelopes"]
        context = {
            **fund(),
            "year": str(closing.year),
            "letter_on": day(at),
            "closed_by": str(closing.closed_by),
            "envelopes": [row | {name: euros(row[name]) for name in MONEY} for row in envelopes],
            "totals": {name: euros(sum(row[name] for row in envelopes)) for name in MONEY},
            "grants": [
                {name: value if name == "reference" else euros(value) for name, value in row.items()}
                for row in closing.figures["grants"]
            ],
        }
        return documents.freeze(
            "year_closing",
            owner=closing,
            subject="",
            title=f"Clôture de l’exercice {closing.year}",
            context=context,
            at=at,
        )
