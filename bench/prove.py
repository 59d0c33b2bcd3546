"""The long figures of a release: random acts against a model held beside the books, races by the thousand, a million entries."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from bench import races, scores, standards, work
from bench.measure import Report
from fund.ledger import batch, checkpoint, export, post
from fund.ledger.verify import verify
from fund.models import Entry
from tests.factories import ledger as books
from tests.fund import test_ledger_properties as properties
from tests.proofs.ground import program
from tests.reviews import panel_machine

STEPS_A_RUN = 50
HEAD = """# What was proved, and how far

Made by `make prove` (`python3 scripts/bench.py --prove --help` names the sizes) on {day}, {machine}, Python {python}, Django {django}, {database}.
Every figure is a run that found no fault; a fault stops the run and nothing is written.

"""


def steps(report: Report, number: int) -> None:
    """The state machine of the tests, with as many steps as asked: any sequence of acts leaves the identities of the books true."""
    started = time.monotonic()
    runs = max(1, number // STEPS_A_RUN)
    properties.run(properties.machine(max_examples=runs, stateful_step_count=STEPS_A_RUN, database=None))
    report.add(
        f"{number} random acts on envelopes and grants",
        "no difference",
        f"with a model, {time.monotonic() - started:.0f} s",
    )


def votes(report: Report, number: int) -> None:
    """Random panels and votes, counted again from plain facts: quorum, whose ballot counts, majority, parity."""
    started = time.monotonic()
    seen = panel_machine.run(number)
    adopted = sum(count for name, count in seen.items() if name.endswith("adopted"))
    report.add(
        f"{number} random panels and votes",
        "no difference",
        f"with a second count, {time.monotonic() - started:.0f} s; {seen['quorum met']} with a quorum, {adopted} adopted, "
        f"{seen['recused voices']} with recused voices",
    )


def kills(report: Report, stride: int) -> None:
    """From the payment order to the bank's booking, dead at every statement, then tried again by a new process."""
    started = time.monotonic()
    found = program("kill", "--statements", "--stride", str(stride))
    report.add(
        f"{found['kills']} deaths by SIGKILL between the payment order and the bank's booking",
        "no payment lost or doubled",
        f"{found['lives']} lives, {sum(found['points'].values())} statements and commits, every {stride}; "
        f"{found['seen']['answer replayed']} answers replayed; {time.monotonic() - started:.0f} s",
    )


def twins(report: Report) -> None:
    """Worlds that differ in secrets only, walked by everybody who may not know them (tests/desks/test_twin_worlds.py says what it proves). On SQLite."""
    environment = {**os.environ, "TWIN_WORLDS": "1"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "pytest", "tests/desks/test_twin_worlds.py", "-q", "-s", "-p", "no:randomly"]
    done = subprocess.run(
        [*command, "--nomigrations", "-k", "both_worlds"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise AssertionError(done.stdout[-20_000:])
    for line in done.stdout.splitlines():
        if line.startswith("twins "):
            seen = json.loads(line.removeprefix("twins "))
            report.add(
                f"twin worlds, {seen['stage']}: {seen['people']} people, {seen['views']} views, {seen['answers']} answers",
                "same bytes",
                f"{seen['pairs']} pairs of a person and a kind of secret, {seen['posts']} forms and acts; {seen['seconds']} s",
            )


def lives(report: Report, number: int) -> None:
    """Whole grants through the verbs, at random, with accidents: everything of tests/proofs/truth.py holds after every step."""
    started = time.monotonic()
    seen = program("lives", "--steps", str(number))["seen"]
    report.add(
        f"{number} random steps of whole grants, from the award to the last euro",
        "everything holds",
        f"{seen['refused']} refused, {seen['accidents']} interrupted, {seen['posted']} posted twice; {time.monotonic() - started:.0f} s",
    )


def presses(report: Report, number: int | None) -> None:
    """The verbs themselves, pressed by processes: awards born of votes; orders, batches, files, statements."""
    found = program("race", "--number", str(number or (1_000 if connection.vendor == "postgresql" else 200)))
    awards, payments = found["awards"], found["payments"]
    report.add(
        f"{awards['presses']} presses on awards, {found['hands']} at the same instant, for {awards['places']} place(s)",
        f"{awards['answers']['done']} awarded",
        f"0 cents over, none twice, {awards['seconds']} s",
    )
    report.add(
        f"{payments['presses']} presses on orders, batches, files and statements of {payments['grants']} payments",
        "each done once",
        f"{payments['answers']['done']} done, the others told why, {payments['seconds']} s",
    )


def entries(report: Report, number: int) -> None:
    """So many entries in one ledger, then everything computed anew."""
    row = books.envelope(number)
    started = time.monotonic()
    while (left := number - Entry.objects.count()) > 0:
        with batch(books.AT), transaction.atomic():
            for _turn in range(min(left, 5_000)):
                post("lower", at=books.AT, envelope=row.pk, amount=1)
    wall = time.monotonic() - started
    report.add(f"write entries up to {number}", f"{wall:.0f} s", "in batches of 5,000")
    work.check(report)
    outsider(report)


def outsider(report: Report) -> None:
    """What anybody pays who checks the published file with the published program."""
    point = checkpoint(books.AT)
    with tempfile.TemporaryDirectory() as folder:
        dump, kept = Path(folder) / "comptes.jsonl", Path(folder) / "checkpoint.json"
        with dump.open("w") as out:
            out.writelines(export.jsonl_lines())
        kept.write_text(export.checkpoint_text(point))
        command = [sys.executable, "-I", "docs/verify_ledger.py", str(dump), str(kept)]
        child = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError("docs/verify_ledger.py finds a fault")
        size = dump.stat().st_size
    report.add(
        f"docs/verify_ledger.py, {point.count} entries",
        f"{used.ru_utime + used.ru_stime:.1f} s CPU",
        f"{size / 2**20:.0f} MiB read, {used.ru_maxrss // 1024} MiB of memory at most",
    )


def write(path: Path, report: Report) -> None:
    database = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        database += f" {connection.pg_version // 10_000}"
    head = HEAD.format(
        day=date.today().isoformat(),
        machine=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        django=version("django"),
        database=database,
    )
    path.write_text(head + report.markdown())


def run(report: Report, sizes, target: Path) -> None:
    report.title("The books")
    steps(report, sizes.steps)
    lives(report, sizes.lives)
    kills(report, sizes.kill_stride)
    presses(report, sizes.presses)
    races.run(report, sizes.races, sizes.hands, max(1, sizes.hands // 5))
    entries(report, sizes.entries)
    report.title("The panel")
    work.solver(report, sizes.solver_applications, sizes.solver_members)
    votes(report, sizes.votes)
    scores.run(report, sizes.panels)
    standards.run(report, sizes.validated)
    report.title("What nobody else may know")
    twins(report)
    verify()
    write(settings.BASE_DIR / target, report)
