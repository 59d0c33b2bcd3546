"""The desk of the two finance officers: order, pay, accounts to approve, agreements to sign, the calendar of payments."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import documents, reauth
from core.access import allow
from core.browser import as_ids
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from core.money import format_euros
from core.transitions import VERBS, Refusal
from fund.enums import Role
from fund.people import finance_desk
from fund.queries import has_role
from fund.views.acts import cards, page_of, status
from fund.views.keys import presents_at
from payments import forms, queries
from payments.models import Instalment, PayeeAccount, PaymentBatch
from payments.queries import desk
from payments.queries.plan import shown as plan_of
from payments.queries.threshold import cumulated
from payments.rules.delegation import used_by
from payments.rules.instalment import returned
from payments.rules.paper import live_copy
from payments.transitions import account as accounts
from payments.transitions import agreement as agreements
from payments.transitions import batch as batches
from payments.views.acts import act, confirm_first, posted, searched
from payments.views.instruction import instalment_facts
from payments.views.recipient import agreement_or_404

TABS = (
    ("order", pgettext_lazy("tab", "To order")),
    ("countersign", pgettext_lazy("tab", "Third signature")),
    ("pay", pgettext_lazy("tab", "To pay")),
    ("suspended", pgettext_lazy("payments", "Suspended")),
    ("bank", pgettext_lazy("tab", "At the bank")),
    ("rejected", pgettext_lazy("tab", "Rejected")),
    ("paid", pgettext_lazy("tab", "Paid")),
)
PICKED = {"order": "order", "countersign": "countersign_order"}
"""Tabs where the authorising officer chooses several payments, with the verb that each is then done by."""
INSTALMENT_FORMS = {
    "order": PlainForm,
    "countersign_order": PlainForm,
    "unsuspend": PlainForm,
    "suspend": forms.HoldForm,
    "refuse": ReasonForm,
    "recall": ReasonForm,
    "return_to_due": ReasonForm,
    "undo_return": ReasonForm,
}
ACCOUNT_FORMS = {
    "approve": PlainForm,
    "refuse": ReasonForm,
    "unblock": PlainForm,
    "block": forms.BlockForm,
}


def may_pay(request) -> bool:
    return has_role(request.user, Role.ACCOUNTING_OFFICER, request.received_at)


def may_order(request) -> bool:
    return any(has_role(request.user, role, request.received_at) for role in (Role.AUTHORISING_OFFICER, Role.DELEGATE))


def _not_yours() -> Refusal:
    return Refusal("not_permitted", _("This act belongs to the accounting officer."))


def payable_refusal(request):
    """`check(instalment)`: why this person could not pay it now, asked of the guards of the freeze."""

    def check(one):
        if not may_pay(request):
            return _not_yours()
        try:
            batches.payable(one, actor=request.user, at=request.received_at)
        except Refusal as refusal:
            return refusal
        return None

    return check


def _check_of(queue: str, request):
    if queue == "order" or queue == "countersign" and may_order(request):
        verb = VERBS[Instalment.machine][PICKED[queue]]
        return lambda one: desk.refusal_of(verb, one, request.user, request.received_at)
    return payable_refusal(request) if queue in ("countersign", "pay", "suspended") else lambda one: None


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def home(request):
    """The queues of the payments. The authorising officer orders, the accounting officer gathers in a batch; each refused row says why."""
    if request.method == "POST":
        return _act_on_many(request, request.POST["act"]) if request.POST.get("act") in PICKED else _gather(request)
    queue = request.GET.get("etape") or ("pay" if may_pay(request) else "order")
    if queue not in dict(TABS):
        raise Http404
    text = searched(request)
    page = page_of(request, desk.queue(queue, request.user, text))
    rows = desk.rows(page.object_list, request.user, request.received_at, _check_of(queue, request))
    counts = desk.counts(request.user)
    picks = queue in PICKED and may_order(request) or queue == "pay" and may_pay(request)
    possible = [row for row in rows if row.refusal is None] if queue in (*PICKED, "pay") else []
    return render(
        request,
        "payments/finance/home.html",
        {
            "queue": queue,
            "tabs": [(code, label, counts[code]) for code, label in TABS],
            "counts": counts[queue],
            "page": page,
            "rows": rows,
            "text": text,
            "possible": possible,
            "picks": picks,
            "total": sum(row.instalment.payable_amount for row in possible),
            "others": desk.desk_counts(request.user),
            "may_order": may_order(request),
            "may_delegate": has_role(request.user, Role.AUTHORISING_OFFICER, request.received_at),
            "may_pay": may_pay(request),
            "open_batches": PaymentBatch.objects.filter(state="open") if queue == "pay" and may_pay(request) else [],
        },
    )


def _chosen(request):
    return as_ids(request.POST.getlist("instalment"))


def _act_on_many(request, queue: str):
    """Order, or sign as third person. Each payment is its own act: one that is refused does not stop the others, and says why."""
    wanted, done, total = _chosen(request), 0, 0
    for one in desk.instalments(request.user).filter(pk__in=wanted).order_by("pk"):
        try:
            row = VERBS[Instalment.machine][PICKED[queue]].call(
                instalment=one, actor=request.user, at=request.received_at
            )
            done, total = done + 1, total + row.payable_amount
        except Refusal as refusal:
            messages.error(request, f"{one.basis} : {refusal}")
    if done:
        said = (
            ngettext("%(n)s payment is ordered, %(total)s.", "%(n)s payments are ordered, %(total)s.", done)
            if queue == "order"
            else ngettext("%(n)s payment is signed, %(total)s.", "%(n)s payments are signed, %(total)s.", done)
        )
        messages.success(request, said % {"n": done, "total": format_euros(total)})
    elif not wanted:
        messages.error(request, _("Choose at least one payment."))
    return redirect(f"{reverse('payments:home')}?etape={queue}")


def _gather(request):
    """Put the chosen payments in the batch that is open, or in a new one; all of them or none."""
    chosen = list(Instalment.objects.visible_to(request.user).filter(pk__in=_chosen(request)))
    if not chosen:
        messages.error(request, _("Choose at least one payment."))
        return redirect(f"{reverse('payments:home')}?etape=pay")
    batch = (
        PaymentBatch.objects.visible_to(request.user)
        .filter(state="open", reference=request.POST.get("batch", ""))
        .first()
    )
    try:
        batch = batches.gather(batch=batch, instalments=chosen, actor=request.user, at=request.received_at)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('payments:home')}?etape=pay")
    return redirect(reverse("payments:batch", args=[batch.reference]))


def _cards(request, row: Instalment, bound):
    """The acts on a payment; the third signature is spoken of only where the rules ask one, a return only where there was one."""
    there = {"countersign_order": row.waits_for_third_signature, "undo_return": returned(row)}
    return [one for one in cards(request, row, INSTALMENT_FORMS, bound) if there.get(one.name, True)]


def _by_delegation(request, row: Instalment):
    """Whose signature this person would give on this payment now, when it is not his own."""
    name = {"certified": "order", "ordered": "countersign_order"}.get(row.state)
    if name is None or name == "countersign_order" and not row.waits_for_third_signature:
        return None
    return used_by(VERBS[Instalment.machine][name], row, request.user, request.received_at)


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def instalment(request, pk):
    """One payment: its evidence, its order, its acts for the finance officers."""
    row = desk.instalments(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404
    bound, here = None, reverse("payments:finance_instalment", args=[pk])
    if request.method == "POST":
        response, bound = act(request, row, INSTALMENT_FORMS, done=here)
        if response:
            return response
    return render(
        request,
        "payments/instalment.html",
        {
            "instalment": row,
            "agreement": row.agreement,
            "application": row.agreement.application,
            "cards": _cards(request, row, bound),
            "by_delegation": _by_delegation(request, row),
            **instalment_facts(request, row),
            "desk": "finance",
        },
        status=status(bound),
    )


# ---- bank accounts ----


@allow(finance_desk)
@require_safe
def account_list(request):
    """Accounts that wait for approval, then those that are blocked."""
    found = PayeeAccount.objects.visible_to(request.user).select_related(
        "agreement__application__lead", "agreement__application__bearer_organisation", "recorded_by", "closed_by"
    )
    page = page_of(request, found.filter(state__in=("recorded", "blocked")).order_by("-state", "recorded_at", "pk"))
    rows = list(page.object_list)
    accounts.seen_all(((one, one.agreement.reference) for one in rows), actor=request.user, at=request.received_at)
    desk.prime_interests(request.user, [row.agreement.application_id for row in rows])
    verb = {"recorded": accounts.approve.verb, "blocked": accounts.unblock.verb}
    return render(
        request,
        "payments/finance/accounts.html",
        {
            "page": page,
            "rows": [(row, desk.refusal_of(verb[row.state], row, request.user, request.received_at)) for row in rows],
        },
    )


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def account(request, pk):
    """One account beside its proof: approve or block or unblock. The number is masked until it is asked for; every look is kept."""
    row = (
        PayeeAccount.objects.visible_to(request.user)
        .select_related(
            "agreement__application__lead",
            "agreement__application__bearer_organisation",
            "recorded_by",
            "closed_by",
            "blocked_by",
            "proof",
        )
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise Http404
    bound, number, here = None, "", reverse("payments:finance_account", args=[pk])
    if request.method == "POST" and request.POST.get("act") == "reveal":
        number = accounts.reveal(payee_account=row, actor=request.user, at=request.received_at)
    elif request.method == "POST":
        response, bound = act(request, row, ACCOUNT_FORMS, done=here)
        if response:
            return response
    history = list(row.agreement.payee_accounts.select_related("recorded_by", "closed_by"))
    accounts.seen_all(((one, row.agreement.reference) for one in history), actor=request.user, at=request.received_at)
    return render(
        request,
        "payments/finance/account.html",
        {
            "account": row,
            "agreement": row.agreement,
            "application": row.agreement.application,
            "number": number,
            "history": history,
            "cards": cards(request, row, ACCOUNT_FORMS, bound),
            "may_reveal": may_pay(request),
        },
        status=status(bound),
    )


# ---- agreements to sign ----


@allow(finance_desk)
@require_safe
def agreement_list(request):
    """Agreements the bearer has signed and that wait for the fund; then those that still wait for the bearer."""
    page = page_of(request, queries.agreements.to_sign(request.user))
    return render(
        request,
        "payments/finance/agreements.html",
        {"page": page, "waiting": desk.desk_counts(request.user)["to_sign"]},
    )


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def agreement(request, reference):
    """The authorising officer reads and signs: the signature commits the money."""
    row = agreement_or_404(request, reference)
    here = reverse("payments:finance_agreement", args=[reference])
    if row.document_id and row.document.state == "frozen":
        documents.render(row.document, at=request.received_at)
        row = agreement_or_404(request, reference)
    form = forms.FundSignForm(*posted(request), obj=row)
    if request.method == "POST" and form.is_valid():
        try:
            reauth.require_recent(request)
            agreements.sign(
                agreement=row,
                actor=request.user,
                at=request.received_at,
                evidence=reauth.evidence(request),
                **form.params(),
            )
            messages.success(
                request, _("The agreement is signed: %(amount)s are committed.") % {"amount": format_euros(row.amount)}
            )
            return redirect(here)
        except Refusal as refusal:
            if refusal.code == "reauthentication_needed":
                return confirm_first(here)
            form.refuse(refusal)
    account = row.payee_accounts.filter(state="approved").first()
    accounts.seen_all([(account, row.reference)], actor=request.user, at=request.received_at)
    return render(
        request,
        "payments/sign.html",
        {
            "agreement": row,
            "application": row.application,
            **plan_of(row),
            "conditions": queries.agreements.conditions_of(row),
            "money": queries.agreements.money_of(row),
            "form": form,
            "card": next(
                iter(cards(request, row, {"sign": forms.FundSignForm}, form if form.is_bound else None)), None
            ),
            "side": "fund",
            "by_delegation": used_by(agreements.sign.verb, row, request.user, request.received_at),
            "twin": documents.html(row.document) if row.document_id else "",
            "document_url": documents.url(row.document) if row.document_id else "",
            "account": account,
            "cumulated": cumulated(row),
            "paper": live_copy(row.document) if row.document_id else None,
            "signatures": row.document.signatures.select_related("signer") if row.document_id else [],
        },
        status=422 if form.errors else 200,
    )


@allow(finance_desk)
@require_POST
@once
def open_batch(request):
    """A new, empty batch."""
    batch = batches.open_batch(payment_batch=None, actor=request.user, at=request.received_at)
    return redirect(reverse("payments:batch", args=[batch.reference]))


presents_at("payee_account", lambda row: reverse("payments:finance_account", args=[row.pk]))
presents_at("payment_batch", lambda row: reverse("payments:batch", args=[row.reference]))
