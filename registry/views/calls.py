"""The public pages of a call that its panel and its files make: who decides and how, what became of everything that was filed."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.access import allow, public
from fund.public_cache import public_page
from fund.views.public import public_call
from registry import queries
from registry.queries import delays


@allow(public)
@public_page
def panel(request, slug):
    """The two colleges of a call's panel; once its decisions are notified, its meetings and the votes on the funded files."""
    found = public_call(slug)
    outcome = next(iter(queries.outcomes(found.slug)), None)
    context = {
        "call": found,
        "version": found.rule_version,
        "rules": found.rule_version,
        # How many files were voted on is how many were judged: withheld there, a subtraction here would give it back.
        "counts_told": outcome is not None and outcome.reviewed.value is not None,
        "panel": queries.panel_view(found, timezone.localdate(request.received_at)),
        "told": queries.is_told(found),
    }
    return render(request, "registry/panel.html", context)


@allow(public)
@public_page
def results(request, slug):
    """What became of everything that was filed, once every decision is notified: counts that name nobody."""
    found = public_call(slug)
    rows = queries.outcomes(found.slug)
    outcome = rows[0] if rows else None
    context = {"call": found, "outcome": outcome} | (_figures(outcome) if outcome else {})
    if outcome:
        took = delays.delays(rows).calls.get(found.slug, delays.NOTHING)
        context["given_up"] = queries.given_up(found)
        context["delays"] = [(delays.KINDS[name], delays.COUNTED[name], took[name]) for name in delays.KINDS]
    return render(request, "registry/results.html", context)


ENDS = {
    "funded": _("Funded by the panel"),
    "reserve": _("On the reserve list"),
    "rejected": _("Not funded"),
    "ineligible": _("Not eligible, not judged"),
    "left": _("Withdrawn or closed without a decision of the panel"),
}


def _figures(outcome) -> dict:
    top = max((cell.value or 0 for cell in outcome.bands.values()), default=0)
    return {
        "ends": [(label, outcome.ends[end]) for end, label in ENDS.items()],
        "bands": [
            (*band.split("-"), cell, f"{100 * (cell.value or 0) / top:.2f}%" if top else "0%")
            for band, cell in outcome.bands.items()
        ],
    }
