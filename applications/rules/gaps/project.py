"""The project: its texts, its place, and months that hold together."""

from __future__ import annotations

from django.utils.translation import gettext as _

from applications.models import Application
from applications.rules.gaps.frame import Missing, needed, sentence, too_long
from applications.schema import SECTIONS
from fund import communes
from fund.models import Theme


def gaps_of(application: Application, content: dict) -> list[Missing]:
    section, call = content["project"], application.call
    gaps = needed(
        "project",
        content,
        "title",
        "summary",
        "need",
        "solution",
        "deliverables",
        "timeline",
        "expected_outcomes",
        "duration_months",
        "insee_code",
    )
    if not section["themes"] and Theme.objects.exists():
        gaps += needed("project", content, "themes")
    if section["insee_code"] and communes.find(section["insee_code"]) is None:
        gaps.append(Missing("project", "insee_code", _("This commune is not in the official list. Choose it again.")))
    duration = section["duration_months"]
    if duration is not None and duration < 1:
        gaps.append(Missing("project", "duration_months", _("The project lasts at least one month.")))
    elif duration and duration > call.max_duration_months:
        gaps.append(
            Missing(
                "project",
                "duration_months",
                _(
                    "The project lasts %(months)s months; the maximum is %(max)s. Tighten the schedule or keep the rest for another call."
                )
                % {"months": duration, "max": call.max_duration_months},
                "project_too_long",
            )
        )
    return gaps + _months(section) + too_long("project", content)


def _months(section: dict) -> list[Missing]:
    """Months are counted from the signature: each within the project, no step ending before it begins."""
    gaps, last = [], section["duration_months"] or 0
    for table, names in (("deliverables", ("due_month",)), ("timeline", ("from_month", "to_month"))):
        label = SECTIONS["project"].key(table).label
        for number, row in enumerate(section[table], 1):
            months = [row[name] for name in names if row.get(name) is not None]
            if last and any(not 0 <= month <= last for month in months):
                gaps.append(
                    Missing(
                        "project",
                        table,
                        _("%(table)s, line %(n)s: the month goes beyond the %(last)s months of the project.")
                        % {"table": sentence(label), "n": number, "last": last},
                    )
                )
            elif months != sorted(months):
                gaps.append(
                    Missing(
                        "project",
                        table,
                        _("%(table)s, line %(n)s: the step ends before it begins.")
                        % {"table": sentence(label), "n": number},
                    )
                )
    return gaps
