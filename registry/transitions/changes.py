"""What became public is noted once, in one order, for those who follow."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from core.transitions import locked
from fund.ledger import queries as ledger
from registry.models import ChangeMark, PublicChange
from registry.queries import changes

AGAIN = timedelta(hours=1)
"""Rows are looked for again so far back: an act carries the instant of its request, and commits later."""


def note_changes(*, at: datetime) -> int:
    """Write what became public since the last time; returns how many. The first time, everything that is public already is nobody's news."""
    with transaction.atomic():
        first = {"started_at": at, "read_at": at, "seq": ledger.public_count()}
        mark, _made = ChangeMark.objects.get_or_create(pk=1, defaults=first)
        mark = locked(mark)
        until = ledger.public_count()
        found = [*changes.of_ledger(mark.seq, until), *changes.of_rows(max(mark.started_at, mark.read_at - AGAIN))]
        known = set(PublicChange.objects.filter(key__in=[one.key for one in found]).values_list("key", flat=True))
        new = sorted((one for one in found if one.key not in known), key=lambda one: (one.at, one.seq or 0))
        for one in new:
            one.noted_at = at
        PublicChange.objects.bulk_create(new, batch_size=500)
        if new or until != mark.seq or at - mark.read_at > AGAIN / 2:
            mark.read_at, mark.seq = max(at, mark.read_at), until
            mark.save(update_fields=["read_at", "seq"])
    return len(new)
