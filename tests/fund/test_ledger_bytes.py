"""Every byte of the public file, of its checkpoint and of every stored row: changed, it is found. Nothing is drawn at random here, everything is tried."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, models, transaction

from fund.ledger import checkpoint, export, post
from fund.ledger import verify as verifying
from fund.models import Checkpoint, Entry, Envelope, GrantAccount, LedgerHead, Posting, Seal, TreeNode, Unsealed
from tests.factories import ledger as books
from tests.factories.core import no_guard
from tests.outsider import outsider

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
UNREADABLE = (outsider.Fault, LookupError, ValueError, TypeError, AttributeError)


@pytest.fixture
def row():
    """A grant paid, one that nobody knows yet, a reversal, a kept subtree of sixteen entries, two checkpoints."""
    row = books.envelope(20_000_000)
    books.paid_grant(row, 1_000_000)
    checkpoint(books.AT)
    books.reserved_grant(row, 300_000, reference="FP-2026-7Q0M3XKD", basis="D-2026-SECRET01", sealed=False)
    for number in range(12):
        with transaction.atomic():
            entry = post("open", at=books.AT, envelope=row, amount=number + 1, basis=f"E-2026-1/{number + 2}")
    with transaction.atomic():
        post("reversal", at=books.AT, reverses=entry, basis="E-2026-1/99")
    checkpoint(books.AT + timedelta(days=3))
    return row


# ---- the published file ----


def mutations(data: bytes):
    """Each byte with each of its bits turned, left out, and said twice. Space around a line is layout, not ledger."""
    for place in range(len(data)):
        for bit in range(8):
            yield place, data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
        yield place, data[:place] + data[place + 1 :]
        yield place, data[:place] + data[place : place + 1] + data[place:]


def lines_of(data: bytes) -> list[str]:
    return data.decode("ascii").splitlines(keepends=True)


def test_every_bit_of_a_published_ledger_counts(row):
    lines = list(export.jsonl_lines(last=7))
    point = json.loads(export.checkpoint_text(Checkpoint.objects.first()))
    data = "".join(lines).encode()
    assert outsider.check(lambda: iter(lines), [dict(point)])[0] == 7
    tried = 0
    for place, changed in mutations(data):
        try:
            if [line.strip() for line in lines_of(changed)] == [line.strip() for line in lines]:
                continue
            outsider.check(lambda changed=changed: iter(lines_of(changed)), [dict(point)])
        except UNREADABLE:
            tried += 1
            continue
        pytest.fail(f"byte {place} was changed and nothing was said: {changed[max(0, place - 30) : place + 30]}")
    assert tried > 9 * len(data)


def test_every_bit_of_a_checkpoint_counts(row):
    lines, text = list(export.jsonl_lines()), export.checkpoint_text(Checkpoint.objects.last()).strip()
    for place, changed in mutations(text.encode()):
        try:
            point = json.loads(changed.decode("ascii"))
            if point == json.loads(text):
                continue
            outsider.check(lambda: iter(lines), [point])
        except UNREADABLE:
            continue
        pytest.fail(
            f"byte {place} of the checkpoint was changed and nothing was said: {changed[place - 30 : place + 30]}"
        )


# ---- the stored rows ----

FREE_TEXT = {("Entry", "at"), ("Entry", "basis")}
"""What nothing chains yet while an entry waits for its notification; its money is chained by the sums."""
BARE = {Envelope: ("opened_amount", *(f"{name}_amount" for name in verifying.STANDING))} | {
    GrantAccount: ("envelope", *(f"{name}_amount" for name in verifying.OF_GRANT)),
}


def other_values(field, value):
    """Values this column could hold instead."""
    if field.null:
        yield None if value is not None else 1 if field.is_relation else "X"
    if value is None:
        return
    if field.choices:
        yield from (choice for choice, _label in field.choices if choice != value)
    elif field.is_relation or isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, datetime):
        yield from (value + timedelta(seconds=1), value - timedelta(days=1))
    elif isinstance(value, date):
        yield value + timedelta(days=1)
    elif isinstance(value, str):
        for place in (0, len(value) // 2, len(value) - 1):
            yield value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]
    elif isinstance(value, list):
        yield from (value[:-1], [*value, "0" * 64], value[::-1] if value != value[::-1] else [])


def found(change) -> bool:
    """Whether the database refuses the change, or the check finds it; undone afterwards."""
    try:
        with transaction.atomic():
            change()
            try:
                verifying.verify()
            except verifying.Fault:
                return True
            finally:
                transaction.set_rollback(True)
    except DatabaseError:
        return True
    return False


def changes():
    for model in (Entry, Posting, Seal, TreeNode, LedgerHead, Checkpoint, Unsealed, *BARE):
        for one in model.objects.order_by("pk"):
            waits = isinstance(one, Entry) and Unsealed.objects.filter(entry=one).exists()
            for field in model._meta.concrete_fields:
                if field.name == "id" or model in BARE and field.name not in BARE[model]:
                    continue
                if waits and (model.__name__, field.name) in FREE_TEXT:
                    continue
                for value in other_values(field, getattr(one, field.attname)):
                    yield one, field, value


def test_every_column_of_every_row_counts(row, monkeypatch):
    """By hands that took the triggers away first; those who leave them away are found too (test_ledger_verify)."""
    tried, silent = 0, []
    with no_guard():
        monkeypatch.setattr(verifying.append_only, "missing", list)
        for one, field, value in changes():
            rows = type(one).objects.filter(pk=one.pk)
            tried += 1
            if not found(lambda rows=rows, field=field, value=value: rows.update(**{field.attname: value})):
                silent.append(f"{type(one).__name__} {one.pk}: {field.name} = {value!r}")
        for model in (Entry, Posting, Seal, TreeNode, LedgerHead, Unsealed, GrantAccount):
            for one in model.objects.order_by("pk"):
                tried += 1
                if not found(lambda one=one: models.QuerySet(type(one)).filter(pk=one.pk)._raw_delete("default")):
                    silent.append(f"{type(one).__name__} {one.pk} deleted")
        monkeypatch.undo()
    assert not silent and tried > 400, "\n".join(silent)
