"""From the notified award to the last euro, through the verbs: the books agree with the rows after each step."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from core import documents
from core.models import Document, Event, Mail
from fund.models import GrantAccount
from payments.enums import Control
from payments.models import Agreement, Instalment, PaymentBatch
from payments.queries import invariants
from payments.transitions import account, agreement, batch, instalment, report
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


def books(reference) -> GrantAccount:
    return GrantAccount.objects.get(reference=reference)


def hold(reference=None):
    assert invariants.problems([reference] if reference else None) == []


def test_from_the_award_to_the_last_euro(at, django_capture_on_commit_callbacks):
    people = make.People()
    row = make.offered(people, 1_850_001, at=at)
    lead, reference = row.application.lead, row.reference
    assert (row.state, row.accept_by_at > at) == ("offered", True)
    hold()

    row = agreement.accept(
        agreement=row, actor=lead, at=at, signatory=lead, signatory_capacity="présidente", terms=True
    )
    assert row.state == "accepted"
    recorded = make.give_account(row, at=at)
    account.approve(payee_account=recorded, actor=people.payer, at=at)
    row = Agreement.objects.get(pk=row.pk)
    assert (
        row.document.state == "frozen" and Document.objects.filter(kind="agreement", state="void").count() == 1
    )  # named anew with the account
    row = make.rendered(row)

    row = agreement.sign_as_bearer(agreement=row, actor=lead, at=at, evidence={"method": "password"})
    assert (row.state, row.bearer_signed_by) == ("accepted", lead)
    assert books(reference).reserved_amount == 1_850_001
    agreement.sign(agreement=row, actor=people.orderer, at=at, evidence={"method": "password"})
    row = Agreement.objects.get(pk=row.pk)
    assert (row.state, row.starts_on, row.document.signatures.count()) == ("active", timezone.localdate(at), 2)
    assert [(one.amount, one.state) for one in row.instalments.all()] == [
        (1_295_000, "due"),
        (555_001, "scheduled"),
    ]  # 70/30, to the cent
    assert (books(reference).reserved_amount, books(reference).committed_amount) == (0, 1_850_001)
    hold(reference)

    first = make.first_of(row)
    assert first.pay_by_on == timezone.localdate(at) + timedelta(days=60)
    first = instalment.certify(instalment=first, actor=people.officer, at=at, note="Convention signée des deux côtés.")
    hold(reference)
    first = instalment.order(instalment=first, actor=people.orderer, at=at)
    order = first.orders.get()
    assert (
        order.end_to_end_id == f"{reference}-1-1"
        and order.document.kind == "payment_order"
        and books(reference).ordered_amount == 1_295_000
    )
    hold(reference)

    lot = batch.gather(batch=None, instalments=[first], actor=people.payer, at=at)
    lot = batch.freeze(payment_batch=lot, actor=people.payer, at=at, controls=Control.values)
    assert Instalment.objects.get(pk=first.pk).state == "in_payment"
    hold(reference)
    lot = batch.export(payment_batch=lot, actor=people.payer, at=at)
    assert order.end_to_end_id in lot.content

    later = at + timedelta(days=2)
    found = make.import_bytes(
        people, make.camt053([make.Movement(order.end_to_end_id, 1_295_000)], on=date(2026, 11, 26)), at=later
    )
    first = Instalment.objects.get(pk=first.pk)
    assert (found.matched_count, first.state, first.paid_on) == (1, "paid", date(2026, 11, 26))
    assert PaymentBatch.objects.get(pk=lot.pk).state == "settled" and books(reference).paid_amount == 1_295_000
    hold(reference)

    end = at + timedelta(days=280)
    final = make.filed_report(row, at=end, spent={1: 1_320_001})  # 100 euros less than the budget of line 1
    assert final.state == "submitted" and final.copy.kind == "report_copy"
    budget = final.budget_total_amount
    report.accept(report=final, actor=people.officer, at=end)
    final.refresh_from_db()
    balance = make.first_of(row, 2)
    left = budget - final.accepted_total_amount
    assert (final.state, final.unspent_amount, balance.state, balance.suggested_amount) == (
        "accepted",
        left,
        "due",
        555_001 - left,
    )
    hold(reference)

    balance = make.ordered(people, balance, at=end)
    assert (balance.certified_amount, balance.amount) == (555_001 - left, 555_001 - left)
    assert books(reference).committed_amount == 0  # what was not spent went back to the envelope
    hold(reference)
    lot = make.exported(people, [balance], at=end)
    assert Agreement.objects.get(pk=row.pk).state == "active"
    make.import_bytes(
        people,
        make.camt053([make.Movement(balance.end_to_end_id, balance.certified_amount)], on=timezone.localdate(end)),
        at=end,
    )
    row = Agreement.objects.get(pk=row.pk)
    assert (row.state, row.closing_document.kind) == ("completed", "closing_letter")
    assert books(reference).paid_amount == 1_850_001 - left
    hold()
    told = set(Mail.objects.filter(reference=reference).values_list("code", flat=True))
    assert {
        "payments/offer.made",
        "payments/payee_account.to_approve",
        "payments/agreement.to_sign",
        "payments/agreement.fund_to_sign",
        "payments/agreement.signed",
        "payments/payment.made",
        "payments/report.received",
        "payments/report.accepted",
        "payments/agreement.completed",
    } <= told
    assert Event.objects.filter(subject=reference, machine="instalment", verb="settle").count() == 2


def test_the_agreement_numbers_its_annexes_without_a_gap_and_supposes_no_day_of_signature(at):
    row = make.to_sign(make.People(), at=at)
    page = documents.page(row.document)
    numbers = [int(one) for one in re.findall(r"<h2>Annexe (\d)", page)]
    assert max(numbers) <= 4 and "signée aujourd’hui" not in page
    last = re.search(r"(\d)\. le règlement", page)
    assert last and int(last[1]) == 4 + ("contrat d’engagement républicain</h2>" in page)
