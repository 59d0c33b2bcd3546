"""The desk of the envelopes: what is open, where its money stands, and the acts that move it, each with two keys."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.access import allow
from core.forms import PlainForm
from core.idempotency import once
from core.transitions import Refusal
from fund.enums import Role
from fund.forms import envelopes as forms
from fund.ledger.queries import envelope_bars
from fund.people import envelopes_desk, envelopes_writing
from fund.queries import envelopes as queries
from fund.queries import has_role
from fund.queries.keys import open_acts_on
from fund.rules.envelopes import sees_all_money
from fund.transitions import envelopes
from fund.views.acts import act, cards, history, page_of, status

ACTS = {
    "open": forms.AmountForm,
    "raise_": forms.AmountReasonForm,
    "lower": forms.AmountReasonForm,
    "carry": forms.CarryForm,
    "settle": forms.AmountForm,
    "close": PlainForm,
}


@allow(envelopes_desk)
@require_safe
def listing(request):
    """Every envelope and its money; the public figures for whoever could read a vote in the others."""
    at = request.received_at
    page = page_of(request, queries.desk_envelopes())
    public = not sees_all_money(request.user, at)
    bars = envelope_bars(page.object_list, public)
    return render(
        request,
        "fund/envelopes/list.html",
        {
            "page": page,
            "rows": [(row, bars[row.pk]) for row in page.object_list],
            "public": public,
            "may_write": has_role(request.user, Role.AUTHORISING_OFFICER, at),
        },
    )


@allow(envelopes_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def new(request):
    """An envelope without money yet: it opens with two keys."""
    at = request.received_at
    form = forms.EnvelopeForm(request.POST or None, user=request.user, initial={"year": timezone.localtime(at).year})
    if request.method == "POST" and form.is_valid():
        try:
            row = envelopes.create(actor=request.user, at=at, **form.params())
            return redirect("fund:envelope", row.reference)
        except Refusal as refusal:
            form.refuse(refusal)
    return render(request, "fund/envelopes/new.html", {"form": form}, status=status(form))


@allow(envelopes_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def envelope(request, reference):
    """One envelope: its bar, the calls that draw on it, what can be proposed, what happened."""
    row = queries.find_envelope(reference)
    if row is None:
        raise Http404
    at, bound = request.received_at, None
    if request.method == "POST":
        response, bound = act(request, row, ACTS, done=reverse("fund:envelope", args=[reference]))
        if response:
            return response
    public = not sees_all_money(request.user, at)
    return render(
        request,
        "fund/envelopes/envelope.html",
        {
            "envelope": row,
            "bar": envelope_bars([row], public)[row.pk],
            "public": public,
            "calls": list(row.calls.order_by("-number")[:50]),
            "acts": open_acts_on(row, at),
            "cards": cards(request, row, ACTS, bound),
            "history": history(row),
        },
        status=status(bound),
    )
