"""Deny by default: a view without a rule answers 403, and the architecture tests fail on it.

`allow(rule)` marks a view (function, class or DRF viewset). Rules about objects are not here: a view reads from
`Model.objects.visible_to(user)` and what is not there is a 404.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """`test(request)` tells whether the person may open the page; `ask` names whom to ask when not; `roles` says it as data
    (docs/authz.csv).
    """

    name: str
    test: Callable[[Any], bool]
    public: bool = False
    ask: Any = ""
    roles: tuple[str, ...] = ()


public = Rule("public", lambda request: True, public=True)
"""Anyone; the page's bytes depend on the address and the published set alone (no session, no cookie)."""

anyone = Rule("anyone", lambda request: True)
"""Anyone, but the answer is private: sign-in pages, signed links."""

signed_in = Rule("signed_in", lambda request: request.user.is_authenticated)


def allow(rule: Rule):
    def mark(view):
        view.access_rule = rule
        return view

    return mark


def rule_of(callback) -> Rule | None:
    """The rule of a resolved view, wherever it was declared."""
    for holder in (callback, getattr(callback, "view_class", None), getattr(callback, "cls", None)):
        if holder is not None and (rule := getattr(holder, "access_rule", None)):
            return rule
    return None
