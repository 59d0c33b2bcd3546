"""`make check`: everything that can be judged without running the tests. Every step runs; the closing table says which failed."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import ground

FORBIDDEN_PACKAGES = {
    "django-fsm",
    "django-fsm-admin",
}  # the first shares its folder with django-fsm-2 and the second brings it along
KEYS = {
    "SECRET_KEY": "check-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "FIELD_KEYS": "ZmllbGQta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE=",
    "LEDGER_KEY": "11" * 32,
    "PUBLIC_BASE_URL": "https://fonds.example",
    "ALLOWED_HOSTS": "fonds.example",
    "FUND_DEMO": "0",
    "DEBUG": "0",
    "LOG_FORMAT": "text",
}


def _environment(data_dir: str) -> dict[str, str]:
    environment = ground.clean_environment()
    for name in ("DATABASE_URL", "RATE_LIMIT_SCALE", "CACHE_URL", "EMAIL_URL", "STORAGE_URL", "MEDIA_ROOT"):
        environment.pop(name, None)
    return {**environment, **KEYS, "DATA_DIR": data_dir}


def lock_faults() -> list[str]:
    """The lock names no host, hashes every package, and holds no package that breaks another."""
    faults = []
    for path in sorted(ground.ROOT.glob("requirements*.txt")):
        text = path.read_text()
        if found := re.search(r"https?://|--index-url|--extra-index-url|--find-links|@ ", text):
            faults.append(f"{path.name} names a host or an index: {found.group()}")
        blocks = re.findall(r"^([A-Za-z0-9._-]+)==\S+((?:[^\n]*\\\n)?(?:\s+--hash=\S+[^\n]*\n?)*)", text, re.MULTILINE)
        faults += [f"{path.name}: {name} has no hash" for name, rest in blocks if "--hash=" not in rest]
        faults += [
            f"{path.name} holds {name}"
            for name, _rest in blocks
            if name.lower().replace("_", "-") in FORBIDDEN_PACKAGES
        ]
        if len(blocks) < 30:
            faults.append(f"{path.name} is not a whole lock")
    return faults


def steps() -> list[tuple[str, list[str]]]:
    binaries, manage = ground.VENV / "bin", [str(ground.PYTHON), "-W", "ignore", "manage.py"]
    return [
        ("lint", [str(binaries / "ruff"), "check", "."]),
        ("format", [str(binaries / "ruff"), "format", "--check", "."]),
        ("types", [str(binaries / "mypy"), "--no-error-summary"]),
        ("import rules", [str(binaries / "lint-imports"), "--no-logo"]),
        ("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        ("translations", [*manage, "catalogue", "--check"]),
        ("workflow documents", [*manage, "workflows", "--check"]),
        ("who does what", [*manage, "who_does_what", "--check"]),
        ("access table", [*manage, "authz", "--check"]),
        ("API description", [*manage, "spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null"]),
        ("production settings", [*manage, "check", "--deploy", "--fail-level", "WARNING"]),
    ]


def _judged(name: str, command: list[str], folder: str) -> tuple[str, bool, float]:
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ground.ROOT,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        ground.say(f"\n== {name}\n{done.stdout.rstrip()}")
    return name, done.returncode == 0, time.monotonic() - started


def main() -> int:
    ground.system_packages(ground.TEST_PACKAGES)
    ground.virtual_environment(development=True)
    with tempfile.TemporaryDirectory(prefix="fund-check-") as folder:
        faults = lock_faults()
        sys.stdout.write("".join(f"{fault}\n" for fault in faults))
        with ThreadPoolExecutor(max_workers=2) as side_by_side:  # the types alone take as long as all the others
            judged = [side_by_side.submit(_judged, *step, folder) for step in steps()]
        results = [("package lock", not faults, 0.0), *(one.result() for one in judged)]
    ground.say(
        "\n"
        + "\n".join(
            f"{'ok    ' if passed else 'FAILED'}  {name:<22} {seconds:5.1f} s" for name, passed, seconds in results
        )
    )
    return 0 if all(passed for _name, passed, _seconds in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
