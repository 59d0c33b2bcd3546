"""One archive of an installation: the database as of one instant (SQLite `VACUUM INTO`, PostgreSQL `pg_dump`), then the files it names.

Files are only ever added, so those copied after the database hold at least what it names. `manifest.json` carries every SHA-256; `read`
checks them all before it replaces anything. The keys (FIELD_KEYS, LEDGER_KEY, SECRET_KEY) are not in it: without them its secrets stay
secret.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

FORMAT = "civic-fund-backup/1"
_statements: dict[str, Callable[[], Any]] = {}


class BackupError(Exception):
    """The backup could not be made or put back; the text says what to do."""


def state(name: str, function: Callable[[], Any]) -> None:
    """A room says something of its own in every backup and export, under `name`: plain JSON values, true of everything written after."""
    _statements[name] = function


def statements() -> dict[str, Any]:
    """What the rooms say, read before the rows are copied."""
    return {name: function() for name, function in _statements.items()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(out: str | os.PathLike) -> dict:
    """Make the archive at `out` (a new file, complete or absent). Returns the manifest. Raises BackupError."""
    target = Path(out)
    if target.exists():
        raise BackupError(f"{target} exists already; give another name.")
    if settings.STORAGE_URL:
        raise BackupError(
            "Documents are in object storage: back the bucket up with its own tool, and the database with pg_dump."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        dump = Path(folder) / "database"
        said = statements()
        _dump(dump)
        files: dict[str, str] = {}
        manifest = {
            "format": FORMAT,
            "at": timezone.now().isoformat(timespec="seconds"),
            "files": files,
            "database": {"engine": connection.vendor, "sha256": _sha256(dump), "bytes": dump.stat().st_size},
            **said,
        }
        packed = Path(folder) / "archive.tar.gz"
        with tarfile.open(packed, "w:gz", compresslevel=6) as archive:
            archive.add(dump, "database")
            for path in _media():
                name = path.relative_to(settings.MEDIA_ROOT).as_posix()
                files[name] = _sha256(path)
                archive.add(path, f"media/{name}", recursive=False)
            content = json.dumps(manifest, indent=1).encode()
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        with packed.open("rb") as file:
            os.fsync(file.fileno())
        os.chmod(packed, 0o600)
        packed.replace(target)
    return manifest


def _media():
    root = Path(settings.MEDIA_ROOT)
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()) if root.exists() else []


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(target)])
        return
    _postgres(["pg_dump", "--format=custom", "--no-owner", "--file", str(target)])


def _postgres(command: list[str]) -> None:
    if not shutil.which(command[0]):
        raise BackupError(f"{command[0]} is not installed. Run: sudo apt-get install -y postgresql-client")
    config = connection.settings_dict
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
    environment = os.environ | {variable: str(config[key]) for key, variable in names.items() if config.get(key)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)  # noqa: S603  a fixed command
    if done.returncode:
        raise BackupError(f"{command[0]}: {done.stderr.strip()[-500:]}")


def read(source: str | os.PathLike, *, force: bool = False) -> dict:
    """Check the archive whole, then replace database and files by it. Returns the manifest. Raises BackupError (and then nothing was
    changed).
    """
    if not Path(source).is_file():
        raise BackupError(f"{source} is not there.")
    if settings.STORAGE_URL:
        raise BackupError(
            "Documents are in object storage: restore the bucket with its own tool, and the database with pg_restore."
        )
    if not force and _has_events():
        raise BackupError(
            "The database here is in use (it holds events). Stop the fund and repeat with --force to replace it."
        )
    data = Path(settings.DATA_DIR)
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as folder:
        unpacked = Path(folder)
        try:
            with tarfile.open(source, "r:gz") as archive:
                archive.extractall(unpacked, filter="data")
            manifest = json.loads((unpacked / "manifest.json").read_text())
        except (tarfile.TarError, OSError, ValueError, EOFError) as error:
            raise BackupError(f"{source} cannot be read: {error}") from error
        _check(manifest, unpacked)
        _load(unpacked / "database", manifest)
        _put_media(unpacked / "media")
    call_command("migrate", interactive=False, verbosity=0)
    return manifest


def _has_events() -> bool:
    from core.models import Event

    return "core_event" in connection.introspection.table_names() and Event.objects.exists()


def _check(manifest: dict, unpacked: Path) -> None:
    if manifest.get("format") != FORMAT:
        raise BackupError("This is not a backup of the fund.")
    if manifest["database"]["engine"] != connection.vendor:
        raise BackupError(
            f"This backup is of {manifest['database']['engine']}, the database here is {connection.vendor}: set DATABASE_URL accordingly."
        )
    wanted = {
        "database": manifest["database"]["sha256"],
        **{f"media/{name}": digest for name, digest in manifest["files"].items()},
    }
    for name, digest in wanted.items():
        path = unpacked / name
        if not path.is_file() or _sha256(path) != digest:
            raise BackupError(f"{name} is missing or damaged in the archive: nothing was changed.")


def _load(dump: Path, manifest: dict) -> None:
    if connection.vendor == "postgresql":
        connections.close_all()
        _postgres(
            [
                "pg_restore",
                "--clean",
                "--if-exists",
                "--no-owner",
                "--single-transaction",
                "--dbname",
                str(connection.settings_dict["NAME"]),
                str(dump),
            ]
        )
        return
    path = Path(connection.settings_dict["NAME"])
    with sqlite3.connect(dump) as copy:
        if (found := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise BackupError(f"The database in the archive is damaged: {found}. Nothing was changed.")
    copy.close()
    connections.close_all()
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.move(dump, path)


def _put_media(folder: Path) -> None:
    root = Path(settings.MEDIA_ROOT)
    if root.exists():
        shutil.move(root, root.with_name(f"{root.name}-before-{timezone.now():%Y%m%d%H%M%S}"))
    if folder.exists():
        shutil.move(folder, root)
    else:
        root.mkdir(parents=True)
