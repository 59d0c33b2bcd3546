"""The calendar of payments: sixty days ahead, drawn on the server, with the figures beside the drawing."""

from __future__ import annotations

from dataclasses import dataclass

from django.shortcuts import render
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from core.access import allow
from fund.people import finance_desk
from payments.queries import forecast

HEIGHT = 150
"""Of the highest column, in pixels."""
LABELS = {
    "pay": pgettext_lazy("forecast", "Ordered or at the bank"),
    "order": pgettext_lazy("forecast", "Certified, to order"),
    "certify": pgettext_lazy("forecast", "Due, to certify"),
    "rejected": pgettext_lazy("forecast", "Sent back by the bank"),
    "expected": pgettext_lazy("forecast", "Awaiting a report"),
}
FILLS = {"pay": "paid", "order": "ordered", "certify": "committed", "rejected": "claimed", "expected": "reserved"}
"""Textures of the money bar, by stage: `components/swatch.html` draws the same ones."""


@dataclass
class Piece:
    """A part of a column: pixels from the top, and its texture."""

    y: int
    height: int
    fill: str


def column(week: forecast.Week, top: int) -> list[Piece]:
    """The column of a week, the surest payments at its foot; each part that is not zero is at least two pixels high."""
    pieces, foot = [], HEIGHT
    for stage in forecast.STAGES:
        if amount := week.amounts[stage]:
            height = max(2, round(HEIGHT * amount / top))
            foot -= height
            pieces.append(Piece(foot, height, FILLS[stage]))
    return pieces


@allow(finance_desk)
@require_safe
def calendar(request):
    """What must be paid by when; the late ones first, what has no day yet last."""
    weeks = forecast.weeks(request.user, request.received_at)
    drawn = [week for week in weeks if week.kind != "later"]
    top = max((week.amount for week in drawn), default=0)
    step = 100 / len(drawn)
    columns = [
        {
            "week": week,
            "x": f"{n * step + step * 0.15:.2f}%",
            "middle": f"{(n + 0.5) * step:.2f}%",
            "pieces": column(week, top or 1),
        }
        for n, week in enumerate(drawn)
    ]
    return render(
        request,
        "payments/finance/calendar.html",
        {
            "weeks": [week for week in weeks if week.n or week.kind == "week"],
            "columns": columns,
            "width": f"{step * 0.7:.2f}%",
            "height": HEIGHT,
            "top": top,
            "total": drawn[-1].running,
            "n": sum(week.n for week in drawn),
            "all": sum(week.n for week in weeks),
            "stages": [(code, LABELS[code], FILLS[code]) for code in forecast.STAGES],
            "rows": [
                (week, [(LABELS[code], week.amounts[code]) for code in forecast.STAGES])
                for week in weeks
                if week.n or week.kind == "week"
            ],
        },
    )
