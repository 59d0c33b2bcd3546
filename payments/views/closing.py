"""Closing of the years: the figures of 31 December, and their document."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core import documents
from core.access import allow
from core.idempotency import once
from fund.people import finance_desk
from payments.queries import closing
from payments.transitions import closing as acts
from payments.views.finance import may_pay


@allow(finance_desk)
@require_safe
def year_list(request):
    """Every year of the journal, closed or not."""
    return render(request, "payments/finance/years.html", {"years": closing.years(request.received_at)})


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def year(request, year):
    """The figures of one year: kept once it is closed, computed from the journal before. A POST closes it."""
    known = next((one for one in closing.years(request.received_at) if one["year"] == year), None)
    if known is None:
        raise Http404
    if request.method == "POST":
        acts.close_year(year=year, actor=request.user, at=request.received_at)
        return redirect(reverse("payments:year", args=[year]))
    row = known["closing"]
    figures = row.figures if row else closing.figures(year)
    return render(
        request,
        "payments/finance/year.html",
        {
            **known,
            "figures": figures,
            "carried": sum(one["carried"] for one in figures["envelopes"]),
            "url": documents.url(row.document) if row else "",
            "may_pay": may_pay(request),
        },
    )
