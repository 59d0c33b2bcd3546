"""Acts on a page: each verb the person could do is a card, open with its form or closed with the reason and what would lift it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404
from django.shortcuts import redirect
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import two_key
from core.transitions import VERBS, Offer, Refusal, offered
from fund import notifications
from fund.queries.calls import events_of
from fund.views.presenting import effects_of

PAGE = 50


@dataclass
class Card:
    """One act of the page. `form` is bound when it was just refused."""

    offer: Offer
    form: Any
    question: str = ""

    @property
    def name(self):
        return self.offer.name


def cards(request, obj, forms: dict, bound: Any = None, initial: dict | None = None) -> list[Card]:
    """Cards of the acts listed in `forms` (verb name -> form class), in that order, for those this person could ever do in this state."""
    offers = {offer.name: offer for offer in offered(obj, request.user, request.received_at, only_in_state=True)}
    found = []
    for name, form_class in forms.items():
        if name not in offers:
            continue
        form = (
            bound
            if bound is not None and bound.act == name
            else form_class(obj=obj, user=request.user, prefix=name, initial=(initial or {}).get(name))
        )
        form.act = name
        found.append(Card(_told(offers[name], obj, request.received_at), form))
    return found


def _told(offer: Offer, obj, at) -> Offer:
    """An act of two keys says what it does, and is not proposed while it waits."""
    if not offer.verb.two_key or not offer.allowed:
        return offer
    said = effects_of(offer.verb, obj, at)
    return replace(offer, refusal=two_key.waits(offer.verb, obj, at), explains=" ".join(said))


def act(request, obj, forms: dict, *, done: str, given: Callable[[dict], dict] = dict):
    """Do the posted act. Returns (response, bound form): a redirect to `done` (to the act itself when it waits for its second key), or the form
    with what was typed and why it was refused. `given`: makes the verb's keywords of the form's, may refuse."""
    name = request.POST.get("act", "")
    if name not in forms:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    form = forms[name](request.POST, request.FILES, obj=obj, user=request.user, prefix=name)
    form.act = name
    if not form.is_valid():
        return None, form
    verb = VERBS[obj.machine][name]
    try:
        params = given(form.params())
        if verb.two_key:
            proposal = two_key.propose(verb, obj, actor=request.user, at=request.received_at, params=params)
            return proposed(proposal, request), None
        verb.call(**{verb.call.keyword: obj}, actor=request.user, at=request.received_at, **params)
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    messages.success(request, did(verb))
    return redirect(done), None


def did(verb) -> str:
    """What was done, in the words of its button."""
    return _("“%(act)s”: done.") % {"act": capfirst(str(verb.label))}


def proposed(act, request):
    """Tell those who can turn the second key, and lead who proposed to the act: who they are, until when, how to take it back."""
    notifications.tell_approvers(act, request.received_at)
    people = [str(person) for person in notifications.people_who_approve(act, request.received_at)[:4]]
    if people:
        said = ngettext(
            "Proposed. %(people)s can approve it within fourteen days.",
            "Proposed. %(people)s can approve it within fourteen days.",
            len(people),
        )
        messages.success(request, said % {"people": get_text_list(people, _("or"))})
    else:
        keys = VERBS[act.target_machine][act.verb].two_key
        people = [str(who.label) for who in keys.approves] if keys else []
        messages.warning(
            request,
            _("Proposed, but nobody can approve it yet. The second key belongs to: %(people)s.")
            % {"people": get_text_list(people, _("or"))},
        )
    return redirect("fund:key", act.reference)


def status(*forms) -> int:
    """The status of a page that comes back with a form: what the rule says for what it refused, 422 for what was typed."""
    refused = [form for form in forms if form is not None and form.is_bound and form.errors]
    return (getattr(refused[0], "status", 0) or 422) if refused else 200


def history(obj, most: int = 30) -> list[tuple]:
    """What happened to an object, newest first: each event and the name of its verb."""
    known = VERBS.get(obj.machine, {})
    return [(event, known[event.verb].label if event.verb in known else event.verb) for event in events_of(obj)[:most]]


def page_of(request, rows, size: int = PAGE) -> Page:
    """The page asked for by `?page=`. Raises Http404 when there is none."""
    try:
        return Paginator(rows, size).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error


__all__ = ["Card", "act", "cards", "did", "history", "page_of", "proposed", "status"]
