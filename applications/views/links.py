"""Pages behind a personal link: the administration's agent answers without an account; an invited person joins the team once signed in."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications import forms, queries
from applications import transitions as files
from applications.enums import PIECE_KINDS
from applications.models import Partnership
from applications.rules.partners import followed, link_holder, token_hash
from applications.transitions import partnerships
from applications.transitions.uploads import largest
from core import files as uploads
from core.access import allow, anyone
from core.forms import ReasonForm
from core.idempotency import once
from core.models import User
from core.transitions import Refusal

SHOWN = timedelta(minutes=15)
PREFILLED = (
    "service",
    "agent_name",
    "agent_role",
    "agent_phone",
    "commitment",
    "time_planned",
    "authority",
    "publish_agent_name",
)


def _private(response):
    """The address is the key: it goes into no index and, by the fund's `same-origin` policy, to no other site.

    `no-referrer` would be too much: the browser then sends `Origin: null` with the answer, and the CSRF check refuses it.
    """
    response["X-Robots-Tag"] = "noindex"
    return response


def situation(partnership: Partnership, token: str, at) -> str:
    """What the link is worth: answer, manage, expired, cancelled, used."""
    live = partnership.token_hash == token_hash(token)
    if live and partnership.state == "invited":
        return "answer" if at < partnership.deadline_at else "expired"
    if live and partnership.state == "confirmed":
        return "manage"
    if partnership.state in ("cancelled", "expired"):
        return partnership.state
    return "used"


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def partnership(request, token):
    """Opening the page changes nothing (mail scanners open links); answering is a POST and uses the link up."""
    row = link_holder(token)
    if row is None:
        raise Http404
    state = situation(row, token, request.received_at)
    initial = {name: getattr(row, name) for name in PREFILLED} | {
        "organisation_name": row.organisation.name,
        "siret": row.siret or row.organisation.siret,
    }
    takes_letter = state == "answer"
    form = forms.AnswerPartnerForm(initial=initial, takes_letter=takes_letter)
    no = forms.OptionalReasonForm(prefix="no")
    if request.method == "POST":
        if state not in ("answer", "manage"):
            return _private(_page(request, row, state, form, no, 410))
        name = request.POST.get("act", "")
        if name in ("confirm", "correct"):
            form = forms.AnswerPartnerForm(request.POST, request.FILES, takes_letter=takes_letter)
        else:
            no = (ReasonForm if name == "withdraw" else forms.OptionalReasonForm)(request.POST, prefix="no")
        done = _act(request, row, token, name, form, no)
        if done:
            return _private(redirect(f"{reverse('applications:partnership', args=[token])}?fait={done}"))
        form.choose_again()
    refused = 422 if (form.is_bound and form.errors) or (no.is_bound and no.errors) else 200
    return _private(
        _page(
            request, row, state, form, no, refused if state in ("answer", "manage") or request.GET.get("fait") else 410
        )
    )


def _act(request, row: Partnership, token: str, name: str, form, no) -> str:
    """Do it; returns what was done, or nothing when the form comes back."""
    verb = {
        "confirm": partnerships.confirm,
        "correct": partnerships.correct,
        "decline": partnerships.decline,
        "withdraw": partnerships.withdraw,
    }.get(name)
    if verb is None:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    shown = form if name in ("confirm", "correct") else no
    if not shown.is_valid():
        return ""
    params = shown.params()
    try:
        params |= _checked(row, params)
        verb(partnership=row, actor=User.objects.system(), at=request.received_at, token=token, **params)
    except Refusal as refusal:
        shown.refuse(refusal)
        return ""
    return {"confirm": "confirme", "correct": "corrige", "decline": "decline", "withdraw": "retire"}[name]


def _checked(row: Partnership, params: dict) -> dict:
    """What the check of the letter found. A refused letter leaves the link unused."""
    if not params.get("letter"):
        return {}
    try:
        content_type, scanned = uploads.check_or_quarantine(
            params["letter"], kinds=PIECE_KINDS, max_bytes=largest(row.application)
        )
    except Refusal as refusal:
        refusal.field = refusal.field or "letter"
        raise
    return {"letter_type": content_type, "letter_scanned": scanned}


def _page(request, row: Partnership, state: str, form, no, code: int):
    application = row.application
    expectation = queries.section_now(application, "partnership")["expectation"]
    return render(
        request,
        "applications/partnership.html",
        {
            "partnership": row,
            "application": application,
            "situation": state,
            "form": form,
            "no": no,
            "expectation": expectation,
            "done": request.GET.get("fait", ""),
            "follow": _follow_path(row, request),
            "place": application.commune,
        },
        status=code,
    )


def _follow_path(row: Partnership, request) -> str:
    """Shown once, on the page that thanks: a used link opens nothing later."""
    if (
        row.confirmed_at is None
        or request.GET.get("fait") != "confirme"
        or request.received_at > row.confirmed_at + SHOWN
    ):
        return ""
    token, digest = partnerships.follow_link(row.application, row.agent_email, row.confirmed_at)
    return reverse("applications:follow", args=[token]) if digest == row.follow_token_hash else ""


@allow(anyone)
@require_safe
def follow(request, token):
    """Where the application stands, for the administration that confirmed: read only, nothing the applicant cannot read too."""
    row = followed(token)
    if row is None:
        raise Http404
    application = row.application
    filed = application.content if application.is_filed else {}
    section = filed.get("partnership") or queries.section_now(application, "partnership")
    return _private(
        render(
            request,
            "applications/follow.html",
            {
                "partnership": row,
                "application": application,
                "sentence": application.partner_sentence,
                "expectation": section.get("expectation", ""),
            },
        )
    )


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def join(request, token):
    """Join a team: one reads who invites, signs in or up, then joins by a button (opening the page uses nothing up)."""
    member = files.invitation(token)
    if member is None:
        raise Refusal(
            "invitation_used",
            _("This invitation has been used or withdrawn."),
            remedy=_("Ask the person who invited you for a new one."),
            status=410,
        )
    application = member.application
    if request.user.is_authenticated and queries.is_member(request.user, application):
        return _private(redirect(reverse("applications:read", args=[application.reference])))
    refusal = None
    if request.method == "POST":
        if not request.user.is_authenticated:
            return _private(redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}"))
        try:
            files.join(token=token, actor=request.user, at=request.received_at)
            messages.success(request, _("You are in the team."))
            return _private(redirect(reverse("applications:check", args=[application.reference])))
        except Refusal as error:
            refusal = error
    elif member.expires_at is None or request.received_at >= member.expires_at:
        refusal = Refusal(
            "invitation_expired",
            _("This invitation has expired."),
            remedy=_("Ask the person who invited you for a new one."),
            status=410,
        )
    return _private(
        render(
            request,
            "applications/join.html",
            {"member": member, "application": application, "refusal": refusal},
            status=refusal.status if refusal else 200,
        )
    )
