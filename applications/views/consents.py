"""Being named with a project, or not: each person for himself, on the file's page and for all his files at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applications import forms, queries
from applications import transitions as files
from applications.models import Application, NameConsent
from applications.rules import consents
from applications.transitions.common import Writing
from applications.views.acts import may, page
from core.access import allow, signed_in
from core.idempotency import once
from core.transitions import Refusal
from fund.views.acts import status


def _file(request, reference: str) -> Application:
    """A file of one's team, or one with which one agreed to be named before leaving it; for anybody else it does not exist."""
    application = Application.objects.filter(reference=reference).select_related("lead", "call").first()
    if application is None or not consents.the_person(request.user, application, request.received_at):
        raise Http404
    return application


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_file(request, reference):
    """Agree to be named with this project under a name, or take it back."""
    application = _file(request, reference)
    rows = list(NameConsent.objects.filter(application=application, user=request.user))
    standing = next((row for row in rows if row.withdrawn_at is None), None)
    form = forms.ConsentForm(initial={"name": standing.name if standing else request.user.name})
    name = request.POST.get("act", "") if request.method == "POST" else ""
    by = {"application": application, "actor": request.user, "at": request.received_at}
    if name == "withdraw":
        files.withdraw_name_consent(**by)
        messages.success(request, _("Your name is shown no more, on no page and in no file."))
        return redirect(page("name_consent", application))
    if name == "consent":
        form = forms.ConsentForm(request.POST)
        if form.is_valid():
            try:
                files.consent_to_be_named(**by, **form.params())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("Kept. You may take it back at any time."))
                return redirect(page("name_consent", application))
    is_member = queries.is_member(request.user, application)
    context = {
        "application": application,
        "form": form,
        "standing": standing,
        "past": [row for row in rows if row.withdrawn_at],
        "is_member": is_member,
        "refused": may(consents.project_may_be_public, Writing("consent_to_be_named"), application, request),
    }
    return render(request, "applications/name_consent.html", context, status=form.status or status(form))


@allow(signed_in)
@require_http_methods(["GET", "HEAD"])
def mine(request):
    """Every project with which I agreed to be named."""
    rows = NameConsent.objects.standing().filter(user=request.user).select_related("application__call")
    return render(request, "applications/name_consents.html", {"rows": list(rows.order_by("-pk")[:200])})
