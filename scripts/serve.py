"""Serve an instance: prepare it, then the web server and the worker side by side. When one stops, the other is stopped too."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
GRACE_SECONDS = 15
STARTS_WITHIN_SECONDS = 60
ACCOUNTS = [
    ("collectif@  association@  citoyenne@", "applicants"),
    ("civil1@ … civil4@", "panel, civil society (civil1@ co-presides)"),
    ("etat1@ … etat4@", "panel, the State (etat1@ co-presides)"),
    ("suppleant-civil@  suppleant-etat@", "alternates"),
    ("instruction@  instruction2@", "case officers"),
    ("ordonnateur@", "authorising officer"),
    ("comptable@", "accounting officer"),
    ("audit@  admin@", "auditor, administrator"),
]
PASSWORD = "demo-fonds-2026"  # noqa: S105  published: accounts that exist only when FUND_DEMO is on


def _say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _with_parent() -> None:
    """In a child: be told to stop if this program dies without saying so (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 = PR_SET_PDEATHSIG


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def commands(port: int) -> dict[str, list[str]]:
    web = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--no-ws",
        "--host",
        HOST,
        "--port",
        str(port),
        # Four threads a worker hide waits for the database; a short queue answers 503 rather than let people wait for minutes.
        "--workers",
        "2",
        "--blocking-threads",
        "4",
        "--backpressure",
        "64",
        "--backlog",
        "1024",
        "--respawn-failed-workers",
        "--workers-kill-timeout",
        str(GRACE_SECONDS),
        "--no-access-log",
        "--log-level",
        "warning",
        "fund.wsgi:application",
    ]
    return {"web server": web, "worker": [sys.executable, "manage.py", "worker"]}


class Pair:
    """The two processes, started together and stopped together."""

    def __init__(self, port: int):
        self.port = port
        self.stopping = False
        self.children: dict[str, subprocess.Popen] = {}

    def start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        for name, command in commands(self.port).items():
            self.children[name] = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, preexec_fn=_with_parent, start_new_session=True
            )

    def _asked_to_stop(self, number, frame) -> None:
        self.stopping = True

    def fallen(self) -> str:
        return next((name for name, child in self.children.items() if child.poll() is not None), "")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/healthz", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def stop(self) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def watch(self, when_ready) -> int:
        """Until asked to stop (0) or one of the two falls (1)."""
        announced, deadline = False, time.monotonic() + STARTS_WITHIN_SECONDS
        while not self.stopping:
            if name := self.fallen():
                _say(f"The {name} stopped by itself (exit code {self.children[name].returncode}): stopping everything.")
                return 1
            if not announced:
                if self.answers():
                    announced = True
                    when_ready()
                elif time.monotonic() > deadline:
                    _say(f"The web server does not answer after {STARTS_WITHIN_SECONDS} s: stopping everything.")
                    return 1
            time.sleep(0.2)
        return 0


def _announce(address: str, demo: bool) -> None:
    _say(f"\nThe fund is at {address}  (Ctrl-C stops it)")
    if demo:
        _say(f"\nDemo accounts, all at demo.example, password {PASSWORD}\n")
        for emails, role in ACCOUNTS:
            _say(f"    {emails:<40} {role}")
        _say(f"\nMails: {address}/demo/courrier/\n")
    else:
        _say("The demo is off. Name the first three people with: .venv/bin/python manage.py bootstrap_fund --help")


def main() -> int:
    sys.path.insert(0, str(ROOT))
    from fund.environment import read_environment

    settings = read_environment()
    port = settings["PORT"]
    if not _free(port):
        _say(f"Port {port} is already in use (is the fund running?). Another one: PORT={port + 1} make run")
        return 1
    os.environ["PORT"] = str(port)
    stored = {line.split("=", 1)[0] for line in _stored_lines(settings["DATA_DIR"])}
    if "PUBLIC_BASE_URL" not in os.environ and "PUBLIC_BASE_URL" not in stored:
        os.environ["PUBLIC_BASE_URL"] = f"http://{HOST}:{port}"
    if code := subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "prepare.py")], cwd=ROOT, stdin=subprocess.DEVNULL
    ).returncode:
        return code
    pair = Pair(port)
    try:
        pair.start()
        return pair.watch(lambda: _announce(os.environ["PUBLIC_BASE_URL"].rstrip("/"), settings["FUND_DEMO"]))
    finally:
        pair.stop()
        _say("Stopped.")


def _stored_lines(data_dir: Path) -> list[str]:
    path = data_dir / "env"
    return path.read_text().splitlines() if path.exists() else []


if __name__ == "__main__":
    raise SystemExit(main())
