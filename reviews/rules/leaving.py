"""When a member of the panel or someone who appealed may leave."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.models import User
from core.transitions import Refusal
from reviews.models import Appeal, Seat


def reasons_to_stay(user: User, at: datetime) -> list[Refusal]:
    """Seats in a panel whose call is not decided, and appeals that await their answer."""
    seats = Seat.objects.current(at).filter(user=user, panel__call__state__in=("published", "closed", "under_review"))
    appeals = Appeal.objects.filter(filed_by=user, state="filed")
    return [
        Refusal(
            "seat_held",
            _("You sit on the panel of the call “%(call)s”.") % {"call": seat.panel.call.title},
            remedy=_("Ask a case officer to end your seat: the files you read are then given to someone else."),
            article="art. 22",
        )
        for seat in seats.select_related("panel__call")
    ] + [
        Refusal(
            "appeal_open",
            _("Your appeal on application %(reference)s awaits its answer.")
            % {"reference": appeal.decision.application.reference},
            remedy=_("Withdraw the appeal, or wait for the answer."),
        )
        for appeal in appeals.select_related("decision__application")
    ]
