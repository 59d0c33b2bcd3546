"""`kill -9` at every step from the payment order to the bank's booking, through the real doors, then a new process that tries again.

Life after life on one fund: each step is a request of its own process, which kills itself at its n-th write or commit (with `--statements`, at its n-th
statement of any kind), for every n until no step has an n-th one. After each death another process holds the rows against those of a life without
accident: all of the step or nothing of it; then the same request with the same key has one effect.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.proofs.ground import in_a_process, own_fund

START = datetime(2026, 11, 24, 9, 0, tzinfo=ZoneInfo("Europe/Paris"))
AMOUNT = 100_000
WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE)", re.IGNORECASE)


class Reaper:
    """Counts what a request asks of the database, and kills its own process at the n-th thing (0: never)."""

    def __init__(self, nth: int, statements: bool):
        self.nth, self.statements, self.count = nth, statements, 0

    def passing(self) -> None:
        self.count += 1
        if self.count == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def __call__(self, execute, sql, params, many, context):
        if self.statements or WRITE.match(sql):
            self.passing()
        return execute(sql, params, many, context)

    def over(self, act: Callable):
        """`act()` under this eye: before each statement, before and after each commit, and when only the answer is left to give."""
        from django.db import connection

        commit = connection._commit

        def watched():
            self.passing()
            commit()
            self.passing()

        connection._commit = watched
        try:
            with connection.execute_wrapper(self):
                answer = act()
        finally:
            connection._commit = commit
        self.passing()
        return answer


@dataclass
class Life:
    """One grant from its certified instalment to the bank's booking."""

    number: int
    at: datetime
    marks: dict[str, int]
    reference: str
    instalment: int
    batch: str = ""

    @property
    def name(self) -> str:
        return f"{self.reference}-1"


# ---- the doors ----


def _api(person, path: str, body: dict, key: str):
    from rest_framework.test import APIClient

    client = APIClient()
    client.force_authenticate(person)
    return lambda: client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": key})


def _page(person, path: str, fields: dict, key: str):
    from django.test import Client

    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return lambda: client.post(path, {**fields, "nonce": key})


def _order(life, people, key):
    return _api(people.orderer, f"instalments/{life.name}/order/", {}, key)


def _open(life, people, key):
    return _api(people.payer, "payment-batches/", {}, key)


def _add(life, people, key):
    return _api(people.payer, f"payment-batches/{life.batch}/add/", {"instalments": [life.name]}, key)


def _freeze(life, people, key):
    from payments.enums import Control

    return _api(people.payer, f"payment-batches/{life.batch}/freeze/", {"controls": Control.values}, key)


def _export(life, people, key):
    return _page(people.payer, f"/paiements/lots/{life.batch}/", {"act": "export"}, key)


def _import(life, people, key):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from payments.models import Instalment
    from tests.factories import payments as make

    one = Instalment.objects.get(pk=life.instalment)
    content = make.camt053(
        [make.Movement(one.end_to_end_id, one.certified_amount)],
        on=life.at.date(),
        message_id=f"KILL-{life.number:06d}",
    )
    content = re.sub(rb"BANK\d+", b"BANK%d" % life.number, content)  # each process counts anew
    return _page(people.payer, "/paiements/releves/", {"file": SimpleUploadedFile("releve.xml", content)}, key)


STEPS: dict[str, Callable] = {
    "order": _order,
    "open a batch": _open,
    "add to the batch": _add,
    "freeze the batch": _freeze,
    "produce the file": _export,
    "import the statement": _import,
}


# ---- what there is ----


def facts(life: Life) -> dict:
    """Everything this life has written, as plain counts and states: what a doubled or a half-done act would show in."""
    from core.models import Document, Event, IdempotencyKey, Mail
    from fund.models import Entry, GrantAccount
    from payments.models import BankStatement, BatchLine, Instalment, PaymentBatch, PaymentOrder, StatementLine

    since = {name: {"pk__gt": mark} for name, mark in life.marks.items()}
    account = GrantAccount.objects.get(reference=life.reference)
    one = Instalment.objects.get(pk=life.instalment)
    batches = PaymentBatch.objects.filter(**since["PaymentBatch"])
    return {
        "instalment": [one.state, one.certified_amount, bool(one.paid_on)],
        "account": [account.committed_amount, account.ordered_amount, account.paid_amount],
        "entries": sorted(Entry.objects.filter(**since["Entry"]).values_list("kind", flat=True)),
        "events": sorted(  # a refused page that shows the account is a look at it, kept each time: no act
            f"{a}.{b}"
            for a, b in Event.objects.filter(**since["Event"]).exclude(verb="view").values_list("machine", "verb")
        ),
        "orders": list(one.orders.order_by("pk").values_list("attempt", "outcome")),
        "batches": [[row.state, row.lines_count, bool(row.sha256)] for row in batches],
        "lines": list(
            BatchLine.objects.filter(instalment=one).order_by("pk").values_list("live", "in_file", "batch__state")
        ),
        "files": sum(one.end_to_end_id in row.content for row in batches if one.end_to_end_id),
        "statements": BankStatement.objects.filter(**since["BankStatement"]).count(),
        "statement lines": sorted(
            StatementLine.objects.filter(**since["StatementLine"]).values_list("state", flat=True)
        ),
        "mails": sorted(Mail.objects.filter(**since["Mail"]).values_list("code", flat=True)),
        "documents": sorted(Document.objects.filter(**since["Document"]).values_list("kind", flat=True)),
        "orders of all": PaymentOrder.objects.filter(**since["PaymentOrder"]).count(),
        "answers": IdempotencyKey.objects.filter(**since["IdempotencyKey"], status__isnull=False).count(),
    }


def marks() -> dict[str, int]:
    from django.apps import apps
    from django.db.models import Max

    labels = (
        "core.Event core.Mail core.Document core.IdempotencyKey fund.Entry payments.PaymentBatch payments.PaymentOrder"
    )
    labels += " payments.BankStatement payments.StatementLine"
    models = [apps.get_model(label) for label in labels.split()]
    return {model.__name__: model.objects.aggregate(last=Max("pk"))["last"] or 0 for model in models}


def books_hold() -> None:
    """The ledger from its first entry, the identities of every grant and envelope, and no payment in two live files."""
    from core.checks import run
    from fund.ledger.verify import verify
    from payments.models import Instalment
    from payments.queries import invariants

    verify()
    found = invariants.problems()
    assert not found, found
    for one in Instalment.objects.filter(batch_lines__live=True).distinct():
        assert one.batch_lines.filter(live=True).count() == 1, f"{one} stands in two live batches"
    for check in run(["payments", "bank_files"]):
        assert check.ok, check.detail


# ---- a life ----


def at_instant(instant: datetime, act: Callable):
    import time_machine

    with time_machine.travel(instant, tick=False):
        return act()


def born(number: int, call, people) -> Life:
    """A signed grant with its first instalment certified; what is counted starts here."""
    from tests.factories import payments as make

    at = START + timedelta(hours=number)

    def make_it():
        row = make.signed(people, AMOUNT, at=at, decision=make.notified_award(AMOUNT, at=at, call=call))
        one = make.certified(people, make.first_of(row), at=at)
        return Life(number, at, marks(), row.reference, one.pk)

    return at_instant(at, make_it)


class Killing:
    def __init__(self, statements: bool):
        self.statements, self.usual, self.points = statements, {}, {}
        self.kills, self.seen = Counter(), Counter()

    def request(self, life: Life, step: str, people, key: str, nth: int) -> dict:
        """In this process: one request under the eye of the reaper."""
        post = STEPS[step](life, people, key)
        reaper = Reaper(nth, self.statements)
        answer = reaper.over(post)
        body = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
        return {
            "status": answer.status_code,
            "points": reaper.count,
            "batch": body.get("reference", "") if step == "open a batch" else "",
            "replayed": answer.headers.get("Idempotency-Replayed", ""),
        }

    def after(self, life: Life, step: str, people, key: str, seconds: int, *, retry: bool = True) -> dict:
        """In a new process: what stands, then the same request again."""

        def look():
            found = {"before": facts(life)}
            books_hold()
            if retry:
                found |= self.request(life, step, people, key, 0)
                found["after"] = facts(life)
                books_hold()
            return json.loads(json.dumps(found))

        return in_a_process(lambda: at_instant(life.at + timedelta(seconds=seconds), look)).said

    def live(self, life: Life, people, nth: int) -> bool:
        """A whole life in which every step dies at its n-th point, if it has one. Returns whether any did."""
        died = False
        stood = self.after(life, "", people, "", 0, retry=False)["before"]
        for place, step in enumerate(STEPS):
            key, second = f"life-{life.number}-{place}", 600 * place
            said = self.tried(life, step, people, key, second, nth)
            if said is None:
                died = True
                self.kills[step] += 1
                stood = self.recovered(life, step, people, key, second, stood, nth)
            else:
                stood = self.completed(life, step, people, key, second, said, nth)
        if nth % 10 == 0:
            self.again_under_other_keys(life, people, stood)
        return died

    def tried(self, life, step, people, key, second, nth) -> dict | None:
        """The request; None when its process died. The life without accident is lived here, so that later processes find every module loaded."""

        def request():
            return at_instant(life.at + timedelta(seconds=second), lambda: self.request(life, step, people, key, nth))

        if nth == 0:
            return request()
        ended = in_a_process(request)
        return None if ended.killed else ended.said

    def completed(self, life, step, people, key, second, said, nth):
        assert said["status"] in (200, 201, 302), (step, said)
        life.batch = said["batch"] or life.batch
        if nth:  # this step has no n-th point
            return self.usual[step]
        self.points[step] = said["points"]
        found = self.after(life, step, people, key, second + 1)
        assert found["replayed"] == "true" and found["after"] == found["before"], (step, "repeated", found)
        self.usual[step] = found["after"]
        return found["after"]

    def recovered(self, life, step, people, key, second, stood, nth):
        """The dead process left all or nothing; within its lease nobody does it twice; later the same request does it once."""
        where = f"{step}, killed at point {nth}"
        done = self.usual[step]
        found = self.after(life, step, people, key, second + 5)
        assert found["before"] in (stood, done), (where, "half done", found["before"])
        if found["status"] == 409:
            self.seen["lease respected"] += 1
            assert found["before"] == found["after"] == stood, (where, "moved inside the lease", found)
            found = self.after(life, step, people, key, second + 61)
        elif found["replayed"]:
            self.seen["answer replayed"] += 1
            assert found["before"] == done, (where, "an answer without its act", found)
        else:
            self.seen["key never taken"] += 1
        assert found["status"] in (200, 201, 302) and found["after"] == done, (where, "the retry", found, done)
        life.batch = found["batch"] or life.batch
        found = self.after(life, step, people, key, second + 70)
        assert found["replayed"] == "true" and found["after"] == done, (where, "a second retry", found)
        return done

    def again_under_other_keys(self, life, people, stood):
        """Somebody who knows nothing of it does it all again, with keys of his own: refused, nothing moves."""
        for place, step in enumerate(STEPS):
            if step == "open a batch":
                continue
            found = self.after(life, step, people, f"again-{life.number}-{place}", 6_000)
            assert found["status"] in (409, 422), (step, found)
            same = {name: value for name, value in found["after"].items() if name != "answers"}
            assert same == {name: value for name, value in stood.items() if name != "answers"}, (step, found, stood)


def run(statements: bool, most: int, stride: int) -> dict:
    from tests.factories import ledger as books
    from tests.factories import payments as make
    from tests.factories.fund import CallFactory, FundIdentityFactory

    FundIdentityFactory()
    people = at_instant(START, make.People)
    envelope = books.envelope(1_000_000_000, at=START)
    call = at_instant(
        START, lambda: CallFactory(state="decided", envelope=envelope, opens_at=START - timedelta(days=200))
    )
    killing, number, nth = Killing(statements), 0, 0
    while killing.live(born(number, call, people), people, nth) or nth == 0:
        number += 1
        nth += 1 if nth == 0 else stride
        if number > most:
            break
    return {
        "kills": sum(killing.kills.values()),
        "lives": number,
        "points": killing.points,
        "by step": dict(killing.kills),
        "seen": dict(killing.seen),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.kill", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--statements", action="store_true", help="die at every statement, not only at writes and commits"
    )
    parser.add_argument("--stride", type=int, default=1, help="every how many-th point (1)")
    parser.add_argument("--most", type=int, default=10_000, help="lives at most")
    given = parser.parse_args()
    with own_fund():
        found = run(given.statements, given.most, given.stride)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
