"""Acts on a page: each verb the person could do is a card, open with its form or closed with the reason and what would lift it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core import two_key
from core.forms import FundForm
from core.transitions import VERBS, Offer, Refusal, offered
from fund import notifications
from fund.forms.calls import PlainForm
from fund.queries.calls import events_of


@dataclass
class Card:
    """One act of the page. `form` is bound when it was just refused."""

    offer: Offer
    form: FundForm


def cards(request, obj, forms: dict, bound: FundForm | None = None) -> list[Card]:
    """Cards of the acts listed in `forms` (verb name -> form class), in that order, for those this person could ever do in this state."""
    offers = {offer.name: offer for offer in offered(obj, request.user, request.received_at, only_in_state=True)}
    found = []
    for name, form_class in forms.items():
        if name in offers:
            form = (
                bound
                if bound is not None and bound.prefix == name
                else form_class(obj=obj, user=request.user, prefix=name)
            )
            found.append(Card(offers[name], form))
    return found


def proposed(act, request) -> None:
    """Say who can turn the second key, and tell them."""
    notifications.tell_approvers(act, request.received_at)
    people = ", ".join(str(person) for person in notifications.people_who_approve(act, request.received_at)[:4])
    if people:
        messages.success(request, _("Proposed. %(people)s can approve it within fourteen days.") % {"people": people})
    else:
        messages.warning(
            request, _("Proposed, but nobody can approve it yet: it takes a second person with the right role.")
        )


def act(request, obj, forms: dict, *, done: str):
    """Do the posted act. Returns (response, bound form): a redirect to `done`, or the form with what was typed and why it was refused."""
    name = request.POST.get("act", "")
    if name not in forms:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    form = forms[name](request.POST, request.FILES, obj=obj, user=request.user, prefix=name)
    if not form.is_valid():
        return None, form
    verb = VERBS[obj.machine][name]
    try:
        if verb.two_key:
            proposed(
                two_key.propose(verb, obj, actor=request.user, at=request.received_at, params=form.params()), request
            )
        else:
            verb.call(**{verb.call.keyword: obj}, actor=request.user, at=request.received_at, **form.params())
            messages.success(request, _("Done."))
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    return redirect(done), None


def status(form) -> int:
    """The status of the page that comes back: 422 for what was typed, what the rule says for what it refused."""
    if form is None or not form.is_bound or not form.errors:
        return 200
    return form.status or 422


def history(obj, most: int = 30) -> list[tuple]:
    """What happened to an object, newest first: each event and the name of its verb."""
    known = VERBS.get(obj.machine, {})
    return [(event, known[event.verb].label if event.verb in known else event.verb) for event in events_of(obj)[:most]]


def page_of(request, rows, size: int = 20):
    """The page asked for; one that does not exist is a 404."""
    try:
        return Paginator(rows, size).page(request.GET.get("page", "1"))
    except InvalidPage as error:
        raise Http404 from error


__all__ = ["Card", "PlainForm", "act", "cards", "history", "page_of", "proposed", "status"]
