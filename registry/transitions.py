"""Writes of the registry: the import of earlier grants."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.logs import current_request_id
from core.models import Event
from core.transitions import Refusal
from fund import people
from registry.models import PastGrant


def may_import(actor, at) -> None:
    """Raises Refusal unless this person imports earlier grants."""
    if not people.case_officer(actor, None, at):
        raise Refusal("not_permitted", _("Only a case officer imports earlier grants."))


def import_past_grants(*, rows: Sequence[PastGrant], actor, at) -> int:
    """Keep these earlier grants, checked by `registry.resources`: in one act, those already there left as they are. Returns how many are new."""
    may_import(actor, at)
    with transaction.atomic():
        keys = [row.row_key for row in rows]
        there = set()
        for start in range(0, len(keys), 500):
            known = PastGrant.objects.filter(row_key__in=keys[start : start + 500])
            there |= set(known.values_list("row_key", flat=True))
        new = [row for row in {row.row_key: row for row in rows}.values() if row.row_key not in there]
        for row in new:
            row.imported_at, row.imported_by = at, actor
        try:
            with transaction.atomic():
                PastGrant.objects.bulk_create(new, batch_size=500)
        except IntegrityError as error:
            raise Refusal(
                "import_conflict", _("Some of these rows were imported a moment ago."), remedy=_("Look at it again.")
            ) from error
        if new:
            Event.objects.create(
                at=at,
                actor=actor,
                machine="past_grant",
                object_id=0,
                subject="",
                verb="import",
                payload={"new": len(new)},
                request_id=current_request_id(),
            )
    return len(new)
