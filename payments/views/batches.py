"""Batches: gathered, frozen, the bank's file produced once and downloaded again at will, always the same bytes."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import reauth
from core.access import allow
from core.browser import as_ids
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from core.transitions import Refusal
from fund.people import finance_desk
from fund.views.acts import cards, page_of, status
from payments import forms
from payments.models import Instalment, PayeeAccount, PaymentBatch, PaymentOrder
from payments.queries.newer_account import newer_account
from payments.schedule import next_target_day
from payments.transitions import account as accounts
from payments.transitions import batch as batches
from payments.transitions.common import record_event
from payments.views.acts import act, confirm_first
from payments.views.finance import may_pay

FORMS = {
    "freeze": forms.BatchControlsForm,
    "export": PlainForm,
    "cancel": PlainForm,
    "reject_file": ReasonForm,
}
BEFORE_THE_FILE = ("open", "frozen")
"""While nothing can have left, a payment may still wait."""


@allow(finance_desk)
@require_safe
def batch_list(request):
    """Batches, the newest first, with how many of their payments are settled."""
    settled = Count("lines", filter=Q(lines__live=True, lines__instalment__state="paid"))
    found = PaymentBatch.objects.visible_to(request.user).select_related("opened_by", "exported_by").defer("content")
    found = found.annotate(live=Count("lines", filter=Q(lines__live=True)), settled=settled).order_by("-pk")
    return render(
        request, "payments/finance/batches.html", {"page": page_of(request, found), "may_pay": may_pay(request)}
    )


def _batch_or_404(request, reference) -> PaymentBatch:
    batch = (
        PaymentBatch.objects.visible_to(request.user)
        .select_related("opened_by", "frozen_by", "exported_by")
        .filter(reference=reference)
        .first()
    )
    if batch is None:
        raise Http404
    return batch


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def batch(request, reference):
    """One batch: its payments, what is next, its life."""
    row = _batch_or_404(request, reference)
    here, bound = reverse("payments:batch", args=[reference]), None
    if request.method == "POST" and request.POST.get("act") == "remove":
        return _remove(request, row, here)
    if request.method == "POST":
        try:
            if request.POST.get("act") == "export":
                reauth.require_recent(request)
            response, bound = act(request, row, FORMS, done=here)
        except Refusal as refusal:
            if refusal.code != "reauthentication_needed":
                raise
            response = confirm_first(here)
        if response:
            return response
        row = _batch_or_404(request, reference)
    lines = (
        row.lines.select_related("instalment__agreement__application", "order__account")
        .prefetch_related(
            Prefetch("instalment__orders", PaymentOrder.objects.select_related("account")),
            Prefetch("instalment__agreement__payee_accounts", PayeeAccount.objects.defer("iban")),
        )
        .order_by("position")
    )
    proposed = next_target_day(timezone.localdate(request.received_at))
    initial = {"freeze": {"execution_on": proposed, "schema": row.schema}}
    lines = [line for line in lines if line.live or line.in_file]
    if row.state in BEFORE_THE_FILE:
        for line in lines:
            line.new_account = newer_account(line.instalment, request.received_at)
    shown = [(line.order.account, line.instalment.agreement.reference) for line in lines]
    accounts.seen_all(shown, actor=request.user, at=request.received_at)
    return render(
        request,
        "payments/finance/batch.html",
        {
            "batch": row,
            "lines": lines,
            "total": row.total_amount or sum(line.order.amount for line in lines),
            "may_pay": may_pay(request),
            "cards": cards(request, row, FORMS, bound, initial),
            "waiting": sum(1 for line in lines if line.live and line.instalment.state == "in_payment"),
            "new_accounts": sum(1 for line in lines if getattr(line, "new_account", "")),
            "settled": sum(1 for line in lines if line.live and line.instalment.state == "paid"),
        },
        status=status(bound),
    )


def _remove(request, row, here):
    chosen = Instalment.objects.filter(pk__in=as_ids(request.POST.getlist("instalment")))
    batches.remove(payment_batch=row, instalments=list(chosen), actor=request.user, at=request.received_at)
    messages.success(request, _("Taken out of the batch."))
    return redirect(here)


@allow(finance_desk)
@require_safe
def batch_file(request, reference):
    """The bank's file, to the accounting officer who has just proved who he is: the bytes kept at export. Every download is an event."""
    row = _batch_or_404(request, reference)
    if not may_pay(request):
        raise Refusal("not_permitted", _("The bank file belongs to the accounting officers."))
    if not row.sha256:
        raise Refusal(
            "bank_file_missing",
            _("This batch has not produced its file."),
            remedy=_("Freeze it, then produce the file."),
            status=409,
        )
    try:
        reauth.require_recent(request)
    except Refusal:
        return confirm_first(request.path)
    record_event(row, "download", actor=request.user, at=request.received_at, sha256=row.sha256)
    response = HttpResponse(batches.file_bytes(row), content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="{row.reference}-{row.schema}.xml"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
