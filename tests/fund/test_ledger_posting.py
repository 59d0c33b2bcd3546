"""What `post` writes, moves and refuses; the identities of the books after every act."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from core.transitions import Refusal
from fund.ledger import LedgerError, add_certified, batch, open_grant, post, seal, set_awarded
from fund.ledger.hashes import Frontier
from fund.ledger.verify import verify
from fund.models import Checkpoint, Entry, Envelope, GrantAccount, LedgerHead, Posting, Seal, Unsealed
from tests.factories import ledger as books

pytestmark = pytest.mark.django_db
AT, GRANT = books.AT, "FP-2026-4T8RWZ2M"


def test_the_vectors_of_the_format_hold_literally():
    row = books.envelope(30_000_000)
    books.reserved_grant(row, 2_850_050, at=datetime(2026, 3, 5, 17, 12, 9, 999_999, tzinfo=UTC))
    head = LedgerHead.objects.get()
    assert [seal.hash for seal in Seal.objects.all()] == [
        "a8bba8132b12a9c1c9b101caa3de62cc4647a9cafc75997ae620b619b4b47a19",
        "5ccfa30d7e6af30a197ad72377fc80b44925c4e794b2d4916546245d92abff31",
    ]
    frontier = Frontier(head.count, [bytes.fromhex(root) for root in head.frontier])
    assert frontier.root.hex() == "e696319cad8916712ca03ade242d6b420dc1de942037cfcb32ab609f1490988c"


def test_the_whole_way_of_a_grant_moves_the_columns():
    row = books.envelope(10_000_000)
    account = books.paid_grant(row, 1_000_000)
    assert (row.free_amount, row.paid_amount, account.paid_total) == (9_000_000, 1_000_000, 1_000_000)
    with transaction.atomic():
        post("claim", at=AT, amount=300_000, grant=GRANT, basis=GRANT)
        post("unclaim", at=AT, amount=100_000, grant=GRANT, basis=GRANT)
        post("return", at=AT, amount=200_000, grant=GRANT, basis=GRANT)
    account.refresh_from_db()
    row.refresh_from_db()
    assert (account.paid_amount, account.claimed_amount, account.returned_amount, account.paid_total) == (
        800_000,
        0,
        200_000,
        1_000_000,
    )
    assert row.opened_amount == 10_000_000
    verify()


def test_an_envelope_is_never_exceeded_and_nothing_is_written():
    row = books.envelope(1_000_000)
    with pytest.raises(Refusal) as refused:
        books.reserved_grant(row, 1_000_001)
    assert refused.value.code == "envelope_exceeded"
    assert Entry.objects.count() == 1 and not GrantAccount.objects.exists()
    row.refresh_from_db()
    assert row.free_amount == 1_000_000


def test_orders_wait_for_their_certification():
    books.reserved_grant(books.envelope(), 500_000)
    with transaction.atomic():
        post("commit", at=AT, amount=500_000, grant=GRANT, basis=GRANT)
    with pytest.raises(Refusal) as refused, transaction.atomic():
        post("order", at=AT, amount=1, grant=GRANT, basis=f"{GRANT}/1")
    assert refused.value.code == "not_certified"
    with transaction.atomic():
        add_certified(GRANT, 1)
        post("order", at=AT, amount=1, grant=GRANT, basis=f"{GRANT}/1")
    with pytest.raises(Refusal) as refused, transaction.atomic():
        add_certified(GRANT, -1)
    assert refused.value.code == "not_certified"


def test_an_award_stays_within_the_request():
    row = books.envelope()
    with transaction.atomic():
        open_grant(GRANT, row, 400_000, 3_000_000)
    with pytest.raises(Refusal) as refused, transaction.atomic():
        set_awarded(GRANT, 400_001)
    assert refused.value.code == "award_above_request"


@pytest.mark.parametrize(
    "call",
    [
        {"kind": "reserve", "amount": 0},
        {"kind": "reserve", "amount": -5},
        {"kind": "reserve", "amount": 1.5},
        {"kind": "open", "amount": 1, "grant": GRANT},
        {"kind": "carry", "amount": 1},
        {"kind": "pay", "amount": 1, "sealed": False},
        {"kind": "open", "amount": 1, "basis": "nom d’une personne"},
        {"kind": "reversal"},
    ],
)
def test_a_call_that_makes_no_sense_is_a_bug_not_a_refusal(call):
    row = books.envelope()
    if call["kind"] in ("reserve", "pay"):
        call = {**call, "grant": GRANT}
        with transaction.atomic():
            open_grant(GRANT, row, 100, 100)
    with pytest.raises(LedgerError), transaction.atomic():
        post(at=AT, envelope=row if call["kind"] != "reversal" else None, **call)
    assert Entry.objects.count() == 1


def test_a_reversal_is_the_exact_opposite_once():
    row = books.envelope(500)
    with transaction.atomic():
        entry = post("lower", at=AT, envelope=row, amount=200, basis="E-2026-1/2")
        undone = post("reversal", at=AT, reverses=entry, basis="E-2026-1/2")
    row.refresh_from_db()
    assert row.free_amount == 500
    assert sorted(undone.postings.values_list("account", "cents")) == [("free", 200), ("source", -200)]
    for target in (entry, undone):
        with pytest.raises((Refusal, LedgerError)), transaction.atomic():
            post("reversal", at=AT, reverses=target)
    verify()


def test_money_is_carried_between_envelopes():
    first, second = books.envelope(500), books.envelope(100)
    with transaction.atomic():
        post("carry", at=AT, envelope=first, to_envelope=second, amount=400, basis="E-2026-1/2")
    assert (first.opened_amount, first.free_amount, second.opened_amount, second.free_amount) == (100, 100, 500, 500)
    verify()


def test_what_rests_on_a_secret_decision_is_sealed_at_its_notification():
    row = books.envelope(5_000_000)
    books.reserved_grant(row, 1_000_000, sealed=False)
    assert LedgerHead.objects.get().count == 1 and Unsealed.objects.count() == 1
    with transaction.atomic():
        seals = seal("D-2026-7K3M9QXA", AT)
    assert [one.seq for one in seals] == [2] and not Unsealed.objects.exists()
    verify()


def test_a_secret_decision_annulled_leaves_no_public_trace():
    row = books.envelope(5_000_000)
    books.reserved_grant(row, 1_000_000, sealed=False)
    with transaction.atomic():
        post("release_reservation", at=AT, amount=1_000_000, grant=GRANT, basis="D-2026-7K3M9QXA", sealed=False)
        assert seal("D-2026-7K3M9QXA", AT) == []
    assert LedgerHead.objects.get().count == 1 and Unsealed.objects.count() == 2
    verify()


def test_money_does_not_move_publicly_before_its_decision_is_public():
    books.reserved_grant(books.envelope(), 1_000_000, sealed=False)
    with pytest.raises(LedgerError), transaction.atomic():
        post("commit", at=AT, amount=1_000_000, grant=GRANT, basis=GRANT)


def test_a_batch_seals_once(django_capture_on_commit_callbacks):
    row = books.envelope()
    with django_capture_on_commit_callbacks(execute=True), batch(AT):
        for number in range(3):
            reference = f"FP-2026-0000000{number}"
            open_grant(reference, row, 100, 100)
            set_awarded(reference, 100)
            post("reserve", at=AT, grant=reference, amount=100, basis=f"D-2026-{number}")
        assert LedgerHead.objects.get().count == 1
    assert LedgerHead.objects.get().count == 4
    assert Checkpoint.objects.filter(count=4).count() == 1


def test_posting_needs_a_transaction(monkeypatch):
    from django.db import connection

    row = books.envelope()
    monkeypatch.setattr(connection, "in_atomic_block", False)
    with pytest.raises(LedgerError):
        post("open", at=AT, envelope=row, amount=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: Envelope.objects.filter(pk=row.pk).update(free_amount=1),
        lambda row: Envelope.objects.filter(pk=row.pk).update(free_amount=-1, paid_amount=row.free_amount + 1),
        lambda row: GrantAccount.objects.filter(reference=GRANT).update(paid_amount=1),
        lambda row: GrantAccount.objects.filter(reference=GRANT).update(awarded_amount=1),
    ],
)
def test_the_database_itself_refuses_impossible_columns(change):
    row = books.envelope()
    books.reserved_grant(row, 100)
    with pytest.raises(IntegrityError), transaction.atomic():
        change(row)


@pytest.mark.parametrize("model", [Entry, Posting, Seal])
def test_the_journal_only_grows(model):
    books.envelope()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(
            **{"kind": "pay"} if model is Entry else {"cents": 5} if model is Posting else {"hash": ""}
        )


def test_saving_a_row_never_writes_its_balances():
    row = books.envelope(1_000)
    stale = Envelope.objects.get(pk=row.pk)
    with transaction.atomic():
        post("open", at=AT, envelope=row, amount=500)
    stale.label = "Autre nom"
    stale.save()
    row.refresh_from_db()
    assert (row.label, row.free_amount, row.opened_amount) == ("Autre nom", 1_500, 1_500)
