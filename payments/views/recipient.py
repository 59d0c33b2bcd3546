"""The recipient's pages: the offer, the agreement, the bank account."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core import documents, reauth
from core.access import allow, signed_in
from core.files import send
from core.forms import PlainForm
from core.idempotency import once
from core.transitions import Refusal
from fund.views.acts import cards, status
from payments import forms, queries
from payments.models import Evidence
from payments.models.agreement import sees_all_money
from payments.queries.plan import shown as plan_of
from payments.rules.people import is_party, signs_for_bearer
from payments.transitions import account as accounts
from payments.transitions import agreement as agreements
from payments.views.acts import act, confirm_first, posted, uploads_checked

SUSPENDED_FORMS = {"observe": forms.ObserveForm}
ACCOUNT_FORMS = {"block": forms.BlockForm, "withdraw": PlainForm}
ACCOUNT_STATES = {"block": "approved", "withdraw": "recorded"}
"""Which of the accounts of a grant each act is about."""


def agreement_or_404(request, reference):
    agreement = queries.agreements.find(request.user, reference)
    if agreement is None:
        raise Http404
    return agreement


def of_recipient(request, reference):
    """The agreement when this person is of the recipient's side; staff who see it are sent to their own page by the caller."""
    agreement = agreement_or_404(request, reference)
    if not is_party(request.user, agreement):
        raise Http404
    return agreement


def page(name: str, agreement) -> str:
    return reverse(f"payments:{name}", args=[agreement.reference])


def _context(request, agreement) -> dict:
    return {
        "agreement": agreement,
        "application": agreement.application,
        **plan_of(agreement),
        "conditions": queries.agreements.conditions_of(agreement),
        "money": queries.agreements.money_of(agreement),
        "reports": agreement.reports.exclude(state="cancelled"),
        "recoveries": agreement.recoveries.all(),
        "amendments": agreement.amendments.all(),
        "account": agreement.payee_accounts.exclude(state__in=("refused", "replaced", "withdrawn")).first(),
        "is_party": is_party(request.user, agreement),
        "may_sign": signs_for_bearer(request.user, agreement),
        "document_url": documents.url(agreement.document) if agreement.document_id else "",
        "closing_url": documents.url(agreement.closing_document) if agreement.closing_document_id else "",
    }


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def agreement(request, reference):
    """The grant as its recipient sees it: what is next, the plan, the account, the reports."""
    row = agreement_or_404(request, reference)
    bound = None
    if request.method == "POST":
        response, bound = act(request, of_recipient(request, reference), SUSPENDED_FORMS, done=page("agreement", row))
        if response:
            return response
    context = _context(request, row)
    accounts.seen_all([(context["account"], row.reference)], actor=request.user, at=request.received_at)
    return render(
        request,
        "payments/agreement.html",
        context | {"cards": cards(request, row, SUSPENDED_FORMS, bound)},
        status=status(bound),
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def accept(request, reference):
    """Accept the offer: one page with the amount, the calendar and the terms."""
    row = of_recipient(request, reference)
    form = forms.AcceptForm(*posted(request), obj=row, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            agreements.accept(agreement=row, actor=request.user, at=request.received_at, **form.params())
            return redirect(page("account" if not row.payee_accounts.exists() else "agreement", row))
        except Refusal as refusal:
            form.refuse(refusal)
    return render(
        request, "payments/accept.html", _context(request, row) | {"form": form}, status=422 if form.errors else 200
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def decline(request, reference):
    """Give up the grant, after a page that says what it means."""
    row = of_recipient(request, reference)
    form = forms.DeclineForm(*posted(request), obj=row)
    if request.method == "POST" and form.is_valid():
        try:
            agreements.decline(agreement=row, actor=request.user, at=request.received_at, **form.params())
            return redirect(page("agreement", row))
        except Refusal as refusal:
            form.refuse(refusal)
    return render(
        request, "payments/decline.html", _context(request, row) | {"form": form}, status=422 if form.errors else 200
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def sign(request, reference):
    """The bearer's representative signs the rendered agreement, after proving again who he is."""
    row = of_recipient(request, reference)
    if row.document_id and row.document.state == "frozen":
        documents.render(row.document, at=request.received_at)
        row = of_recipient(request, reference)
    form = forms.SignForm(*posted(request), obj=row)
    if request.method == "POST" and form.is_valid():
        try:
            reauth.require_recent(request)
            agreements.sign_as_bearer(
                agreement=row, actor=request.user, at=request.received_at, evidence=reauth.evidence(request)
            )
            return redirect(page("agreement", row))
        except Refusal as refusal:
            if refusal.code == "reauthentication_needed":
                return confirm_first(page("sign", row))
            form.refuse(refusal)
    offer = next((card for card in cards(request, row, {"sign_as_bearer": forms.SignForm})), None)
    return render(
        request,
        "payments/sign.html",
        _context(request, row)
        | {
            "form": form,
            "card": offer,
            "side": "bearer",
            "twin": documents.html(row.document) if row.document_id else "",
            "signatures": row.document.signatures.select_related("signer") if row.document_id else [],
        },
        status=422 if form.errors else 200,
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def account(request, reference):
    """Give or change the bank account; see the one in use, masked; block it."""
    row = of_recipient(request, reference)
    name = request.POST.get("act", "")
    unless = name if name in ACCOUNT_FORMS else ""
    form = forms.PayeeAccountForm(*posted(request, unless=unless), obj=row, initial={"holder": row.bearer_name})
    bound = None
    if request.method == "POST" and unless:
        concerned = row.payee_accounts.filter(state=ACCOUNT_STATES[name]).first()
        response, bound = (
            act(request, concerned, ACCOUNT_FORMS, done=page("account", row))
            if concerned
            else (redirect(page("account", row)), None)
        )
        if response:
            return response
    elif request.method == "POST" and form.is_valid():
        try:
            accounts.record(agreement=row, actor=request.user, at=request.received_at, **uploads_checked(form.params()))
            return redirect(page("agreement", row))
        except Refusal as refusal:
            form.refuse(refusal)
    history = list(row.payee_accounts.select_related("closed_by", "recorded_by"))
    accounts.seen_all(((one, row.reference) for one in history), actor=request.user, at=request.received_at)
    return render(
        request,
        "payments/account.html",
        _context(request, row)
        | {
            "form": form,
            "history": history,
            "cards": [
                card
                for one in history
                if one.state in ACCOUNT_STATES.values()
                for card in cards(request, one, ACCOUNT_FORMS, bound)
            ],
        },
        status=422 if form.errors else status(bound),
    )


@allow(signed_in)
@require_safe
def evidence(request, pk):
    """A supporting document: bank proofs only for the recipient and finance, and every look at one is kept."""
    piece = Evidence.objects.visible_to(request.user).select_related("agreement__application").filter(pk=pk).first()
    if piece is None:
        raise Http404
    if piece.kind == "bank_proof":
        if not (is_party(request.user, piece.agreement) or sees_all_money(request.user)):
            raise Http404
        for row in piece.agreement.payee_accounts.filter(proof=piece):
            accounts.seen(payee_account=row, actor=request.user, at=request.received_at)
    return send(piece.file, piece.name, piece.content_type)
