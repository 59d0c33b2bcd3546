"""The public log of corrections, as CSV and JSON: one line a text corrected or a page taken down or published again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from registry.exports.cells import csv_lines, json_lines
from registry.queries.pages import Told

MEANINGS = {
    "number": _("number of the change"),
    "date": _("day of the change"),
    "reference": _("project whose page was changed"),
    "change": _("correct, unpublish, republish"),
    "field": _("text corrected; empty when the whole page is concerned"),
    "before": _("what it said; told when the ground is an error, empty otherwise"),
    "after": _("what it says since; told when the ground is an error, empty otherwise"),
    "ground": _("error, personal_data, court_order, safety"),
}
COLUMNS = list(MEANINGS)


def record(change: Told) -> dict:
    """`before` and `after` are null when they are not told."""
    return {
        "number": change.number,
        "date": change.on.isoformat(),
        "reference": change.reference,
        "change": change.kind,
        "field": change.field.partition("-")[0],
        "before": change.before,
        "after": change.after,
        "ground": change.ground,
    }


def as_csv(changes: Iterable[Told]):
    yield from csv_lines([COLUMNS])
    yield from csv_lines(["" if value is None else value for value in record(one).values()] for one in changes)


def as_json(changes: Iterable[Told], modified_at: datetime):
    yield (
        '{"modified": ' + json.dumps(modified_at.isoformat()) + ', "license": "Licence Ouverte 2.0", "corrections": [\n'
    )
    yield from json_lines(record(one) for one in changes)
    yield "\n]}\n"
