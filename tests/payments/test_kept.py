"""What the database itself keeps of a payment: order, line and file are written once, whoever writes to the tables."""

import pytest
from django.db import DatabaseError, transaction

from core import append_only
from payments.models import BatchLine, PaymentBatch, PaymentOrder
from payments.transitions import batch
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def kept(row, **change):
    """The change is refused by the database, not by the program."""
    with pytest.raises(DatabaseError), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**change)


def gone(row):
    with pytest.raises(DatabaseError), transaction.atomic():
        type(row).objects.filter(pk=row.pk)._raw_delete("default")


def test_an_order_and_a_file_never_change_once_written(at, people):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    order = PaymentOrder.objects.get()
    for change in (
        {"amount": 1},
        {"end_to_end_id": "AUTRE"},
        {"holder": "Une autre association"},
        {"iban": make.fictional_iban(7)},
        {"bic": "AGRIFRPP"},
        {"document": None},
        {"ordered_by": people.payer},
    ):
        kept(order, **change)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    PaymentBatch.objects.filter(pk=lot.pk).update(schema="pain.001.001.03")  # an open batch is still being made
    lot = batch.freeze(
        payment_batch=PaymentBatch.objects.get(), actor=people.payer, at=at, controls=make.Control.values
    )
    for change in ({"schema": "pain.001.001.09"}, {"total_amount": 5}, {"message_id": "X"}, {"debtor_iban": "FR76"}):
        kept(lot, **change)
    lot = batch.export(payment_batch=PaymentBatch.objects.get(), actor=people.payer, at=at)
    for change in ({"content": "<Document/>"}, {"sha256": "0" * 64}, {"exported_by": people.orderer}):
        kept(lot, **change)
    line = BatchLine.objects.get()
    for change in ({"order": None}, {"position": 9}, {"in_file": False}, {"added_by": people.orderer}):
        kept(line, **change)
    for row in (order, lot, line):
        gone(row)
    assert append_only.missing() == []


def test_what_is_read_and_written_back_stays_as_it_was(at, people):
    """The cipher text of an unchanged account does not change, so that a row with frozen columns can still be saved."""
    make.paid(people, make.first_of(make.signed(people, at=at)), at=at)
    order, lot = PaymentOrder.objects.get(), PaymentBatch.objects.get()
    order.save()
    lot.save()
    assert lot.state == "settled" and PaymentBatch.objects.get().content == lot.content
    PaymentOrder.objects.filter(pk=order.pk).update(outcome="returned")  # how it ended may still change
