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
