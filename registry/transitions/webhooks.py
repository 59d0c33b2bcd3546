"""Programs are told what becomes public: an address is registered, what is new is queued for it, each sending is settled. The network is asked by the
worker (`registry.tasks`), outside of any transaction.
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import references
from core.transitions import Refusal, clock, verb
from fund.people import administrator
from registry.enums import WebhookState
from registry.models import Delivery, PublicChange, Webhook
from registry.notifications import tell_administrators
from registry.rules import webhooks as rules

RETRY_MINUTES = (1, 5, 30, 120, 300, 600, 840, 1200, 1440)
"""Waits after each failure; a message that fails once more is given up, and can be sent again by hand."""
LEASE = timedelta(minutes=5)
BATCH = 500
KEPT = timedelta(days=90)


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@verb(
    machine=Webhook,
    label=_("register an address"),
    who=(administrator,),
    creates="active",
    on="user",
    guards=(rules.is_described, rules.address_is_sound, rules.not_too_many),
)
def register(act, user, *, label, url, kinds):
    """What becomes public from now on is sent to it. Its `secret` is shown to who registers it, and never again; a greeting leaves at once."""
    row = Webhook.objects.create(
        reference=references.new("WHK"),
        label=label.strip(),
        url=url.strip(),
        secret=new_secret(),
        kinds=sorted(kinds),
        created_by=act.actor,
        created_at=act.at,
        told=PublicChange.objects.aggregate(last=Max("pk"))["last"] or 0,
    )
    _queue(row, [None], act.at)
    act.note(kinds=row.kinds)
    return row


@verb(machine=Webhook, label=_("renew the secret"), who=(administrator,), danger=True)
def renew_secret(act, webhook):
    """What is sent from now on is signed with another secret, shown once; the former signs nothing more."""
    webhook.renew_secret(new_secret())


@verb(machine=Webhook, label=_("stop sending"), who=(clock,), mails=("registry/webhook.disabled",))
def disable(act, webhook):
    """It has failed for days, or said that it is gone: nothing is sent until an administrator looks at it. What is new waits."""
    webhook.disable(act.at)
    tell_administrators(webhook, act.at)


@verb(machine=Webhook, label=_("send again"), who=(administrator,))
def enable(act, webhook):
    """What became public meanwhile is sent too."""
    webhook.enable()
    waiting = Delivery.objects.filter(webhook=webhook, sent_at=None, given_up_at=None)
    waiting.update(next_attempt_at=act.at, attempts=0)


@verb(machine=Webhook, label=_("end"), who=(administrator,), danger=True)
def end(act, webhook):
    """Nothing is sent any more; its address and its secret are erased."""
    Delivery.objects.filter(webhook=webhook).delete()
    webhook.end()


def _queue(webhook: Webhook, changes, at: datetime) -> None:
    Delivery.objects.bulk_create(
        (
            Delivery(
                webhook=webhook, change_id=change, uid=f"msg_{secrets.token_hex(16)}", queued_at=at, next_attempt_at=at
            )
            for change in changes
        ),
        ignore_conflicts=True,
    )


def queue_news(*, webhook: Webhook, at: datetime) -> int:
    """Queue what became public since the last time; returns how many messages."""
    with transaction.atomic():
        row = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
        if row.state != WebhookState.ACTIVE:
            return 0
        found = list(PublicChange.objects.filter(pk__gt=row.told).order_by("pk").values_list("pk", "kind")[:BATCH])
        if not found:
            return 0
        wanted = [pk for pk, kind in found if kind in row.kinds]
        _queue(row, wanted, at)
        Webhook.objects.filter(pk=row.pk).update(told=found[-1][0])
    return len(wanted)


def claim(*, delivery: Delivery, at: datetime) -> bool:
    """Take a message for some minutes, so that two workers never send it together. False when it is taken, or over."""
    due = Delivery.objects.filter(pk=delivery.pk, next_attempt_at__lte=at, webhook__state=WebhookState.ACTIVE)
    return bool(due.update(next_attempt_at=at + LEASE))


def settle(*, delivery: Delivery, at: datetime, status: int | None = None, error: str = "") -> bool:
    """Write what became of a sending: `status` of the answer, or the `error` there was none. Returns whether it was received. The address that says it is
    gone, or that fails for days, is told nothing more (`disable`, by the caller).
    """
    received = status is not None and 200 <= status < 300
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery.pk).first()
        if row is None:
            return received
        row.status, row.error, row.attempts = status, error[:60], row.attempts + 1
        row.sent_at, row.given_up_at, row.next_attempt_at = None, None, None
        if received:
            row.sent_at = at
        elif row.attempts > len(RETRY_MINUTES):
            row.given_up_at = at
        else:
            row.next_attempt_at = at + timedelta(minutes=RETRY_MINUTES[row.attempts - 1])
        row.save()
        failing = Webhook.objects.filter(pk=row.webhook_id)
        if received:
            failing.exclude(failing_since=None).update(failing_since=None)
        else:
            failing.filter(failing_since=None).update(failing_since=at)
    return received


def drop(*, delivery: Delivery, at: datetime, error: str) -> None:
    """Nothing is left to say: it is not sent, and nobody failed."""
    waiting = Delivery.objects.filter(pk=delivery.pk, sent_at=None)
    waiting.update(given_up_at=at, next_attempt_at=None, error=error[:60])


def replay(*, delivery: Delivery, actor, at: datetime) -> None:
    """Send one message once more, with the same id: what it says is what is public when it leaves. Raises Refusal."""
    if not administrator(actor, None, at):
        raise Refusal("not_permitted", _("Only an administrator sends a message again."))
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).select_related("webhook").get(pk=delivery.pk)
        if row.webhook.state != WebhookState.ACTIVE:
            raise Refusal(
                "not_allowed_in_state",
                _("Nothing is sent to this address at the moment."),
                remedy=_("Open it again first."),
            )
        row.sent_at = row.given_up_at = None
        row.attempts, row.next_attempt_at = 0, at
        row.save()


def forget_deliveries(*, at: datetime) -> int:
    """Messages that are over for three months."""
    old = Delivery.objects.filter(next_attempt_at=None, queued_at__lt=at - KEPT)
    return old.delete()[0]
