"""Who is on the other end of a request, as far as we may believe it."""

from __future__ import annotations

import hashlib
import ipaddress

from django.conf import settings


def client_ip(request) -> str:
    """The browser's address, behind TRUSTED_PROXIES proxies; what others wrote into X-Forwarded-For does not count."""
    found = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        found = hops[-settings.TRUSTED_PROXIES]
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        return "0.0.0.0"  # noqa: S104  a socket without an address (tests, a local pipe)


def address_hash(request) -> str:
    """The browser's address as evidence that names nobody: keyed, so that nobody can try all addresses."""
    return hashlib.sha256(f"{settings.SECRET_KEY}|{client_ip(request)}".encode()).hexdigest()[:32]


def as_int(text) -> int | None:
    """A whole number as a form or an address gives it, below ten thousand million; None for anything else (“²” is a digit to Python, 400 nines an id)."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else None


def as_ids(texts) -> set[int]:
    """The row numbers among these; the rest names nothing."""
    return {number for text in texts if (number := as_int(text)) is not None}
