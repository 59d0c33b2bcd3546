"""Addresses: absolute ones start with PUBLIC_BASE_URL (never with a Host header), English pages live under /en/, signed values travel in
links.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

ONE_LANGUAGE = ("/api/", "/static/", "/healthz", "/readyz")
"""Addresses that exist once, whatever the language; files (a dot in the last part) too."""


def absolute(path: str) -> str:
    """The full address of a path, for mails, letters and QR codes."""
    return f"{settings.PUBLIC_BASE_URL}{path if path.startswith('/') else f'/{path}'}"


def localized(path: str, language: str | None = None) -> str:
    """The same page in a language (default: the present one): `/projets/` or `/en/projets/`."""
    bare = path[3:] if path == "/en" or path.startswith("/en/") else path
    bare = bare or "/"
    language = (language or get_language() or settings.LANGUAGE_CODE)[:2]
    last = bare.partition("?")[0].rpartition("/")[2]
    if language == settings.LANGUAGE_CODE or bare.startswith(ONE_LANGUAGE) or "." in last or not bare.startswith("/"):
        return bare
    return f"/en{bare}"


def signed(purpose: str, value: Any) -> str:
    """A token that carries a plain value and proves we wrote it, for this purpose only."""
    return signing.dumps(value, salt=f"fund.{purpose}", compress=True)


def read(purpose: str, token: str, max_age: int | None = None) -> Any:
    """The value of a token, or None when it is forged, of another purpose, or older than `max_age` seconds."""
    try:
        return signing.loads(token, salt=f"fund.{purpose}", max_age=max_age)
    except (signing.BadSignature, ValueError, TypeError):
        return None


def safe_next(request, default: str = "/", name: str = "next") -> str:
    """The address to go on to, when it is one of ours; otherwise `default`."""
    wanted = request.POST.get(name) or request.GET.get(name) or ""
    if (
        wanted.startswith("/")
        and wanted.isprintable()
        and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    ):
        return wanted
    return default
