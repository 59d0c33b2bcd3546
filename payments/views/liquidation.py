"""The liquidation file of each order, and the register of refused orders and suspended payments."""

from __future__ import annotations

import csv

from django.http import FileResponse, Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from applications.views.instruction import safe_cell
from core.access import allow
from core.idempotency import once
from core.money import decimal_text
from core.transitions import Refusal
from fund.models import FundIdentity
from fund.people import finance_desk
from fund.views.acts import page_of, status
from payments.forms.chorus import ChorusForm
from payments.queries import liquidation
from payments.queries.sent_back import why_ended
from payments.rules.chorus import may_write
from payments.transitions import chorus
from payments.transitions import liquidation as files
from payments.views.exports import Echo

COLUMNS = ("date", "acte", "ordre", "versement", "aide", "montant", "par", "motif", "levee")


def _order_or_404(request, reference):
    order = liquidation.order_of(request.user, reference)
    if order is None:
        raise Http404
    return order


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def order(request, reference):
    """One order as its accounting officer checks it. A POST packs the whole file, or keeps the numbers of Chorus."""
    row, form = _order_or_404(request, reference), None
    numbers = {"commitment": row.instalment.agreement.chorus_commitment, "request": row.chorus_request}
    if request.method == "POST" and request.POST.get("act") == "chorus":
        form = ChorusForm(request.POST)
        if form.is_valid():
            try:
                chorus.record_numbers(order=row, actor=request.user, at=request.received_at, **form.params())
                return redirect("payments:liquidation", reference)
            except Refusal as refusal:
                form.refuse(refusal)
    elif request.method == "POST":
        packed = files.pack(order=row, actor=request.user, at=request.received_at)
        response = FileResponse(packed, as_attachment=True, filename=f"liquidation-{row.reference}.zip")
        response["Cache-Control"] = "no-store"
        return response
    return render(
        request,
        "payments/finance/liquidation.html",
        {
            "order": row,
            "instalment": row.instalment,
            "agreement": row.instalment.agreement,
            "ended": why_ended(row),
            "checks": liquidation.checklist(row),
            "pieces": liquidation.pieces(row),
            "numbers": numbers,
            "chorus": form or (ChorusForm(initial=numbers) if may_write(request.user, request.received_at) else None),
            "through_chorus": FundIdentity.current().pays_through_chorus,
        },
        status=status(form),
    )


@allow(finance_desk)
@require_safe
def refusals(request):
    """The register: every order refused and every payment suspended, with the reason, and when it was lifted."""
    page = page_of(request, liquidation.refusals(request.user))
    return render(
        request,
        "payments/finance/refusals.html",
        {"page": page, "rows": liquidation.refusal_rows(page.object_list)},
    )


@allow(finance_desk)
@require_safe
def refusals_csv(request):
    """The whole register as CSV."""
    found = list(liquidation.refusals(request.user))
    writer = csv.writer(Echo(), delimiter=";", lineterminator="\r\n")

    def lines():
        yield "\ufeff" + writer.writerow(COLUMNS)
        for start in range(0, len(found), 500):
            for row in liquidation.refusal_rows(found[start : start + 500]):
                yield writer.writerow([safe_cell(cell) for cell in _cells(row)])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    name = f"refus-et-suspensions-{timezone.localdate(request.received_at):%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cells(row: dict) -> tuple[str, ...]:
    return (
        timezone.localtime(row["at"]).isoformat(timespec="minutes"),
        row["verb"],
        row["order"].reference if row["order"] else "",
        row["instalment"].basis,
        row["instalment"].agreement.reference,
        decimal_text(row["amount"]),
        str(row["person"]),
        row["why"],
        timezone.localtime(row["ended_at"]).isoformat(timespec="minutes") if row["ended_at"] else "",
    )
