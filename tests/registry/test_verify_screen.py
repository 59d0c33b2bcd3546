"""The verifier in the reader's browser agrees with the program of outsiders: on the ledger as it is, and on every change of its bytes."""

from __future__ import annotations

import json
import random
import re
from datetime import timedelta

import pytest

from fund.ledger import checkpoint, export
from fund.models import Seal
from tests.factories import ledger as books
from tests.factories.fund import FundIdentityFactory
from tests.outsider import outsider
from tests.registry.test_screens import look_at

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def written():
    FundIdentityFactory()
    row = books.envelope(20_000_000)
    books.paid_grant(row, 1_000_000)
    checkpoint(books.AT)
    return row


def outside(data: bytes, point: dict) -> str:
    """The fault that the program names, empty when all holds."""
    try:
        outsider.check(lambda: iter(data.decode("ascii").splitlines(keepends=True)), [dict(point)])
    except (outsider.Fault, LookupError, ValueError, TypeError, AttributeError) as fault:
        return f"{type(fault).__name__} {fault}"
    return ""


def changes(data: bytes, point: dict) -> list[tuple[str, bytes, dict]]:
    lines, chance = data.decode().splitlines(keepends=True), random.Random(11)
    found = [
        ("an entry taken away", "".join(lines[:3] + lines[4:]), point),
        ("the end cut off", "".join(lines[:-1]), point),
        ("two entries swapped", "".join([*lines[:2], lines[3], lines[2], *lines[4:]]), point),
        ("another fund", lines[0].replace("fund", "Fund") + "".join(lines[1:]), point),
        ("nothing", "", point),
        ("another root", data.decode(), point | {"root": "0" * 64}),
        ("another signature", data.decode(), point | {"signature": "0" * 128}),
    ]
    for turn in range(40):
        place = chance.randrange(len(data) - 1)
        other = bytes([(data[place] + chance.randrange(1, 90)) % 94 + 33])
        if other != data[place : place + 1]:
            found.append((f"byte {place}, {turn}", (data[:place] + other + data[place + 1 :]).decode(), point))
    return [(name, text.encode(), told) for name, text, told in found]


def test_both_verifiers_say_the_same(browser, live_server, written):
    data = "".join(export.jsonl_lines()).encode()
    point = json.loads(export.checkpoint_text(export.latest()))
    served = {"comptes.jsonl": data, "checkpoint.json": json.dumps(point).encode()}
    page = browser.new_page(viewport={"width": 360, "height": 800}, locale="fr-FR")
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{live_server.url}/comptes/")
    verify = page.get_by_role("button", name="Vérifier maintenant")
    verify.press("Enter")
    page.wait_for_selector("[data-verify-said].alert.good")
    assert outside(data, point) == ""
    count, head, root, _balances = outsider.check(export.jsonl_lines, [])
    assert f"{count} écritures" in page.inner_text("[data-verify-said]")
    assert head in page.inner_text("[data-verify-proof]") and root in page.inner_text("[data-verify-proof]")
    look_at(page)

    def serve(route):
        route.fulfill(body=served[route.request.url.rpartition("/")[2]], content_type="text/plain")

    page.route("**/donnees/comptes**", serve)
    for what, changed, told in changes(data, point):
        served["comptes.jsonl"], served["checkpoint.json"] = changed, json.dumps(told).encode()
        verify.click()
        page.wait_for_selector("[data-verify-said].alert")
        words, fault = page.inner_text("[data-verify-said]"), outside(changed, told)
        assert page.query_selector("[data-verify-said].alert.bad") and fault, (what, words, fault)
        if named := re.search(r"entry (\d+)", fault):
            assert re.search(rf"L’écriture {named.group(1)} ", words), (what, words, fault)
    assert said == []


def test_a_checkpoint_dated_too_early_is_told_and_holds(browser, live_server, written):
    last = Seal.objects.latest("seq").entry.at
    page = browser.new_page(locale="fr-FR")
    for at, odd in ((last, False), (last - timedelta(seconds=1), True)):
        checkpoint(at)
        page.goto(f"{live_server.url}/comptes/")
        page.get_by_role("button", name="Vérifier maintenant").click()
        page.wait_for_selector("[data-verify-said].alert.good")
        assert ("daté d’avant" in page.inner_text("[data-verify-said]")) == odd


def test_without_javascript_the_page_says_how(browser, live_server, written):
    page = browser.new_context(java_script_enabled=False, locale="fr-FR").new_page()
    page.goto(f"{live_server.url}/comptes/")
    assert not page.get_by_role("button", name="Vérifier maintenant").is_visible()
    assert page.get_by_text("verify_ledger.py comptes.jsonl").is_visible()
