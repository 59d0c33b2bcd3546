"""Who holds which role: read by everyone who holds one, proposed by the administrators."""

from __future__ import annotations

from itertools import groupby

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.access import allow
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from core.models import TwoKeyAct
from core.transitions import Refusal
from fund.enums import Role
from fund.forms import settings as forms
from fund.models import RoleGrant
from fund.people import admin_desk, roles_writing, staff
from fund.queries import delegations, has_role
from fund.queries import roles as queries
from fund.transitions import roles
from fund.views.acts import act, cards, history, page_of, proposed, status

ACTS = {
    "extend": forms.ExtendForm,
    "end": ReasonForm,
    "step_down": ReasonForm,
    "drop": PlainForm,
}


@allow(staff)
@require_safe
def listing(request):
    """By role: held, to come, waiting for a second key; what is over, below."""
    at = request.received_at
    grants = list(queries.grants(at))
    order = list(Role.values)
    grants.sort(key=lambda grant: (order.index(grant.role), grant.college, grant.starts_at))
    groups = [(Role(role).label, list(rows)) for role, rows in groupby(grants, key=lambda grant: grant.role)]
    for grant in grants:
        grant.begins = grant.state == "granted" and grant.starts_at > at
    return render(
        request,
        "fund/roles/list.html",
        {
            "delegations": _with_effect(delegations.current(at), at),
            "may_delegate": has_role(request.user, Role.AUTHORISING_OFFICER, at),
            "groups": groups,
            "page": page_of(request, queries.past_grants(at)),
            "administers": admin_desk.test(request),
            "may_propose": has_role(request.user, Role.ADMINISTRATOR, at),
        },
    )


def _with_effect(rows, at) -> list:
    found = list(rows)
    for row in found:
        row.signs = delegations.is_in_effect(row, at)
    return found


@allow(roles_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def propose(request):
    """First key of a role."""
    form = forms.RoleForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            grant = roles.propose(actor=request.user, at=request.received_at, **form.params())
            waiting = TwoKeyAct.objects.filter(target_machine=RoleGrant.machine, verb="grant", state="proposed")
            return proposed(waiting.get(target_id=grant.pk), request)
        except Refusal as refusal:
            form.refuse(refusal)
    return render(request, "fund/roles/propose.html", {"form": form}, status=status(form))


@allow(staff)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def role(request, pk):
    """One role: its dates, who gave it, what may still be done."""
    grant = RoleGrant.objects.select_related("user", "granted_by").filter(pk=pk).first()
    if grant is None:
        raise Http404
    bound = None
    if request.method == "POST":
        response, bound = act(request, grant, ACTS, done=reverse("fund:role", args=[pk]))
        if response:
            return response
    at = request.received_at
    open_acts = TwoKeyAct.objects.filter(
        target_machine=RoleGrant.machine, target_id=grant.pk, state="proposed", expires_at__gt=at
    )
    return render(
        request,
        "fund/roles/role.html",
        {
            "grant": grant,
            "cards": cards(request, grant, ACTS, bound),
            "delegations": _with_effect(delegations.of_person(grant.user), at),
            "acts": list(open_acts),
            "history": history(grant),
            "in_effect": grant.is_in_effect(at),
            "begins": grant.state == "granted" and grant.starts_at > at,
            "sees_mail": has_role(request.user, Role.ADMINISTRATOR, at)
            or has_role(request.user, Role.CO_PRESIDENT, at)
            or grant.user == request.user,
        },
        status=status(bound),
    )
