"""Who the fund is: read by the administration, changed with two keys."""

from __future__ import annotations

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import allow
from core.idempotency import once
from core.transitions import Refusal
from fund.enums import Role
from fund.forms.settings import IdentityForm
from fund.models import FundIdentity
from fund.people import admin_desk, roles_writing
from fund.queries import has_role
from fund.queries.keys import open_acts_on
from fund.transitions import identity as verbs
from fund.views.acts import history, proposed, status

SHOWN = (
    "name",
    "tagline",
    "short_description",
    "legal_name",
    "legal_form",
    "siret",
    "address",
    "website",
    "email",
    "data_protection_email",
    "accessibility_email",
    "appeals_email",
    "phone",
    "opening_hours",
    "debtor_holder",
    "debtor_bic",
    "pays_through_chorus",
    "opened_on",
    "fictional_notice",
)


def _said(value):
    """A fact as the page prints it."""
    return (_("yes") if value else _("no")) if isinstance(value, bool) else value


@allow(admin_desk)
@require_safe
def identity(request):
    """The facts that letters, bank files and open data are made from; the IBAN by its end."""
    fund = FundIdentity.current()
    names = {field.name: field.verbose_name for field in FundIdentity._meta.fields} | {
        "address": FundIdentity._meta.get_field("address_lines").verbose_name
    }
    facts = [(names[name], _said(getattr(fund, name))) for name in SHOWN]
    return render(
        request,
        "fund/identity/identity.html",
        {
            "facts": facts,
            "iban_end": fund.debtor_iban[-4:],
            "acts": open_acts_on(fund, request.received_at),
            "may_propose": has_role(request.user, Role.ADMINISTRATOR, request.received_at),
            "history": history(fund),
            "changed_at": fund.changed_at,
        },
    )


@allow(roles_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def change(request):
    """First key of a change."""
    form = IdentityForm(request.POST or None, obj=FundIdentity.current(), user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            act = verbs.propose_change(form.changes(), actor=request.user, at=request.received_at)
            return proposed(act, request)
        except Refusal as refusal:
            form.refuse(refusal)
    return render(request, "fund/identity/change.html", {"form": form}, status=status(form))
