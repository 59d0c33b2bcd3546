"""States are written in one place, and the graphs and the verbs say the same."""

import ast
import dataclasses
import json
from types import SimpleNamespace

import pytest
from django.db import models
from django.utils import timezone
from django_fsm import TransitionNotAllowed, can_proceed

from core import workflows
from core.transitions import VERBS, Act, Refusal
from tests.architecture.code import ROOT, is_writing_room, modules

MACHINES = {model.machine: model for model in workflows.machines()}
GRAPHS = {model.machine: workflows.graph(model) for model in workflows.machines()}
EVERY_VERB = [(machine, name) for machine, verbs in sorted(VERBS.items()) for name in verbs]
METHODS = sorted({(machine, method) for machine, graph in GRAPHS.items() for method in graph.methods})


def test_nobody_writes_a_state_outside_transitions():
    faults = []
    for path, tree in modules().items():
        if is_writing_room(path):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                faults += [
                    f"{path}:{node.lineno} assigns .state"
                    for target in targets
                    if isinstance(target, ast.Attribute) and target.attr == "state"
                ]
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("update", "bulk_update", "create", "bulk_create")
            ):
                faults += [
                    f"{path}:{node.lineno} {node.func.attr}(state=…)"
                    for keyword in node.keywords
                    if keyword.arg == "state"
                ]
    assert faults == []


def test_no_transition_starts_from_everywhere():
    faults = []
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "transition":
                faults += [
                    f"{path}:{node.lineno}"
                    for keyword in node.keywords
                    if keyword.arg == "source"
                    and isinstance(keyword.value, ast.Constant)
                    and keyword.value.value in ("*", "+")
                ]
    assert faults == []


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_a_machine_protects_its_state(machine):
    model = MACHINES[machine]
    field = model._meta.get_field("state")
    assert field.protected and field.choices
    values = {value for value, _label in field.choices}
    checks = [constraint for constraint in model._meta.constraints if isinstance(constraint, models.CheckConstraint)]
    assert any("state" in str(check.condition) for check in checks), "a CHECK holds the list of states"
    for _method, (sources, targets) in GRAPHS[machine].methods.items():
        assert set(sources) | set(targets) <= values


@pytest.mark.parametrize("machine", sorted(set(MACHINES) - workflows.MECHANISM))
def test_every_arrow_of_a_graph_belongs_to_a_verb(machine):
    """A method nobody calls through a verb would be a back door or a dead end."""
    declared = {verb.fsm for verb in VERBS.get(machine, {}).values() if hasattr(verb, "fsm")}
    assert set(GRAPHS[machine].methods) <= declared


@pytest.mark.parametrize("machine", sorted(set(MACHINES) - workflows.MECHANISM))
def test_every_state_can_be_reached(machine):
    graph = GRAPHS[machine]
    reached = {move.target for move in graph.moves() if move.source is None} or {graph.initial}
    while more := {move.target for move in graph.moves() if move.source in reached} - reached:
        reached |= more
    assert reached == set(graph.states)


def _in_state(model, state):
    return model(pk=1, state=state)


@pytest.mark.parametrize("machine, method", METHODS)
def test_the_graph_moves_from_its_sources_only(machine, method):
    model, (sources, _targets) = MACHINES[machine], GRAPHS[machine].methods[method]
    for state in GRAPHS[machine].states:
        row = _in_state(model, state)
        bound = getattr(row, method)
        assert can_proceed(bound, check_conditions=False) is (state in sources), f"{machine}.{method} from {state}"
        if state not in sources:
            with pytest.raises(TransitionNotAllowed):
                bound(**dict.fromkeys(_parameters(bound)))
            assert row.state == state


def _parameters(bound):
    code = bound.__wrapped__.__code__ if hasattr(bound, "__wrapped__") else bound.__code__
    return code.co_varnames[1 : code.co_argcount]


@pytest.mark.parametrize("machine, name", EVERY_VERB)
def test_a_verb_answers_from_every_state_what_the_graph_says(machine, name):
    """Allowed where the graph says so, refused with its reason everywhere else: guards and permission left out, they have their own tests."""
    verb = dataclasses.replace(VERBS[machine][name], guards=())
    if verb.creates:
        pytest.skip("a birth has no state before")
    for state in GRAPHS[machine].states:
        act = Act(verb, _in_state(MACHINES[machine], state), SimpleNamespace(pk=1, is_active=True), timezone.now())
        if state in verb.sources:
            verb.check(act, approved=True)
            continue
        with pytest.raises(Refusal) as refused:
            verb.check(act, approved=True)
        assert refused.value.code == "not_allowed_in_state"
        assert str(refused.value.reason) and str(refused.value.remedy)


def test_the_documentation_is_made_from_the_code():
    stale = [
        str(path.relative_to(ROOT))
        for path, text in workflows.documents(ROOT).items()
        if not path.exists() or path.read_text() != text
    ]
    assert stale == [], "run: manage.py workflows"
    assert set(json.loads((ROOT / "docs" / "states.json").read_text())) == set(MACHINES)
