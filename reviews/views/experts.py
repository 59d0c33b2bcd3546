"""External experts: the page of who asks, and the expert's own pages behind his personal link."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications import queries as files
from applications.models import Application
from applications.views.reading import parts_of
from core.access import allow, anyone
from core.api_auth import Throttle
from core.files import send
from core.forms import FundForm, PlainForm, ReasonForm
from core.idempotency import once
from core.models import User
from core.transitions import Refusal
from fund.people import instruction_desk
from fund.views.acts import Card, did, status
from reviews.enums.experts import OPEN_REQUESTS
from reviews.forms import experts as forms
from reviews.models import ExpertRequest
from reviews.queries import experts as queries
from reviews.queries import reviewing
from reviews.rules.experts import expert_may_read_piece
from reviews.transitions import experts as verbs
from reviews.transitions.deeds import offer_of
from reviews.views.acts import president_desk
from reviews.views.members.reading import filed_pieces

ASKER_ACTS = {
    "remind": (PlainForm, verbs.remind),
    "extend": (forms.ExtendForm, verbs.extend),
    "revoke": (ReasonForm, verbs.revoke),
}
EXPERT_ACTS = {
    "declare_free": (forms.UndertakingForm, verbs.declare_free, "declare"),
    "declare_conflict": (forms.ExpertInterestForm, verbs.declare_conflict, "both"),
    "decline": (FundForm, verbs.decline, "both"),
    "save_opinion": (forms.OpinionForm, verbs.save_opinion, "write"),
    "submit": (forms.OpinionForm, verbs.submit, "write"),
}


# ---- who asks ----


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_staff(request, reference):
    """The requests about a file, for the case officers who have no interest in it."""
    application = files.officers_files(request.user).select_related("call").filter(reference=reference).first()
    return _asker_page(request, application, "instruction")


@allow(president_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_president(request, reference):
    """The same for a co-president to whom the file is open."""
    return _asker_page(request, reviewing.find_file(request.user, reference), "commission")


def _asker_page(request, application: Application | None, room: str):
    if application is None:
        raise Http404
    rows = queries.requests_of(application, request.user)
    bound = posted = None
    if request.method == "POST":
        posted = request.POST.get("request", "")
        bound = _asker_post(request, application, rows, posted)
        if bound is None:
            return redirect(request.path)
    lines = [
        {
            "row": row,
            "cards": _cards(request, row, bound if posted == str(row.pk) else None),
            "is_late": request.received_at >= row.deadline_at and row.state in OPEN_REQUESTS,
        }
        for row in rows
    ]
    ask = bound if bound is not None and bound.act == "ask" else forms.AskForm(prefix="ask")
    return render(
        request,
        "reviews/experts/requests.html",
        {
            "application": application,
            "room": room,
            "lines": lines,
            "form": ask,
            "offer": offer_of(verbs.ask, application, request.user, request.received_at),
        },
        status=status(bound),
    )


def _asker_post(request, application, rows: list[ExpertRequest], posted: str):
    """Do it; the form when it comes back."""
    name = request.POST.get("act", "")
    if name == "ask":
        form: FundForm = forms.AskForm(request.POST, prefix="ask")
        call, target = verbs.ask, application
    else:
        target = next((row for row in rows if str(row.pk) == posted), None)
        if name not in ASKER_ACTS or target is None:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
        form_class, call = ASKER_ACTS[name]
        form = form_class(request.POST, prefix=f"{name}-{target.pk}")
    form.act = name
    if not form.is_valid():
        return form
    try:
        call(**{call.keyword: target}, actor=request.user, at=request.received_at, **form.params())
    except Refusal as refusal:
        form.refuse(refusal)
        return form
    messages.success(request, did(call.verb))
    return None


def _cards(request, row: ExpertRequest, bound) -> list[Card]:
    found = []
    for name, (form_class, call) in ASKER_ACTS.items():
        offer = offer_of(call, row, request.user, request.received_at)
        if offer is not None and offer.in_state:
            form = bound if bound is not None and bound.act == name else form_class(prefix=f"{name}-{row.pk}")
            form.act = name
            found.append(Card(offer, form))
    return found


# ---- the expert ----


class LinkThrottle(Throttle):
    """Sixty requests a minute of one address on personal links: ample to read a file, nothing to guess a link with."""

    PERSON = ADDRESS = 60
    scope = "expert-link"


def _row_or_404(request, token: str) -> ExpertRequest:
    if not LinkThrottle().allow_request(request, None):
        raise Refusal("throttled", _("Too many requests."), remedy=_("Wait a minute, then try again."), status=429)
    row = queries.link_holder(token)
    if row is None:
        raise Http404
    return row


def _private(response):
    """The address is the key: in no index, in no cache; the fund's `same-origin` policy keeps it from other sites."""
    response["X-Robots-Tag"] = "noindex"
    return response


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def expert(request, token):
    """Opening the page changes nothing (mail scanners open links): declaring is a POST and uses the first link up."""
    row = _row_or_404(request, token)
    state = queries.situation(row, token, request.received_at)
    bound = None
    if request.method == "POST":
        if state not in ("declare", "write"):
            return _private(_expert_page(request, row, token, state, None))
        bound, after = _expert_post(request, row, token, state)
        if bound is None:
            return _private(redirect("reviews:expert", after))
    return _private(_expert_page(request, row, token, state, bound))


def _expert_post(request, row: ExpertRequest, token: str, state: str):
    """(form that comes back, or None when done; the link that goes on)."""
    name = request.POST.get("act", "")
    form_class, call, when = EXPERT_ACTS.get(name, (None, None, ""))
    if form_class is None or when not in (state, "both"):
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    form = form_class(request.POST, prefix=_prefix(name))
    form.act = name
    if not form.is_valid():
        return form, token
    try:
        done = call(
            expert_request=row, actor=User.objects.system(), at=request.received_at, token=token, **form.params()
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return form, token
    if name == "save_opinion":
        messages.success(request, _("Saved. Only you can see it."))
    return None, done.link_token if name == "declare_free" else token


def _prefix(name: str) -> str:
    return "opinion" if name in ("save_opinion", "submit") else name


def _expert_page(request, row: ExpertRequest, token: str, state: str, bound):
    application = row.application
    facts = {"row": row, "application": application, "call": application.call, "situation": state, "token": token}

    def form(name, form_class, **options):
        return bound if bound is not None and _prefix(bound.act) == name else form_class(prefix=name, **options)

    if state in ("declare", "write"):
        facts["interest"] = form("declare_conflict", forms.ExpertInterestForm)
        facts["no"] = form("decline", FundForm)
        facts["partners"] = [
            one for one in application.partnerships.select_related("organisation") if one.state == "confirmed"
        ]
    if state == "declare":
        facts["undertaking"] = form("declare_free", forms.UndertakingForm)
        facts["team"] = sorted(
            {str(application.lead), *(one.display_name for one in application.members.select_related("user"))}
        )
    if state == "write":
        blind = application.call.blind
        kept = {name: getattr(row, name) for name in verbs.TEXTS}
        facts |= {
            "opinion": form("opinion", forms.OpinionForm, initial=kept),
            "parts": parts_of(application, reviewing.panel_content(application, blind)),
            "pieces": [] if blind else list(filed_pieces(application)),
        }
    code = 410 if state not in ("declare", "write") and not row.submitted_at else status(bound)
    return render(request, "reviews/experts/expert.html", facts, status=code)


@allow(anyone)
@require_safe
def piece(request, token, pk):
    """One document of the file, asked one by one of `expert_may_read_piece`."""
    row = _row_or_404(request, token)
    found = filed_pieces(row.application).filter(pk=pk).first()
    if found is None or not expert_may_read_piece(row, found, token, request.received_at):
        raise Http404
    return _private(send(found.file, found.name, found.content_type))
