"""What the guards of several machines share."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from django.db.models import Field, Model
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from core.templatetags import ui
from core.transitions import Act, Refusal


def name_of(model: type[Model], field: str) -> str:
    """What a field is called, in the reader's language."""
    return str(cast(Field, model._meta.get_field(field)).verbose_name)


def when(instant: datetime) -> str:
    """`12 juin 2026 à 12 h 00` in Paris, in the reader's language: as pages say it."""
    return ui.instant(instant)


def reason_given(act: Act) -> None:
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _("Say why in one sentence: this reason will be kept and shown to those concerned."),
            field="reason",
        )


def read_instant(value, field: str) -> datetime | None:
    """An aware instant from a datetime or its ISO text. Raises Refusal on the field."""
    if value in (None, ""):
        return None
    try:
        found = value if isinstance(value, datetime) else parse_datetime(str(value))
    except ValueError:
        found = None
    if found is None or timezone.is_naive(found):
        raise Refusal("content_invalid", _("Give a day and a time, with its time zone."), field=field)
    return found


def read_day(value, field: str) -> date | None:
    """A day from a date or its ISO text. Raises Refusal on the field."""
    if value in (None, ""):
        return None
    try:
        found = value if isinstance(value, date) and not isinstance(value, datetime) else parse_date(str(value))
    except ValueError:
        found = None
    if found is None:
        raise Refusal("content_invalid", _("Give a day that exists."), field=field)
    return found
