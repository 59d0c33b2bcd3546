"""When a recipient may leave: a grant that runs keeps someone who answers for it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from applications.models import Application
from core.models import User
from core.transitions import Refusal

LIVE = ("offered", "accepted", "signed", "active", "suspended")


def reasons_to_stay(user: User, at: datetime) -> list[Refusal]:
    """Grants led, borne or signed by this person that are awaited, run, or are owed back."""
    found = (
        Application.objects.filter(Q(lead=user) | Q(bearer_person=user) | Q(agreement__signatory=user))
        .filter(
            Q(state="selected", agreement=None)
            | Q(state="selected", agreement__state="lapsed")
            | Q(agreement__state__in=LIVE)
            | Q(agreement__recoveries__state__in=("proposed", "notified"))
        )
        .distinct()
        .order_by("pk")
    )
    return [
        Refusal(
            "grant_under_way",
            _("You answer for grant %(reference)s, which is not finished.") % {"reference": file.reference},
            remedy=_("Hand the project over or name another signatory by an amendment, or bring it to its end."),
            article="art. 25",
        )
        for file in found
    ]
