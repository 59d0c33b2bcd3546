"""The team of a file: who writes, who only reads, who must agree."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from applications import forms, queries
from applications import transitions as files
from applications.rules import filing as filing_rules
from applications.transitions.common import Writing
from applications.views.acts import may, of_team, page, status
from applications.views.writing import as_int, closed, frame
from core.access import allow, signed_in
from core.idempotency import once
from core.transitions import Refusal

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


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def team(request, reference):
    """Who writes, who only reads, who must agree."""
    application = of_team(request, reference)
    invite, person, bound = forms.InviteForm(), forms.PersonForm(prefix="person"), None
    name = request.POST.get("act", "") if request.method == "POST" else ""
    if name:
        member = (
            application.members.select_related("application").filter(pk=as_int(request.POST.get("member")) or 0).first()
        )
        try:
            if name == "invite":
                invite = forms.InviteForm(request.POST)
                if invite.is_valid():
                    invited = files.invite_member(
                        application=application, actor=request.user, at=request.received_at, **invite.params()
                    )
                    messages.success(request, AGAIN if invited.again else _("The invitation is on its way."))
                    return redirect(page("team", application))
            elif name == "person":
                person = forms.PersonForm(request.POST, prefix="person")
                if person.is_valid():
                    files.add_person(
                        application=application, actor=request.user, at=request.received_at, **person.params()
                    )
                    return redirect(page("team", application))
            elif name == "remind":
                count = files.request_sign_offs(application=application, actor=request.user, at=request.received_at)
                messages.success(request, _("Asked.") if count else _("Nobody is awaited."))
                return redirect(page("team", application))
            elif member is None:
                raise Refusal("unknown_member", filing_rules.NOT_A_MEMBER, status=404)
            elif name in HANDING_OVER:
                HANDING_OVER[name](member=member, actor=request.user, at=request.received_at)
                messages.success(request, HANDED[name])
                return redirect(page("team", application))
            elif name == "remove":
                leaving = member.user_id == request.user.pk
                files.remove_member(member=member, actor=request.user, at=request.received_at)
                return redirect(reverse("applications:my_files") if leaving else page("team", application))
            elif name == "again":
                files.invite_member(
                    application=application,
                    actor=request.user,
                    at=request.received_at,
                    email=member.email,
                )
                messages.success(request, AGAIN)
                return redirect(page("team", application))
            elif name == "change":
                bound = forms.MemberForm(request.POST, prefix=f"member-{member.pk}", obj=member)
                if bound.is_valid():
                    files.change_member(member=member, actor=request.user, at=request.received_at, **bound.params())
                    return redirect(page("team", application))
        except Refusal as refusal:
            form = {"invite": invite, "person": person}.get(name, bound)
            if form is None:
                messages.error(request, str(refusal))
                return redirect(page("team", application))
            form.refuse(refusal)
    context = frame(request, application, "equipe")
    rows = [
        (
            member,
            bound
            if bound is not None and bound.obj.pk == member.pk
            else forms.MemberForm(
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
            ),
        )
        for member in context["members"]
    ]
    never, outdated = queries.missing_signatures(application, queries.hash_now(application, context["content"]))
    return render(
        request,
        "applications/team.html",
        context
        | {
            "rows": rows,
            "invite": invite,
            "person": person,
            "only_mine": [*never, *outdated] == [request.user],
            "awaited": [str(one) for one in (*never, *outdated)],
            "closed": closed(request, application, "applicant")
            or may(filing_rules.whole_file, Writing("change_member"), application, request),
            **_hand_over(request, application, context["members"]),
            "open_member": bound.obj.pk if bound is not None else 0,
            "at": request.received_at,
        },
        status=status(invite, person, bound),
    )


def _hand_over(request, application, members) -> dict:
    """The offer of the lead as this person sees it: to make, to take back, to answer, or why it cannot be made."""
    offered = next((member for member in members if member.is_offered_the_lead(request.received_at)), None)
    leads = application.lead_id == request.user.pk
    return {
        "leads": leads,
        "offered": offered,
        "offered_to_me": offered is not None and offered.user_id == request.user.pk,
        "hand_over": forms.HandOverForm(obj=application) if leads and not offered else None,
        "hand_over_refused": may(filing_rules.may_change_hands, Writing("offer_lead"), application, request)
        if leads or offered
        else None,
    }
