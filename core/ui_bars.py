"""The arithmetic of the money bar: accounts in cents become segments in exact percentages that sum to the width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

ACCOUNTS: dict[str, tuple[Promise | str, Promise | str]] = {
    "paid": (pgettext_lazy("money", "Paid"), pgettext_lazy("money", "transferred to the recipient")),
    "claimed": (pgettext_lazy("money", "Claimed back"), pgettext_lazy("money", "paid, then asked back")),
    "ordered": (pgettext_lazy("money", "Ordered"), pgettext_lazy("money", "on its way to the bank")),
    "committed": (pgettext_lazy("money", "Committed"), pgettext_lazy("money", "promised by a signed agreement")),
    "reserved": (pgettext_lazy("money", "Reserved"), pgettext_lazy("money", "decided, agreement to come")),
    "returned": (pgettext_lazy("money", "Returned"), pgettext_lazy("money", "given back by a project")),
    "free": (pgettext_lazy("money", "Free"), pgettext_lazy("money", "still available")),
}
"""Name and meaning of each account, in the order of the bar: the surest euro first."""
ALWAYS_SHOWN = ("paid", "committed", "reserved", "free")
LABEL_FROM = 1500
"""A segment narrower than this (basis points of the width) is named in the table only."""


@dataclass
class Segment:
    account: str
    label: Any
    meaning: Any
    cents: int
    url: str = ""
    start: int = 0
    width: int = 0
    share: float = 0.0

    @property
    def x(self) -> str:
        return _percent(self.start)

    @property
    def end(self) -> str:
        return _percent(self.start + self.width)

    @property
    def w(self) -> str:
        return _percent(self.width)

    @property
    def is_named(self) -> bool:
        return self.width >= LABEL_FROM

    @property
    def is_narrow(self) -> bool:
        return self.width < 2 * LABEL_FROM


@dataclass
class Bar:
    segments: list[Segment] = field(default_factory=list)
    total: int = 0
    reference: str = ""
    url: str = ""
    label: str = ""

    @property
    def visible(self) -> list[Segment]:
        return [segment for segment in self.segments if segment.width]


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02d}%"


def _get(bar, name: str, default=None):
    return bar.get(name, default) if isinstance(bar, Mapping) else getattr(bar, name, default)


def segments_of(bar) -> Bar:
    """`bar` is a mapping or an object with one figure per account, or an iterable of segments; figures are cents, never negative."""
    inner = _get(bar, "segments") or _get(bar, "balances") if not isinstance(bar, (list, tuple)) else bar
    if isinstance(inner, (list, tuple)):
        given = {str(_get(one, "account") or _get(one, "code") or _get(one, "state")): one for one in inner}
        figures = {name: int(_get(one, "cents") or _get(one, "amount") or 0) for name, one in given.items()}
        urls = {name: str(_get(one, "url", "") or "") for name, one in given.items()}
    else:
        source = inner if inner is not None and not callable(inner) else bar
        figures = {name: int(_get(source, name, 0) or 0) for name in ACCOUNTS}
        urls = {}
    known = [name for name in ACCOUNTS if figures.get(name) or (name in figures and name in ALWAYS_SHOWN)]
    drawn = Bar(total=sum(figures[name] for name in known))
    if not isinstance(bar, (list, tuple)):
        drawn.reference, drawn.url, drawn.label = (
            str(_get(bar, name, "") or "") for name in ("reference", "url", "label")
        )
    seen = 0
    for name in known:
        start = _share(seen, drawn.total)
        seen += figures[name]
        label, meaning = ACCOUNTS[name]
        drawn.segments.append(
            Segment(name, label, meaning, figures[name], urls.get(name, ""), start, _share(seen, drawn.total) - start)
        )
    for segment, tenths in zip(drawn.segments, _tenths([one.cents for one in drawn.segments]), strict=True):
        segment.share = tenths / 10
    return drawn


def _tenths(cents: list[int]) -> list[int]:
    """The shares as written, in tenths of a percent: the largest remainders round up, so that what one reads sums to 100 %."""
    total = sum(cents)
    if total <= 0:
        return [0] * len(cents)
    tenths = [one * 1000 // total for one in cents]
    by_remainder = sorted(range(len(cents)), key=lambda i: -(cents[i] * 1000 % total))
    for i in by_remainder[: 1000 - sum(tenths)]:
        tenths[i] += 1
    return tenths


def _share(cents: int, total: int) -> int:
    """Basis points of the whole, half up; cumulated, so that the segments fill the bar exactly."""
    return (cents * 20_000 + total) // (2 * total) if total > 0 else 0
