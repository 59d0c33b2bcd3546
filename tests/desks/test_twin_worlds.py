"""Two worlds that differ in secrets only give the same bytes to whoever may not know them: every page, list, file, feed and answer of the API
that a person reaches (DESIGN §5.5, §5.6). Early readers and recused members are among those who walk."""

from __future__ import annotations

import os
import re
from collections import Counter
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
import time_machine
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve

from core.models import Mail, User
from core.routes import routes
from fund.enums import Role
from fund.models import RoleGrant
from reviews.models import Assignment, Declaration, Seat
from tests.desks import demo

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("TWIN_WORLDS"), reason="half an hour long: TWIN_WORLDS=1 walks it"),
]
OF_A_VIEW = 8
"""Addresses of one view that a person opens, its filters among them: enough for each state a file is in, and every view is reached."""
LEFT_ALONE = re.compile(r"^/(deconnexion|demo|static|en|langue|mon-espace/securite/second-facteur)/")
"""What is no page of the fund, and the key of a second factor, drawn anew each time it is offered."""
ONCE = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"|name="nonce" value="[^"]*"|nonce-[\w+/=-]+|nonce="[^"]*"|"nonce": ?"[^"]*"|"request":"[^"]*"'
)
"""What differs from one answer to the next by nature."""


class Undone(Exception):
    """Leaves the database as it was."""


def api_lists() -> list[str]:
    return [
        route.path
        for route in routes()
        if route.path.startswith("/api/v1/")
        and "<" not in route.path
        and "{" not in route.path
        and "GET" in route.methods
    ]


def body_of(answer) -> bytes:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return ONCE.sub("", body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def links_of(here: str, answer, body: bytes) -> list[str]:
    kind = answer.get("Content-Type", "")
    if kind.startswith("text/html"):
        found = lxml.html.fromstring(body.decode() or "<p>").xpath(
            "//a/@href | //form[@method='get']/@action | //link/@href"
        )
    elif kind.startswith("application/json"):
        found = re.findall(r'"(/[^" ]*|http://testserver/[^" ]*)"', body.decode("utf-8", "replace"))
    else:
        found = []
    there = [urljoin(here, link.partition("#")[0].removeprefix("http://testserver")) for link in found]
    return [link for link in there if link.startswith("/") and "{" not in link and not LEFT_ALONE.match(link)]


def view_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return "nothing there"


def walk(user: User | None) -> dict[str, bytes]:
    """Every view this person reaches, at several of its addresses, with the status and the body of each answer; and the mails he was sent."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    found = {f"mail {mail.pk}": f"{mail.subject}\n{mail.text}".encode() for mail in Mail.objects.filter(recipient=user)}
    waiting, opened = ["/", "/mon-espace/", "/commission/", "/instruction/", *api_lists()], Counter[str]()
    while waiting:
        address = waiting.pop(0)
        if address in found or urlsplit(address).query.count("=") > 2 or opened[view_of(address)] == OF_A_VIEW:
            continue
        opened[view_of(address)] += 1
        answer = client.get(address, follow=True)
        assert answer.status_code < 500, (user, address)
        body = body_of(answer)
        found[address] = str(answer.status_code).encode() + b" " + body
        waiting += sorted(set(links_of(answer.request["PATH_INFO"], answer, body)))
    return found


def who_may_know(secrets: list[dict]) -> set[int]:
    """Ids of the people one secret at least belongs to: its author, the readers of the file who have filed, the desks when their time has come."""
    may: set[int] = set()
    for secret in secrets:
        kind, reference = secret["kind"], secret["reference"]
        if kind in ("score", "comment", "reviewer"):
            rows = Assignment.objects.filter(application__reference=reference)
            may |= set(rows.filter(state="submitted").values_list("seat__user", flat=True))
            closed = rows.filter(application__call__panel__state="reading_closed").exists()
            if closed:
                recused = Declaration.objects.filter(application__reference=reference, state="recused").values("user")
                panel = Seat.objects.filter(panel__call__applications__reference=reference).exclude(user__in=recused)
                may |= set(panel.values_list("user", flat=True))
                may |= set(
                    RoleGrant.objects.filter(role__in=(Role.CASE_OFFICER, Role.AUDITOR)).values_list("user", flat=True)
                )
                may |= set(User.objects.filter(led_applications__reference=reference).values_list("pk", flat=True))
        elif kind == "note":
            may |= set(
                RoleGrant.objects.filter(role__in=(Role.CASE_OFFICER, Role.AUDITOR)).values_list("user", flat=True)
            )
        elif kind == "recusal":
            may |= set(
                Declaration.objects.filter(application__reference=reference, state="recused").values_list(
                    "user", flat=True
                )
            )
        elif kind == "iban":
            may |= set(RoleGrant.objects.filter(role=Role.ACCOUNTING_OFFICER).values_list("user", flat=True))
            may |= set(User.objects.filter(led_applications__reference=reference).values_list("pk", flat=True))
        elif kind == "draft":
            may |= set(User.objects.filter(led_applications__reference=reference).values_list("pk", flat=True))
            may |= set(
                User.objects.filter(team_memberships__application__reference=reference).values_list("pk", flat=True)
            )
    return may


def world(stage: str, letter: str):
    """What everybody reaches in one world, by e-mail; then nothing of it is left."""
    try:
        with transaction.atomic():
            _world, told = demo.write(stage=stage, letter=letter)
            may = who_may_know(told["secrets"])
            people = User.objects.filter(pk__in=Seat.objects.values("user")) | User.objects.filter(email__in=OTHERS)
            found = {"": walk(None)}
            for user in people.exclude(pk__in=may).distinct().order_by("email"):
                caches["default"].clear()
                found[user.email] = walk(user)
            raise Undone
    except Undone:
        return found, told


OTHERS = [f"{name}@demo.example" for name in ("association", "citoyenne", "ordonnateur", "comptable", "audit", "admin")]


@pytest.mark.parametrize("stage", ["review", "decided", ""])
def test_who_may_not_know_reads_the_same_bytes_in_both_worlds(settings, stage):
    if connection.vendor != "sqlite":
        pytest.skip("row numbers are not given back when an act is undone there")
    settings.FUND_DEMO, settings.RATE_LIMIT_SCALE = True, 1_000_000
    with (
        time_machine.travel(demo.AT + timedelta(hours=1), tick=False),
        patch("core.documents.draw", lambda page: page.encode()),
        patch(
            "core.middleware.secrets.token_hex", lambda size: "0" * 2 * size
        ),  # the number of a request, on its error page
    ):
        one, _told = world(stage, "A")
        other, _told = world(stage, "B")
    assert one.keys() == other.keys() and len(one) > 3
    apart = [
        (who or "the public", address)
        for who, pages in one.items()
        for address in sorted(pages.keys() | other[who].keys())
        if pages.get(address) != other[who].get(address)
    ]
    assert apart == []
