"""Decisions that wait for a signature."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import documents, reauth
from core.access import allow
from core.idempotency import once
from core.transitions import VERBS, Act, Refusal
from fund.enums import Role
from fund.models import Call
from fund.queries import has_role
from fund.views.acts import status
from reviews import queries
from reviews.forms import reading as forms
from reviews.queries import interests
from reviews.rules.decisions import minutes_are_adopted
from reviews.transitions import decisions
from reviews.views.acts import confirm_identity, decision_desk, signed, unfinished


def _signable(request, call):
    """Decisions of the call that wait for this person, and those he follows; the files he is recused from by their reference, whether decided or not."""
    recused = interests.recused_references(request.user, call)
    mine, others = [], []
    for row in queries.rows_of_call(call, request.received_at):
        if row.decision.application.reference in recused:
            continue
        if row.waits_for(request.user):
            mine.append(row)
        elif has_role(request.user, Role.CO_PRESIDENT) or any(signer.user == request.user for signer in row.signers):
            others.append(row)
    return mine, others, recused


@allow(decision_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def sign(request, slug):
    """Read the letters, confirm who one is, sign them all: each president once. Nothing is notified by a signature."""
    call = Call.objects.filter(slug=slug, published_at__isnull=False).select_related("rule_version").first()
    if call is None:
        raise Http404
    mine, others, closed = _signable(request, call)
    if not (
        mine
        or others
        or closed
        or has_role(request.user, Role.CO_PRESIDENT)
        or has_role(request.user, Role.AUTHORISING_OFFICER)
    ):
        raise Http404
    kept = unfinished(request)
    form = forms.SignForm(request.POST or None, initial={"read": kept is not None})
    chosen = set(request.POST.getlist("decision")) if request.method == "POST" else kept and set(kept["chosen"])
    lines = [(row, _refusal(request, row.decision), chosen is None or row.decision.reference in chosen) for row in mine]
    waiting = [row for row, refusal, _chosen in lines if refusal is None]
    if request.method == "POST" and form.is_valid():
        response = _sign_all(request, call, waiting, form)
        if response is not None:
            return response
    return render(
        request,
        "reviews/sign.html",
        {
            "call": call,
            "rows": lines,
            "waiting": waiting,
            "unfinished": kept,
            "others": others,
            "closed": closed,
            "form": form,
            "reserve": queries.reserve_list(call) if has_role(request.user, Role.CO_PRESIDENT) and not closed else [],
            "letters": [(row, documents.html(row.decision.document)) for row in mine],
        },
        status=status(form),
    )


def _refusal(request, decision) -> Refusal | None:
    """Why a decision cannot be signed yet, for anybody (minutes); the letter is made ready when one signs."""

    try:
        minutes_are_adopted(Act(VERBS["decision"]["sign"], decision, request.user, request.received_at, preview=True))
    except Refusal as refusal:
        return refusal
    return None


def _sign_all(request, call, waiting, form):
    here = reverse("reviews:sign", args=[call.slug])
    chosen = set(request.POST.getlist("decision"))
    if not chosen:
        form.add_error(None, _("Choose at least one decision to sign."))
        return None
    try:
        reauth.require_recent(request)
    except Refusal:
        return confirm_identity(request, here)
    done = 0
    for row in waiting:
        if row.decision.reference not in chosen:
            continue
        if row.decision.document.state != "rendered":
            documents.render(row.decision.document, at=request.received_at)
        try:
            decisions.sign(
                decision=row.decision, actor=request.user, at=request.received_at, evidence=reauth.evidence(request)
            )
            done += 1
        except Refusal as refusal:
            form.add_error(None, f"{row.decision.reference} : {refusal}")
    if form.errors:
        return None
    signed(request)
    messages.success(
        request,
        _("%(n)s decisions signed. Nothing is notified by this act.") % {"n": done}
        if done != 1
        else _("One decision signed. Nothing is notified by this act."),
    )
    return redirect(here)
