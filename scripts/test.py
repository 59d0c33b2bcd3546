"""`make test` and `make test-fast`: every test on SQLite, then on PostgreSQL when there is one (markers of pyproject.toml say which run once)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time

import ground
import postgres
from check import KEYS


def _environment(url: str | None) -> dict[str, str]:
    environment = ground.clean_environment()
    environment.pop("DATABASE_URL", None)
    if url:
        environment["DATABASE_URL"] = url
    return environment


def _migrate(url: str) -> None:
    """Take the database of the tests through every migration once; each of their processes then copies it (TEST_TEMPLATE)."""
    with tempfile.TemporaryDirectory(prefix="fund-migrated-") as folder:
        environment = {**_environment(url), **KEYS, "DATA_DIR": folder}
        subprocess.run(
            [ground.PYTHON, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"],
            cwd=ground.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=True,
        )
    os.environ["TEST_TEMPLATE"] = url.rsplit("/", 1)[1]


def _pytest(title: str, arguments: list[str], url: str | None) -> tuple[int, str]:
    """Run pytest, show its lines as they come; returns its exit code and its closing line."""
    ground.say(f"\n== Tests on {title}")
    started, closing = time.monotonic(), ""
    command = [str(ground.PYTHON), "-m", "pytest", "-q", *arguments]
    with subprocess.Popen(
        command,
        cwd=ground.ROOT,
        env=_environment(url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        for line in run.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if re.search(r"\d+ (passed|failed|error)", line):
                closing = line.strip().strip("= ")
    return (
        run.returncode,
        f"{title}: {closing or 'no closing line'} [{time.monotonic() - started:.0f} s, exit code {run.returncode}]",
    )


def main() -> int:
    fast = "--fast" in sys.argv
    extra = [argument for argument in sys.argv[1:] if argument != "--fast"] + os.environ.get("ARGS", "").split()
    ground.system_packages(ground.TEST_PACKAGES)
    ground.virtual_environment(development=True)
    arguments = ["-n", "3", "--dist", "worksteal", *extra]  # browsers and databases wait as much as they work
    if fast:
        results = [_pytest("SQLite", [*arguments, "-m", "not slow"], None)]
    else:
        with postgres.database() as url:
            once = ["--nomigrations", "-m", "not strict_engine"] if url else []
            results = [_pytest("SQLite", [*arguments, *once], None)]
            if url:
                if url != os.environ.get("DATABASE_URL"):  # the tests' own: one that was given is left as it is
                    _migrate(url)
                results.append(_pytest("PostgreSQL", [*arguments, "-m", "not screens and not one_engine"], url))
            else:
                ground.say(
                    "\nNo PostgreSQL answers here and none is installed: tested on SQLite only (sudo apt-get install -y postgresql)."
                )
    ground.say("\n" + "\n".join(line for _code, line in results))
    return max(code for code, _line in results)


if __name__ == "__main__":
    raise SystemExit(main())
