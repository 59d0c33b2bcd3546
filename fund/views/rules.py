"""The rules as data: the version in force by group, the draft, what each version changed."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import allow
from core.forms import PlainForm
from core.idempotency import once
from core.transitions import Refusal
from fund.enums import Role
from fund.forms.settings import RulesForm
from fund.models import RuleVersion
from fund.people import admin_desk, rules_writing
from fund.queries import has_role, rules_in_force
from fund.queries.keys import open_acts_on
from fund.transitions import rules
from fund.views.acts import act, cards, history, page_of, status
from fund.views.presenting import compared, former_of, groups_of

ACTS = {"endorse": PlainForm, "put_in_force": PlainForm}


def version_or_404(number: int) -> RuleVersion:
    version = RuleVersion.objects.select_related("created_by", "endorsed_by").filter(number=number).first()
    if version is None:
        raise Http404
    return version


def _writes(request) -> bool:
    return any(has_role(request.user, role, request.received_at) for role in (Role.ADMINISTRATOR, Role.CO_PRESIDENT))


@allow(admin_desk)
@require_safe
def listing(request):
    """The versions, and the rules in force by group."""
    current = rules_in_force()
    draft = RuleVersion.objects.filter(state="draft").first()
    return render(
        request,
        "fund/rules/list.html",
        {
            "current": current,
            "groups": groups_of(current) if current else [],
            "draft": draft,
            "page": page_of(request, RuleVersion.objects.all()),
            "may_write": _writes(request),
        },
    )


@allow(rules_writing)
@require_POST
@once
def new(request):
    """A draft with the values of the rules in force."""
    version = rules.create(parameters={}, actor=request.user, at=request.received_at)
    return redirect("fund:rules_edit", version.number)


@allow(admin_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def version(request, number):
    """One version: what it changes, who agreed, what is next."""
    row = version_or_404(number)
    bound = None
    if request.method == "POST":
        response, bound = act(request, row, ACTS, done=reverse("fund:rules_version", args=[number]))
        if response:
            return response
    former = former_of(row)
    return render(
        request,
        "fund/rules/version.html",
        {
            "version": row,
            "former": former,
            "changes": compared(row, former),
            "groups": groups_of(row),
            "cards": cards(request, row, ACTS, bound),
            "acts": open_acts_on(row, request.received_at),
            "history": history(row),
            "may_write": _writes(request) and row.state == "draft",
        },
        status=status(bound),
    )


@allow(rules_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def edit(request, number):
    """The draft in one form, by group."""
    row = version_or_404(number)
    if row.state != "draft":
        raise Refusal(
            "rule_frozen",
            _("These rules are in force or were: they no longer change."),
            remedy=_("Prepare a new version."),
            article="art. 30",
            status=409,
        )
    form = RulesForm(request.POST or None, obj=row, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            rules.edit(rule_version=row, actor=request.user, at=request.received_at, **form.params())
            messages.success(request, _("Saved."))
            return redirect("fund:rules_version", number)
        except Refusal as refusal:
            form.refuse(refusal)
    return render(request, "fund/rules/edit.html", {"version": row, "form": form}, status=status(form))
