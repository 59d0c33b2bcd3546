"""So many times in a while, of one browser or one address: counted in the shared cache under a keyed hash, so that what is counted names nobody."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone


def keyed(purpose: str, text: str) -> str:
    """A hash that nobody without the key of the installation can try addresses against; another one for each purpose."""
    return hmac.new(settings.SECRET_KEY.encode(), f"{purpose}/{text}".encode(), hashlib.sha256).hexdigest()


def passes(purpose: str, who: str, *, most: int, seconds: int) -> bool:
    """Count one more, and tell whether it is still among the `most` of this span of time."""
    span = int(timezone.now().timestamp() // seconds)
    key = f"limit-{keyed(purpose, who)[:32]}-{span}"
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key) <= max(1, round(most * settings.RATE_LIMIT_SCALE))
    except ValueError:  # forgotten between the two lines
        return True
