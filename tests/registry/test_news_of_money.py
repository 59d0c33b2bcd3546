"""What becomes public of money that goes and comes back: told to followers, to feeds and to programs, once its decision is notified."""

from __future__ import annotations

import json
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.utils import timezone

from core import two_key
from core.transitions import VERBS
from payments.models import StatementLine
from payments.transitions import recovery
from registry.enums import News
from registry.models import PublicChange
from tests.factories import payments as money
from tests.registry.test_follow import followed, later, marked, nothing_waits, work
from tests.registry.test_leaks import texts_in
from tests.registry.test_webhooks import admin, hook, receiver
from tests.registry.test_webhooks import work as tell_programs

pytestmark = pytest.mark.django_db
FIXTURES = (marked, nothing_waits, admin, hook, receiver)


def test_money_claimed_and_given_back_is_told_once_the_decision_is_notified(fund):
    """The amount and the entry, as on the page of the project: never the ground, the facts or what the recipient answered."""
    paid, people = fund.known["paid"], fund.people
    followed(paid.reference)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        one = money.proposed(people, paid.agreement, 300_000)
        later(clock, days=2)
        assert work() == [] and not PublicChange.objects.exists(), "a proposal is not public"
        one = recovery.observe(recovery=one, actor=paid.lead, reason="La facture est la nôtre.")
        one = recovery.notify(recovery=one, actor=people.orderer, answer="Elle porte un autre nom.")
        one = recovery.reduce(recovery=one, actor=people.orderer, amount=100_000, reason="La moitié était due.")
        money.given_back(people, one.reference, 200_000)
        (mail,) = work()
    body = mail.body.replace("\u202f", " ").replace("\xa0", " ")
    for words in ("Réclamé au bénéficiaire : 3 000 €", "N’est plus réclamé : 1 000 €", "Rendu au fonds : 2 000 €"):
        assert words in body, words
    feed = b"".join(Client().get(f"/projets/{paid.reference}/flux.atom")).decode()
    assert "Réclamé au bénéficiaire" in feed
    said = feed + body + texts_in(mail.message().as_bytes())
    assert not [word for word in ("facture", "autre nom", "moitié") if word in said]
    assert list(PublicChange.objects.values_list("kind", flat=True)) == [News.CLAIM, News.UNCLAIM, News.RETURN]


def test_a_repayment_that_was_of_another_claim_is_told_as_claimed_still(fund):
    paid, people = fund.known["paid"], fund.people
    one = money.claimed(people, paid.agreement, 300_000)
    money.given_back(people, one.reference, 300_000)
    followed(paid.reference)
    line = StatementLine.objects.get(recovery=one)
    why = {"reason": "C’était un autre projet."}
    act = two_key.propose(
        VERBS["statement_line"]["undo_repayment"], line, actor=people.payer, at=timezone.now(), params=why
    )
    two_key.approve(act, actor=people.orderer, at=timezone.now())
    (mail,) = work()
    assert "Rendu par erreur, toujours réclamé" in mail.body and "autre projet" not in mail.body
    assert list(PublicChange.objects.order_by("seq").values_list("kind", flat=True)) == [
        News.CLAIM,
        News.RETURN,
        News.CLAIM,
    ]


def test_a_payment_that_the_bank_sends_back_is_told(fund):
    paid, people = fund.known["paid"], fund.people
    followed(paid.reference)
    one = money.first_of(paid.agreement)
    returned = money.Movement(one.end_to_end_id, one.certified_amount, returned=True, reason="AC04")
    money.import_bytes(people, money.camt053([returned]))
    (mail,) = work()
    assert "Retourné par la banque" in mail.body and "AC04" not in mail.body


def test_programs_are_sent_the_project_as_it_then_stands(fund, hook, receiver, client):
    paid = fund.known["paid"]
    one = money.claimed(fund.people, paid.agreement, 300_000)
    money.given_back(fund.people, one.reference, 300_000)
    tell_programs()
    assert receiver.types == ["ping", "project.claim", "project.return"]
    body = receiver.got[1][1].decode()
    assert json.loads(body)["data"] == client.get(f"/api/v1/projects/{paid.reference}/").json()
    assert json.loads(body)["data"]["balances"]["returned"] == 300_000 and "facture" not in body


def test_who_was_told_everything_is_told_of_claims_and_who_chose_is_not(hook):
    new = {News.CLAIM, News.UNCLAIM, News.RETURN}
    tell = import_module("registry.migrations.0013_news_of_claims").tell_who_wanted_all
    for before, after in (
        (set(News.values) - new, set(News.values)),
        ({News.PAYMENT}, {News.PAYMENT}),
    ):
        hook.kinds = sorted(before)
        hook.save(update_fields=["kinds"])
        tell(apps, None)
        hook.refresh_from_db()
        assert set(hook.kinds) == after
