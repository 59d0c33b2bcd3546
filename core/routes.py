"""Every address of the fund, read from the URL resolver: its view, methods and access rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern
from django.utils import translation

from core.access import Rule, rule_of

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """`path` is the French one, its parts as `<name>`; `methods` is empty when the view takes any."""

    path: str
    name: str | None
    methods: tuple[str, ...]
    app: str
    rule: str | None
    public: bool

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "methods": list(self.methods)}


def _text(pattern) -> str:
    if isinstance(pattern, LocalePrefixPattern):
        return ""
    if isinstance(pattern, RegexPattern):
        return simplify_regex(str(pattern)).lstrip("/")
    return str(pattern)


def _walk(patterns, prefix: str, namespace: str) -> Iterator[tuple[str, str | None, Any]]:
    for pattern in patterns:
        path = prefix + _text(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            yield path, f"{namespace}{pattern.name}" if pattern.name else None, pattern.callback


def _declared_methods(callback) -> tuple[str, ...]:
    if actions := getattr(callback, "actions", None):  # a DRF viewset
        return tuple(sorted({method.upper() for method in actions}))
    view_class = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if view_class is not None:
        return tuple(
            sorted(
                method
                for method in METHODS
                if method.lower() in view_class.http_method_names and hasattr(view_class, method.lower())
            )
        )
    while callback is not None:  # django.views.decorators.http keeps the list in its closure
        code, cells = getattr(callback, "__code__", None), getattr(callback, "__closure__", None) or ()
        if code is not None and "request_method_list" in code.co_freevars:
            return tuple(sorted(cells[code.co_freevars.index("request_method_list")].cell_contents))
        callback = getattr(callback, "__wrapped__", None)
    return ()


def _module(callback) -> str:
    holder = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
    return getattr(holder, "__module__", "") or ""


def walk() -> Iterator[tuple[Route, Any]]:
    """Each route with its view, in the order the resolver tries them."""
    with translation.override("fr"):
        for path, name, callback in _walk(get_resolver().url_patterns, "/", ""):
            rule: Rule | None = rule_of(callback)
            yield (
                Route(
                    path,
                    name,
                    _declared_methods(callback),
                    _module(callback).split(".")[0],
                    rule.name if rule else None,
                    bool(rule and rule.public),
                ),
                callback,
            )


def routes() -> list[Route]:
    return [route for route, _callback in walk()]
