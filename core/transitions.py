"""The frame of a verb: the only way a state changes.

A verb is a keyword-only function decorated with `verb`. Calling it opens one transaction, locks the rows in the documented order, checks
who may, the state and the guards (each refuses with a reason), runs the function, saves, and writes the event. Screens, API, imports and
the clock call the same function; screens ask the same guards through `offered`.
"""

from __future__ import annotations

import contextvars
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.logs import current_request_id
from core.models import ErasableText, Event, Machine, User

access_log = logging.getLogger("fund.access")
money_log = logging.getLogger("fund.money")

STATUS_OF_CODE = {"not_permitted": 403, "not_allowed_in_state": 409, "stale_approval": 409, "version_conflict": 409}


class Refusal(Exception):
    """A rule says no. `code` is stable; `reason` says why in plain words, `remedy` what would make it possible, `article` the text behind
    it.
    """

    def __init__(
        self, code: str, reason, *, remedy=None, article: str = "", field: str = "", status: int | None = None
    ):
        super().__init__(code)
        self.code, self.reason, self.remedy, self.article, self.field = code, reason, remedy, article, field
        self.status = status or STATUS_OF_CODE.get(code, 422)

    def __str__(self):
        return f"{self.reason} {self.remedy}" if self.remedy else str(self.reason)


@dataclass
class Act:
    """One verb being done, or only asked about (`preview`: guards that need parameters not given then stay silent)."""

    verb: Verb
    obj: Any
    actor: User
    at: datetime
    params: dict[str, Any] = field(default_factory=dict)
    preview: bool = False
    payload: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    found: dict[str, Any] = field(default_factory=dict)
    """What a guard read that the verb needs too, so that it is read once."""

    def get(self, name: str, default=None):
        return self.params.get(name, default)

    def note(self, **facts) -> None:
        """Facts for the event: numbers, codes, references. Never personal text."""
        self.payload.update(facts)

    def because(self, text: str) -> None:
        """The free-text reason: kept apart, erasable, hashed in the event."""
        self.reason = text.strip()

    def after_commit(self, function: Callable[[], Any]) -> None:
        transaction.on_commit(function, robust=True)


@dataclass(frozen=True)
class Who:
    """A named permission: `test(actor, obj, at)` tells whether this person may. `code` is the column "who" of the documentation."""

    code: str
    label: Any
    test: Callable[[User, Any, datetime], bool]

    def __call__(self, actor, obj, at) -> bool:
        return bool(self.test(actor, obj, at))


clock = Who("CL", _("the fund's clock"), lambda actor, obj, at: actor.is_system)


@dataclass(frozen=True)
class TwoKey:
    """`proposes` and `approves` are tuples of Who; `title(obj)` names the act for the one who approves."""

    proposes: tuple[Who, ...]
    approves: tuple[Who, ...]
    title: Callable[[Any], Any]


@dataclass(frozen=True, eq=False)  # each is one of a kind; comparing all its fields costs
class Verb:
    machine: str
    name: str
    model: type[models.Model]
    function: Callable
    label: Any
    sources: tuple[str, ...]
    target: str
    who: tuple[Who, ...]
    guards: tuple[Callable[[Act], None], ...]
    documents: tuple[str, ...]
    mails: tuple[str, ...]
    ledger: tuple[str, ...]
    two_key: TwoKey | None
    creates: bool
    danger: bool
    lock: Callable[[Any], None] | None
    inner: bool = False
    fsm: str = ""
    call: Any = None
    """The verb as a function, with its `keyword`; set once by the decorator."""

    def permits(self, actor, obj, at) -> bool:
        if self.inner:
            return _running.get() > 0
        people = self.two_key.proposes if self.two_key else self.who
        return bool(actor and actor.is_active) and any(who(actor, obj, at) for who in people)

    def check(self, act: Act, *, approved: bool = False) -> None:
        """Raises Refusal: permission first, then state, then the guards in order."""
        if not approved and not self.permits(act.actor, act.obj, act.at):
            people = ", ".join(str(who.label) for who in (self.two_key.proposes if self.two_key else self.who))
            raise Refusal("not_permitted", _("You may not do this; it belongs to: %(people)s.") % {"people": people})
        if not self.creates and self.sources and act.obj.state not in self.sources:
            raise Refusal(
                "not_allowed_in_state",
                _("This is not possible in the present state: %(state)s.") % {"state": act.obj.get_state_display()},
                remedy=_("It is possible in: %(states)s.") % {"states": ", ".join(_labels(self.model, self.sources))},
            )
        for guard in self.guards:
            guard(act)


def never_after(*acts: str):
    """Say of a guard which acts rule this one out for the same person: `machine.verb`, or `verb` of the same machine. Facts for who reads the rules."""

    def mark(guard):
        guard.never_after = acts
        return guard

    return mark


VERBS: dict[str, dict[str, Verb]] = {}
_running: contextvars.ContextVar[int] = contextvars.ContextVar("running verbs", default=0)


def _labels(model, states: Iterable[str]) -> list[str]:
    choices = dict(model._meta.get_field("state").choices)
    return [str(choices.get(state, state)) for state in states]


def _graph(model, method: str) -> tuple[tuple[str, ...], str]:
    moves = getattr(model, method)._django_fsm.transitions
    targets = {str(getattr(move.target, "value", move.target)) for move in moves.values()}
    if len(targets) != 1:
        raise TypeError(f"{model.__name__}.{method} must have one target state")
    return tuple(str(getattr(source, "value", source)) for source in moves), targets.pop()


def verb(
    *,
    machine: type[models.Model],
    label,
    who: tuple[Who, ...],
    name: str | None = None,
    fsm: str | None = None,
    creates: str | None = None,
    on: str | None = None,
    guards=(),
    documents=(),
    mails=(),
    ledger=(),
    two_key: TwoKey | None = None,
    danger=False,
    lock=None,
    inner=False,
):
    """Turn `def submit(act, application, *, …)` into a verb of `machine` called as `submit(application=…, actor=…, at=…, …)`.

    `fsm` names the django-fsm method of the graph (default: the function's name) that the body must call on its object;
    `creates` instead is the state a new row is born in (the body returns the row; `on` then names the parent keyword);
    `lock(obj)` locks rows that come before the object in the order call, envelope, grant account, agreement, instalments, batch, ledger
    head. An `inner` verb is a consequence: it runs only inside another verb (`who` then says which, for the documentation).
    With `two_key` the verb runs only through core.two_key.approve. Raises Refusal.
    """

    def decorate(function):
        verb_name = name or function.__name__
        sources, target = ((), creates) if creates else _graph(machine, fsm or verb_name)
        keyword = on or _snake(machine.__name__)
        declared = Verb(
            machine.machine,
            verb_name,
            machine,
            function,
            label,
            sources,
            str(target),
            tuple(who),
            tuple(guards),
            tuple(documents),
            tuple(mails),
            tuple(ledger),
            two_key,
            bool(creates),
            danger,
            lock,
            inner,
            "" if creates else fsm or verb_name,
        )

        def call(*, actor, at=None, approved_act=None, **params):
            obj = params.pop(keyword)
            return _run(declared, obj, actor, at or timezone.now(), params, approved_act)

        call.__name__, call.__doc__, call.verb, call.keyword = verb_name, function.__doc__, declared, keyword
        object.__setattr__(declared, "call", call)
        if verb_name in VERBS.setdefault(machine.machine, {}):
            raise TypeError(f"verb {machine.machine}.{verb_name} is declared twice")
        VERBS[machine.machine][verb_name] = declared
        return call

    return decorate


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def locked(row):
    """The same row, read again under a lock. Requires a transaction (SQLite ignores row locks: its immediate transaction is the lock)."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("locked() needs a transaction")
    return type(row)._base_manager.select_for_update(of=("self",)).get(pk=row.pk)


def check_text(given) -> None:
    """Refuse what no database keeps: a NUL byte or half a character, wherever it stands in the parameters of an act. Raises Refusal."""
    if isinstance(given, str):
        if "\x00" in given or any("\ud800" <= sign <= "\udfff" for sign in given):
            raise Refusal(
                "text_unreadable",
                _("This text holds signs that cannot be kept."),
                remedy=_("Copy it again as plain text."),
            )
    elif isinstance(given, Mapping):
        check_text(list(given))
        check_text(list(given.values()))
    elif isinstance(given, list | tuple | set | frozenset):
        for one in given:
            check_text(one)


@contextmanager
def refusals_logged(actor, verb: str):
    """One line in the log of accesses: who was refused what, by which rule."""
    try:
        yield
    except Refusal as refusal:
        access_log.info("refused", extra={"facts": {"who": actor.pk, "verb": verb, "rule": refusal.code}})
        raise


def _run(declared: Verb, obj, actor, at, params, approved_act):
    check_text(params)
    with transaction.atomic():
        if declared.lock:
            declared.lock(obj)
        if isinstance(obj, models.Model) and obj.pk:
            obj = locked(obj)
        act = Act(declared, obj, actor, at, params)
        with refusals_logged(actor, f"{declared.machine}.{declared.name}"):
            if declared.two_key and approved_act is None:
                raise Refusal(
                    "second_key_missing",
                    _("This act needs two people."),
                    remedy=_("Propose it; another person approves it."),
                )
            declared.check(act, approved=approved_act is not None)
        before = "" if declared.creates else obj.state
        depth = _running.set(_running.get() + 1)
        try:
            result = declared.function(act, obj, **params)
        finally:
            _running.reset(depth)
        row = result if declared.creates else obj
        if row is None or str(row.state) != declared.target and declared.target:
            raise RuntimeError(f"{declared.machine}.{declared.name} must end in {declared.target}")
        row.save()
        record(act, row, before, row.state)
        return result if result is not None else row


def record(act: Act, row, before: str, after: str, *, verb: str | None = None) -> Event:
    """Write the event of an act (and its erasable reason)."""
    salt, digest = ErasableText.fingerprint(act.reason) if act.reason else ("", "")
    event = Event.objects.create(
        at=act.at,
        actor=act.actor,
        machine=row.machine,
        object_id=row.pk,
        subject=row.event_subject,
        verb=verb or act.verb.name,
        from_state=before,
        to_state=after,
        payload=act.payload,
        reason_hash=digest,
        request_id=current_request_id(),
    )
    if act.reason:
        ErasableText.objects.create(event=event, text=act.reason, salt=salt)
    if act.verb.ledger:
        money_log.info(
            "money",
            extra={
                "facts": {
                    "who": act.actor.pk,
                    "verb": f"{act.verb.machine}.{act.verb.name}",
                    "subject": row.event_subject,
                }
            },
        )
    return event


@dataclass(frozen=True)
class Offer:
    """What a person may do next, or why not."""

    verb: Verb
    refusal: Refusal | None
    explains: Any = ""
    """What the act does, said above its button."""

    @property
    def name(self):
        return self.verb.name

    @property
    def label(self):
        return self.verb.label

    @property
    def allowed(self):
        return self.refusal is None

    @property
    def danger(self):
        return self.verb.danger

    @property
    def reason(self):
        return self.refusal.reason if self.refusal else ""

    @property
    def remedy(self):
        return (self.refusal.remedy or "") if self.refusal else ""

    @property
    def in_state(self):
        return self.refusal is None or self.refusal.code != "not_allowed_in_state"


def offered(obj: Machine, actor, at: datetime | None = None, *, only_in_state: bool = False) -> list[Offer]:
    """Every verb of the object's machine this person could ever do on it, each allowed or with the reason it is refused now."""
    at = at or timezone.now()
    offers = []
    for declared in VERBS.get(obj.machine, {}).values():
        if declared.creates or declared.inner or not declared.permits(actor, obj, at):
            continue
        refusal = None
        try:
            declared.check(Act(declared, obj, actor, at, preview=True))
        except Refusal as error:
            refusal = error
        offer = Offer(declared, refusal)
        if offer.in_state or not only_in_state:
            offers.append(offer)
    return offers


def canonical_hash(content: Any) -> str:
    """SHA-256 (hex) of the JSON of plain content, keys sorted."""
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()
    ).hexdigest()
