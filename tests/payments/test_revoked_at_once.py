"""A delegation revoked at the very instant at which its delegate acts: the order stands and was given before, or it was refused; nothing in between."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from core.models import Event, User
from core.transitions import Refusal
from fund.models import Delegation
from fund.transitions import delegations
from payments.models import Instalment, PaymentOrder
from payments.transitions import instalment
from tests.at_once import many_connections
from tests.factories import delegations as delegated
from tests.factories import payments as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def together(*acts) -> list[str]:
    """Each in its own thread and connection, at the same instant: what each said."""
    barrier = threading.Barrier(len(acts))

    def one(act) -> str:
        try:
            barrier.wait(30)
            act()
            return "done"
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with many_connections(), ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


@pytest.mark.parametrize("turn", range(4))
def test_an_order_is_given_before_the_revocation_or_refused(turn):
    people, at = make.People(), timezone.now()
    delegation = delegated.given(people.orderer, at=at)
    ones = [make.certified(people, make.first_of(make.signed(people, at=at)), at=at) for _one in range(3)]
    revoking = Delegation.objects.get(pk=delegation.pk)

    def order(one):
        return lambda: instalment.order(
            instalment=one, actor=User.objects.get(pk=delegation.delegate_id), at=timezone.now() + timedelta(seconds=1)
        )

    def revoke():
        delegations.revoke(delegation=revoking, actor=people.orderer, at=timezone.now(), reason="Poste changé.")

    *orders, revoked = together(*(order(one) for one in ones), revoke)
    assert revoked == "done" and set(orders) <= {"done", "delegation_revoked"}
    assert Delegation.objects.get().state == "revoked"
    given = PaymentOrder.objects.filter(delegation=delegation)
    assert given.count() == orders.count("done") and not PaymentOrder.objects.filter(delegation=None).exists()
    states = sorted(Instalment.objects.filter(pk__in=[one.pk for one in ones]).values_list("state", flat=True))
    assert states == sorted(["ordered"] * orders.count("done") + ["certified"] * orders.count("delegation_revoked"))
    # The register tells it in the order in which it happened: nothing is ordered by it after the revocation.
    end = Event.objects.get(machine="delegation", verb="revoke").pk
    assert not Event.objects.filter(machine="instalment", verb="order", pk__gt=end).exists()
    assert make.invariants() == []
