"""Acts on a page: each verb the person could do is a card, open with its form or closed with the reason and what would lift it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import two_key
from core.files import check_upload
from core.transitions import VERBS, Offer, Refusal, offered
from payments.views.effects import effects_of

PROOF_BYTES = 10 * 1024 * 1024


@dataclass
class Card:
    """One act of the page. `form` is bound when it was just refused."""

    offer: Offer
    form: Any

    @property
    def name(self):
        return self.offer.name

    @property
    def is_open(self):
        return self.form.is_bound

    @property
    def has_fields(self):
        return bool(self.form.fields)

    @property
    def two_keys(self):
        return self.offer.verb.two_key is not None


def cards(request, obj, forms: dict, bound: Any = None, initial: dict | None = None) -> list[Card]:
    """Cards of the acts listed in `forms` (verb name -> form class), in that order, for those this person could ever do in this state."""
    offers = {offer.name: offer for offer in offered(obj, request.user, request.received_at, only_in_state=True)}
    found = []
    for name, form_class in forms.items():
        if name not in offers:
            continue
        offer = offers[name]
        if offer.verb.two_key and offer.allowed:
            waiting = two_key.waits(offer.verb, obj, request.received_at)
            said = effects_of(offer.verb, obj, request.received_at)
            offer = replace(offer, refusal=waiting, explains=" ".join(said))
        form = (
            bound
            if bound is not None and bound.act == name
            else form_class(obj=obj, user=request.user, prefix=name, initial=(initial or {}).get(name))
        )
        form.act = name
        found.append(Card(offer, form))
    return found


def act(request, obj, forms: dict, *, done: str, extra: dict | None = None):
    """Do the posted act. Returns (response, bound form): a redirect to `done`, or the form with what was typed and why it was refused."""
    name = request.POST.get("act", "")
    if name not in forms:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    form = forms[name](request.POST, request.FILES, obj=obj, user=request.user, prefix=name)
    form.act = name
    if not form.is_valid():
        return None, form
    verb = VERBS[obj.machine][name]
    try:
        params = uploads_checked(form.params()) | (extra or {})
        if verb.two_key:
            proposal = two_key.propose(verb, obj, actor=request.user, at=request.received_at, params=params)
            messages.success(request, _("Proposed. Another person can approve it within fourteen days."))
            # who can approve it, until when, and how to take it back
            return redirect("fund:key", proposal.reference), None
        verb.call(**{verb.call.keyword: obj}, actor=request.user, at=request.received_at, **params)
        messages.success(request, _("Done."))
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    return redirect(done), None


def uploads_checked(params: dict) -> dict:
    """Check what was uploaded (type by content, size, virus scan) and say its type to the verb. Raises Refusal on the field."""
    checked = dict(params)
    for name in ("proof", "evidence"):
        uploaded = checked.get(name)
        if name in checked and not uploaded:
            checked.pop(name)
        elif uploaded:
            try:
                checked["content_type"] = check_upload(uploaded, kinds={"pdf", "image"}, max_bytes=PROOF_BYTES)
            except Refusal as refusal:
                refusal.field = name
                raise
    return checked


def posted(request, unless: str = "") -> tuple:
    """What a form is bound to: the fields and files of a POST (whatever they hold), nothing on a GET or when another act was posted."""
    if request.method != "POST" or unless and request.POST.get("act") == unless:
        return None, None
    return request.POST, request.FILES


def confirm_first(after: str):
    """To the page where one proves again who one is, then back."""
    return redirect(f"{reverse('core:confirm')}?{urlencode({'next': after})}")


def status(form) -> int:
    """422 when the page comes back with a refused form."""
    return 422 if form is not None else 200
