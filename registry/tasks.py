"""What the fund's clock does for the registry. Nothing waits for it: whoever reads the index first brings it up to date."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import outgoing
from core.clock import register
from core.services import NoService
from core.transitions import Refusal
from registry import datagouv, transitions
from registry.index.refresh import fresh
from registry.models import Delivery, HistoryFile, Pending
from registry.queries import figures, follow, questions, webhooks
from registry.queries.card import fund_card
from registry.resources import Reading, read_past_grants
from registry.resources.public import message_of
from registry.rules.webhooks import GIVES_UP_AFTER
from registry.signing import signed_headers

log = logging.getLogger("fund.registry")
GONE = 410
SLICE, SAID, LEASE = 1000, 200, timedelta(minutes=5)
"""Rows written in one act, remarks kept of a file, and for how long a worker holds one without a sign of life."""


@register("registry.refresh_index", every_seconds=5)
def refresh_index(at, actor) -> int:
    """Read what changed before a visitor has to; returns how many sources were noted."""
    noted = Pending.objects.count()
    fresh(whole=True)
    return noted


@register("registry.public_changes", every_seconds=15)
def note_public_changes(at, actor) -> int:
    """What became public, for those who follow."""
    return transitions.note_changes(at=at)


@register("registry.followers", every_seconds=300)
def tell_followers(at, actor) -> int:
    """Addresses with something new, one mail a day each."""
    return sum(transitions.tell_follower(follower=one, at=at) for one in follow.to_tell(at)[:500])


@register("registry.webhooks", every_seconds=5, aside=True)
def tell_programs(at, actor) -> int:
    """What became public, to the programs that are told of it; an address that does not answer is left alone for the rest of the round."""
    done = sum(transitions.queue_news(webhook=one, at=at) for one in webhooks.active())
    silent: set[int] = set()
    for delivery in webhooks.due(at):
        if delivery.webhook_id not in silent and transitions.claim(delivery=delivery, at=at):
            done += 1
            if not _send(delivery, actor):
                silent.add(delivery.webhook_id)
    for webhook in webhooks.active():
        if webhook.failing_since and webhook.failing_since <= at - GIVES_UP_AFTER:
            transitions.disable(webhook=webhook, actor=actor, at=at)
    return done


def _send(delivery: Delivery, actor) -> bool:
    """One message, made of what is public now, signed with the time of this attempt. Whether the address answered as it should."""
    webhook, at = delivery.webhook, timezone.now()
    message = {"type": "ping", "timestamp": at.isoformat(), "data": {}}
    if delivery.change is not None:
        told = message_of(delivery.change)
        if told is None:
            transitions.drop(delivery=delivery, at=at, error="no longer public")
            return True
        message = told
    body = json.dumps(message, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()
    headers = signed_headers(str(webhook.secret), delivery.uid, int(at.timestamp()), body)
    status, error = None, ""
    try:
        status = outgoing.post(str(webhook.url), body, headers)
    except outgoing.NotAllowed as refused:
        error = f"not allowed: {refused}"
    except outgoing.NoAnswer as failed:
        error = str(failed)
    received = transitions.settle(delivery=delivery, at=timezone.now(), status=status, error=error)
    if status == GONE:
        transitions.disable(webhook=webhook, actor=actor, at=timezone.now())
    if not received:
        log.warning(
            "webhook not received", extra={"facts": {"webhook": webhook.reference, "status": status, "error": error}}
        )
    return received


@register("registry.data_gouv", every_seconds=3600, aside=True)
def push_catalogue(at, actor) -> int:
    """The dataset of data.gouv.fr, for a fund that has one; what it refuses is said in the log and tried again an hour later."""
    if not datagouv.is_on():
        return 0
    with translation.override("fr"):
        try:
            return datagouv.push(fund_card(), *figures.unsayable_in_scdl())
        except NoService as error:
            log.warning("data.gouv.fr was not brought up to date", extra={"facts": {"error": str(error)}})
            return 0


@register("registry.forget_deliveries", every_seconds=3600)
def forget_deliveries(at, actor) -> int:
    return transitions.forget_deliveries(at=at)


@register("registry.forget_followers", every_seconds=3600)
def forget_followers(at, actor) -> int:
    """Addresses that nobody confirmed, and those that no mail reaches."""
    return transitions.forget_followers(at=at)


@register("registry.overdue_questions", every_seconds=3600)
def tell_overdue_questions(at, actor) -> int:
    """Questions of the public that passed their day."""
    rows = list(questions.overdue(timezone.localdate(at)).select_related("call", "application__public_page")[:200])
    for row in rows:
        transitions.tell_overdue(question=row, at=at)
    return len(rows)


@register("registry.history_files", every_seconds=2, aside=True)
def work_on_history(at, actor) -> int:
    """Read or import the large file of earlier grants that waits longest. A worker that stops half way leaves it to the next: what is there already
    is not written twice.
    """
    waiting = HistoryFile.objects.filter(failed="", finished_at=None, undone_at=None).exclude(kept="")
    waiting = waiting.filter(Q(seen_at=None) | Q(confirmed_at__isnull=False))
    free = Q(claimed_until=None) | Q(claimed_until__lt=at)
    for file in waiting.filter(free).order_by("pk").select_related("by")[:1]:
        if not waiting.filter(free, pk=file.pk).update(claimed_until=at + LEASE):
            continue
        with translation.override(file.by.language):
            try:
                _import(file) if file.confirmed_at else _look(file)
            except Refusal as refusal:
                _fail(file, str(refusal))
            except Exception:
                log.exception("a file of earlier grants cannot be read", extra={"facts": {"file": file.pk}})
                _fail(
                    file,
                    _("The file could not be read. Its first rows may be imported already: look at it again in parts."),
                )
        return 1
    return 0


def _said(file: HistoryFile, done: int, rows: int) -> None:
    HistoryFile.objects.filter(pk=file.pk).update(done=done, rows=rows, claimed_until=timezone.now() + LEASE)


def _reading(file: HistoryFile, told=None) -> Reading:
    with default_storage.open(file.kept) as kept:
        return read_past_grants(kept.read(), told)


def _look(file: HistoryFile) -> None:
    reading = _reading(file, lambda done, rows: _said(file, done, rows))
    file.seen = {
        "new": reading.new,
        "cents": reading.cents,
        "corrections": len(reading.corrections),
        "unchanged": reading.unchanged,
        "wrong": reading.wrong,
        "problems": reading.problems[:SAID],
        "notices": reading.notices[:SAID],
        "more_problems": max(0, len(reading.problems) - SAID),
        "more_notices": max(0, len(reading.notices) - SAID),
        "differences": [
            [one.number, one.grant.recipient_name, sorted(name for name, *_values in one.changes)]
            for one in reading.corrections[:SAID]
        ],
    }
    file.seen_at, file.claimed_until = timezone.now(), None
    file.save(update_fields=["seen", "seen_at", "claimed_until"])


def _import(file: HistoryFile) -> None:
    reading, done, at = _reading(file, lambda done, rows: _said(file, 0, file.rows)), 0, file.confirmed_at
    total = reading.new + len(reading.corrections)
    for start in range(0, len(reading.corrections), SLICE):
        some = reading.corrections[start : start + SLICE]
        transitions.import_past_grants(rows=[], corrections=some, actor=file.by, at=at, file=file)
        done += len(some)
        _said(file, done, total)
    for start in range(0, reading.new, SLICE):
        rows = reading.rows[start : start + SLICE]
        transitions.import_past_grants(rows=rows, actor=file.by, at=at, file=file)
        done += len(rows)
        _said(file, done, total)
        fresh(whole=True)
    HistoryFile.objects.filter(pk=file.pk).update(finished_at=timezone.now(), kept="", claimed_until=None)
    default_storage.delete(file.kept)


def _fail(file: HistoryFile, words: str) -> None:
    default_storage.delete(file.kept)
    HistoryFile.objects.filter(pk=file.pk).update(failed=words, kept="", claimed_until=None)
