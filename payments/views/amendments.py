"""Amendments: asked by the recipient, answered at the instruction desk, signed by the bearer then by the fund."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import documents, reauth
from core.access import allow, signed_in
from core.forms import PlainForm
from core.idempotency import once
from core.transitions import Offer, Refusal
from fund.people import finance_desk, instruction_desk
from fund.views.acts import Card, cards, page_of, status
from payments import forms
from payments.models import Amendment
from payments.queries import desk
from payments.rules.amendment import latest_end, lowest_amount
from payments.rules.delegation import used_by
from payments.rules.paper import live_copy
from payments.rules.people import is_party
from payments.transitions import amendment as amendments
from payments.views.acts import act, confirm_first, posted
from payments.views.recipient import agreement_or_404, of_recipient

RECIPIENT_FORMS = {"sign_as_bearer": forms.SignAmendmentForm, "withdraw": PlainForm}
STAFF_FORMS = {"approve": forms.ApproveAmendmentForm, "refuse": forms.RefuseAmendmentForm}
FINANCE_FORMS = {"sign": forms.FundSignAmendmentForm}
SIGNED = ("sign", "sign_as_bearer")
"""Acts that ask again who one is."""


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_grant(request, reference):
    """The amendments of a grant, and the form to ask for one."""
    row = agreement_or_404(request, reference)
    adding = request.method == "POST" and "add_row" in request.POST
    form = forms.AmendmentForm(*posted(request), obj=row, user=request.user)
    rows = forms.one_more(request.POST) if adding else forms.ChangeFormSet(posted(request)[0], prefix="changes")
    if request.method == "POST" and not adding and form.is_valid() and rows.is_valid():
        try:
            found = amendments.request(
                agreement=of_recipient(request, reference),
                actor=request.user,
                at=request.received_at,
                changes=forms.changes_of(rows),
                **form.params(),
            )
            messages.success(request, _("Your request is sent: the fund answers within thirty days."))
            return redirect(reverse("payments:amendment", args=[reference, found.number]))
        except Refusal as refusal:
            form.refuse(refusal)
    card = Card(
        Offer(
            amendments.request.verb,
            desk.refusal_of(amendments.request.verb, row, request.user, request.received_at),
        ),
        form,
    )
    return render(
        request,
        "payments/amendments.html",
        {
            "agreement": row,
            "application": row.application,
            "amendments": row.amendments.all(),
            "form": form,
            "rows": rows,
            "card": card if is_party(request.user, row) else None,
            "latest_end": latest_end(row) if row.starts_on else None,
            "lowest": lowest_amount(row),
        },
        status=422 if not adding and (form.errors or form.is_bound) else 200,
    )


def _page(request, row: Amendment, acts: dict, here: str, where: str):
    """One amendment, with the acts of a desk."""
    bound = None
    if request.method == "POST":
        evidence = {}
        if request.POST.get("act") in SIGNED:
            try:
                reauth.require_recent(request)
            except Refusal:
                return confirm_first(here)
            evidence = {"evidence": reauth.evidence(request)}
        response, bound = act(request, row, acts, done=here, given=lambda params: params | evidence)
        if response:
            return response
    if row.document and row.document.state == "frozen":
        documents.render(row.document, at=request.received_at)
        row = _rows().get(pk=row.pk)
    return render(
        request,
        "payments/amendment.html",
        {
            "amendment": row,
            "changes": row.changes.all(),
            "agreement": row.agreement,
            "application": row.agreement.application,
            "cards": cards(request, row, acts, bound),
            "desk": where,
            "by_delegation": used_by(amendments.sign.verb, row, request.user, request.received_at)
            if where == "finance" and row.state == "approved"
            else None,
            "document_url": documents.url(row.document) if row.document else "",
            "twin": documents.html(row.document) if row.document else "",
            "paper": live_copy(row.document) if row.document else None,
            "signatures": row.document.signatures.select_related("signer") if row.document else [],
        },
        status=status(bound),
    )


def _rows():
    return Amendment.objects.select_related(
        "agreement__application__lead",
        "agreement__application__bearer_organisation",
        "agreement__application__call__rule_version",
        "agreement__signatory",
        "document",
        "requested_by",
        "answered_by",
    )


def _amendment_or_404(request, **wanted) -> Amendment:
    row = _rows().filter(pk__in=Amendment.objects.visible_to(request.user).values("pk"), **wanted).first()
    if row is None:
        raise Http404
    return row


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_recipient_page(request, reference, number):
    """One amendment as its recipient sees it."""
    row = _amendment_or_404(request, agreement__reference=reference, number=number)
    if not is_party(request.user, row.agreement):
        raise Http404
    here = reverse("payments:amendment", args=[reference, number])
    return _page(request, row, RECIPIENT_FORMS, here, "recipient")


@allow(instruction_desk)
@require_safe
def staff_list(request):
    """Amendments, those to examine first."""
    wanted = request.GET.get("etape", "requested")
    if wanted not in ("requested", "approved", ""):
        raise Http404
    return render(
        request,
        "payments/instruction/amendments.html",
        {"page": page_of(request, desk.amendments(request.user, wanted)), "tab": wanted, "desk": "instruction"},
    )


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def staff_page(request, pk):
    """One amendment, to answer."""
    here = reverse("payments:staff_amendment", args=[pk])
    return _page(request, _amendment_or_404(request, pk=pk), STAFF_FORMS, here, "instruction")


@allow(finance_desk)
@require_safe
def finance_list(request):
    """Amendments that wait for signatures."""
    return render(
        request,
        "payments/instruction/amendments.html",
        {"page": page_of(request, desk.amendments(request.user, "approved")), "tab": "approved", "desk": "finance"},
    )


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def finance_page(request, pk):
    """One amendment, to sign for the fund."""
    here = reverse("payments:finance_amendment", args=[pk])
    return _page(request, _amendment_or_404(request, pk=pk), FINANCE_FORMS, here, "finance")
