"""The case officers' pages: offers, agreements followed, payments to certify."""
from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import documents
from core.access import allow
from core.idempotency import once
from core.transitions import Act, Refusal
from fund.people import instruction_desk
from payments import forms, queries
from payments.models import Instalment
from payments.queries import desk
from payments.rules.agreement import open_matters
from payments.rules.instalment import trigger_fact
from payments.transitions import account as accounts
from payments.transitions import agreement as agreements
from payments.transitions import instalment as instalments
from payments.views.acts import act, cards, refuse, status, uploads_checked
from payments.views.recipient import agreement_or_404

AGREEMENT_FORMS = {
    "extend": forms.ExtendForm, "extend_signature": forms.ExtendForm, "activate": forms.PlainForm, "complete": forms.PlainForm,
    "resume": forms.PlainForm, "suspend": forms.SuspendForm, "terminate": forms.ReasonForm,
}
INSTALMENT_FORMS = {
    "certify": forms.CertifyForm, "recertify": forms.NoteForm, "lift": forms.PlainForm, "hold": forms.HoldForm, "cancel": forms.ReasonForm,
}
PAGE = 50


@allow(instruction_desk)
@require_safe
def agreement_list(request):
    """Offers to make, then agreements by stage."""
    tab, text = request.GET.get("etape", ""), request.GET.get("q", "").strip()
    waiting = list(queries.agreements.to_offer(request.user))
    desk.prime_interests(request.user, [decision.application_id for decision in waiting])
    offers = [(decision, _refusal(decision, request)) for decision in waiting]
    rows = Paginator(queries.agreements.staff_list(request.user, tab=tab, text=text), PAGE)
    try:
        found = rows.page(request.GET.get("page", 1))
    except Exception as error:
        raise Http404 from error
    return render(request, "payments/instruction/agreements.html", {"offers": offers, "page": found, "tab": tab, "text": text, "tabs": queries.agreements.TABS,
                                                                     "possible": sum(1 for _d, refusal in offers if refusal is None)})


def _refusal(decision, request):
    try:
        agreements.offer.verb.check(Act(agreements.offer.verb, decision, request.user, request.received_at, preview=True))
    except Refusal as refusal:
        return refusal
    return None


@allow(instruction_desk)
@require_POST
@once
def offer(request):
    """Offer several agreements at once; each that cannot is named with its reason."""
    wanted = {value for value in request.POST.getlist("decision") if value.isdigit()}
    done = 0
    for decision in queries.agreements.to_offer(request.user).filter(pk__in=wanted):
        try:
            agreements.offer(decision=decision, actor=request.user, at=request.received_at)
            done += 1
        except Refusal as refusal:
            messages.error(request, f"{decision.application.reference} : {refusal}")
    if done:
        messages.success(request, ngettext("%(n)s agreement is offered.", "%(n)s agreements are offered.", done) % {"n": done})
    elif not wanted:
        messages.error(request, _("Choose at least one grant."))
    return redirect(reverse("payments:staff_agreements"))


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def agreement(request, reference):
    """One agreement as staff follow it, with its acts."""
    row = agreement_or_404(request, reference)
    bound, form = None, forms.PayeeAccountForm(obj=row, initial={"holder": row.bearer_name})
    here = reverse("payments:staff_agreement", args=[reference])
    if request.method == "POST" and request.POST.get("act") == "record":
        form = forms.PayeeAccountForm(request.POST, request.FILES, obj=row)
        if form.is_valid():
            try:
                accounts.record(agreement=row, actor=request.user, at=request.received_at, **uploads_checked(form.params()))
                return redirect(here)
            except Refusal as refusal:
                refuse(form, refusal)
    elif request.method == "POST":
        response, bound = act(request, row, AGREEMENT_FORMS, done=here)
        if response:
            return response
    return render(request, "payments/instruction/agreement.html", {
        "agreement": row, "application": row.application, "plan": queries.agreements.plan(row), "money": queries.agreements.money_of(row),
        "reports": row.reports.all(), "accounts": row.payee_accounts.select_related("recorded_by", "closed_by"), "cards": cards(request, row, AGREEMENT_FORMS, bound),
        "open_matters": open_matters(row) if row.state == "active" else [], "account_form": form,
        "document_url": documents.url(row.document) if row.document_id else "",
    }, status=422 if form.errors else status(bound))


def _certify_refusal(request):
    verb = instalments.certify.verb
    return lambda one: desk.refusal_of(verb, one, request.user, request.received_at)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def instalment_list(request):
    """Payments due, to certify: one by one with their evidence, or those whose trigger is evidence enough, together."""
    if request.method == "POST":
        return _certify_many(request)
    text = request.GET.get("q", "").strip()
    rows = desk.rows("certify", request.user, request.received_at, _certify_refusal(request), text=text)
    again = desk.rows("rejected", request.user, request.received_at,
                      lambda one: desk.refusal_of(instalments.recertify.verb, one, request.user, request.received_at), text=text)
    return render(request, "payments/instruction/instalments.html", {
        "rows": rows, "again": again, "text": text, "possible": [row for row in rows if row.refusal is None],
        "total": sum(row.instalment.suggested_amount or row.instalment.amount for row in rows if row.refusal is None),
    })


def default_note(instalment) -> str:
    """The fact that makes it due, in words: the evidence of an advance is the signed agreement, of a balance the accepted report."""
    day = timezone.localdate(trigger_fact(instalment))
    if instalment.trigger == "agreement_signed":
        return _("Agreement %(reference)s signed by both sides on %(day)s.") % {"reference": instalment.agreement.reference, "day": f"{day:%d/%m/%Y}"}
    return _("%(trigger)s on %(day)s.") % {"trigger": str(instalment.get_trigger_display()).capitalize(), "day": f"{day:%d/%m/%Y}"}


def _certify_many(request):
    wanted = {value for value in request.POST.getlist("instalment") if value.isdigit()}
    done = total = 0
    for one in desk.instalments(request.user).filter(pk__in=wanted).order_by("pk"):
        try:
            row = instalments.certify(instalment=one, actor=request.user, at=request.received_at, note=default_note(one))
            done, total = done + 1, total + row.certified_amount
        except Refusal as refusal:
            messages.error(request, f"{one.basis} : {refusal}")
    if done:
        messages.success(request, ngettext("%(n)s payment is certified.", "%(n)s payments are certified.", done) % {"n": done})
    elif not wanted:
        messages.error(request, _("Choose at least one payment."))
    return redirect(reverse("payments:certify"))


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def instalment(request, pk):
    """One payment: its trigger, its evidence, its acts for a case officer."""
    row = desk.instalments(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404
    bound = None
    if request.method == "POST":
        response, bound = act(request, row, INSTALMENT_FORMS, done=reverse("payments:certify"))
        if response:
            return response
    initial = {"certify": {"amount": row.suggested_amount or row.amount, "note": default_note(row) if row.state == "due" else ""}}
    return render(request, "payments/instalment.html", {
        "instalment": row, "agreement": row.agreement, "application": row.agreement.application, "cards": cards(request, row, INSTALMENT_FORMS, bound, initial),
        "evidence": row.evidence.all(), "orders": row.orders.all(), "events": _events(row), "desk": "instruction",
        "document_url": documents.url(row.agreement.document) if row.agreement.document_id else "",
        "report": row.agreement.reports.filter(state="accepted", kind="final" if row.is_balance else "interim").first() if row.trigger != "agreement_signed" else None,
    }, status=status(bound))


def _events(row: Instalment):
    from core.models import Event

    return Event.objects.filter(machine=row.machine, object_id=row.pk).select_related("actor", "reason").order_by("id")
