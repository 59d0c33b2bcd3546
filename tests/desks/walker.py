"""One person, or nobody, asks a world for everything: links, forms, lists and rows of the API, every address of the fund with the objects of the secrets."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from contextlib import contextmanager
from itertools import product
from urllib.parse import urlencode, urljoin, urlsplit

import lxml.html
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve

from applications.models import Application, Partnership
from core.models import Document, Mail, User
from core.routes import Route, routes
from desks.demo import chance
from reviews.models import AgendaItem, Assignment, AssignmentResult, Decision, Declaration, Meeting, Simulation

LEFT_ALONE = re.compile(
    r"^/(deconnexion|demo|static|en|langue|connexion|inscription|mot-de-passe|style|mon-espace/(securite|confirmer|reprendre|courriels))/|^/(healthz|readyz)$"
)
"""What is no page of the fund; and the pages of one's own keys, drawn anew each time they are offered."""
ONCE = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"|name="nonce" value="[^"]*"|nonce-[\w+/=-]+|nonce="[^"]*"|"nonce": ?"[^"]*"|"request":"[^"]*"'
)
"""What differs from one answer to the next by nature."""
STARTS = ("/", "/mon-espace/", "/commission/", "/instruction/", "/paiements/", "/mes-dossiers/")
OF_A_ROUTE = 4
"""Objects of the secrets that each route is asked for."""
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Undone(Exception):
    """Leaves the database as it was."""


def _numbers() -> list[tuple[str, int | None]]:
    """What PostgreSQL numbers rows with: an act undone does not give these back there, as it does on SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences ORDER BY 1")
        return cursor.fetchall()


@contextmanager
def undone():
    """The block, then nothing of it: no row, and the next row gets the number that it would have had."""
    before = _numbers()
    try:
        with transaction.atomic():
            yield
            raise Undone
    except Undone:
        pass
    changed = set(before) - set(_numbers())
    if changed:
        with connection.cursor() as cursor:
            cursor.executemany(
                "SELECT setval(%s, %s, %s)", [(name, last or 1, last is not None) for name, last in sorted(changed)]
            )


def view_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return "nothing there"


def _pks(rows) -> list[str]:
    return [str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)[:4]]


class Objects:
    """What the secrets are about, as addresses name it."""

    def __init__(self, told: dict):
        secret = {one["reference"] for one in told["secrets"] if one["reference"]}
        files = Application.objects.filter(reference__in=secret).order_by("reference")
        self.files = sorted(files, key=lambda row: row.reference != told["hidden"])
        self.call = told["main_call"]
        files, call = {"application__in": self.files}, {"call__slug": self.call}
        self.of = {
            "seances/<int:pk>": _pks(Meeting.objects.filter(**call)),
            "/api/v1/meetings/": _pks(Meeting.objects.filter(**call)),
            "/api/v1/agenda-items/": _pks(AgendaItem.objects.filter(**files)),
            "/api/v1/assignments/": _pks(Assignment.objects.filter(**files)),
            "/api/v1/reviews/": _pks(Assignment.objects.filter(**files)),
            "/api/v1/declarations/": _pks(Declaration.objects.filter(**files, state="recused")),
            "/api/v1/partnerships/": _pks(Partnership.objects.filter(**files)),
            "simulations/": _pks(Simulation.objects.filter(panel__call__slug=self.call)),
            "resultats/": _pks(AssignmentResult.objects.filter(panel__call__slug=self.call)),
            "pieces/": _pks(self.files[0].attachments) if self.files else [],
        }
        self.references = [one.reference for one in self.files]
        self.decisions = list(Decision.objects.filter(**files).values_list("reference", flat=True))
        self.items = _pks(AgendaItem.objects.filter(**files))
        self.codes = list(
            Document.objects.filter(subject__in=[*self.references, *_pks(Meeting.objects.filter(**call))])
            .order_by("pk")
            .values_list("code", flat=True)[:8]
        )

    def _values(self, name: str, path: str) -> list[str]:
        if name == "reference":
            return self.decisions if "/api/v1/decisions/" in path else self.references
        if name in ("pk", "number", "seq"):
            return next((found for part, found in self.of.items() if part in path), ["1"])
        if "verifier" in path:
            return []  # who has the code of a paper has the paper
        if name == "code":
            return self.codes if "documents" in path else ["project", "budget"]
        found = {"slug": [self.call], "item": self.items, "extension": ["csv", "json"], "verb": ["remove"]}
        return found.get(name, [])

    def addresses(self, route: Route, most: int) -> list[str]:
        """This route with these objects in it, closed to the asker or not."""
        names = PARAMETER.findall(route.path)
        pattern = PARAMETER.sub("{}", route.path.replace("\\.", ".")).replace("{}", "\0")
        found = []
        for values in product(*(self._values(name, route.path) for name in names)):
            parts = iter(values)
            found.append(re.sub("\0", lambda _hole, parts=parts: next(parts), pattern))
        return found[:most]


class Walk:
    """`found`: by what was asked, status, place and body of the answer, compressed; `views`: those that answered with a page."""

    def __init__(self, told: dict, *, of_a_view: int):
        self.objects, self.of_a_view = Objects(told), of_a_view
        self.routes = [route for route in routes() if not LEFT_ALONE.match(route.path)]
        self.found: dict[str, bytes] = {}
        self.views: set[str] = set()
        self.posted: Counter[str] = Counter()
        self.opened: Counter[str] = Counter()

    def _keep(self, key: str, answer) -> bytes:
        if answer.status_code >= 500:
            raise AssertionError(f"{self.user}: {key} answers {answer.status_code}") from (
                answer.exc_info or [None] * 2
            )[1]
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        body = ONCE.sub("", body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        self.status = answer.status_code
        told = [str(self.status), *(place for place, _status in getattr(answer, "redirect_chain", ()))]
        headers = [answer.get(name, "") for name in ("Content-Disposition", "ETag", "Link")]
        self.found[key] = zlib.compress("\n".join([*told, *headers, ""]).encode() + body, 1)
        return body

    def get(self, address: str, *, anyway: bool = False) -> list[str]:
        """What it links to. `anyway`: however many of this view were opened."""
        view = view_of(address)
        if address in self.found or urlsplit(address).query.count("=") > 2:
            return []
        if not anyway and self.opened[view] >= self.of_a_view:
            return []
        self.opened[view] += 1
        answer = self.client.get(address, follow=True)
        body = self._keep(address, answer)
        here = answer.request["PATH_INFO"]
        if answer.status_code == 200:
            self.views.add(view_of(here))
        kind, found = answer.get("Content-Type", ""), []
        if kind.startswith("text/html"):
            tree = lxml.html.fromstring(body.decode() or "<p>")
            found = tree.xpath("//a/@href | //form[@method='get']/@action | //link/@href")
            if answer.status_code == 200:
                self._forms(here, tree)
        elif kind.startswith("application/json"):
            found = re.findall(r'"(/[^" ]*|http://testserver/[^" ]*)"', body.decode("utf-8", "replace"))
            found += self._rows(here, body)
        there = {urljoin(here, link.partition("#")[0].removeprefix("http://testserver")) for link in found}
        return sorted(link for link in there if link.startswith("/") and "{" not in link and not LEFT_ALONE.match(link))

    def _rows(self, here: str, body: bytes) -> list[str]:
        """The rows of a list of the API, and what stands under each."""
        if not here.startswith("/api/v1/"):
            return []
        content = json.loads(body)
        rows = content.get("results") if isinstance(content, dict) else content
        if not isinstance(rows, list):
            return []
        found = []
        for route in self.routes:
            name = re.match(re.escape(here) + r"<(?:\w+:)?(\w+)>/", route.path)
            if name and "GET" in route.methods and len(PARAMETER.findall(route.path)) == 1:
                key = name[1] if name[1] != "pk" else "id"
                values = [row[key] for row in rows[: self.of_a_view] if isinstance(row, dict) and key in row]
                found += [PARAMETER.sub(str(value), route.path) for value in values]
        return found

    def _forms(self, here: str, tree) -> None:
        """Each kind of form once, as it stands and emptied: what it does is undone."""
        for form in tree.xpath("//form[translate(@method,'POST','post')='post']"):
            action = urljoin(here, form.get("action") or here)
            if LEFT_ALONE.match(action) or not action.startswith("/"):
                continue
            given = [(name, value) for name, value in form.form_values() if name != "csrfmiddlewaretoken"]
            for button in form.xpath(".//button[@name]") or [None]:
                press = [(button.get("name"), button.get("value") or "")] if button is not None else []
                kind = f"{view_of(action)} {[v for n, v in given if n in ('action', 'verb')]} {press}"
                self.posted[kind] += 1
                if self.posted[kind] > 1:
                    continue
                hidden = {field.get("name") for field in form.xpath(".//input[@type='hidden']")}
                emptied = [(name, value if name in hidden else "") for name, value in given]
                for how, fields in (("as it stands", given), ("emptied", emptied)):
                    self.post(f"POST {action} {press} {how}", action, urlencode([*fields, *press]))

    def post(self, key: str, address: str, body: str, kind: str = "application/x-www-form-urlencoded") -> None:
        """One act, then nothing of it. What is born of it bears the same reference in both worlds."""
        with undone(), chance.repeatable(zlib.crc32(key.encode())):
            answer = self.client.post(
                address, body, content_type=kind, follow=True, headers={"Idempotency-Key": "twin-worlds-0001"}
            )
            self._keep(key, answer)

    def go(self, user: User | None, starts=()) -> Walk:
        """Everything, signed in as this person; then nothing of it is left in the database."""
        caches["default"].clear()
        self.user, self.client = user, Client(raise_request_exception=False)
        with undone():
            if user is not None:
                self.client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
            self._everything(user, starts)
        return self

    def _everything(self, user: User | None, starts) -> None:
        for mail in Mail.objects.filter(recipient=user) if user else ():
            self.found[f"mail {mail.pk}"] = zlib.compress(f"{mail.subject}\n{mail.text}".encode(), 1)
        waiting = list(starts or STARTS)
        for route in () if starts else self.routes:
            if "GET" in route.methods or not route.methods:
                for address in self.objects.addresses(route, OF_A_ROUTE):
                    waiting += self.get(address, anyway=True)
                    if self.status == 403:  # a desk that is not his, whatever the object
                        break
            elif "POST" in route.methods and route.path.startswith("/api/"):
                for address in self.objects.addresses(route, 1):
                    self.post(f"POST {address}", address, "{}", "application/json")
        while waiting:
            waiting += self.get(waiting.pop(0))
