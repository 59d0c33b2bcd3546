"""When an applicant may leave: a file that others wait for keeps someone to answer for it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from applications.models import Application, TeamMember
from core.models import User
from core.transitions import Refusal

UNDER_WAY = ("draft", "submitted", "information_requested", "eligible", "under_review", "on_reserve")


def alone_in(user: User):
    """Drafts this person leads, never filed, that nobody else has joined."""
    others = TeamMember.objects.exclude(user=user).filter(application=OuterRef("pk"), joined_at__isnull=False)
    return Application.objects.filter(~Exists(others), lead=user, state="draft")


def reasons_to_stay(user: User, at: datetime) -> list[Refusal]:
    """Files this person leads or bears that are being written with others or examined. A draft nobody else joined leaves with the person."""
    found = (
        Application.objects.filter(Q(lead=user) | Q(bearer_person=user), state__in=UNDER_WAY)
        .exclude(pk__in=alone_in(user).values("pk"))
        .order_by("pk")
    )
    return [
        Refusal(
            "file_under_way",
            _("You answer for application %(reference)s, which is not finished.") % {"reference": file.reference},
            remedy=_("Hand it over to someone of the team, or withdraw it; if you are its bearer, name another."),
        )
        for file in found
    ]
