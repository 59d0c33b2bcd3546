"""What the pages share: the file or 404, acts as cards (open with their form, or closed with the reason and what would lift it)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from applications import queries
from applications.models import Application
from core.transitions import VERBS, Act, Offer, Refusal, offered

BASE = (
    "call__rule_version",
    "call__envelope",
    "lead",
    "organisation",
    "bearer_organisation",
    "bearer_person",
    "filed_version",
)


@dataclass
class Card:
    """One act of the page. `form` is bound when it was just refused."""

    offer: Offer
    form: Any
    question: str = ""

    @property
    def name(self):
        return self.offer.name


def of_team(request, reference: str) -> Application:
    """The file of the person's own team; for anybody else it does not exist."""
    application = Application.objects.of_team(request.user).select_related(*BASE).filter(reference=reference).first()
    if application is None:
        raise Http404
    return application


def page(name: str, application: Application, *args) -> str:
    return reverse(f"applications:{name}", args=[application.reference, *args])


def refusal_of(verb_call, obj, request) -> Refusal | None:
    """Why this act would be refused now, or None."""
    try:
        verb_call.verb.check(Act(verb_call.verb, obj, request.user, request.received_at, preview=True))
    except Refusal as refusal:
        return refusal
    return None


def may(guard, verb, obj, request, **params) -> Refusal | None:
    """The same question to one guard of what is written without a state."""
    try:
        guard(Act(verb, obj, request.user, request.received_at, params))
    except Refusal as refusal:
        return refusal
    return None


def cards(request, obj, forms: dict, bound: Any = None, initial: dict | None = None) -> list[Card]:
    """Cards of the acts listed in `forms` (verb name -> form class), in that order, for those this person could ever do in this state."""
    offers = {offer.name: offer for offer in offered(obj, request.user, request.received_at, only_in_state=True)}
    found = []
    for name, form_class in forms.items():
        if name in offers:
            given = (
                bound
                if bound is not None and bound.act == name
                else form_class(obj=obj, user=request.user, prefix=name, initial=(initial or {}).get(name))
            )
            given.act = name
            found.append(Card(offers[name], given))
    return found


def act(request, obj, forms: dict, *, done: str):
    """Do the posted act. Returns (response, bound form): a redirect to `done`, or the form with what was typed and why it was refused."""
    name = request.POST.get("act", "")
    if name not in forms:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    form = forms[name](request.POST, obj=obj, user=request.user, prefix=name)
    form.act = name
    if not form.is_valid():
        return None, form
    verb = VERBS[obj.machine][name]
    try:
        verb.call(**{verb.call.keyword: obj}, actor=request.user, at=request.received_at, **form.params())
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    messages.success(request, _("Done."))
    return redirect(done), None


def status(*forms) -> int:
    """422 when the page comes back with a refused form."""
    return 422 if any(form is not None and form.is_bound and not form.is_valid() for form in forms) else 200


def is_writer(request, application: Application) -> bool:
    return queries.is_applicant(request.user, application)
