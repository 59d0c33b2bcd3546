"""What is posted from the grid of a review, as `save_draft` takes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.browser import as_int
from core.forms import EurosField
from reviews.forms.reading import scores_of

LONGEST = 8000


def written(data, criteria) -> tuple[dict[str, Any], str]:
    """The arguments of `save_draft`, and why the amount cannot be read (then it is left as it was kept)."""
    given: dict[str, Any] = {
        "scores": scores_of(data, criteria),
        "comment": data.get("comment", "")[:LONGEST],
        "version": as_int(data.get("version", "")),
    }
    if "note" in data:
        given["note"] = data["note"][:LONGEST]
    if "proposed_amount" not in data:
        return given, ""
    try:
        cents = EurosField(required=False).clean(data["proposed_amount"])
    except forms.ValidationError as error:
        return given, str(error.messages[0])
    if cents and cents % 100:
        return given, _("Propose a whole number of euros.")
    given["proposed_amount"] = cents or 0
    return given, ""
