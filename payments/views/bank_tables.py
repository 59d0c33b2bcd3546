"""A CSV of the bank: its columns beside what they give, to correct and to confirm."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core.access import allow
from core.idempotency import once
from core.transitions import Refusal
from fund.models import FundIdentity
from fund.people import finance_desk
from payments import bank_csv, camt
from payments.forms.bank import MappingForm
from payments.models import BankTable
from payments.models.statement import is_ahead
from payments.transitions import bank_table as tables
from payments.views.acts import posted
from payments.views.finance import may_pay

SHOWN = 20
"""Lines shown as they will be taken in."""


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def bank_table(request, pk):
    """What each column holds, the first lines as they will be taken in, and what is left aside. Nothing is imported before the confirmation."""
    row = BankTable.objects.visible_to(request.user).filter(pk=pk).select_related("statement", "uploaded_by").first()
    if row is None:
        raise Http404
    if row.statement_id:
        return redirect(reverse("payments:statement", args=[row.statement.reference]))
    sheet = bank_csv.sheet(bytes(row.content))
    act = request.POST.get("act", "")
    if act == "discard":
        tables.discard(bank_table=row, actor=request.user, at=request.received_at)
        messages.success(request, _("The file is forgotten: nothing was imported."))
        return redirect(reverse("payments:statements"))
    form = MappingForm(*posted(request)[:1], sheet=sheet, mapping=row.mapping)
    if request.method == "POST" and form.is_valid():
        try:
            if act == "confirm":
                return _confirmed(request, row, form.mapping())
            tables.remap(bank_table=row, mapping=form.mapping(), actor=request.user, at=request.received_at)
            return redirect(reverse("payments:bank_table", args=[pk]))
        except Refusal as refusal:
            form.refuse(refusal)
    mapping = form.mapping() if form.is_bound and hasattr(form, "cleaned_data") and form.is_valid() else row.mapping
    reading, problem = _read(sheet, mapping)
    today = timezone.localdate(request.received_at)
    ahead = [line.booked_on for line in reading.lines if is_ahead(line.booked_on, today)]
    return render(
        request,
        "payments/finance/bank_table.html",
        {
            "table": row,
            "form": form,
            "headers": sheet.headers,
            "lines": reading.lines[:SHOWN],
            "count": len(reading.lines),
            "aside": [(None, text) for text in sheet.above] + reading.aside,
            "problem": problem,
            "ahead": len(ahead),
            "ahead_until": max(ahead, default=None),
            "debits": sum(line.amount or 0 for line in reading.lines if line.direction == "debit"),
            "credits": sum(line.amount or 0 for line in reading.lines if line.direction == "credit"),
            "named": sum(1 for line in reading.lines if line.end_to_end_id),
            "may_pay": may_pay(request),
        },
        status=422 if form.errors else 200,
    )


def _read(sheet, mapping: dict):
    """The lines under this mapping, or why they cannot be read."""
    try:
        return bank_csv.read(sheet, bank_csv.Mapping(**mapping), FundIdentity.current().debtor_iban), None
    except camt.Unreadable as error:
        return bank_csv.Reading(), error


def _confirmed(request, row, mapping: dict):
    found = tables.confirm(bank_table=row, mapping=mapping, actor=request.user, at=request.received_at)
    messages.success(
        request,
        ngettext("%(n)s payment reconciled.", "%(n)s payments reconciled.", found.matched_count)
        % {"n": found.matched_count},
    )
    return redirect(reverse("payments:statement", args=[found.reference]))
