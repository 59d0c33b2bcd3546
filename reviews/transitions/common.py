"""What the panel's verbs share: locks in the order of the house (call, envelope, grant account), events, the clock's user."""

from __future__ import annotations

from core.logs import current_request_id
from core.models import Event, User
from core.transitions import locked
from fund import ledger
from fund.models import GrantAccount


def system() -> User:
    return User.objects.system()


def call_of(obj):
    """The call a row belongs to."""
    if hasattr(obj, "call_id"):
        return obj.call
    if hasattr(obj, "meeting_id"):
        return obj.meeting.call
    if hasattr(obj, "decision_id"):
        return obj.decision.application.call
    return obj.application.call if hasattr(obj, "application_id") else obj


def lock_call(obj) -> None:
    locked(call_of(obj))


def lock_money(obj) -> None:
    """Call, envelope, and the account of the file's grant when it has one."""
    call = locked(call_of(obj))
    application = getattr(obj, "application", None) or (
        obj.decision.application if hasattr(obj, "decision_id") else obj
    )
    reference = getattr(application, "reference", "")
    account = GrantAccount.objects.filter(reference=reference).first() if reference else None
    envelopes = {call.envelope_id} | ({account.envelope_id} if account else set())
    ledger.lock(envelopes, [reference] if account else [])


def lock_call_money(call, references) -> None:
    """The same for many files of one call."""
    locked(call)
    known = dict(GrantAccount.objects.filter(reference__in=list(references)).values_list("reference", "envelope_id"))
    ledger.lock({call.envelope_id, *known.values()}, known)


def record_event(row, verb: str, *, actor, at, **facts) -> Event:
    """An event that moves no state."""
    return Event.objects.create(
        at=at,
        actor=actor,
        machine=row.machine,
        object_id=row.pk,
        subject=row.event_subject,
        verb=verb,
        from_state=getattr(row, "state", ""),
        to_state=getattr(row, "state", ""),
        payload=facts,
        request_id=current_request_id(),
    )
