"""A person deletes the account: each room says what holds him back and erases what is its own (GDPR, article 17; docs/personal-data.md)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from applications.rules import leaving as of_applications
from applications.transitions import leaving as files
from core import person
from core.models import User
from core.transitions import Refusal
from fund.rules import leaving as of_fund
from payments.rules import leaving as of_payments
from registry.transitions import forget_address
from reviews.rules import leaving as of_reviews


def reasons_to_stay(user: User, at: datetime) -> list[Refusal]:
    """Why the account cannot be deleted yet: every reason at once, each with its remedy."""
    rooms = (of_fund, of_applications, of_reviews, of_payments)
    return [refusal for room in rooms for refusal in room.reasons_to_stay(user, at)]


def erase_account(*, user: User, actor: User, at: datetime, confirmation: str) -> None:
    """Erase what is the person's alone, keep what was filed, decided or signed. `confirmation` is the address, typed again. Raises Refusal.

    The row of the person is emptied, never deleted; the event keeps its key and counts, no word.
    """
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if actor.pk != row.pk or not row.is_active or row.is_system:
            raise Refusal("not_permitted", _("Only the person may delete an account."))
        if confirmation.strip().lower() != row.email:
            raise Refusal(
                "confirmation_wrong",
                _("This is not the address of the account."),
                remedy=_("Type it exactly as it is written above."),
                field="confirmation",
            )
        if refusals := reasons_to_stay(row, at):
            raise refusals[0]
        erase(user=row, actor=row, at=at)


def erase(*, user: User, actor: User, at: datetime) -> None:
    """The erasure itself, in the caller's transaction, after the caller's rules (also `idle.erase_unused`)."""
    forget_address(user.email)
    counts = files.forget(user=user, at=at)
    person.forget(user=user, at=at)
    person.told(user, "erase_account", actor=actor, at=at, **counts)
