"""Why a payment came back to the person who must act on it now: an order refused or taken back, a certification declared void."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.models import Event, User
from payments.enums import InstalmentState
from payments.models import Instalment

BACK = {
    "refuse": _("Order refused"),
    "recall": _("Order taken back"),
    "return_to_due": _("Sent back to be certified again"),
}
FORTH = ("certify", "recertify", "order")


@dataclass(frozen=True)
class SentBack:
    """Who sent the payment back, when and why (the reason as long as it is kept)."""

    what: Any
    person: User
    at: datetime
    why: str


def why_ended(order) -> SentBack | None:
    """Who refused this order or took it back, and why; None when it did not end so."""
    if order.outcome not in ("refused", "recalled"):
        return None
    acts = Event.objects.filter(
        machine=Instalment.machine, object_id=order.instalment_id, verb__in=("refuse", "recall"), at=order.ended_at
    )
    event = acts.select_related("actor", "reason").first()
    return _said(event) if event else None


def _said(event) -> SentBack:
    why = event.reason.text if hasattr(event, "reason") else ""
    return SentBack(BACK[event.verb], event.actor, event.at, why)


def sent_back(instalments) -> dict[int, list[SentBack]]:
    """By payment that waits to be ordered or certified, what sent it back since somebody last moved it forward, the oldest first. One query."""
    waiting = [one.pk for one in instalments if one.state in (InstalmentState.CERTIFIED, InstalmentState.DUE)]
    found: dict[int, list[SentBack]] = {}
    if not waiting:
        return found
    acts = Event.objects.filter(machine=Instalment.machine, object_id__in=waiting, verb__in=(*BACK, *FORTH))
    for event in acts.select_related("actor", "reason").order_by("id"):
        if event.verb in FORTH:
            found.pop(event.object_id, None)
            continue
        found.setdefault(event.object_id, []).append(_said(event))
    return found
