"""A CSV of the bank: kept until a person confirms what its columns hold, then taken in by the same verb as every statement."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.files import clean_name
from core.transitions import Refusal, check_text
from payments import bank_csv, camt
from payments.models import BankStatement, BankTable
from payments.rules.people import accounting_officer
from payments.transitions import statement as statements

KEPT = timedelta(days=30)
"""A file that nobody confirms is forgotten then."""


EXPECTED = gettext_noop(
    "Nothing was imported. A CSV needs a row of headers, columns separated by semicolons, commas, tabs or vertical bars, one of them for the day "
    "(such as “Date”) and one for the amount (“Montant”), or one for debits and one for credits."
)


def _allowed(actor, at) -> None:
    if not accounting_officer(actor, None, at):
        raise Refusal("not_permitted", _("Only an accounting officer imports a statement."))


def keep(*, content: bytes, name: str, actor, at) -> BankTable:
    """Keep a CSV with the mapping last confirmed for these headers, or the one they suggest. The same file twice is the same row. Raises Refusal."""
    _allowed(actor, at)
    try:
        found = bank_csv.sheet(content)
    except camt.Unreadable as error:
        raise statements.unreadable(error, _(EXPECTED)) from error
    digest = hashlib.sha256(content).hexdigest()
    if BankStatement.objects.filter(sha256=digest).exists():
        raise Refusal(
            "statement_already_imported",
            _("This statement was already imported."),
            remedy=_("Nothing has changed."),
            article="art. 22",
            field="file",
            status=409,
        )
    known = BankTable.objects.filter(headers=found.fingerprint, confirmed_at__isnull=False).first()
    with transaction.atomic():
        row, _created = BankTable.objects.get_or_create(
            sha256=digest,
            defaults={
                "name": clean_name(name),
                "content": content,
                "headers": found.fingerprint,
                "mapping": known.mapping if known else bank_csv.guess(found).as_json(),
                "uploaded_by": actor,
                "uploaded_at": at,
            },
        )
    return row


def remap(*, bank_table: BankTable, mapping: dict, actor, at) -> BankTable:
    """Say otherwise what the columns hold; nothing is taken in yet."""
    _allowed(actor, at)
    check_text(mapping)
    with transaction.atomic():
        row = _waiting(bank_table)
        row.mapping = mapping
        row.save(update_fields=["mapping"])
    return row


def confirm(*, bank_table: BankTable, mapping: dict, actor, at) -> BankStatement:
    """The accounting officer has looked: the lines go through `import_statement`; the bytes are let go, the mapping stays. Raises Refusal."""
    _allowed(actor, at)
    check_text(mapping)
    with transaction.atomic():
        row = _waiting(bank_table)
        found = statements.import_statement(
            bank_statement=None, actor=actor, at=at, content=bytes(row.content), name=row.name, mapping=mapping
        )
        row.mapping, row.content = mapping, b""
        row.statement, row.confirmed_by, row.confirmed_at = found, actor, at
        row.save()
    return found


def discard(*, bank_table: BankTable, actor, at) -> None:
    """Forget a file whose columns nobody confirmed."""
    _allowed(actor, at)
    with transaction.atomic():
        _waiting(bank_table).delete()


def forget_old(at) -> int:
    """The clock's part: files that waited too long."""
    return BankTable.objects.filter(statement__isnull=True, uploaded_at__lt=at - KEPT).delete()[0]


def _waiting(bank_table: BankTable) -> BankTable:
    row = BankTable.objects.select_for_update(of=("self",)).filter(pk=bank_table.pk, statement__isnull=True).first()
    if row is None:
        raise Refusal(
            "statement_already_imported",
            _("This statement was already imported."),
            remedy=_("Nothing has changed."),
            status=409,
        )
    return row
