"""The second key: what waits for a person, what is proposed, what became of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import two_key
from core.access import allow
from core.idempotency import once
from core.transitions import Refusal
from fund import notifications
from fund.forms.settings import RefuseForm
from fund.people import staff
from fund.queries import keys as queries
from fund.views.acts import page_of
from fund.views.presenting import lines_of

OBJECT_PAGES = {
    "call": lambda call: reverse("fund:call_desk", args=[call.slug]),
    "role_grant": lambda grant: reverse("fund:role", args=[grant.pk]),
    "rule_version": lambda version: reverse("fund:rules_version", args=[version.number]),
    "fund_identity": lambda identity: reverse("fund:identity"),
    "delegation": lambda row: reverse("fund:delegation", args=[row.reference]),
    "envelope": lambda envelope: reverse("fund:envelope", args=[envelope.reference]),
}
"""Where to read more about the object of an act; a room whose acts have a page adds it here through `presents_at`."""


def presents_at(machine: str, address) -> None:
    OBJECT_PAGES[machine] = address


@allow(staff)
@require_safe
def listing(request):
    """To approve, proposed, history."""
    user, at = request.user, request.received_at
    view = request.GET.get("vue", "")
    if view not in ("", "proposes", "historique"):
        raise Http404
    waiting = queries.acts_to_approve(user, at)
    rows = (
        queries.acts_proposed(user, at)
        if view == "proposes"
        else queries.acts_closed(user, at)
        if view == "historique"
        else waiting
    )
    page = page_of(request, rows)
    page.object_list = list(page.object_list)
    queries.with_targets(page.object_list)  # titles in the language of the page
    return render(
        request,
        "fund/keys/list.html",
        {"page": page, "view": view, "waiting": len(waiting), "at": at},
    )


def _context(request, reference, form=None) -> dict:
    found = queries.find_act(request.user, reference, request.received_at)
    if found is None:
        raise Http404
    act, verb, obj = found
    expired = act.state == "proposed" and request.received_at >= act.expires_at
    lines = lines_of(act, obj)
    address = OBJECT_PAGES.get(act.target_machine)
    return {
        "act": act,
        "verb": verb,
        "lines": lines,
        "compares": any(line.before is not None for line in lines),
        "why": two_key.why_not(act, request.user, request.received_at),
        "expired": expired,
        "may_withdraw": act.state == "proposed" and act.proposed_by_id == request.user.pk and not expired,
        "people": queries.people_who_approve(act, request.received_at)
        if act.state == "proposed" and not expired
        else [],
        "approvers": [who.label for who in verb.two_key.approves] if verb.two_key else [],
        "may_refuse": act.state == "proposed" and not expired and _may_refuse(act, request),
        "form": form or RefuseForm(prefix="refuse"),
        "refused": None,
        "object_url": address(obj) if address else "",
        "preview_url": reverse("fund:call_preview", args=[obj.slug]) if act.target_machine == "call" else "",
    }


def _may_refuse(act, request) -> bool:
    try:
        two_key.may_approve(act, request.user, request.received_at)
    except Refusal:
        return False
    return True


@allow(staff)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def act(request, reference):
    """What would be done, and the three answers: approve, refuse with a reason, take back."""
    context = _context(request, reference)
    if request.method != "POST":
        return render(request, "fund/keys/act.html", context)
    row, at, answer = context["act"], request.received_at, request.POST.get("act", "")
    here = redirect("fund:key", reference)
    try:
        if answer == "approve":
            two_key.approve(row, actor=request.user, at=at)
            done = _("Approved and done.")
        elif answer == "withdraw":
            two_key.withdraw(row, actor=request.user, at=at)
            done = _("Withdrawn. Nothing changed.")
        elif answer == "refuse":
            form = RefuseForm(request.POST, prefix="refuse")
            if not form.is_valid():
                return render(request, "fund/keys/act.html", _context(request, reference, form), status=422)
            two_key.refuse(row, actor=request.user, at=at, reason=form.cleaned_data["reason"].strip())
            done = _("Refused. Nothing changed.")
        else:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    except Refusal as error:
        return render(
            request, "fund/keys/act.html", _context(request, reference) | {"refused": error}, status=error.status
        )
    messages.success(request, done)
    row.refresh_from_db()
    notifications.tell_proposer(row, at)
    return here
