"""Envelopes as their desk reads them."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from fund.models import Envelope
from fund.models.ledger import EnvelopeState


def desk_envelopes() -> QuerySet[Envelope]:
    """Every envelope, latest year first, with how many calls draw on it."""
    return Envelope.objects.annotate(calls_count=Count("calls")).order_by("-year", "-id")


def find_envelope(reference: str) -> Envelope | None:
    return Envelope.objects.filter(reference=reference).first()


def other_open_envelopes(envelope: Envelope) -> QuerySet[Envelope]:
    """Envelopes that could receive money carried from this one."""
    return Envelope.objects.filter(state=EnvelopeState.OPEN).exclude(pk=envelope.pk).order_by("-year", "-id")
