"""Webhooks as their page shows them, and what is due to them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from registry.enums import WebhookState
from registry.models import Delivery, Webhook

ROUND = 100
"""Messages sent in one round of the worker."""


def of_desk() -> QuerySet[Webhook]:
    """Active ones first, then those that were stopped, then those that ended, with their last sending."""
    waiting = Q(deliveries__next_attempt_at__isnull=False)
    rows = Webhook.objects.select_related("created_by").annotate(
        last_sent_at=Max("deliveries__sent_at"), waiting=Count("deliveries", filter=waiting)
    )
    return rows.order_by("state", "pk")


def stopped() -> int:
    """How many wait for an administrator."""
    return Webhook.objects.filter(state=WebhookState.DISABLED).count()


def active() -> list[Webhook]:
    return list(Webhook.objects.filter(state=WebhookState.ACTIVE).order_by("pk"))


def due(at: datetime) -> list[Delivery]:
    rows = Delivery.objects.filter(next_attempt_at__lte=at, webhook__state=WebhookState.ACTIVE)
    return list(rows.select_related("webhook", "change").order_by("pk")[:ROUND])
