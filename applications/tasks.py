"""The file's jobs: drafts lapse, requests and invitations end, reminders leave. Rules never depend on them: the guards read the instants again."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from applications import transitions as files
from applications.models import AccessCode, Application, Attachment, InformationRequest, MessageAttachment, Partnership
from applications.periods import CLOSING_GRACE, ERASURE_NOTICE_DAYS, REMIND_BEFORE_DAYS
from applications.queries import keeping
from applications.transitions import leaving, messages, partnerships, reminders, uploads, writing
from core.clock import register
from core.files import scan
from core.models import Mail
from core.transitions import Refusal
from fund.enums import CallState

BATCH = 200


def _each(rows, do) -> int:
    """Every row in its own transaction; a rule that says no now is asked again next time."""
    done = 0
    for row in rows:
        try:
            with transaction.atomic():
                done += do(row) is not False
        except Refusal:
            continue
    return done


@register("applications.lapse")
def lapse_drafts(at, actor) -> int:
    """Fifteen minutes after closing, drafts that were never filed lapse, unless an access code still opens the door."""
    coded = AccessCode.objects.live(at).filter(application=OuterRef("pk"))
    over = Application.objects.filter(state="draft", call__closes_at__lte=at - CLOSING_GRACE).exclude(
        call__state__in=(CallState.DRAFT, CallState.CANCELLED)
    )
    return _each(
        over.exclude(Exists(coded)).order_by("pk")[:BATCH], lambda row: files.lapse(application=row, actor=actor, at=at)
    )


@register("applications.keeping", every_seconds=3600)
def keep_drafts_no_longer(at, actor) -> int:
    """A month before a draft that was never filed is no longer kept, its people are warned; then it is erased."""
    soonest = timezone.localdate(at) + timedelta(days=ERASURE_NOTICE_DAYS)
    warned = _each(
        keeping.drafts_to_warn(at, BATCH),
        lambda row: leaving.warn_of_erasure(
            application=row, actor=actor, at=at, erased_on=max(keeping.erased_on(row), soonest)
        ),
    )
    return warned + _each(
        keeping.drafts_to_erase(at, BATCH), lambda row: leaving.erase_draft(application=row, actor=actor, at=at)
    )


@register("applications.requests")
def expire_requests(at, actor) -> int:
    over = Application.objects.filter(
        state="information_requested", information_requests__state="open", information_requests__due_at__lte=at
    )
    return _each(over.order_by("pk")[:BATCH], lambda row: files.expire_request(application=row, actor=actor, at=at))


@register("applications.partnerships")
def expire_partnerships(at, actor) -> int:
    over = Partnership.objects.filter(state="invited", deadline_at__lte=at).order_by("pk")
    return _each(over[:BATCH], lambda row: partnerships.expire(partnership=row, actor=actor, at=at))


@register("applications.quarantine")
def scan_quarantine(at, actor) -> int:
    """Documents and files of messages kept closed because the antivirus did not answer are shown to it again, outside any transaction.

    In no order, so that bytes it can never judge hold up nobody; three silences in a row end this turn.
    """
    done = silences = 0
    if not settings.CLAMD_URL:  # nobody can vouch for them: they stay closed
        return 0
    pieces = Attachment.objects.select_related("application")
    sent = MessageAttachment.objects.select_related("message__application")
    waiting: list[tuple[Any, Callable]] = [
        (piece, end)
        for rows, end in ((pieces, writing.end_quarantine), (sent, messages.end_quarantine))
        for piece in rows.filter(scan_state="pending").order_by("?")[:20]
    ]
    random.shuffle(waiting)
    for piece, end in waiting:
        infected = False
        try:
            with piece.file.open("rb") as stored:
                judged = scan(stored.read(), piece.name)
        except Refusal:
            judged = infected = True
        except OSError:
            judged = False
        silences = 0 if judged else silences + 1
        if judged:
            end(attachment=piece, actor=actor, at=at, infected=infected)
            done += 1
        elif silences == 3:
            break
    return done


@register("applications.uploads", every_seconds=3600)
def expire_uploads(at, actor) -> int:
    return uploads.expire(at=at)


@register("applications.remind_drafts", every_seconds=600)
def remind_drafts(at, actor) -> int:
    done = 0
    for days in sorted(REMIND_BEFORE_DAYS, reverse=True):
        near = Application.objects.filter(
            state="draft",
            call__state=CallState.PUBLISHED,
            call__closes_at__gt=at,
            call__closes_at__lte=at + timedelta(days=days),
        )
        sooner = [other for other in REMIND_BEFORE_DAYS if other < days]
        if sooner:
            near = near.filter(call__closes_at__gt=at + timedelta(days=max(sooner)))
        since = timedelta(days=days)
        done += _each(
            near.select_related("call", "lead").order_by("pk"),
            lambda row, since=since: reminders.remind_draft(row, since=row.call.closes_at - since, at=at),
        )
    return done


@register("applications.remind_requests", every_seconds=600)
def remind_requests(at, actor) -> int:
    near = InformationRequest.objects.filter(
        state="open",
        reminded_at=None,
        due_at__gt=at,
        due_at__lte=at + timedelta(days=2),
        opened_at__lte=at - timedelta(days=2),
    )
    return _each(
        near.select_related("application__call", "application__lead"), lambda row: reminders.remind_request(row, at=at)
    )


@register("applications.remind_partners", every_seconds=600)
def remind_partners(at, actor) -> int:
    """Seven and two days before an invitation ends, once each."""
    near = Partnership.objects.filter(
        state="invited", deadline_at__gt=at, deadline_at__lte=at + timedelta(days=max(REMIND_BEFORE_DAYS))
    )

    def remind(row):
        days = min(day for day in REMIND_BEFORE_DAYS if row.deadline_at <= at + timedelta(days=day))
        since = row.deadline_at - timedelta(days=days)
        if row.invited_at > since or (row.reminded_at and row.reminded_at >= since):
            return False
        return partnerships.remind(row, at=at)

    return _each(
        near.select_related("application__call", "application__lead", "application__organisation").order_by("pk"),
        remind,
    )


@register("applications.silence", every_seconds=3600)
def tell_silence(at, actor) -> int:
    told = Mail.objects.filter(code="applications/silence.approaching", reference=OuterRef("reference"))
    waiting = Application.objects.filter(
        state__in=("submitted", "eligible", "under_review"), first_received_at__lte=at - timedelta(days=40)
    )
    rows = (
        waiting.exclude(Exists(told))
        .select_related("call__rule_version", "lead")
        .prefetch_related("information_requests")
        .order_by("pk")
    )
    return _each(rows, lambda row: reminders.remind_silence(row, at=at))


@register("applications.calls", every_seconds=600)
def tell_amended_calls(at, actor) -> int:
    with transaction.atomic():
        return reminders.tell_amended_calls(at)
