"""The administrations invited to build the project with the applicant."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from applications import forms
from applications.queries import rules_of
from applications.transitions import partnerships
from applications.views.acts import of_team, page, refusal_of
from applications.views.writing import frame
from core.access import allow, signed_in
from core.browser import as_int
from core.forms import PlainForm
from core.idempotency import once
from core.transitions import Refusal
from fund.views.acts import cards, status

DONE = {
    "invite_again": (partnerships.invite_again, _("A new link is on its way; the former one no longer works.")),
    "send_reminder": (partnerships.send_reminder, _("A reminder is on its way.")),
    "cancel": (partnerships.cancel, _("The link of the invitation no longer works.")),
    "revoke_follow": (
        partnerships.revoke_follow,
        _("The administration’s link to follow the application no longer works."),
    ),
}


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def partners(request, reference):
    """The administrations invited, and what each answered."""
    application = of_team(request, reference)
    form, name = forms.PartnerForm(), request.POST.get("act", "") if request.method == "POST" else ""
    try:
        if name == "invite":
            form = forms.PartnerForm(request.POST)
            if form.is_valid():
                partnerships.invite(
                    application=application, actor=request.user, at=request.received_at, **form.params()
                )
                messages.success(request, _("The invitation is on its way."))
                return redirect(page("partners", application))
        elif name in DONE:
            row = application.partnerships.filter(pk=as_int(request.POST.get("partnership")) or 0).first()
            if row is None:
                raise Http404
            verb, done = DONE[name]
            verb(partnership=row, actor=request.user, at=request.received_at)
            messages.success(request, done)
            return redirect(page("partners", application))
        elif name:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    except Refusal as refusal:
        if name == "invite":
            form.refuse(refusal)
        else:
            messages.error(request, str(refusal))
            return redirect(page("partners", application))
    rows = list(application.partnerships.select_related("organisation", "invited_by"))
    for row in rows:
        row.application = application
    return render(
        request,
        "applications/partners.html",
        frame(request, application, "partenaires")
        | {
            "partners": [(row, cards(request, row, dict.fromkeys(DONE, PlainForm))) for row in rows],
            "form": form,
            "days": rules_of(application)["partnership_invitation_days"],
            "refusal": refusal_of(partnerships.invite, application, request),
        },
        status=status(form),
    )
