"""What the databases do for the index: note what may have changed, and find words. Made again after every migrate, as a later one may drop it."""

from __future__ import annotations

from django.db import connections, transaction

PUBLIC = "('selected', 'renounced', 'lapsed')"
OF_FILE = ("INSERT", "UPDATE", "DELETE")
_ORGANISATION = (
    "INSERT INTO registry_pending (kind, source_id) "  # noqa: S608  constants of this module
    f"SELECT 'own', id FROM applications_application WHERE bearer_organisation_id = {{row}}.id AND state IN {PUBLIC} "
    "UNION SELECT 'own', p.application_id FROM applications_partnership p JOIN applications_application a ON a.id = p.application_id "
    f"WHERE p.organisation_id = {{row}}.id AND a.state IN {PUBLIC}"
)  # noqa: S608  constants of this module

_ENTRY = (
    "INSERT INTO registry_pending (kind, source_id) "  # noqa: S608  constants of this module
    "SELECT 'own', a.id FROM fund_entry e JOIN applications_application a ON a.reference = e.\"grant\" "
    f"WHERE e.id = {{row}}.entry_id AND a.state IN {PUBLIC}"
)
_REPORT = (
    "INSERT INTO registry_pending (kind, source_id) "
    "SELECT 'own', application_id FROM payments_agreement WHERE id = {row}.agreement_id"
)


def _note(kind: str, column: str) -> str:
    return f"INSERT INTO registry_pending (kind, source_id) VALUES ('{kind}', {{row}}.{column})"  # noqa: S608  constants of this module


SOURCES: dict[str, tuple[tuple[str, ...], str, str]] = {
    # table: (acts, what is noted, when)
    "applications_application": (OF_FILE, _note("own", "id"), f"{{row}}.state IN {PUBLIC}"),
    "applications_partnership": (OF_FILE, _note("own", "application_id"), ""),
    "applications_nameconsent": (OF_FILE, _note("own", "application_id"), ""),
    "reviews_decision": (OF_FILE, _note("own", "application_id"), ""),
    "payments_agreement": (OF_FILE, _note("own", "application_id"), ""),
    "payments_report": (OF_FILE, _REPORT, "{row}.state = 'accepted'"),
    "fund_seal": (("INSERT",), _ENTRY, ""),
    "registry_publicpage": (OF_FILE, _note("own", "application_id"), ""),
    "registry_pastgrant": (OF_FILE, _note("past", "id"), ""),
    "fund_organisation": (("UPDATE",), _ORGANISATION, ""),
}
"""Tables whose rows make a published grant what the index says of it."""


def install(using: str = "default", **kwargs) -> None:
    """Triggers and word index (idempotent). Nothing when the tables are not there yet."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    if "registry_pending" not in tables or not tables >= SOURCES.keys():
        return
    make = _postgresql if connection.vendor == "postgresql" else _sqlite
    with transaction.atomic(using), connection.cursor() as cursor:
        for text in make():
            cursor.execute(text)


def _sqlite() -> list[str]:
    made = []
    for table, (acts, note, when) in SOURCES.items():
        for act in acts:
            rows = {"INSERT": ["NEW"], "DELETE": ["OLD"], "UPDATE": ["NEW", "OLD"]}[act]
            name = f"registry_of_{table}_{act.lower()}"
            only = f"WHEN {' OR '.join(when.format(row=row) for row in rows)} " if when else ""
            made += [
                f'DROP TRIGGER IF EXISTS "{name}"',
                f'CREATE TRIGGER "{name}" AFTER {act} ON "{table}" {only}BEGIN {note.format(row=rows[0])}; END',
            ]
    words = "registry_publishedtext"
    made += [
        "CREATE VIRTUAL TABLE IF NOT EXISTS registry_words USING fts5(words, content='registry_publishedtext', "
        "content_rowid='row_id', tokenize='ascii', prefix='3 4 5', detail='none')"
    ]
    gone = "INSERT INTO registry_words (registry_words, rowid, words) VALUES ('delete', OLD.row_id, OLD.words)"
    come = "INSERT INTO registry_words (rowid, words) VALUES (NEW.row_id, NEW.words)"
    for act, body in (("INSERT", come), ("DELETE", gone), ("UPDATE", f"{gone}; {come}")):
        name = f"registry_words_{act.lower()}"
        made += [
            f'DROP TRIGGER IF EXISTS "{name}"',
            f'CREATE TRIGGER "{name}" AFTER {act} ON "{words}" BEGIN {body}; END',
        ]
    return made


def _postgresql() -> list[str]:
    made = []
    for table, (acts, note, when) in SOURCES.items():
        name = f"registry_of_{table}"
        tests = {row: when.format(row=row) for row in ("OLD", "NEW", "one")} if when else {}
        update = (
            f"IF {tests['OLD']} OR {tests['NEW']} THEN {note.format(row='NEW')}; END IF;"
            if when
            else f"{note.format(row='NEW')};"
        )
        one = f"IF {tests['one']} THEN {note.format(row='one')}; END IF;" if when else f"{note.format(row='one')};"
        made += [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE one record; BEGIN "
            f"IF TG_OP = 'UPDATE' THEN {update} RETURN NULL; END IF; "
            f"IF TG_OP = 'DELETE' THEN one := OLD; ELSE one := NEW; END IF; {one} RETURN NULL; END $$",
            f'DROP TRIGGER IF EXISTS {name} ON "{table}"',
            f'CREATE TRIGGER {name} AFTER {" OR ".join(acts)} ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()',
        ]
    made.append(
        "CREATE INDEX IF NOT EXISTS registry_words ON registry_publishedtext USING gin (array_to_tsvector(string_to_array(words, ' ')))"
    )
    return made
