"""What the database itself keeps from changing, by triggers on both engines: tables that only grow, and columns that are written once.

A table that only grows refuses UPDATE, DELETE and TRUNCATE. A table with frozen columns refuses an UPDATE that changes one of them, DELETE and TRUNCATE;
some columns are frozen from the start, others only once a column that tells (a hash, a date, a document) is filled.
Triggers are (re)created after every migrate, because a later SQLite migration that rebuilds a table silently drops them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from django.apps import apps
from django.db import connections, transaction

APPEND_ONLY: list[str] = ["core.Event"]
FROZEN: dict[str, tuple[str, ...]] = {}
"""By model, the fields that never change once the row is written."""
FROZEN_ONCE: dict[str, dict[str, tuple[str, ...]]] = {}
"""By model, the fields that no longer change once the one that tells is filled."""
EMPTY = "('', '0', 'false')"


class Kept(NamedTuple):
    """The columns of a table that do not change: from the start, and once another one is filled. None of either: the table only grows."""

    always: tuple[str, ...] = ()
    once: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def columns(self) -> set[str]:
        """Every column that the triggers look at."""
        return {*self.always, *(name for tells, names in self.once for name in (tells, *names))}


def append_only(model):
    """Class decorator: the model's table only grows."""
    if model._meta.label not in APPEND_ONLY:
        APPEND_ONLY.append(model._meta.label)
    return model


def frozen(*fields: str, once: dict[str, tuple[str, ...]] | None = None):
    """Class decorator: these fields are written once, and no row goes. `once` {field that tells: fields} freezes fields when the first is no longer empty."""

    def keep(model):
        FROZEN[model._meta.label] = fields
        FROZEN_ONCE[model._meta.label] = once or {}
        return model

    return keep


def _wanted() -> dict[str, Kept]:
    """Each guarded table with what is frozen of it."""
    found = {apps.get_model(label)._meta.db_table: Kept() for label in APPEND_ONLY}
    for label, fields in FROZEN.items():
        meta = apps.get_model(label)._meta

        def columns(names, meta=meta) -> tuple[str, ...]:
            return tuple(str(meta.get_field(name).column) for name in names)

        once = tuple((columns([tells])[0], columns(names)) for tells, names in FROZEN_ONCE[label].items())
        found[meta.db_table] = Kept(columns(fields), once)
    return found


def _changed(kept: Kept, differs: str) -> str:
    def any_of(columns) -> str:
        return " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in columns)

    parts = [any_of(kept.always)] if kept.always else []
    parts += [f'(CAST(OLD."{tells}" AS TEXT) NOT IN {EMPTY} AND ({any_of(names)}))' for tells, names in kept.once]
    return " OR ".join(parts)


def _sqlite(table: str, kept: Kept) -> dict[str, str]:
    """Name and text of each trigger of a table."""
    only = f"WHEN {_changed(kept, 'IS NOT')} " if kept.columns else ""
    said = f"{table} has columns written once" if kept.columns else f"{table} is append-only"
    return {
        f"{table}_no_{act.lower()}": f'CREATE TRIGGER "{table}_no_{act.lower()}" BEFORE {act} ON "{table}" '
        f"{only if act == 'UPDATE' else ''}BEGIN SELECT RAISE(ABORT, '{said}'); END"
        for act in ("UPDATE", "DELETE")
    }


def _postgresql(table: str, kept: Kept) -> dict[str, str]:
    only = f"WHEN ({_changed(kept, 'IS DISTINCT FROM')}) " if kept.columns else ""
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
    return {table: make(table, kept) for table, kept in _wanted().items() if table in tables}


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
        for table, kept in _wanted().items()
        if not (make(table, kept).keys() <= found.get(table, {}).keys())
        or _looked_at(found[table].values()) != kept.columns
    ]


def _looked_at(triggers) -> set[str]:
    """The columns whose change the triggers refuse, as the database tells them; none when every change is refused."""
    return {name for text in triggers for name in re.findall(r"\bold\.\"?(\w+)", text, re.IGNORECASE)}
