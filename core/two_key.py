"""Acts that need two people: proposed by one, approved by another, bound to a hash of what was proposed, executed in the approval's
transaction.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from core import references
from core.logs import current_request_id
from core.models import Event, TwoKeyAct
from core.models.two_key import TwoKeyState
from core.transitions import VERBS, Act, Refusal, Verb, canonical_hash, locked, refusals_logged

VALID_DAYS = 14


def _content_hash(verb: Verb, obj, params: dict) -> str:
    return canonical_hash(
        {"machine": verb.machine, "verb": verb.name, "id": obj.pk, "params": params, "facts": obj.two_key_facts()}
    )


def target_of(act: TwoKeyAct):
    """The verb and the object of an act."""
    verb = VERBS[act.target_machine][act.verb]
    return verb, verb.model._base_manager.get(pk=act.target_id)


def title_of(act: TwoKeyAct, verb: Verb, obj) -> str:
    """The title in the reader's language; as it was written when the object no longer says the same in any."""
    if verb.two_key is None:
        return act.title
    here = str(verb.two_key.title(obj))[:200]
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            if str(verb.two_key.title(obj))[:200] == act.title:
                return here
    return act.title


def _record(act: TwoKeyAct, verb: str, before: str, actor, at) -> None:
    Event.objects.create(
        at=at,
        actor=actor,
        machine=act.machine,
        object_id=act.pk,
        subject=act.reference,
        verb=verb,
        from_state=before,
        to_state=act.state,
        payload={"target": f"{act.target_machine}.{act.verb}", "object": act.target_id},
        request_id=current_request_id(),
    )


def waits(verb: Verb, obj, at) -> Refusal | None:
    """Why this act is not proposed again on this row: it waits for its second key already."""
    act = (
        TwoKeyAct.objects.filter(
            target_machine=verb.machine, target_id=obj.pk, verb=verb.name, state=TwoKeyState.PROPOSED, expires_at__gt=at
        )
        .select_related("proposed_by")
        .first()
    )
    if act is None:
        return None
    words = {"person": act.proposed_by, "reference": act.reference}
    return Refusal(
        "already_proposed",
        _("%(person)s has proposed this act: %(reference)s waits for a second person.") % words,
        remedy=_("Another person approves it, or who proposed it takes it back, among the two-key acts."),
    )


def propose(verb: Verb, obj, *, actor, at, params: dict | None = None) -> TwoKeyAct:
    """First key. `params` are plain JSON values, given to the verb at approval. Raises Refusal as the verb would."""
    params = params or {}
    with transaction.atomic():
        obj = locked(obj)
        with refusals_logged(actor, f"{verb.machine}.{verb.name}"):
            verb.check(Act(verb, obj, actor, at, params))
        if (refusal := waits(verb, obj, at)) is not None:
            raise refusal
        for old in TwoKeyAct.objects.filter(
            target_machine=verb.machine, target_id=obj.pk, verb=verb.name, state=TwoKeyState.PROPOSED
        ):
            old.expire(actor, at)
            old.save()
            _record(old, "expire", TwoKeyState.PROPOSED, actor, at)
        act = TwoKeyAct.objects.create(
            reference=references.new("ACT"),
            target_machine=verb.machine,
            target_id=obj.pk,
            verb=verb.name,
            title=str(verb.two_key.title(obj))[:200] if verb.two_key else "",
            params=params,
            content_hash=_content_hash(verb, obj, params),
            proposed_by=actor,
            proposed_at=at,
            expires_at=at + timedelta(days=VALID_DAYS),
        )
        _record(act, "propose", "", actor, at)
        return act


def may_approve(act: TwoKeyAct, actor, at) -> None:
    """Raises Refusal with the reason when this person may not turn the second key now."""
    verb, obj = target_of(act)
    if act.state != TwoKeyState.PROPOSED:
        raise Refusal("not_allowed_in_state", _("This act is already closed."))
    if at >= act.expires_at:
        raise Refusal("expired", _("The proposal has expired."), remedy=_("Propose it again."))
    if actor == act.proposed_by:
        raise Refusal("same_person", _("You proposed this act: another person must approve it."))
    if not any(who(actor, obj, at) for who in verb.two_key.approves):
        people = ", ".join(str(who.label) for who in verb.two_key.approves)
        raise Refusal("not_permitted", _("The second key belongs to: %(people)s.") % {"people": people})


def is_stale(act: TwoKeyAct) -> bool:
    """Whether what the act was proposed on has changed since, or is gone."""
    try:
        verb, obj = target_of(act)
    except (KeyError, ObjectDoesNotExist):
        return True
    return _content_hash(verb, obj, act.params) != act.content_hash


def _stale() -> Refusal:
    return Refusal(
        "stale_approval", _("What was proposed has changed since."), remedy=_("Read it again and propose it again.")
    )


def why_not(act: TwoKeyAct, actor, at) -> Refusal | None:
    """What approving would be refused for by this person at this instant: the page says it in place of the button."""
    try:
        may_approve(act, actor, at)
        if is_stale(act):
            raise _stale()
        verb, obj = target_of(act)
        verb.check(Act(verb, obj, actor, at, act.params), approved=True)
    except Refusal as refusal:
        return refusal
    return None


def approve(act: TwoKeyAct, *, actor, at):
    """Second key: checks the content is the one proposed, executes the verb. Returns what the verb returns. Raises Refusal
    (`stale_approval`…).
    """
    with transaction.atomic():
        act = locked(act)
        with refusals_logged(actor, f"two_key_act.approve {act.target_machine}.{act.verb}"):
            may_approve(act, actor, at)
        verb, obj = target_of(act)
        obj = locked(obj)
        if _content_hash(verb, obj, act.params) == act.content_hash:
            act.approve(actor, at)
            act.save()
            _record(act, "approve", TwoKeyState.PROPOSED, actor, at)
            return verb.call(**{verb.call.keyword: obj}, actor=actor, at=at, approved_act=act, **act.params)
    with transaction.atomic():  # a transaction of its own: the refusal below must not undo it
        act = locked(act)
        if act.state == TwoKeyState.PROPOSED:
            act.mark_stale(actor, at)
            act.save()
            _record(act, "mark_stale", TwoKeyState.PROPOSED, actor, at)
    raise _stale()


def refuse(act: TwoKeyAct, *, actor, at, reason: str) -> TwoKeyAct:
    """The one who could approve says no, with a reason."""
    with transaction.atomic():
        act = locked(act)
        with refusals_logged(actor, f"two_key_act.refuse {act.target_machine}.{act.verb}"):
            may_approve(act, actor, at)
        act.refuse(actor, at, reason)
        act.save()
        _record(act, "refuse", TwoKeyState.PROPOSED, actor, at)
        return act


def may_withdraw(act: TwoKeyAct, actor) -> None:
    """Raises Refusal with the reason when this person may not take the proposal back."""
    if act.state != TwoKeyState.PROPOSED:
        raise Refusal("not_allowed_in_state", _("This act is already closed."))
    if actor != act.proposed_by:
        raise Refusal("not_permitted", _("Only the person who proposed this act can withdraw it."))


def withdraw(act: TwoKeyAct, *, actor, at) -> TwoKeyAct:
    """The proposer takes the proposal back."""
    with transaction.atomic():
        act = locked(act)
        with refusals_logged(actor, f"two_key_act.withdraw {act.target_machine}.{act.verb}"):
            may_withdraw(act, actor)
        act.withdraw(actor, at)
        act.save()
        _record(act, "withdraw", TwoKeyState.PROPOSED, actor, at)
        return act


def expire_due(*, actor, at) -> int:
    """Clock: close proposals past their end, and those whose object has changed since. Returns how many."""
    count = 0
    for act in TwoKeyAct.objects.filter(state=TwoKeyState.PROPOSED):
        if at < act.expires_at and not is_stale(act):
            continue
        with transaction.atomic():
            act = locked(act)
            if act.state == TwoKeyState.PROPOSED:
                close, name = (act.expire, "expire") if at >= act.expires_at else (act.mark_stale, "mark_stale")
                close(actor, at)
                act.save()
                _record(act, name, TwoKeyState.PROPOSED, actor, at)
                count += 1
    return count
