"""The closing of a year: the figures of 31 December, written once."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.transitions import Refusal
from fund.models import FundIdentity
from payments.documents.closing import freeze_year_closing
from payments.models import YearClosing
from payments.queries import closing
from payments.rules.people import accounting_officer
from payments.transitions.common import record_event


def close_year(*, year: int, actor, at) -> YearClosing:
    """Freeze the figures of the year and their document. Raises Refusal: not over, already closed, nothing in the journal, another's act."""
    if not accounting_officer(actor, None, at):
        raise Refusal("not_permitted", _("Only an accounting officer closes a year."))
    if year >= timezone.localdate(at).year:
        raise Refusal(
            "year_not_over",
            _("The year %(year)s is not over.") % {"year": year},
            remedy=_("Close it from 1 January on."),
            status=409,
        )
    with transaction.atomic():
        list(
            FundIdentity.objects.select_for_update().values_list("pk", flat=True)
        )  # two at once: the second finds the first
        if YearClosing.objects.filter(year=year).exists():
            raise Refusal("year_closed", _("The year %(year)s is already closed.") % {"year": year}, status=409)
        found = closing.figures(year)
        if not found["envelopes"]:
            raise Refusal(
                "year_empty", _("The journal has nothing before the end of %(year)s.") % {"year": year}, status=409
            )
        if (before := closing.first_open_year()) < year:
            raise Refusal(
                "earlier_year_open",
                _("The year %(year)s is not closed yet.") % {"year": before},
                remedy=_("Close it first: each year carries what the one before left."),
                status=409,
            )
        row = YearClosing.objects.create(year=year, figures=found, closed_by=actor, closed_at=at)
        row.document = freeze_year_closing(row, at=at)
        row.save(update_fields=["document"])
        record_event(row, "close_year", actor=actor, at=at, year=year)
    return row
