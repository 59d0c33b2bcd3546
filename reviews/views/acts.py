"""What the pages share: acts as cards, refusals put where they belong, second keys proposed, identity confirmed before a signature."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import reauth, two_key
from core.access import Rule
from core.forms import FundForm
from core.transitions import VERBS, Offer, Refusal, offered
from fund import people
from fund.enums import Role
from fund.queries import roles_of
from reviews.models import Seat

PAGE = 50


def _desk(name: str, roles: tuple[Role, ...], ask) -> Rule:
    def holds_one(request) -> bool:
        return any(grant.role in roles for grant in roles_of(request.user, request.received_at))

    return Rule(name, holds_one, ask=ask, roles=tuple(role.value for role in roles))


member_desk = people.panel_desk
decision_desk = _desk(
    "decision_desk",
    (Role.PANEL_MEMBER, Role.CO_PRESIDENT, Role.AUTHORISING_OFFICER),
    _(
        "This desk belongs to the co-presidents, the members of the panel and the authorising officer. Ask a co-president."
    ),
)
president_desk = _desk(
    "president_desk", (Role.CO_PRESIDENT,), _("This page belongs to the co-presidents. Ask one of them.")
)
appeal_desk = _desk(
    "appeal_desk",
    (Role.CO_PRESIDENT, Role.AUTHORISING_OFFICER, Role.CASE_OFFICER, Role.AUDITOR),
    _("This desk belongs to those who decide on appeals. Ask a co-president."),
)


@dataclass
class Card:
    """One act of the page. `form` is bound when it was just refused."""

    offer: Offer
    form: FundForm

    @property
    def name(self):
        return self.offer.name


def cards(request, obj, forms: dict, bound=None, initial: dict | None = None) -> list[Card]:
    """Cards of the acts listed in `forms` (verb name -> form class), in that order, for those this person could ever do in this state."""
    offers = {offer.name: offer for offer in offered(obj, request.user, request.received_at, only_in_state=True)}
    found = []
    for name, form_class in forms.items():
        if name in offers:
            form = (
                bound
                if bound is not None and bound.act == name
                else form_class(obj=obj, user=request.user, prefix=name, initial=(initial or {}).get(name))
            )
            form.act = name
            found.append(Card(offers[name], form))
    return found


def act(request, obj, forms: dict, *, done: str, calls: dict | None = None):
    """Do the posted act. Returns (response, bound form): a redirect to `done`, or the form with what was typed and why it was refused."""
    name = request.POST.get("act", "")
    if name not in forms:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    form = forms[name](request.POST, request.FILES, obj=obj, user=request.user, prefix=name)
    form.act = name
    if not form.is_valid():
        return None, form
    declared = VERBS[obj.machine][name]
    try:
        if declared.two_key:
            two_key.propose(declared, obj, actor=request.user, at=request.received_at, params=form.params())
            messages.success(request, _("Proposed. Another person can approve it within fourteen days."))
        else:
            call = (calls or {}).get(name, declared.call)
            call(**{declared.call.keyword: obj}, actor=request.user, at=request.received_at, **form.params())
            messages.success(request, _("Done."))
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    return redirect(done), None


def status(*forms) -> int:
    """422 when the page comes back with a refused form."""
    return 422 if any(form is not None and form.is_bound and form.errors for form in forms) else 200


def page_of(request, rows, size=PAGE):
    """One page of a list; out of range answers 404."""
    try:
        return Paginator(rows, size).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error


UNFINISHED = "signature_to_finish"


def confirm_identity(request, path: str):
    """To the page where one proves who he is, and back to `path`, which shows what was chosen and says that nothing is signed yet."""
    request.session[UNFINISHED] = {"path": path, "chosen": request.POST.getlist("decision")}
    return redirect(f"{reverse('core:confirm')}?{urlencode({'next': path})}")


def unfinished(request) -> dict | None:
    """What this person was signing on this page when he was asked who he is, while that proof lasts."""
    kept = request.session.get(UNFINISHED)
    return kept if kept and kept["path"] == request.path and reauth.is_recent(request) else None


def signed(request) -> None:
    """The signature is given: nothing is left to finish."""
    request.session.pop(UNFINISHED, None)


def has_seat(user) -> bool:
    return Seat.objects.current().filter(user=user).exists()
