"""Bring an instance up to date: catalogues, tables, static files, and demo data when the database is empty. Safe to run at every start."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fund.settings")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _static_stamp() -> str:
    """Hash of what `collectstatic` would copy: names, sizes and dates of every file."""
    from django.contrib.staticfiles import finders

    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            status = os.stat(storage.path(name))
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static() -> None:
    from django.conf import settings
    from django.core.management import call_command

    stamp = Path(settings.DATA_DIR) / "static.stamp"
    wanted = _static_stamp()
    if stamp.exists() and stamp.read_text() == wanted and Path(settings.STATIC_ROOT).exists():
        return
    _say("Collecting the static files…")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted)


def migrate() -> None:
    from django.core.management import call_command
    from django.db import DEFAULT_DB_ALIAS, connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        _say(f"Updating the database ({len(plan)} step{'s' if len(plan) > 1 else ''})…")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def seed() -> None:
    """Demo data, on an empty database only."""
    from django.conf import settings
    from django.core.management import call_command

    from core.models import User
    from core.models.user import SYSTEM_EMAIL

    if settings.FUND_DEMO and not User.objects.exclude(email=SYSTEM_EMAIL).exists():
        _say("Writing the demo fund (once)…")
        call_command("seed_demo")


def main() -> None:
    from fund.environment import read_environment

    data_dir = Path(read_environment()["DATA_DIR"])
    data_dir.mkdir(parents=True, exist_ok=True)
    with open(data_dir / "prepare.lock", "w") as lock:  # two starts at once: the second waits for the first
        fcntl.flock(lock, fcntl.LOCK_EX)
        from core.catalogues import compile_all

        compile_all(ROOT)
        import django

        django.setup()
        from django.conf import settings

        if settings.MEDIA_ROOT:
            Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
        migrate()
        collect_static()
        seed()


if __name__ == "__main__":
    main()
