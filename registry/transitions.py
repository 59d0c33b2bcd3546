"""Writes of the registry: the import of earlier grants."""

from __future__ import annotations

from dataclasses import dataclass, field

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.logs import current_request_id
from core.models import Event
from core.transitions import Refusal
from fund import people
from registry.resources import PastGrantResource

MAX_ROWS = 20_000


@dataclass
class ImportReport:
    """What an import did, or would do: counts, and every problem as (line of the file, column, message)."""

    new: int = 0
    unchanged: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def is_valid(self) -> bool:
        return not self.problems


def read_table(raw: bytes) -> tablib.Dataset:
    """A CSV file in UTF-8 (with or without BOM) or Windows-1252, comma or semicolon. Raises Refusal in words."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if "\x00" in text or not text.strip():
        raise Refusal(
            "unreadable_file",
            _("This file is empty or is not a CSV file."),
            remedy=_("Export the table as CSV, in UTF-8."),
        )
    first = text.split("\n", 1)[0]
    dataset = tablib.Dataset()
    try:
        dataset.load(text, format="csv", delimiter=";" if first.count(";") > first.count(",") else ",")
    except Exception as error:  # tablib raises many kinds; whatever it is, the file is not a table
        raise Refusal(
            "unreadable_file", _("This file cannot be read as a table."), remedy=_("Export the table as CSV, in UTF-8.")
        ) from error
    if len(dataset) > MAX_ROWS:
        raise Refusal("file_too_long", _("At most %(rows)s rows at a time.") % {"rows": MAX_ROWS})
    return dataset


def import_past_grants(*, table: tablib.Dataset, actor, at, dry_run: bool) -> ImportReport:
    """Import earlier grants, all rows or none; `dry_run` only tells. Raises Refusal when the columns are not those of SCDL."""
    if not people.case_officer(actor, None, at):
        raise Refusal("not_permitted", _("Only a case officer imports earlier grants."))
    resource = PastGrantResource(actor, at)
    with transaction.atomic():
        result = resource.import_data(
            table, dry_run=dry_run, collect_failed_rows=False, rollback_on_validation_errors=True
        )
        report = _report(result)
        if not dry_run and report.is_valid and report.new:
            Event.objects.create(
                at=at,
                actor=actor,
                machine="past_grant",
                object_id=0,
                subject="",
                verb="import",
                payload={"new": report.new},
                request_id=current_request_id(),
            )
    return report


def _report(result) -> ImportReport:
    report = ImportReport(new=result.totals["new"], unchanged=result.totals["skip"])
    for error in result.base_errors:
        messages = error.error.messages if isinstance(error.error, ValidationError) else [str(error.error)]
        report.problems += [(1, "", message) for message in messages]
    for row in result.invalid_rows:
        for column, messages in row.field_specific_errors.items():
            report.problems += [(row.number + 1, column, message) for message in messages]
        report.problems += [(row.number + 1, "", message) for message in row.non_field_specific_errors]
    for number, errors in result.row_errors():
        report.problems += [(number + 1, "", str(error.error)) for error in errors]
    report.problems.sort()
    return report
