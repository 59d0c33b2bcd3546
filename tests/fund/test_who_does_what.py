"""Who does what, read from the verbs: the table says what the verbs do, knows everybody they name, and can be read on a phone."""

from __future__ import annotations

import inspect

import pytest

from core.transitions import VERBS
from core.workflows import machines
from fund import hands
from fund.enums import Role
from tests.core.test_ui import violations
from tests.factories.fund import person_with
from tests.fund.browsing import plain

EVERY = [verb for verbs in VERBS.values() for verb in verbs.values()]
ACTS = [verb for verb in EVERY if not verb.inner]
"""What somebody does; the others follow from another act."""


def row(machine: str, verb: str) -> dict[str, list[str]]:
    return {column: [str(mark) for mark in marks] for column, marks in hands.row_of(VERBS[machine][verb]).marks.items()}


def test_every_machine_with_verbs_and_everybody_they_name_is_known():
    assert {group.code for group in hands.groups()} == {verb.machine for verb in ACTS}
    assert set(VERBS) <= {model.machine for model in machines()}
    assert {column for verb in ACTS for column in hands.row_of(verb).marks} <= set(hands.COLUMNS)


def test_the_three_hands_of_a_payment_and_the_two_of_a_termination():
    assert row("instalment", "certify") == {"case_officer": ["fait"]}
    assert row("instalment", "order") == {"authorising_officer": ["fait"], "delegate": ["fait"]}
    assert row("payment_batch", "export") == {"accounting_officer": ["fait"]}
    assert row("agreement", "terminate") == {"case_officer": ["première clé"], "authorising_officer": ["seconde clé"]}
    assert row("rule_version", "put_in_force")["co_president"] == ["première clé", "seconde clé"]
    assert not any("auditor" in hands.row_of(verb).marks for verb in ACTS if verb.name != "step_down")


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_the_table_says_what_the_verbs_do(role, at):
    """For every act whose people are told by their role alone, somebody who holds this one role may what his column says, and nothing more."""
    person, asked = person_with(role), 0
    for verb in ACTS:
        found = hands.row_of(verb)
        if found.people:
            continue
        asked += 1
        marks = found.marks.get(str(role), [])
        assert verb.permits(person, None, at) is bool({hands.DOES, hands.FIRST} & set(marks)), verb.name
        if verb.two_key:
            turns = any(who(person, None, at) for who in verb.two_key.approves)
            assert turns is (hands.SECOND in marks), verb.name
    assert asked > 100


def test_a_guard_that_keeps_hands_apart_says_from_which_act():
    raising = {
        guard.__name__
        for verb in EVERY
        for guard in verb.guards
        if inspect.isfunction(guard) and "raise same_person" in inspect.getsource(guard)
    }
    told = {guard.__name__ for verb in EVERY for guard in verb.guards if getattr(guard, "never_after", ())}
    assert raising and raising == told
    known = {
        (verb.machine, verb.name): {one.name for one in earlier} for verb, _object, earlier in hands.never_same_person()
    }
    assert known["instalment", "claim_for_batch"] == {"certify", "order", "countersign_order"}
    assert known["instalment", "countersign_order"] == {"certify", "order"}
    assert known["instalment", "order"] == {"certify"}


def test_roles_are_never_together_both_ways():
    apart = dict(hands.never_together())
    assert Role.ACCOUNTING_OFFICER in apart[Role.AUTHORISING_OFFICER]
    assert all(one in apart[other] for one, others in apart.items() for other in others)
    assert set(apart[Role.ACCOUNTING_OFFICER]) == set(Role) - {Role.ACCOUNTING_OFFICER}


@pytest.mark.django_db
def test_anybody_reads_the_page_and_it_asks_the_database_nothing_more_for_it(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):  # the fund's name, its public instants
        page = client.get("/regles/qui-fait-quoi/")
    assert page.status_code == 200
    for words in ("Qui fait quoi", "Certifier", "Jamais par qui a fait", "première clé", "Ordonnateur"):
        assert words in plain(page), words
    assert client.get("/en/regles/qui-fait-quoi/").status_code == 200
    assert client.get("/regles/qui-fait-quoi/", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304


@pytest.mark.slow
@pytest.mark.screens
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_it_is_read_on_a_phone_and_at_a_desk(width, scheme, browser, live_server):
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    page.goto(f"{live_server.url}/regles/qui-fait-quoi/")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#instalment").is_visible()
