"""What is written in a call, wherever its fields are listed: a field that one place forgets fails here; the second key reads every value."""

from __future__ import annotations

import copy
from dataclasses import fields as fields_of
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest

from fund.api.calls import CallSerializer
from fund.forms.call_rows import ROW_FORMS
from fund.models import Call, Criterion, Theme
from fund.rules.content import read
from fund.transitions import calls
from fund.views.presenting import lines_of
from registry.queries.ballots import Line
from registry.resources.public import ScoredCriterionSerializer
from tests.factories.fund import rules_in_force
from tests.fund.helpers import content, officer

pytestmark = pytest.mark.django_db
UNPUBLISHED = {"question", "anchors"}
"""Fields of a criterion that the scores of a funded project are shown without."""
NOT_WRITTEN = {"id", "state", "number", "authority", "version", "created_by", "cancelled_reason"}
"""Set by the acts, never typed; so are the instants of the acts (`created_at`, `closed_at`…)."""
ACTS = {"created_at", "published_at", "closed_at", "decided_at", "archived_at", "cancelled_at"}


@pytest.fixture
def call(at):
    themes = [Theme.objects.create(code=code, label=code.capitalize()) for code in ("eau", "air")]
    return calls.create(
        content=content(at, themes=[theme.code for theme in themes], blind=True, reports_by_on="2027-12-31"),
        actor=officer(),
        at=at,
    )


def typed(model) -> set[str]:
    """The fields of a row, without its key, its call and its place."""
    return {field.name for field in model._meta.fields} - {"id", "call", model._meta.ordering[0]}


def test_the_content_of_a_call_is_everything_that_is_typed(call):
    assert set(call.content()) == {row.name for row in Call._meta.fields} - NOT_WRITTEN - ACTS | {
        "themes",
        *Call.CHILDREN,
    }


@pytest.mark.parametrize("name", Call.CHILDREN)
def test_a_row_of_a_call_is_whole_in_every_place(call, name):
    model, serializer = Call._meta.get_field(name).related_model, CallSerializer().fields[name].child
    wanted = typed(model)
    rows = call.content()[name]
    assert set(model.FIELDS) == wanted
    assert rows and all(set(row) == wanted for row in rows)
    assert read({name: rows})[name] == rows
    assert set(serializer.fields) >= wanted
    for row in rows:  # what the form shows and gives back
        form = ROW_FORMS[name](ROW_FORMS[name].initial_of(row), obj=call, user=None)
        assert form.is_valid() and form.row() == row


def test_the_public_grid_leaves_out_what_it_means_to_leave_out():
    assert {row.name for row in fields_of(Line)} - {"civil", "state"} == typed(Criterion) - UNPUBLISHED
    assert set(ScoredCriterionSerializer().fields) == typed(Criterion) - UNPUBLISHED


def leaves(value, path=()):
    """Every place of the content that holds a value, and every list, for a row may go."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path, value
        if isinstance(value, list):
            for number, inner in enumerate(value):
                yield from leaves(inner, (*path, number))


def other(name, value):
    """Another value of the same kind."""
    if name == "trigger":
        return "interim_report_accepted"
    if name in Call.DAYS and value:
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    if name in Call.INSTANTS and value:
        return (datetime.fromisoformat(value) + timedelta(days=1)).isoformat()
    if name in ("envelope", "rule_version"):
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[:-1]
    return "2027-01-01" if value is None else f"{value}x"


def test_the_second_key_reads_every_value_of_a_call(call, monkeypatch):
    """Nothing can be changed in what is approved without a change in what is shown."""
    act = SimpleNamespace(target_machine="call", verb="publish", params={}, state="proposed")
    whole = call.content()
    shown = lines_of(act, call)
    text = "\n".join(line.after for line in shown)
    seen = set()
    for path, value in leaves(whole):
        changed = place = copy.deepcopy(whole)
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = other(next((step for step in reversed(path) if isinstance(step, str)), ""), value)
        monkeypatch.setattr(call, "content", lambda changed=changed: changed)
        assert lines_of(act, call) != shown, path
        seen.add(path[0])
        if isinstance(value, str) and path[0] in (*Call.PLAIN, *Call.CHILDREN) and path[-1] != "trigger":
            assert value in text
    assert seen == set(whole)


def test_the_second_key_reads_every_row_of_an_amendment(call):
    rows = [{"question": "Pour qui ?", "answer": "Pour tous."}, {"question": "Quand ?", "answer": "Bientôt."}]
    act = SimpleNamespace(target_machine="call", verb="amend", params={"changes": {"faq": rows}}, state="proposed")
    line = lines_of(act, call)[0]
    assert all(value in line.after for row in rows for value in row.values())
    assert "Faut-il un cofinancement ?" in line.before and "Non." in line.before


def test_the_rules_in_force_are_named_to_the_second_key(call):
    act = SimpleNamespace(target_machine="call", verb="publish", params={}, state="proposed")
    assert str(rules_in_force()) in [line.after for line in lines_of(act, call)]
