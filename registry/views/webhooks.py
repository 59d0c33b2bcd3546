"""Programs that are told what becomes public: registered, looked at, stopped and opened again by the administrators."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import reauth
from core.access import allow
from core.models import User
from core.transitions import Refusal, offered
from fund.people import admin_desk, roles_writing
from fund.views.acts import did, history, page_of
from registry import transitions
from registry.enums import News
from registry.forms import WebhookForm
from registry.models import Delivery, Webhook
from registry.queries import webhooks as queries

PAGE = 30
ACTS = ("renew_secret", "enable", "end")


@allow(admin_desk)
@require_safe
def listing(request):
    """Every address, with how it answers."""
    context = {"rows": queries.of_desk(), "may_register": roles_writing.test(request)}
    return render(request, "registry/administration/webhooks.html", context)


@allow(roles_writing)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """Register an address; its secret is on the answer to this POST, once."""
    if not reauth.is_recent(request):  # before anything is typed
        return redirect(f"/mon-espace/confirmer/?next={request.path}")
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            person = User.objects.get(pk=request.user.pk)
            row = transitions.register(user=person, actor=person, at=request.received_at, **form.params())
            return render(request, "registry/administration/webhook_secret.html", {"row": row})
        except Refusal as refusal:
            form.refuse(refusal)
    status = form.status or (422 if form.errors else 200)
    return render(request, "registry/administration/webhook_new.html", {"form": form}, status=status)


@allow(admin_desk)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request, reference):
    """One address: what was sent to it, and what an administrator may do."""
    row = get_object_or_404(Webhook.objects.select_related("created_by"), reference=reference)
    if request.method == "POST":
        act = request.POST.get("act")
        if act not in ACTS:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
        if act == "renew_secret" and not reauth.is_recent(request):
            return redirect(f"/mon-espace/confirmer/?next={request.path}")
        call = getattr(transitions, act)
        row = call(webhook=row, actor=request.user, at=request.received_at)
        if act == "renew_secret":
            return render(request, "registry/administration/webhook_secret.html", {"row": row})
        messages.success(request, did(call.verb))
        return redirect(request.path)
    deliveries = row.deliveries.select_related("change__application", "change__call")
    context = {
        "row": row,
        "kinds": [News(kind).label for kind in row.kinds],
        "page": page_of(request, deliveries, PAGE),
        "offers": offered(row, request.user, request.received_at, only_in_state=True),
        "history": history(row),
    }
    return render(request, "registry/administration/webhook.html", context)


@allow(roles_writing)
@require_POST
def replay(request, reference, pk):
    """Send one message once more."""
    delivery = get_object_or_404(Delivery, pk=pk, webhook__reference=reference)
    transitions.replay(delivery=delivery, actor=request.user, at=request.received_at)
    messages.success(request, _("It is sent again within a minute."))
    return redirect("registry:webhook", reference)
