"""Acts, papers, the solver, the books: what the fund does rather than shows."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import weasyprint
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from applications import transitions as files
from bench.measure import Report, cpu, each
from core import documents
from core.models import Document, Event, User
from fund.ledger import batch, post
from fund.ledger.verify import verify
from fund.models import Entry
from tests.factories import ledger as books
from tests.factories.applications import ready_draft
from tests.factories.fund import open_call

LETTER = "<html lang=en><title>A letter</title><body><h1>A letter</h1>" + "<p>Words and words of a letter. </p>" * 20


def save_limit() -> float:
    """CPU milliseconds to write one row in one transaction of its own."""
    system = User.objects.system()
    spent, _wall = each(
        lambda number: Event.objects.create(
            at=timezone.now(), actor=system, machine="bench", object_id=number, verb="try", from_state="", to_state=""
        ),
        200,
    )
    return spent


def submit(report: Report, limit: float, number: int) -> None:
    call = open_call(envelope=books.envelope())
    drafts = [ready_draft(call=call) for _turn in range(number)]
    spent, wall = each(
        lambda place: files.submit(application=drafts[place], actor=drafts[place].lead, at=timezone.now()), number
    )
    report.add(
        "file an application (verb, receipt frozen, mails queued)",
        f"{spent:.1f} ms CPU",
        f"{spent / limit:.0f} single writes, {wall:.0f} ms wall",
    )


def papers(report: Report, number: int) -> None:
    bare = cpu(lambda: weasyprint.HTML(string=LETTER).write_pdf(), 5)
    waiting = list(Document.objects.filter(kind="receipt", state="frozen").order_by("-pk")[:number])
    spent, _wall = each(lambda place: documents.render(waiting[place], at=timezone.now()), len(waiting))
    report.add("bare WeasyPrint, a letter of a page", f"{bare:.0f} ms CPU")
    report.add(
        "a receipt, rendered tagged and stored",
        f"{spent:.0f} ms CPU",
        f"{spent / bare:.1f} bare letters",
    )


def ledger(report: Report, limit: float, number: int) -> None:
    row = books.envelope(number * 10)

    def one(place: int) -> None:
        with transaction.atomic():
            post("lower", at=books.AT, envelope=row.pk, amount=1)

    spent, wall = each(one, number)
    report.add(
        "post to the ledger and seal, alone",
        f"{spent:.2f} ms CPU",
        f"{spent / limit:.1f} single writes, {1000 / wall:.0f}/s",
    )
    started = time.process_time()
    with batch(books.AT):
        for place in range(number):
            one(place)
    spent = (time.process_time() - started) * 1000 / number
    report.add("post to the ledger, in a batch", f"{spent:.2f} ms CPU", f"{spent / limit:.1f} single writes")
    check(report)


def check(report: Report) -> None:
    count, started, wall = Entry.objects.count(), time.process_time(), time.monotonic()
    verify()
    spent, wall = time.process_time() - started, time.monotonic() - wall
    report.add(
        f"verify the ledger, {count} entries",
        f"{spent:.2f} s CPU",
        f"{count / max(spent, 1e-9):.0f} entries/s, a million in {1e6 * spent / max(count, 1):.0f} s; {wall:.1f} s wall",
    )


def instance(applications: int, members: int) -> dict:
    chance = random.Random(42)  # noqa: S311  the same instance each time
    ids = list(range(1, members + 1))
    return {
        "format": "paritary-assignment/1",
        "seed": "bench",
        "reviews_per_college": 2,
        "colleges": ["civil_society", "state"],
        "members": [
            {
                "id": member,
                "college": "civil_society" if member % 2 else "state",
                "min": 0,
                "max": 5 * applications // members + 5,
            }
            for member in ids
        ],
        "applications": list(range(1, applications + 1)),
        "affinity": [[chance.randint(0, 100) for _member in ids] for _application in range(applications)],
        "conflicts": [
            [application, chance.choice(ids)] for application in range(1, applications + 1) if chance.random() < 0.1
        ],
    }


def solver(report: Report, applications: int, members: int) -> None:
    """The command on a file, start to end: what anybody pays who checks an assignment."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "instance.json", Path(folder) / "pairs.json"
        source.write_text(json.dumps(instance(applications, members)))
        command = [sys.executable, "manage.py", "solve_assignment", "--in", str(source), "--out", str(target)]
        child = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError("the assignment was not solved")
        answer = json.loads(target.read_text())
    report.add(
        f"assign {applications} applications to {members} members",
        f"{used.ru_utime + used.ru_stime:.2f} s CPU",
        f"{len(answer['pairs'])} pairs, optimal, {sum(answer['missing'].values())} reviews missing; whole command, {used.ru_maxrss // 1024} MiB",
    )
