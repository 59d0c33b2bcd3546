"""The case officers' first page leads to every room, says what waits, costs the same at any number of files."""

from __future__ import annotations

import pytest
from django.test import Client

from desks import rooms
from fund.enums import Role
from tests.factories import applications as make
from tests.factories.fund import open_call, person_with

pytestmark = pytest.mark.django_db


def test_every_room_opens_and_counts_what_waits(at, as_user):
    officer = person_with(Role.CASE_OFFICER)
    make.filed(at)
    browser = as_user(officer)
    page = browser.get("/instruction/")
    assert page.status_code == 200
    listed = [room for _chapter, found in rooms.of_instruction(officer) for room in found]
    assert {room.url: room.waiting for room in listed}["/instruction/dossiers/"] == 1
    for room in listed:
        assert room.url in page.content.decode()
        assert browser.get(room.url).status_code == 200, room.url


def test_it_belongs_to_case_officers_and_auditors(at, as_user):
    assert as_user(person_with(Role.AUDITOR)).get("/instruction/").status_code == 200
    assert as_user(person_with(Role.ACCOUNTING_OFFICER)).get("/instruction/").status_code == 403
    assert Client().get("/instruction/").status_code == 302


@pytest.mark.parametrize("files", [1, 20])
def test_it_costs_the_same_at_any_number_of_files(at, as_user, django_assert_num_queries, files):
    call = open_call(opens_at=at)
    for _number in range(files):
        make.filed(at, call=call)
    browser = as_user(person_with(Role.CASE_OFFICER))
    browser.get("/instruction/")
    with django_assert_num_queries(26):
        browser.get("/instruction/")
