"""The worker: does what is due, once, survives what breaks, stops when told."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from core import clock, documents, outbox, two_key
from core.management.commands import worker
from core.models import Mail, User
from core.transitions import VERBS
from tests.core.helpers import frozen, keeper, keeper_of, two_keys, verbs
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


def test_drain_renders_sends_and_expires(at, monkeypatch):
    monkeypatch.setattr(documents, "pdf", lambda document: b"%PDF-1.7 drained")
    letter = frozen(at)
    outbox.queue("account/token_created", to=UserFactory(), at=at, context={"link": "x"}, wait_for=letter)
    with verbs(
        void=(lambda act, document: document.void(act.at), {"who": (keeper,), "fsm": "void", "two_key": two_keys()})
    ):
        act = two_key.propose(VERBS["document"]["void"], frozen(at), actor=keeper_of(), at=at - timedelta(days=15))
    out = StringIO()
    call_command("worker", "--drain", stdout=out)
    letter.refresh_from_db()
    act.refresh_from_db()
    assert (letter.state, Mail.objects.get(attachment=letter).state, act.state) == ("rendered", "sent", "expired")
    assert "documents: 2" in out.getvalue()
    again = worker.drain()
    assert again["documents"] == again["mails"] == 0


def test_a_job_that_breaks_holds_up_no_other(at, monkeypatch, caplog):
    monkeypatch.setattr(clock, "JOBS", {})
    seen = []

    @clock.register("bad")
    def bad(at, actor):
        raise ValueError("lightning")

    @clock.register("good")
    def good(at, actor):
        seen.append((at, actor))
        return 2

    assert clock.run_all(at) == 2 and seen == [(at, User.objects.system())]
    assert "job failed" in caplog.text
    with pytest.raises(TypeError):
        clock.register("good")(lambda at, actor: 0)


def test_tasks_of_every_app_are_known():
    clock.load()
    assert {"core.two_key", "core.documents", "core.idempotency", "core.sessions"} <= set(clock.JOBS)


@pytest.mark.django_db(transaction=True)
def test_it_wakes_quickly_and_stops_when_told(monkeypatch):
    monkeypatch.setattr(clock, "JOBS", {})
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    stop, sent = threading.Event(), []
    monkeypatch.setattr(outbox, "deliver_due", lambda at, limit: sent.append(at) or 0)
    thread = threading.Thread(target=worker.run, args=(stop,))
    started = time.monotonic()
    thread.start()
    while not sent and time.monotonic() - started < 5:
        time.sleep(0.01)
    stop.set()
    thread.join(5)
    assert sent and not thread.is_alive() and time.monotonic() - started < 3


@pytest.mark.slow
def test_sigterm_ends_the_process_cleanly(tmp_path):
    environment = os.environ | {"DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--run-syncdb", "-v0"],
        env=environment,
        check=False,
        capture_output=True,
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], env=environment, stderr=subprocess.PIPE, text=True
    )
    line = ""
    while "worker started" not in line:
        line = process.stderr.readline()
        assert line, "the worker ended before it started"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)
    assert process.returncode == 0


def test_the_clock_is_the_system_user(at):
    assert User.objects.system().is_system and not User.objects.system().has_usable_password()
    assert timezone.now() == at
