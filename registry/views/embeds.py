"""Pages made for a frame in other sites: the card of a project, where the money stands. No script, no form, no cookie; nothing else may be framed."""

from __future__ import annotations

from csp.constants import NONE
from csp.decorators import csp_replace
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt

from core import site
from core.access import allow, public
from fund.ledger import queries as ledger
from fund.public_cache import public_page
from registry import queries


def framed(view):
    """Any page may hold this one in a frame; it runs nothing and sends nothing."""
    policy = csp_replace({"frame-ancestors": ["*"], "script-src": [NONE], "connect-src": [NONE], "form-action": [NONE]})  # type: ignore[arg-type]
    return xframe_options_exempt(policy(view))


@allow(public)
@framed
@public_page
def project(request, reference):
    """A published project on a card."""
    grant = queries.get(reference, site.of(request))
    if grant is None:
        raise Http404
    bar = ledger.bar_of(grant.reference, ledger.public_entries_of(grant.reference))
    return render(request, "registry/embeds/project.html", {"grant": grant, "bar": bar})


@allow(public)
@framed
@public_page
def execution(request):
    """Where the money of all envelopes stands."""
    totals, newest = ledger.public_totals(), ledger.latest_checkpoint()
    context = {"totals": totals, "rate": 100 * totals.execution_rate, "on": newest and newest.at}
    return render(request, "registry/embeds/execution.html", context)
