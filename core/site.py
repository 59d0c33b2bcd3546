"""The name on the door. Core knows no fund: a higher app registers who the fund is, pages and mails of mechanism read it here.

In the AppConfig of the app that knows: `from core import site; site.register(FundIdentity.current)`. The provider takes nothing and returns
any object with `name`, and as far as it knows them `tagline`, `short_description`, `legal_name`, `address`, `email`, `phone`, `website`,
`appeals_email`, `data_protection_email`, `accessibility_email`, `fictional_notice`: templates read those as `fund.…`. It is asked at most
once a request, only by pages that use it, and may touch the database. Until one is registered the fund is nameless and every other fact is
empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.functional import SimpleLazyObject


class Nameless:
    """A fund nobody described yet: a name to print, everything else empty."""

    name = "Fonds civique"

    def __getattr__(self, attribute: str) -> str:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        return ""

    def __str__(self) -> str:
        return self.name


_provider: Callable[[], Any] = Nameless


def register(provider: Callable[[], Any]) -> None:
    """Say who the fund is. The last one registered counts."""
    global _provider
    _provider = provider


def current() -> Any:
    """Who the fund is."""
    return _provider()


def of(request) -> Any:
    """Who the fund is, read when it is first used and once a request."""
    if not hasattr(request, "_fund"):
        request._fund = SimpleLazyObject(current)
    return request._fund
