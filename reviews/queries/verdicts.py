"""Whether the proof of a result holds. A proof of a million numbers takes seconds: it is checked once, and again as soon as one byte of it is another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import TextField
from django.db.models.functions import Cast

from reviews import certificate
from reviews.models import AssignmentResult, Panel

KEPT_SECONDS = 30 * 24 * 3600
PAPERS = ("instance", "pairs", "prices")


@dataclass(frozen=True)
class Verdict:
    """Where the proof fails (an empty text when it holds), and when these very papers were checked."""

    fault: str
    checked_at: datetime


def verdict_of(panel: Panel, at: datetime) -> Verdict | None:
    """The verdict on the result that stands; None when there is none. What is checked is what was hashed, never a later reading of the row."""
    rows = AssignmentResult.objects.standing().filter(panel=panel)
    texts = rows.values_list(*(Cast(name, TextField()) for name in PAPERS)).first()
    if texts is None:
        return None
    key = f"verdict-{hashlib.sha256(json.dumps(texts).encode()).hexdigest()}"
    known = cache.get(key)
    if known is None:
        known = certificate.check(*map(json.loads, texts)), at
        cache.set(key, known, KEPT_SECONDS)
    return Verdict(*known)
