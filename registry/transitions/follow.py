"""An address follows, confirms, is told, stops. An address that stops, or that nobody confirms, is erased."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import get_language

from applications.models import Application
from core.models.outbox import MailState
from core.transitions import locked
from registry.models import Follow, Follower, FollowMail, PublicChange
from registry.notifications import FOLLOW_CONFIRM, FOLLOW_NEWS, write_to_follower
from registry.queries import changes
from registry.queries import follow as queries
from registry.rules import follow as rules


def ask_to_follow(*, address: str, application: Application | None, browser: str, at: datetime) -> None:
    """A link of confirmation goes to this address, whatever it follows already; nothing tells whether it did. `application`: None for the whole fund.
    `browser`: a keyed hash of the connection. Raises Refusal (429).
    """
    rules.browser_may_ask(browser)
    address, language = address.strip().lower(), (get_language() or "fr")[:2]
    with transaction.atomic():
        known = {"address": address, "language": language, "leave_key": secrets.token_urlsafe(16), "asked_at": at}
        follower, _made = Follower.objects.get_or_create(digest=queries.digest_of(address), defaults=known)
        follower = locked(follower)
        if not rules.address_may_be_written_to(follower, at):
            return
        follow, _made = Follow.objects.get_or_create(
            follower=follower, application=application, defaults={"asked_at": at}
        )
        follow.nonce, follow.asked_at = follow.nonce or secrets.token_urlsafe(16), at
        follow.save(update_fields=["nonce", "asked_at"])
        if not follower.follows.filter(confirmed_at__isnull=False).exists():
            follower.language = language
            follower.save(update_fields=["language"])
        write_to_follower(FOLLOW_CONFIRM, follower, at, follow=follow)


def confirm_follow(*, follow: Follow, at: datetime) -> bool:
    """From now on this is told to its address. The link works once: False when it was used meanwhile."""
    with transaction.atomic():
        row = Follow.objects.select_for_update(of=("self",)).filter(pk=follow.pk, nonce=follow.nonce).first()
        if row is None or not row.nonce:
            return False
        if row.confirmed_at is None:
            row.confirmed_at = at
            row.told = PublicChange.objects.aggregate(last=Max("pk"))["last"] or 0
        row.nonce = ""
        row.save(update_fields=["nonce", "confirmed_at", "told"])
    return True


def stop_following(*, follower: Follower, follow_id: int | None = None) -> None:
    """This address is told no more of one thing, or of anything: what nobody follows with is erased."""
    with transaction.atomic():
        if follow_id is None:
            Follower.objects.filter(pk=follower.pk).delete()
            return
        Follow.objects.filter(pk=follow_id, follower=follower).delete()
        Follower.objects.filter(pk=follower.pk, follows=None).delete()


def forget_address(address: str) -> None:
    """Erase an address that follows, if it does: its owner leaves the service."""
    Follower.objects.filter(digest=queries.digest_of(address)).delete()


def tell_follower(*, follower: Follower, at: datetime) -> bool:
    """One mail of everything new, at most one a day. What it says is written when it leaves."""
    with transaction.atomic():
        row = Follower.objects.select_for_update(of=("self",)).filter(pk=follower.pk).first()
        if row is None or row.told_at and row.told_at > at - queries.A_DAY:
            return False
        last = PublicChange.objects.aggregate(last=Max("pk"))["last"] or 0
        follows = list(row.follows.filter(confirmed_at__isnull=False, told__lt=last).order_by("pk"))
        told = [[one.application_id, one.told, last] for one in follows]
        Follow.objects.filter(pk__in=[one.pk for one in follows]).update(told=last)
        if not changes.in_words(changes.pending_of(tuple(one) for one in told)):
            return False
        row.told_at = at
        row.save(update_fields=["told_at"])
        write_to_follower(FOLLOW_NEWS, row, at, told=told)
    return True


def forget_followers(*, at: datetime) -> int:
    """Erase what nobody confirmed in time, and addresses that no mail reaches; returns how many."""
    before = at - timedelta(days=rules.CONFIRM_DAYS)
    dead = FollowMail.objects.filter(mail__state=MailState.DEAD).exclude(mail__error__startswith="Undeliverable")
    with transaction.atomic():
        late = Follow.objects.filter(confirmed_at=None, asked_at__lt=before)
        count = late.count()
        late.delete()
        gone = Follower.objects.filter(follows=None) | Follower.objects.filter(pk__in=dead.values("follower"))
        keys = set(gone.values_list("pk", flat=True))
        Follower.objects.filter(pk__in=keys).delete()
    return count + len(keys)
