"""Tables that only grow: UPDATE, DELETE and TRUNCATE are refused by triggers on both engines.

Triggers are (re)created after every migrate, because a later SQLite migration that rebuilds a table silently drops them.
"""

from __future__ import annotations

from django.apps import apps
from django.db import connections

APPEND_ONLY: list[str] = ["core.Event"]


def append_only(model):
    """Class decorator: the model's table only grows."""
    if model._meta.label not in APPEND_ONLY:
        APPEND_ONLY.append(model._meta.label)
    return model


def _tables() -> list[str]:
    return [apps.get_model(label)._meta.db_table for label in APPEND_ONLY]


def install(using="default", **kwargs) -> None:
    """Create the triggers of every table that exists (idempotent)."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION fund_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
            )
        for table in _tables():
            if table not in present:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(f'DROP TRIGGER IF EXISTS append_only_row ON "{table}"')
                cursor.execute(f'DROP TRIGGER IF EXISTS append_only_all ON "{table}"')
                cursor.execute(
                    f'CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION fund_append_only()'
                )
                cursor.execute(
                    f'CREATE TRIGGER append_only_all BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION fund_append_only()'
                )
            else:
                for act in ("UPDATE", "DELETE"):
                    cursor.execute(
                        f'CREATE TRIGGER IF NOT EXISTS "{table}_no_{act.lower()}" BEFORE {act} ON "{table}" '
                        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                    )


def remove(using="default") -> None:
    """Drop the triggers. Only tests flush tables; `install` runs again after the flush."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in _tables():
            if table not in present:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(f'DROP TRIGGER IF EXISTS append_only_row ON "{table}"')
                cursor.execute(f'DROP TRIGGER IF EXISTS append_only_all ON "{table}"')
            else:
                for act in ("update", "delete"):
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_no_{act}"')


def missing(using="default") -> list[str]:
    """Tables whose triggers are not in place; `doctor` and `verify_ledger` refuse to be content with any."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE 'append_only_%%' GROUP BY 1"
            )
        else:
            cursor.execute(
                "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%%_no_%%' GROUP BY 1"
            )
        found = dict(cursor.fetchall())
    return [table for table in _tables() if found.get(table, 0) < 2]
