"""What is posted from the grid of a review, as `save_draft` takes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.browser import as_int
from core.forms import EurosField


def _text(data, name: str) -> str:
    """As it was typed, whole: a browser sends two signs for the end of a line and counts one."""
    return data.get(name, "").replace("\r\n", "\n")


def scores_of(data, criteria) -> dict[str, dict]:
    """What the grid holds: {criterion code: half points, cannot judge, explanation}. A score that is not a number of half points stays as typed, for the
    verb to refuse; a criterion left alone has none."""
    found = {}
    for criterion in criteria:
        choice = data.get(f"score-{criterion.code}", "")
        row: dict = {"justification": _text(data, f"why-{criterion.code}")}
        if choice == "n":
            row |= {"cannot_judge": True, "half_points": None}
        elif choice:
            row |= {"cannot_judge": False, "half_points": -1 if (given := as_int(choice)) is None else given}
        found[criterion.code] = row
    return found


def written(data, criteria) -> tuple[dict[str, Any], str]:
    """The arguments of `save_draft`, and why the amount cannot be read (then it is left as it was kept)."""
    given: dict[str, Any] = {
        "scores": scores_of(data, criteria),
        "comment": _text(data, "comment"),
        "version": as_int(data.get("version", "")),
    }
    if "note" in data:
        given["note"] = _text(data, "note")
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
