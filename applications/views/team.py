"""The team of a file: who writes, who only reads, who must agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from applications import forms, queries
from applications import transitions as files
from applications.models import Application, TeamMember
from applications.rules import rights
from applications.transitions.common import Writing
from applications.views.acts import may, of_team, page
from applications.views.writing import closed, frame
from core.access import allow, signed_in
from core.browser import as_int
from core.idempotency import once
from core.transitions import Refusal
from fund.views.acts import status

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

HANDING_OVER = {
    "offer": files.offer_lead,
    "take_back": files.withdraw_lead_offer,
    "accept": files.accept_lead,
    "decline": files.decline_lead,
}
HANDED = {
    "offer": gettext_lazy("The lead is offered; you lead until it is accepted."),
    "take_back": gettext_lazy("The offer is taken back; you still lead."),
    "accept": gettext_lazy("You lead this application now."),
    "decline": gettext_lazy("You declined; the one who offered is told."),
}
AGAIN = gettext_lazy(
    "Already invited: a new link is on its way, the former one no longer works. Right and agreement stay as they were; change them on this person’s line."
)


OF_A_MEMBER = ("change", "again", "remove", *HANDING_OVER)


def _form(request, name: str, member: TeamMember | None):
    """The form this act fills, as posted; None for an act that is one button."""
    if name == "invite":
        return forms.InviteForm(request.POST)
    if name == "person":
        return forms.PersonForm(request.POST, prefix="person")
    if name == "change" and member is not None:
        return forms.MemberForm(request.POST, prefix=f"member-{member.pk}", obj=member)
    return None


def _do(request, application: Application, name: str, member: TeamMember | None, form) -> StrOrPromise:
    """Do one act; what to say of it. Raises Refusal."""
    by = {"actor": request.user, "at": request.received_at}
    if name == "invite":
        invited = files.invite_member(application=application, **by, **form.params())
        return AGAIN if invited.again else _("The invitation is on its way.")
    if name == "person":
        files.add_person(application=application, **by, **form.params())
        return ""
    if name == "remind":
        return _("Asked.") if files.request_sign_offs(application=application, **by) else _("Nobody is awaited.")
    if member is None or name not in OF_A_MEMBER:
        raise Refusal("unknown_member", rights.NOT_A_MEMBER, status=404)
    if name == "change":
        files.change_member(member=member, **by, **form.params())
    elif name == "remove":
        files.remove_member(member=member, **by)
    elif name == "again":
        files.invite_member(application=application, **by, email=member.email)
        return AGAIN
    else:
        HANDING_OVER[name](member=member, **by)
        return HANDED[name]
    return ""


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def team(request, reference):
    """Who writes, who only reads, who must agree."""
    application, form = of_team(request, reference), None
    name = request.POST.get("act", "") if request.method == "POST" else ""
    if name:
        number = as_int(request.POST.get("member")) or 0
        member = application.members.select_related("application").filter(pk=number).first()
        try:
            form = _form(request, name, member)
            if form is None or form.is_valid():
                if said := _do(request, application, name, member, form):
                    messages.success(request, said)
                left = name == "remove" and member is not None and member.user_id == request.user.pk
                return redirect(reverse("applications:my_files") if left else page("team", application))
        except Refusal as refusal:
            if form is None:
                messages.error(request, str(refusal))
                return redirect(page("team", application))
            form.refuse(refusal)
    invite = form if name == "invite" else forms.InviteForm()
    person = form if name == "person" else forms.PersonForm(prefix="person")
    context = _context(request, application, form if name == "change" else None)
    return render(
        request, "applications/team.html", context | {"invite": invite, "person": person}, status=status(form)
    )


def _member_form(member: TeamMember):
    return forms.MemberForm(
        prefix=f"member-{member.pk}",
        obj=member,
        initial={
            "name": member.name,
            "role": member.role,
            "description": member.description,
            "right": member.right,
            "areas": forms.MemberForm.ticked(member),
            "signatory": member.signatory,
        },
    )


def _context(request, application: Application, changed) -> dict:
    """What the page shows; `changed` is the form of the member that was just refused."""
    context = frame(request, application, "equipe")
    refused = changed.obj.pk if changed is not None else 0
    never, outdated = queries.missing_signatures(application, queries.hash_now(application, context["content"]))
    return context | {
        "rows": [(one, changed if one.pk == refused else _member_form(one)) for one in context["members"]],
        "only_mine": [*never, *outdated] == [request.user],
        "awaited": [str(one) for one in (*never, *outdated)],
        "closed": closed(request, application, "applicant")
        or may(rights.whole_file, Writing("change_member"), application, request),
        **_hand_over(request, application, context["members"]),
        "open_member": refused,
        "at": request.received_at,
    }


def _hand_over(request, application, members) -> dict:
    """The offer of the lead as this person sees it: to make, to take back, to answer, or why it cannot be made."""
    offered = next((member for member in members if member.is_offered_the_lead(request.received_at)), None)
    leads = application.lead_id == request.user.pk
    return {
        "leads": leads,
        "offered": offered,
        "offered_to_me": offered is not None and offered.user_id == request.user.pk,
        "hand_over": forms.HandOverForm(obj=application) if leads and not offered else None,
        "hand_over_refused": may(rights.may_change_hands, Writing("offer_lead"), application, request)
        if leads or offered
        else None,
    }
