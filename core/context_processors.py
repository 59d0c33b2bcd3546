"""What every template may use: who the fund is, the language, whether the page is public."""

from __future__ import annotations

from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from core import links, site


def fund(request) -> dict:
    """`fund`, `fund_name`, `is_public_page`, `language`, `other_language`, `other_language_url`. The fund is read only by pages that show
    it, once a request.
    """
    identity = site.of(request)
    rule = getattr(request, "access_rule", None)
    language = (get_language() or "fr")[:2]
    return {
        "fund": identity,
        "fund_name": SimpleLazyObject(lambda: identity.name),
        "is_public_page": bool(rule and rule.public),
        "language": language,
        "other_language": "fr" if language == "en" else "en",
        "other_language_url": links.localized(request.path, "fr" if language == "en" else "en"),
    }
