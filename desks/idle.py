"""Accounts that nobody uses: warned, closed after a year, erased after three (rulebook, art. 27); a link by mail reopens what is closed
(`core.person.reopen`).

A person whom the fund still needs (`leaving.reasons_to_stay`: a role, a seat, a file, a grant, an appeal) is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from applications.periods import add_months
from core import links, outbox, person
from core.models import ApiToken, Event, User
from core.models.user import ERASED_DOMAIN, SYSTEM_EMAIL
from desks.leaving import erase, reasons_to_stay

CLOSED_AFTER_MONTHS = 12
ERASED_AFTER_MONTHS = 36
NOTICE_DAYS = 30
BATCH = 200
CLOSING, ERASURE = "warn_of_closing", "warn_of_erasure"


def unused(at: datetime, *, months: int, days: int = 0) -> Iterator[User]:
    """Accounts last used so many months ago, or that will be in so many `days`, and that the fund does not need. Used: made, signed in to, an API token read
    something, an act of its owner is in the log."""
    day = add_months(timezone.localdate(at) + timedelta(days=days), -months)
    lately = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    rows = (
        User.objects.filter(created_at__lt=lately)
        .filter(Q(last_login=None) | Q(last_login__lt=lately))
        .exclude(Q(email=SYSTEM_EMAIL) | Q(email__endswith=f"@{ERASED_DOMAIN}"))
        .exclude(Exists(ApiToken.objects.filter(user=OuterRef("pk"), last_used_on__gte=day)))
        .exclude(Exists(Event.objects.filter(actor=OuterRef("pk"), at__gte=lately)))
        .order_by("pk")
    )
    return (user for user in rows.iterator() if not reasons_to_stay(user, at))


def _last_use(user: User) -> datetime:
    acted = Event.objects.filter(actor=user).order_by("-at").values_list("at", flat=True).first()
    return max(filter(None, (user.created_at, user.last_login, acted)))


def _told(user: User, verb: str, *, before: datetime | None = None) -> bool:
    """Whether the person was warned since the account was last used (and before that instant)."""
    warnings = Event.objects.filter(machine=person.MACHINE, object_id=user.pk, verb=verb, at__gte=_last_use(user))
    return (warnings.filter(at__lte=before) if before else warnings).exists()


def warn(*, user: User, actor: User, at: datetime, verb: str) -> bool:
    """Say a month before what will happen to the account; False when it was said since its last use. `verb`: CLOSING or ERASURE."""
    months = CLOSED_AFTER_MONTHS if verb == CLOSING else ERASED_AFTER_MONTHS
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if _told(row, verb):
            return False
        used_on = timezone.localdate(_last_use(row))
        on = max(add_months(used_on, months), timezone.localdate(at) + timedelta(days=NOTICE_DAYS))
        back = reverse("account_login" if row.is_active else "account_reset_password")
        outbox.queue(
            f"account/{'closing' if verb == CLOSING else 'erasure'}",
            to=row if row.is_active else row.email,
            language=row.language,
            at=at,
            context={"used_on": used_on, "on": on, "link": links.absolute(back)},
        )
        person.told(row, verb, actor=actor, at=at, on=on.isoformat())
    return True


def close(*, user: User, actor: User, at: datetime) -> bool:
    """Nobody signs in to it any more, nothing of it is lost; False when its owner was not warned in time, or came back."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if not row.is_active or row.last_login != user.last_login:
            return False
        if not _told(row, CLOSING, before=at - timedelta(days=NOTICE_DAYS)):
            return False
        person.close(user=row)
        person.told(row, "close", actor=actor, at=at)
    return True


def erase_unused(*, user: User, actor: User, at: datetime) -> bool:
    """What `leaving.erase_account` does, by the clock; False when its owner was not warned in time, or came back."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if row.is_erased or row.last_login != user.last_login:
            return False
        if not _told(row, ERASURE, before=at - timedelta(days=NOTICE_DAYS)) or reasons_to_stay(row, at):
            return False
        erase(user=row, actor=actor, at=at)
    return True


def tidy(at: datetime, actor: User) -> int:
    """One turn of the clock: erase, close, then warn. Returns how many accounts it touched. None is erased before it was closed, however late the clock."""

    def each(rows: Iterator[User], do: Callable[[User], bool]) -> int:
        done = 0
        for user in rows:
            done += do(user)
            if done == BATCH:
                break
        return done

    gone = each(
        (user for user in unused(at, months=ERASED_AFTER_MONTHS) if not user.is_active),
        lambda user: erase_unused(user=user, actor=actor, at=at),
    )
    closed = each(
        (user for user in unused(at, months=CLOSED_AFTER_MONTHS) if user.is_active),
        lambda user: close(user=user, actor=actor, at=at),
    )
    for_erasure = each(
        (user for user in unused(at, months=ERASED_AFTER_MONTHS, days=NOTICE_DAYS) if not user.is_active),
        lambda user: warn(user=user, actor=actor, at=at, verb=ERASURE),
    )
    for_closing = each(
        (user for user in unused(at, months=CLOSED_AFTER_MONTHS, days=NOTICE_DAYS) if user.is_active),
        lambda user: warn(user=user, actor=actor, at=at, verb=CLOSING),
    )
    return gone + closed + for_erasure + for_closing
