"""Acts of a person on the account: change the name and the language."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.logs import current_request_id
from core.models import Event, User
from core.transitions import Refusal

MACHINE = "person"
"""Of the events about an account; their object is the key of the person."""


def told(user: User, verb: str, *, actor: User, at: datetime, **facts) -> None:
    """Write what happened to an account. Facts are numbers and names of fields, never what was in them."""
    Event.objects.create(
        at=at,
        actor=actor,
        machine=MACHINE,
        object_id=user.pk,
        verb=verb,
        payload=facts,
        request_id=current_request_id(),
    )


def change_details(*, user: User, actor: User, at: datetime, name: str, language: str) -> User:
    """Change the name (the one letters bear from now on) and the language of one's pages and mails. Documents already made stay as they are."""
    name = " ".join(name.split())
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if actor.pk != row.pk or not row.is_active:
            raise Refusal("not_permitted", _("Only the person may change an account."))
        if not name or len(name) > 150:
            raise Refusal("name_missing", _("Give your first and last name, in 150 characters at most."), field="name")
        if language not in dict(User._meta.get_field("language").choices or ()):
            raise Refusal("language_unknown", _("Choose French or English."), field="language")
        changed = [field for field, value in (("name", name), ("language", language)) if getattr(row, field) != value]
        if changed:
            row.name, row.language = name, language
            row.save(update_fields=["name", "language"])
            told(row, "change_details", actor=actor, at=at, changed=changed)
    return row
