"""Every form a person of the fund can reach, sent empty, oversized, with NUL bytes, emoji, right-to-left text and scripts: never a 500, never run."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from core import checks
from core.models import User
from tests.desks import demo

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.strict_engine]
SCRIPT = "<script>alert('fonds')</script>\"'><img src=x onerror=alert(1)>"
STRANGE = {
    "empty": "",
    "oversized": "mot " * 60_000,
    "nul": "un\x00deux",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 40,
    "right to left": "‮مرحبا\u2066 שלום\u202e",
    "script": SCRIPT,
    "number": "9" * 400,
}
PEOPLE = (
    "",
    "collectif",
    "association",
    "citoyenne",
    "civil1",
    "etat2",
    "instruction",
    "ordonnateur",
    "comptable",
    "audit",
    "admin",
)
ONE_OF_EACH = re.compile(r"FP-\d{4}-\w{8}|\b\d+\b|(?<=/)[\w-]{20,}(?=/)")
PAGES = 140
LEFT_ALONE = ("/deconnexion/", "/demo/", "/api/")


class Undone(Exception):
    """Leaves the database as it was."""


def walk(client: Client):
    """Pages this person reaches by links, one of each address: (address, its parsed page)."""
    waiting, seen = ["/mon-espace/", "/", "/appels/", "/connexion/", "/inscription/"], set()
    while waiting and len(seen) < PAGES:
        address = waiting.pop(0)
        kind = ONE_OF_EACH.sub("*", urlsplit(address).path)
        if kind in seen or kind.startswith(LEFT_ALONE):
            continue
        seen.add(kind)
        answer = client.get(address, follow=True)
        assert answer.status_code < 500, address
        if not answer.get("Content-Type", "").startswith("text/html") or answer.streaming:
            continue
        here = answer.request["PATH_INFO"]
        page = lxml.html.fromstring(answer.content.decode() or "<p>")
        yield here, page
        for link in page.xpath("//a/@href"):
            there = urljoin(here, link.partition("#")[0])
            if there.startswith("/"):
                waiting.append(there)


def fields_of(form) -> dict[str, tuple[str, str]]:
    """Name -> (kind, value as the page gives it)."""
    found = {}
    for field in form.xpath(".//input[@name] | .//textarea[@name] | .//select[@name] | .//button[@name]"):
        kind = field.get("type", field.tag) if field.tag in ("input", "button") else field.tag
        if kind == "file":
            continue
        value = field.get("value", "") if field.tag != "select" else (field.xpath("./option/@value") or [""])[-1]
        found[field.get("name")] = (kind, value)
    return found


def bodies(form):
    """The form filled strangely: first what one types, then every field but the tokens."""
    fields = fields_of(form)
    typed = {
        name
        for name, (kind, _value) in fields.items()
        if kind in ("text", "textarea", "email", "url", "number", "date", "tel", "search", "password", "input")
    }
    for label, text in STRANGE.items():
        given = {name: value for name, (_kind, value) in fields.items()}
        yield label, given | dict.fromkeys(typed, text)
    kept = {"act", "nonce"}
    for label in ("empty", "nul", "script", "number"):
        yield (
            f"all {label}",
            {name: value if name in kept else STRANGE[label] for name, (_kind, value) in fields.items()},
        )


def send(client: Client, address: str, given: dict):
    """The answer; what it did is undone."""
    answer = None
    try:
        with transaction.atomic():
            caches["default"].clear()
            answer = client.post(address, given)
            raise Undone
    except Undone:
        return answer


@pytest.fixture
def told(settings, monkeypatch):
    settings.FUND_DEMO, settings.RATE_LIMIT_SCALE = True, 1_000_000
    demo.write(at=timezone.now())
    call_command("verify_ledger")
    assert [one for one in checks.run(["payments", "bank_files", "roles", "rules", "identity"]) if not one.ok] == []


def test_no_form_breaks(told):
    sent, broken, done = 0, [], set()
    for name in PEOPLE:
        client = Client(raise_request_exception=False)
        if name:
            client.force_login(User.objects.get(email=f"{name}@demo.example"))
        for here, page in walk(client):
            for form in page.xpath("//form[translate(@method, 'POST', 'post')='post']"):
                address = urljoin(here, form.get("action") or here)
                mark = (
                    ONE_OF_EACH.sub("*", urlsplit(address).path),
                    ONE_OF_EACH.sub("*", " ".join(sorted(fields_of(form)))),
                )
                if mark in done or mark[0].startswith(LEFT_ALONE):
                    continue
                done.add(mark)
                for label, given in bodies(form):
                    answer = send(client, address, given)
                    if answer.status_code >= 500:
                        broken.append((name, mark[0], label, repr(answer.exc_info)[:160]))
                    elif not answer.streaming and SCRIPT[:16].encode() in answer.content:
                        broken.append((name, mark[0], label, "the script came back as it was"))
                    sent += 1
    assert not broken, "\n".join(map(str, broken))
    assert len(done) > 60, len(done)
    assert sent > 600, sent
