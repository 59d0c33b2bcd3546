"""What became of the files of each call, as CSV and JSON: one line a call, whose decisions are all notified. Amounts in euros."""

from __future__ import annotations

import json
from datetime import datetime

from core.money import decimal_text
from registry.exports.cells import csv_lines
from registry.queries.delays import KINDS, NOTHING, Delays, Figures, delays
from registry.queries.outcomes import BANDS, ENDS, Outcome

COUNTS = ("filed", "reviewed", *ENDS)
COLUMNS = [
    "call",
    "title",
    *COUNTS,
    "funded_from_reserve",
    "requested_amount",
    "funded_requested_amount",
    "awarded_amount",
    "median_days",
    *(f"unfunded_score_{band.replace('-', '_')}" for band in BANDS),
    *(f"{name}_{part}" for name in KINDS for part in ("count", "median_days", "ninth_days")),
]


def cells(outcome: Outcome) -> dict:
    """Every count by its column."""
    bands = {f"unfunded_score_{band.replace('-', '_')}": cell for band, cell in outcome.bands.items()}
    return {"filed": outcome.filed, "reviewed": outcome.reviewed} | outcome.ends | bands


def took(delays: Delays) -> dict:
    """How long it took, by column; null when there is nothing to measure, or when it is not told."""
    return {
        f"{name}_{column}": getattr(delays[name], part)
        for name in KINDS
        for column, part in (("count", "count"), ("median_days", "median"), ("ninth_days", "ninth"))
    }


def facts(outcome: Outcome, figures: Figures) -> dict:
    """What is no count of files."""
    return took(figures.calls.get(outcome.call.slug, NOTHING)) | {
        "call": outcome.call.slug,
        "title": outcome.call.title,
        "funded_from_reserve": outcome.from_reserve,
        "requested_amount": decimal_text(outcome.requested) if outcome.requested is not None else None,
        "funded_requested_amount": decimal_text(outcome.funded_requested),
        "awarded_amount": decimal_text(outcome.awarded),
        "median_days": outcome.days,
    }


def as_csv(outcomes):
    figures = delays(outcomes)
    yield from csv_lines([COLUMNS])
    for outcome in outcomes:
        row = facts(outcome, figures) | {name: cell.text for name, cell in cells(outcome).items()}
        yield from csv_lines([["" if row[name] is None else row[name] for name in COLUMNS]])


def record(outcome: Outcome, figures: Figures) -> dict:
    """Counts as numbers, null when not told: `hidden` says why, `fewer` than three or `withheld`."""
    counts = cells(outcome)
    row = facts(outcome, figures) | {name: cell.value for name, cell in counts.items()}
    return {name: row[name] for name in COLUMNS} | {
        "hidden": {name: cell.hidden for name, cell in counts.items() if cell.hidden},
        "ineligible_by_article": [
            {"article": article, "files": cell.value, "hidden": cell.hidden} for article, cell in outcome.grounds
        ],
    }


def as_json(outcomes, modified_at: datetime):
    figures = delays(outcomes)
    rows = [record(outcome, figures) for outcome in outcomes]
    whole = {
        "modified": modified_at.isoformat(),
        "license": "Licence Ouverte 2.0",
        "delays": took(figures.whole),
        "calls": rows,
    }
    yield json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
