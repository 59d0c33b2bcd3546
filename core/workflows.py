"""The state machines as facts: read from the django-fsm graphs and the declared verbs, written as `docs/workflows.md` and `docs/states.json`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.utils import translation

from core.models import Machine
from core.transitions import VERBS, Verb

MECHANISM = {"document", "mail", "two_key_act"}
"""Machines moved by core itself (rendering, sending, approving), not by verbs that people are offered."""


@dataclass(frozen=True)
class Move:
    """One arrow: `source` is None for a birth."""

    verb: str
    source: str | None
    target: str
    declared: Verb | None


@dataclass(frozen=True)
class Graph:
    name: str
    model: type
    states: dict[str, str]
    initial: str
    methods: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
    """django-fsm method -> (sources, targets)"""

    @property
    def verbs(self) -> dict[str, Verb]:
        return VERBS.get(self.name, {})

    def moves(self) -> list[Move]:
        found = []
        for verb in self.verbs.values():
            if verb.creates:
                found.append(Move(verb.name, None, verb.target, verb))
            found += [Move(verb.name, source, verb.target, verb) for source in verb.sources]
        covered = {verb.fsm for verb in self.verbs.values()}
        for method, (sources, targets) in self.methods.items():
            if method not in covered:
                found += [Move(method, source, target, None) for source in sources for target in targets]
        return found


def _value(state: Any) -> str:
    return str(getattr(state, "value", state))


def machines() -> list[type[Machine]]:
    """Every concrete model with a state, in the order of the apps."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Machine) and not model._meta.abstract and not model._meta.proxy
    ]


def graph(model: type[Machine]) -> Graph:
    field = model._meta.get_field("state")
    methods: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for name, method in inspect.getmembers(model, lambda member: hasattr(member, "_django_fsm")):
        arrows = method._django_fsm.transitions.values()
        methods[name] = (
            tuple(_value(arrow.source) for arrow in arrows),
            tuple(sorted({_value(arrow.target) for arrow in arrows})),
        )
    states = {_value(value): str(label) for value, label in field.choices or ()}
    return Graph(model.machine, model, states, _value(field.default), methods)


def graphs() -> list[Graph]:
    with translation.override(None):
        return [graph(model) for model in machines()]


def guard_name(guard: Callable) -> str:
    return getattr(guard, "__name__", None) or guard_name(getattr(guard, "func", type(guard)))


def guard_text(guard: Callable) -> str:
    """The guard's name in words, or the first line of what it says about itself."""
    text = (
        inspect.getdoc(guard)
        if inspect.isfunction(guard)
        else inspect.getdoc(getattr(guard, "func", None) or type(guard))
    )
    first = (text or "").strip().split("\n")[0].rstrip(".")
    return first or guard_name(guard).replace("_", " ")


def _who(verb: Verb | None) -> dict[str, list[str]]:
    if verb is None:
        return {"who": ["mechanism"]}
    if verb.two_key:
        return {
            "who": ["2K"],
            "proposes": [who.code for who in verb.two_key.proposes],
            "approves": [who.code for who in verb.two_key.approves],
        }
    return {"who": [who.code for who in verb.who] or ["inner"]}


def states_document() -> str:
    """`docs/states.json`: `{machine: {states, transitions: [{verb, from, to, who, guards}…]}}`; `from` is null for a birth."""
    content = {}
    for found in graphs():
        transitions = [
            {
                "verb": move.verb,
                "from": move.source,
                "to": move.target,
                **_who(move.declared),
                "guards": [guard_name(guard) for guard in move.declared.guards] if move.declared else [],
            }
            for move in found.moves()
        ]
        content[found.name] = {"states": list(found.states), "transitions": transitions}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _diagram(found: Graph) -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2"]
    moves = found.moves()
    if not any(move.source is None for move in moves):
        lines.append(f"  [*] --> {found.initial}")
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in moves:
        arrows.setdefault((move.source or "[*]", move.target), []).append(move.verb)
    lines += [f"  {source} --> {target}: {', '.join(verbs)}" for (source, target), verbs in arrows.items()]
    leaving = {move.source for move in moves}
    lines += [f"  {state} --> [*]" for state in found.states if state not in leaving]
    return [*lines, "```"]


def _who_text(verb: Verb | None) -> str:
    if verb is None:
        return "mechanism"
    if verb.two_key:
        proposes, approves = (
            ", ".join(str(who.label) for who in people) for people in (verb.two_key.proposes, verb.two_key.approves)
        )
        return f"two keys: {proposes}; then {approves}"
    people = ", ".join(str(who.label) for who in verb.who)
    return f"{people or 'another act'} (as a consequence)" if verb.inner else people


def _row(name: str, sources: list[str], target: str, verb: Verb | None) -> str:
    guards = "; ".join(guard_text(guard) for guard in verb.guards) if verb else ""
    effects = [", ".join(getattr(verb, column)) if verb else "" for column in ("documents", "mails", "ledger")]
    cells = [f"`{name}`", ", ".join(sources), target, _who_text(verb), guards, *effects]
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _section(found: Graph) -> list[str]:
    lines = [
        f"## {found.name}",
        "",
        f"{(inspect.getdoc(found.model) or '').partition(chr(10))[0]}",
        "",
        *_diagram(found),
        "",
    ]
    lines += [
        f"States: {', '.join(f'`{state}` ({label})' if label.lower() != state else f'`{state}`' for state, label in found.states.items())}.",
        "",
    ]
    lines += ["| verb | from | to | who | guards | documents | mails | ledger |", "|---|---|---|---|---|---|---|---|"]
    rows: dict[tuple[str, str], tuple[list[str], Verb | None]] = {}
    for move in found.moves():
        rows.setdefault((move.verb, move.target), ([], move.declared))[0].append(move.source or "(birth)")
    lines += [_row(name, sources, target, verb) for (name, target), (sources, verb) in rows.items()]
    return [*lines, ""]


def page() -> str:
    """`docs/workflows.md`."""
    with translation.override(None):
        lines = [
            "# State machines",
            "",
            "Written from the code by `manage.py workflows`; `make check` fails when the two differ. Each machine is a django-fsm graph on its model, and",
            "each arrow is a verb (`transitions.py` of the app), which checks who may, the state and the guards, in that order, before it acts. What is",
            "not listed is refused with `not_allowed_in_state`. The same facts for programs: [states.json](states.json).",
            "",
            ", ".join(f"[{found.name}](#{found.name})" for found in graphs()) + ".",
            "",
        ]
        for found in graphs():
            lines += _section(found)
        return "\n".join(lines).rstrip() + "\n"


def documents(root: Path) -> dict[Path, str]:
    return {root / "docs" / "workflows.md": page(), root / "docs" / "states.json": states_document()}
