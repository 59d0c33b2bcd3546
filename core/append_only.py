"""What the database itself keeps from changing, by triggers on both engines: tables that only grow, and columns that are written once.

A table that only grows refuses UPDATE, DELETE and TRUNCATE. A table with frozen columns refuses an UPDATE that changes one of them, DELETE and TRUNCATE.
Triggers are (re)created after every migrate, because a later SQLite migration that rebuilds a table silently drops them.
"""

from __future__ import annotations

import re

from django.apps import apps
from django.db import connections, transaction

APPEND_ONLY: list[str] = ["core.Event"]
FROZEN: dict[str, tuple[str, ...]] = {}
"""By model, the fields that never change once the row is written."""


def append_only(model):
    """Class decorator: the model's table only grows."""
    if model._meta.label not in APPEND_ONLY:
        APPEND_ONLY.append(model._meta.label)
    return model


def frozen(*fields: str):
    """Class decorator: these fields are written once, and no row goes."""

    def keep(model):
        FROZEN[model._meta.label] = fields
        return model

    return keep


def _wanted() -> dict[str, tuple[str, ...]]:
    """Each guarded table with its frozen columns; none when the whole table only grows."""
    found: dict[str, tuple[str, ...]] = {apps.get_model(label)._meta.db_table: () for label in APPEND_ONLY}
    for label, fields in FROZEN.items():
        meta = apps.get_model(label)._meta
        found[meta.db_table] = tuple(str(meta.get_field(name).column) for name in fields)
    return found


def _changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in columns)


def _sqlite(table: str, columns: tuple[str, ...]) -> dict[str, str]:
    """Name and text of each trigger of a table."""
    only = f"WHEN {_changed(columns, 'IS NOT')} " if columns else ""
    said = f"{table} has columns written once" if columns else f"{table} is append-only"
    return {
        f"{table}_no_{act.lower()}": f'CREATE TRIGGER "{table}_no_{act.lower()}" BEFORE {act} ON "{table}" '
        f"{only if act == 'UPDATE' else ''}BEGIN SELECT RAISE(ABORT, '{said}'); END"
        for act in ("UPDATE", "DELETE")
    }


def _postgresql(table: str, columns: tuple[str, ...]) -> dict[str, str]:
    only = f"WHEN ({_changed(columns, 'IS DISTINCT FROM')}) " if columns else ""
    each = f'ON "{table}" FOR EACH ROW'
    refuse = "EXECUTE FUNCTION fund_append_only()"
    return {
        "append_only_update": f"CREATE TRIGGER append_only_update BEFORE UPDATE {each} {only}{refuse}",
        "append_only_delete": f"CREATE TRIGGER append_only_delete BEFORE DELETE {each} {refuse}",
        "append_only_all": f'CREATE TRIGGER append_only_all BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {refuse}',
    }


def _present(connection) -> dict[str, dict[str, str]]:
    """The triggers of every guarded table that exists, by name."""
    tables, make = set(connection.introspection.table_names()), _makers(connection)
    return {table: make(table, columns) for table, columns in _wanted().items() if table in tables}


def _makers(connection):
    return _postgresql if connection.vendor == "postgresql" else _sqlite


def _drop(connection, table: str, name: str) -> str:
    return f'DROP TRIGGER IF EXISTS "{name}"' + (f' ON "{table}"' if connection.vendor == "postgresql" else "")


def install(using="default", **kwargs) -> None:
    """Create the triggers of every table that exists, as this version of the program wants them (idempotent)."""
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        remove(using)
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION fund_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION '% is append-only, or this column of it is written once', TG_TABLE_NAME "
                "USING ERRCODE = 'restrict_violation'; END $$"
            )
        for triggers in _present(connection).values():
            for text in triggers.values():
                cursor.execute(text)


def remove(using="default") -> None:
    """Drop the triggers. Only tests flush tables; `install` runs again after the flush."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table, triggers in _present(connection).items():
            # `append_only_row` guarded both acts in earlier versions.
            for name in (*triggers, *(["append_only_row"] if connection.vendor == "postgresql" else [])):
                cursor.execute(_drop(connection, table, name))


def missing(using="default") -> list[str]:
    """Tables whose triggers are not in place, or look at other columns than they should: `doctor` and `verify_ledger` are content with none."""
    connection = connections[using]
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE t.tgname LIKE 'append_only_%%' AND t.tgenabled <> 'D'"
            )
        else:
            cursor.execute(
                "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%%_no_%%'"
            )
        for table, name, text in cursor.fetchall():
            found.setdefault(table, {})[name] = text
    make = _makers(connection)
    return [
        table
        for table, columns in _wanted().items()
        if not (make(table, columns).keys() <= found.get(table, {}).keys())
        or _looked_at(found[table].values()) != set(columns)
    ]


def _looked_at(triggers) -> set[str]:
    """The columns whose change the triggers refuse, as the database tells them; none when every change is refused."""
    return {name for text in triggers for name in re.findall(r"\bold\.\"?(\w+)", text, re.IGNORECASE)}
