"""Several people pressing at the same instant: one of them wins, the others are told why, and nothing is paid twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from core.transitions import Refusal
from payments.enums import Control
from payments.models import BankStatement, Instalment, PaymentBatch
from payments.transitions import batch, instalment
from tests.at_once import many_connections
from tests.factories import payments as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def race(call, n=4) -> list:
    """`call` in n threads at once: their results, refusals included."""

    def one(_number):
        try:
            return call()
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with many_connections(), ThreadPoolExecutor(n) as pool:
        return list(pool.map(one, range(n)))


def codes(results):
    return sorted(one for one in results if isinstance(one, str))


def test_a_batch_is_frozen_once():
    people = make.People()
    one = make.ordered(people, make.first_of(make.signed(people)))
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=make.timezone.now())
    results = race(
        lambda: batch.freeze(payment_batch=lot, actor=people.payer, at=make.timezone.now(), controls=Control.values)
    )
    assert codes(results) == ["not_allowed_in_state"] * 3
    assert (
        PaymentBatch.objects.get().state == "frozen"
        and Instalment.objects.get(pk=one.pk).state == "in_payment"
        and make.invariants() == []
    )


def test_a_file_is_exported_once_and_reads_the_same():
    people = make.People()
    one = make.ordered(people, make.first_of(make.signed(people)))
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=make.timezone.now())
    lot = batch.freeze(payment_batch=lot, actor=people.payer, at=make.timezone.now(), controls=Control.values)
    results = race(lambda: batch.export(payment_batch=lot, actor=people.payer, at=make.timezone.now()))
    assert len(codes(results)) == 3 and PaymentBatch.objects.get().sha256


def test_one_payment_goes_into_one_batch():
    people = make.People()
    one = make.ordered(people, make.first_of(make.signed(people)))
    results = race(lambda: batch.gather(batch=None, instalments=[one], actor=people.payer, at=make.timezone.now()))
    assert codes(results) == ["already_in_batch"] * 3 and PaymentBatch.objects.count() == 1


def test_a_payment_is_ordered_once():
    people = make.People()
    one = make.certified(people, make.first_of(make.signed(people)))
    results = race(lambda: instalment.order(instalment=one, actor=people.orderer, at=make.timezone.now()))
    assert len(codes(results)) == 3 and one.orders.count() == 1 and make.invariants() == []


def test_a_statement_is_imported_once():
    people = make.People()
    one = make.at_the_bank(people, make.first_of(make.signed(people)))
    content = make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)])
    results = race(lambda: make.import_bytes(people, content))
    assert codes(results) == ["statement_already_imported"] * 3 and BankStatement.objects.count() == 1
    assert Instalment.objects.get(pk=one.pk).state == "paid" and make.invariants() == []
    assert connection.vendor in ("sqlite", "postgresql")
