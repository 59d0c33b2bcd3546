"""`make bench` and `make prove`: measure a throw-away instance. `python3 scripts/bench.py --help` names the sizes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile

import ground
import instance
import postgres


def main() -> int:
    ground.system_packages(ground.TEST_PACKAGES)
    python = ground.virtual_environment(development=True)
    arguments = [argument for argument in sys.argv[1:] if argument != "--postgres"]
    on_postgres = len(arguments) < len(sys.argv[1:])
    with (
        tempfile.TemporaryDirectory(prefix="fund-bench-") as folder,
        postgres.database() if on_postgres else contextlib.nullcontext("") as url,
    ):
        if on_postgres and not url:
            ground.stop("No PostgreSQL answers here and none is installed (sudo apt-get install -y postgresql).")
        os.environ["DATA_DIR"] = folder
        instance.ensure()
        own = {"DATA_DIR": folder, "ALLOWED_HOSTS": "127.0.0.1", "LOG_FORMAT": "text", "RATE_LIMIT_SCALE": "1000"}
        environment = {**ground.clean_environment(), **own, "DJANGO_SETTINGS_MODULE": "fund.settings"}
        environment.pop("DATABASE_URL", None)
        if url:
            environment["DATABASE_URL"] = url
        command = [str(python), "-W", "ignore", "-m", "bench", *arguments]
        return subprocess.run(command, cwd=ground.ROOT, env=environment, stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    raise SystemExit(main())
