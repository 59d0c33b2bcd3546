"""Two hundred applicants write at once on the served product: so many autosaves a second, no error, no lost word."""

from __future__ import annotations

import http.client
import json
import os
import re
import runpy
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from statistics import quantiles

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from applications.models import ApplicationSection
from bench.measure import Report
from core.models import User
from tests.factories import ledger as books
from tests.factories.applications import ApplicationFactory
from tests.factories.fund import open_call

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
SECTION = "openness"
CONNECTIONS = 16


def signed_in(person: User) -> str:
    """The key of a session of this person, as sign-in makes it."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return session.session_key


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Writer:
    """One applicant's open page: its form as the server gave it, the words typed so far, the version it started from."""

    def __init__(self, reference: str, session: str):
        self.path, self.session = f"/dossiers/{reference}/ecrire/{SECTION}/", session
        self.reference, self.saved, self.fields, self.cookies = reference, 0, {}, f"sessionid={session}"
        self.lock = threading.Lock()

    def open(self, line: http.client.HTTPConnection) -> None:
        line.request("GET", self.path, headers={"Cookie": self.cookies})
        answer = line.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{self.path}: {answer.status}")
        cookie = re.search(r"csrftoken=([^;]+)", answer.headers.get("Set-Cookie") or "")
        self.cookies += f"; csrftoken={cookie[1]}" if cookie else ""
        form = re.search(r"<form[^>]*data-autosave.*?</form>", body, re.S)
        if form is None:
            raise RuntimeError(f"{self.path}: no form that saves while one writes")
        for tag in re.findall(r"<input[^>]*>", form[0]):
            facts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            if "name" in facts and (facts.get("type") not in ("checkbox", "radio") or " checked" in tag):
                self.fields[facts["name"]] = facts.get("value", "on")

    def words(self, number: int) -> str:
        return f"https://forge.example/{self.reference}/{number}"

    def save(self, line: http.client.HTTPConnection) -> int:
        """One autosave. Returns the status; on 200 its words are the server's."""
        with self.lock:
            fields = self.fields | {"repository_url": self.words(self.saved + 1), "autosave": "1"}
            line.request(
                "POST",
                f"{self.path}auto/",
                urllib.parse.urlencode(fields),
                {
                    "Cookie": self.cookies,
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                    "Origin": f"http://{HOST}:{line.port}",
                },
            )
            answer = line.getresponse()
            body = answer.read()
            if answer.status == 200:
                self.saved += 1
                self.fields["version"] = str(json.loads(body)["version"])
            return answer.status


def serve(port: int) -> subprocess.Popen:
    """The web server as `make run` starts it, on the instance of this bench."""
    environment = os.environ | {"PUBLIC_BASE_URL": f"http://{HOST}:{port}", "PORT": str(port)}
    quiet = {"cwd": ROOT, "env": environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput"], check=True, **quiet)
    web = runpy.run_path(str(ROOT / "scripts" / "serve.py"))["commands"](port)["web server"]
    child = subprocess.Popen(web, **quiet)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            line = http.client.HTTPConnection(HOST, port, timeout=5)
            line.request("GET", "/healthz")
            if line.getresponse().status == 200:
                return child
        except OSError:
            time.sleep(0.3)
    child.terminate()
    raise RuntimeError("the server does not answer")


def run(report: Report, writers: int, a_second: int, seconds: int) -> None:
    """Raises RuntimeError at the first error answer or lost word."""
    call = open_call(envelope=books.envelope())
    files = [ApplicationFactory(call=call) for _number in range(writers)]
    pages = [Writer(file.reference, signed_in(file.lead)) for file in files]
    port = free_port()
    child = serve(port)
    try:
        local = threading.local()

        def line() -> http.client.HTTPConnection:
            if not hasattr(local, "line"):
                local.line = http.client.HTTPConnection(HOST, port, timeout=60)
            return local.line

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda page: page.open(line()), pages))
            waits: list[float] = []
            started = time.monotonic()

            def one(number: int) -> int:
                due = started + number / a_second
                time.sleep(max(0.0, due - time.monotonic()))
                status = pages[number % writers].save(line())
                waits.append(time.monotonic() - due)  # from the instant it was due: a queue counts
                return status

            said = Counter(pool.map(one, range(a_second * seconds)))
            wall = time.monotonic() - started
    finally:
        child.terminate()
        child.wait(30)
    stored = dict(
        ApplicationSection.objects.filter(application__in=files, code=SECTION).values_list(
            "application__reference", "content__repository_url"
        )
    )
    lost = [page.reference for page in pages if stored[page.reference] != page.words(page.saved)]
    if set(said) != {200} or lost:
        raise RuntimeError(f"answers {dict(said)}, words lost in {len(lost)} files")
    median, high = quantiles(waits, n=20)[9], quantiles(waits, n=20)[18]
    report.add(
        f"{writers} applicants, {a_second} autosaves/s asked for {seconds} s",
        f"{len(waits) / wall:.0f}/s, 0 errors, 0 lost",
        f"half within {median * 1000:.0f} ms, 95 % within {high * 1000:.0f} ms",
    )
