"""Guards of following by mail. None tells whether an address follows anything."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from core import limits
from core.transitions import Refusal
from registry.models import Follow, Follower, FollowMail

CONFIRM_DAYS = 3
"""How long a link of confirmation opens, and an address that nobody confirmed is kept."""
ASKED_OF_A_BROWSER, ASKED_OF_AN_ADDRESS, MOST_WAITING = 20, 3, 2000
"""In an hour, in a day, and altogether: unconfirmed ones."""


def browser_may_ask(browser: str) -> None:
    """`browser`: what tells one connection from another, a keyed hash."""
    if not limits.passes("follow", browser, most=ASKED_OF_A_BROWSER, seconds=3600):
        raise Refusal(
            "too_many_requests",
            _("Many addresses were given from this connection within an hour."),
            remedy=_("Wait an hour, or follow the feed, which asks for no address."),
            status=429,
        )
    if Follow.objects.filter(confirmed_at=None).count() >= MOST_WAITING:
        raise Refusal(
            "too_many_requests",
            _("Many addresses wait for their confirmation at the moment."),
            remedy=_("Try again tomorrow, or follow the feed, which asks for no address."),
            status=429,
        )


def address_may_be_written_to(follower: Follower, at: datetime) -> bool:
    """Whether one more mail of confirmation may go to this address today. Nobody is told when it may not."""
    lately = FollowMail.objects.filter(follower=follower, follow__isnull=False, at__gt=at - timedelta(days=1)).count()
    return lately < max(1, round(ASKED_OF_AN_ADDRESS * settings.RATE_LIMIT_SCALE))
