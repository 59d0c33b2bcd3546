"""When a person of the fund may leave: nobody takes a live role away with the account."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.models import User
from core.transitions import Refusal
from fund.models import RoleGrant


def reasons_to_stay(user: User, at: datetime) -> list[Refusal]:
    """Why this account cannot be erased yet, with what would make it possible."""
    held = list(RoleGrant.objects.not_over(at).filter(user=user))
    held += RoleGrant.objects.filter(user=user, state="proposed")
    return [
        Refusal(
            "role_held",
            _("You hold, or are proposed for, a role: %(role)s.") % {"role": grant.role_label},
            remedy=_("Step down from it first, on the page of the roles, or have the proposal dropped."),
            article="art. 22",
        )
        for grant in held
    ]
