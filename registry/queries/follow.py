"""Followers by mail, found by the keys of their links and by the hash of their address."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from core import limits, links
from core.models import User
from registry.models import Follow, Follower, PublicChange

CONFIRM, LEAVE = "follow.confirm", "follow.leave"
A_DAY = timedelta(days=1)


def digest_of(address: str) -> str:
    return limits.keyed("follower", address.strip().lower())


def confirm_token(follow: Follow) -> str:
    return links.signed(CONFIRM, [follow.pk, follow.nonce])


def leave_token(follower: Follower) -> str:
    return links.signed(LEAVE, [follower.pk, follower.leave_key])


def _pair(value) -> tuple[int, str] | None:
    sound = isinstance(value, list) and len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], str)
    return (value[0], value[1]) if sound and value[1] else None


def to_confirm(token: str, days: int) -> Follow | None:
    """What this link confirms; None when it is forged, over its days, or used already."""
    pair = _pair(links.read(CONFIRM, token, max_age=days * 86400))
    rows = Follow.objects.select_related("follower", "application__public_page")
    return rows.filter(pk=pair[0], nonce=pair[1]).first() if pair else None


def leaving(token: str) -> Follower | None:
    """Whose link this is; None when it is forged, or its address was erased."""
    pair = _pair(links.read(LEAVE, token))
    return Follower.objects.filter(pk=pair[0], leave_key=pair[1]).first() if pair else None


def is_link_to_leave(token: str) -> bool:
    """Written by us, whatever became of its address."""
    return _pair(links.read(LEAVE, token)) is not None


def followed(follower: Follower) -> list[Follow]:
    """What this address follows, the whole fund first."""
    rows = follower.follows.filter(confirmed_at__isnull=False).select_related("application__public_page")
    return list(rows.order_by(F("application").asc(nulls_first=True)))


def to_tell(at: datetime) -> QuerySet[Follower]:
    """Followers with something new, told of nothing for a day."""
    of_project = PublicChange.objects.filter(pk__gt=OuterRef("told"), application=OuterRef("application"))
    of_fund = PublicChange.objects.filter(pk__gt=OuterRef("told"))
    news = Follow.objects.filter(follower=OuterRef("pk"), confirmed_at__isnull=False).filter(
        Exists(of_project) | Q(application__isnull=True) & Exists(of_fund)
    )
    return Follower.objects.filter(Q(told_at=None) | Q(told_at__lte=at - A_DAY)).filter(Exists(news)).order_by("pk")


def of_person(user: User) -> list[str]:
    """What the address of an account follows: references, `fund` for the whole."""
    found = Follow.objects.filter(follower__digest=digest_of(user.email)).order_by("pk")
    return [reference or "fund" for reference in found.values_list("application__reference", flat=True)]
