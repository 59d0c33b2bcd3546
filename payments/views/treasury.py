"""The treasurer's page of a grant: references at the bank, what is due in both directions, papers for the accounts, figures of the financial report."""

from __future__ import annotations

import csv

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.views.instruction import safe_cell
from core import documents
from core.access import allow, signed_in
from core.browser import as_int
from core.idempotency import once
from core.money import decimal_text
from core.transitions import Refusal
from payments.queries import figures, treasury
from payments.transitions import treasury as papers
from payments.views.recipient import agreement_or_404


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def page(request, reference):
    """Everything a treasurer needs of one grant. A POST makes a paper and leads to it."""
    row = agreement_or_404(request, reference)
    if request.method == "POST":
        return _issue(request, row)
    years = treasury.years(row)
    return render(
        request,
        "payments/treasury.html",
        {
            "agreement": row,
            "application": row.application,
            "notices": [(order, treasury.remittance(order)) for order in treasury.notices(row)],
            "dues": treasury.calendar(row, request.received_at),
            "years": years,
            "received": sum(one.received_amount for one in years),
            "this_year": timezone.localdate(request.received_at).year,
            "papers": [(paper, documents.url(paper)) for paper in treasury.papers(row)],
        },
    )


def _issue(request, row):
    kind = request.POST.get("paper", "")
    if kind not in papers.MAKERS:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    year = as_int(request.POST.get("year"))
    made = papers.issue(agreement=row, actor=request.user, at=request.received_at, kind=kind, year=year)
    return redirect(documents.url(made))


@allow(signed_in)
@require_safe
def financial_figures(request, reference):
    """The figures of the financial report as on the form Cerfa 15059."""
    row = agreement_or_404(request, reference)
    if not row.is_signed:
        raise Http404
    return render(
        request,
        "payments/financial_figures.html",
        {"agreement": row, "application": row.application, "figures": figures.figures_of(row)},
    )


PARTS = {
    "costs": "charges",
    "resources": "produits",
    "in_kind_costs": "emplois des contributions en nature",
    "in_kind_resources": "contributions en nature",
}
COLUMNS = ("partie", "compte", "intitule", "prevision", "realisation", "pourcentage")


@allow(signed_in)
@require_safe
def financial_figures_csv(request, reference):
    """The same as CSV for a French spreadsheet: UTF-8 with mark, semicolons, CRLF, euros with a decimal comma; empty where the fund does not know."""
    row = agreement_or_404(request, reference)
    if not row.is_signed:
        raise Http404
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="compte-rendu-financier-{row.reference}.csv"'
    writer = csv.writer(response, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for table in figures.figures_of(row).tables:
        for heading in table.headings:
            for line in heading.lines or [heading]:
                writer.writerow(_cells(table.code, line))
        writer.writerow(_cells(table.code, table.total, account="total"))
    return response


def _cells(code: str, line, account: str = "") -> list[str]:
    share = "" if line.tenths is None else f"{line.tenths / 10:.1f}"
    amounts = ["" if one is None else decimal_text(one) for one in (line.budget, line.actual)]
    numbers = [text.replace(".", ",") for text in (*amounts, share)]
    return [safe_cell(cell) for cell in (PARTS[code], account or line.account, str(line.label), *numbers)]
