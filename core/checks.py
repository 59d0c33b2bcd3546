"""What `doctor` looks at. Higher apps add their own: `@register("ledger") def ledger(): …` in a module that their AppConfig imports.

A check returns a short detail in words, and raises (`Unwell`, or anything else) when something is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

CHECKS: dict[str, Callable[[], str]] = {}


class Unwell(Exception):
    """The check failed; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Result:
    check: str
    ok: bool
    detail: str


def register(name: str):
    def keep(function: Callable[[], str]):
        if name in CHECKS and CHECKS[name] is not function:
            raise TypeError(f"the check {name} is registered twice")
        CHECKS[name] = function
        return function

    return keep


def run(names: list[str] | None = None) -> list[Result]:
    """Every check, or those named, in the order they were registered. A check that raises is a failure, never a crash."""
    results = []
    for name, function in CHECKS.items():
        if names and name not in names:
            continue
        try:
            results.append(Result(name, True, str(function() or "")))
        except Exception as error:  # noqa: BLE001  whatever breaks a check is its finding
            results.append(
                Result(name, False, f"{error}" if isinstance(error, Unwell) else f"{type(error).__name__}: {error}")
            )
    return results


@register("database")
def _database() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA quick_check(1)")
            if (found := cursor.fetchone()[0]) != "ok":
                raise Unwell(f"SQLite says: {found}. Restore the last backup.")
            cursor.execute("SELECT sqlite_version()")
            return f"SQLite {cursor.fetchone()[0]}"
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


@register("migrations")
def _migrations() -> str:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise Unwell(f"{len(plan)} not applied, first {plan[0][0]}. Run: manage.py migrate")
    return f"{len(executor.loader.applied_migrations)} applied"


@register("append_only")
def _append_only() -> str:
    from core import append_only

    if missing := append_only.missing():
        raise Unwell(f"no guard on {', '.join(missing)}. Run: manage.py migrate")
    return f"{len(append_only.APPEND_ONLY) + len(append_only.FROZEN)} tables guarded"


@register("media")
def _media() -> str:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    name = default_storage.save("doctor/probe.txt", ContentFile(b"probe"))
    try:
        with default_storage.open(name) as file:
            if file.read() != b"probe":
                raise Unwell("what is written is not what is read back")
    finally:
        default_storage.delete(name)
    return "written, read and removed"


@register("keys")
def _keys() -> str:
    from cryptography.fernet import Fernet, MultiFernet
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from django.conf import settings

    box = MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
    if box.decrypt(box.encrypt(b"probe")) != b"probe":
        raise Unwell("FIELD_KEYS do not decrypt what they encrypt")
    Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.LEDGER_KEY))
    return f"{len(settings.FIELD_KEYS)} field key(s), ledger key readable"


@register("catalogues")
def _catalogues() -> str:
    from django.conf import settings

    from core.catalogues import not_compiled

    if late := not_compiled(settings.BASE_DIR):
        raise Unwell(f"not compiled: {', '.join(late)}. Run: manage.py catalogue --compile")
    return "compiled"


@register("pdf")
def _pdf() -> str:
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise Unwell(
            "WeasyPrint's libraries are missing. Run: sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 "
            f"libharfbuzz-subset0 fontconfig fonts-dejavu-core ({error})"
        ) from error
    return f"WeasyPrint {weasyprint.__version__}"
