"""Deeds: writes that move no state of the graph (attendance, ballots, the list, signatures), with the same frame as a verb.

A deed opens the transaction, locks, checks who may, the state and the guards, runs, saves and writes its event. It stands in no graph and is asked about
through `deed.verb`, as a verb is.
"""

from __future__ import annotations

from django.utils import timezone

from core.transitions import Act, Offer, Refusal, Verb, _run, _snake


def deed(*, on, label, who, sources, guards=(), lock=None, documents=(), mails=(), ledger=(), danger=False):
    """Turn `def cast(act, agenda_item, *, …)` into a keyword-only function `cast(agenda_item=…, actor=…, at=…, …)` of the rows of `on` in these states."""

    def decorate(function):
        name, keyword = function.__name__, _snake(on.__name__)
        declared = Verb(
            machine=on.machine,
            name=name,
            model=on,
            function=function,
            label=label,
            sources=tuple(str(state) for state in sources),
            target="",
            who=tuple(who),
            guards=tuple(guards),
            documents=tuple(documents),
            mails=tuple(mails),
            ledger=tuple(ledger),
            two_key=None,
            creates=False,
            danger=danger,
            lock=lock,
        )

        def call(*, actor, at=None, **params):
            obj = params.pop(keyword)
            return _run(declared, obj, actor, at or timezone.now(), params, None)

        call.__name__, call.__doc__, call.verb, call.keyword = name, function.__doc__, declared, keyword
        object.__setattr__(declared, "call", call)
        return call

    return decorate


def offer_of(call, obj, actor, at, **params) -> Offer | None:
    """What a screen says of an act: possible, or why not; None for who could never do it."""
    declared = call.verb
    if not declared.permits(actor, obj, at):
        return None
    try:
        declared.check(Act(declared, obj, actor, at, params, preview=True))
    except Refusal as refusal:
        return Offer(declared, refusal)
    return Offer(declared, None)
