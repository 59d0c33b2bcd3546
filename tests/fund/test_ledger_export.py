"""The public files, figures and proofs: sealed entries alone, constant queries, streams that do not grow."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import translation

from fund.ledger import canonical, checkpoint, checkpoints, export, hashes, post, proofs, queries, seal
from fund.models import Checkpoint, Envelope, Seal
from tests.factories import ledger as books

pytestmark = pytest.mark.django_db
AT, GRANT, SECRET = books.AT, "FP-2026-4T8RWZ2M", "FP-2026-7Q0M3XKD"


def raise_many(row: Envelope, times: int) -> None:
    for number in range(times):
        with transaction.atomic():
            post(
                "open", at=AT + timedelta(minutes=number), envelope=row, amount=1, basis=f"{row.reference}/{number + 2}"
            )


def test_the_canonical_file_is_the_chain():
    row = books.envelope(10_000_000)
    books.paid_grant(row, 2_850_050)
    lines = "".join(export.jsonl_lines()).splitlines()
    first = json.loads(lines[0])
    link = hashes.genesis_hash(canonical.canonical(first["genesis"]))
    assert first["hash"] == link.hex() and set(first) == {"genesis", "hash"}
    for number, line in enumerate(lines[1:], 1):
        record = json.loads(line)
        content = canonical.canonical(record["entry"])
        link = hashes.link(link, content)
        assert line == f'{{"entry":{content.decode()},"hash":"{link.hex()}"}}' and record["entry"]["seq"] == number
    assert len(lines) == 1 + Seal.objects.count() == 6


def test_the_table_says_the_same_in_euros():
    books.paid_grant(books.envelope(10_000_000), 2_850_050)
    rows = list(csv.DictReader("".join(export.csv_lines()).splitlines()))
    assert list(rows[0]) == list(export.CSV_COLUMNS) and len(rows) == 10
    assert sum(round(100 * float(row["amount"])) for row in rows) == 0
    assert (rows[-1]["account"], rows[-1]["amount"], rows[-1]["grant"]) == ("paid", "28500.50", GRANT)


def secret_world(amount: int):
    row = books.envelope(10_000_000)
    books.reserved_grant(row, 1_000_000)
    books.reserved_grant(row, amount, reference=SECRET, basis="D-2026-SECRET01", sealed=False)
    return row


def test_nothing_shows_of_a_decision_not_yet_notified():
    row = secret_world(700_000)
    whole = "".join([*export.jsonl_lines(), *export.csv_lines(), *export.checkpoint_lines()])
    assert SECRET not in whole and "SECRET01" not in whole and "700000" not in whole and "7000.00" not in whole
    assert (
        queries.public_count() == 2
        and queries.public_count(SECRET) == 0
        and queries.public_count("D-2026-SECRET01") == 0
    )
    assert (
        queries.public_entries(SECRET) == queries.public_entries_of(SECRET) == [] and queries.grant_bar(SECRET) is None
    )
    public, staff = queries.envelope_bar(row, public=True), queries.envelope_bar(Envelope.objects.get())
    assert (public.free, public.reserved) == (9_000_000, 1_000_000) and (staff.free, staff.reserved) == (
        8_300_000,
        1_700_000,
    )
    assert queries.public_totals().reserved == 1_000_000
    assert queries.grant_bar(SECRET, public=False).reserved == 700_000
    with transaction.atomic():
        seal("D-2026-SECRET01", AT)
    assert queries.public_count(SECRET) == 1 and queries.grant_bar(SECRET).reserved == 700_000
    assert queries.envelope_bar(Envelope.objects.get(), public=True) == queries.public_envelopes()[0].balances


def test_bars_add_up_and_lead_to_their_entries():
    row = books.envelope(10_000_000)
    books.paid_grant(row, 2_000_000)
    bar = queries.envelope_bar(row, public=True)
    assert bar.opened == sum(segment["cents"] for segment in bar.segments) == 10_000_000
    assert [segment["url"] for segment in bar.segments if segment["account"] == "paid"] == [
        "/comptes/?enveloppe=E-2026-1&compte=paid"
    ]
    assert [segment["account"] for segment in queries.grant_bar(GRANT).segments] == [
        "reserved",
        "committed",
        "ordered",
        "paid",
        "claimed",
        "returned",
    ]
    assert all(segment["url"] == "" for segment in queries.envelope_bar(row).segments)
    assert bar.execution_rate == 0.2


def test_pages_of_entries_are_newest_first_and_filtered():
    row = books.envelope(10_000_000)
    books.paid_grant(row, 2_000_000)
    other = books.envelope(500)
    with transaction.atomic():
        post("carry", at=AT, envelope=other, to_envelope=row, amount=400, basis="E-2026-2/2")
    entries = queries.public_entries(start=0, size=4)
    assert [entry.seq for entry in entries] == [7, 6, 5, 4]
    assert [entry.seq for entry in queries.public_entries(start=4, size=4)] == [3, 2, 1]
    carried = entries[0]
    with translation.override("en"):
        assert (carried.amount, carried.from_label, carried.to_label) == (400, "free (E-2026-2)", "free (E-2026-1)")
    assert [entry.seq for entry in queries.public_entries(GRANT, 0, 50)] == [5, 4, 3, 2] and queries.public_count(
        GRANT
    ) == 4
    assert [entry.seq for entry in queries.public_entries("3", 0, 50)] == [3]
    assert [entry.seq for entry in queries.public_entries("", 0, 50, envelope="E-2026-2")] == [7, 6]
    assert [entry.seq for entry in queries.public_entries("", 0, 50, envelope="E-2026-1", account="paid")] == [5]
    assert (
        queries.public_count("", account="paid") == 1
        and queries.public_count("nothing-like-it") == 0
        and queries.public_count("9" * 30) == 0
    )
    assert queries.paid_by_month() == [(2026, 1, 2_000_000)]


@pytest.mark.parametrize("rows", [1, 20])
def test_reads_cost_the_same_at_any_size(django_assert_num_queries, rows):
    row = books.envelope(10_000_000)
    books.reserved_grant(row, 100)
    raise_many(row, rows)
    with django_assert_num_queries(3):
        queries.public_entries("", 0, 50)
    with django_assert_num_queries(1):
        entries = queries.public_entries_of(GRANT)
    assert queries.bar_of(GRANT, entries) == queries.grant_bar(GRANT) and entries == queries.public_entries(GRANT)
    with django_assert_num_queries(2):
        queries.public_totals()
    with django_assert_num_queries(3):
        queries.grant_bar(GRANT) and queries.latest_checkpoint()


@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 40])
def test_every_proof_of_a_small_ledger_holds(size):
    row = books.envelope(1_000)
    raise_many(row, size - 1)
    links = [bytes.fromhex(digest) for digest in Seal.objects.order_by("seq").values_list("hash", flat=True)]
    root = hashes.root_of(links)
    for seq in range(1, size + 1):
        proof = export.inclusion_proof(seq, size)
        path = [bytes.fromhex(step) for step in proof["path"]]
        assert proof["root"] == root.hex() and hashes.verify_inclusion(links[seq - 1], seq - 1, size, path, root)
        proof = export.consistency_proof(seq, size)
        assert hashes.verify_consistency(
            seq, size, [bytes.fromhex(step) for step in proof["path"]], hashes.root_of(links[:seq]), root
        )


def test_a_proof_reads_a_few_rows(django_assert_max_num_queries):
    row = books.envelope(1_000)
    raise_many(row, 99)
    checkpoint(AT)
    with django_assert_max_num_queries(8):
        proof = export.inclusion_proof(37)
    assert proof["count"] == 100 and proof["entry"]["seq"] == 37
    with django_assert_max_num_queries(8):
        export.consistency_proof(37, 90)
    assert proofs.root(0) == hashes.EMPTY


@pytest.mark.parametrize("numbers", [(0, 1), (2, 1), (1, 4), (-1, 2)])
def test_a_proof_of_what_is_not_there_is_refused(numbers):
    raise_many(books.envelope(1_000), 2)
    with pytest.raises(LookupError):
        export.consistency_proof(*numbers)
    for seq in (0, 4, -2):
        with pytest.raises(LookupError):
            export.inclusion_proof(seq)


def test_an_installation_without_identity_has_empty_files():
    assert (
        list(export.jsonl_lines()) == []
        and queries.public_envelopes() == []
        and queries.public_count() == 0
        and queries.latest_checkpoint() is None
    )


def test_a_checkpoint_is_never_dated_before_the_last_entry_it_signs(django_capture_on_commit_callbacks):
    """Several acts in one transaction: the first one's checkpoint covers them all."""
    with django_capture_on_commit_callbacks(execute=True):
        books.envelope(1_000)
        books.envelope(1_000, year=2027, at=AT + timedelta(days=600))
    (point,) = Checkpoint.objects.all()
    assert (point.count, point.at) == (2, AT + timedelta(days=600))
    checkpoints.checkpoint_if_new(AT)
    assert Checkpoint.objects.count() == 1


def test_the_checkpoint_published_is_signed_and_canonical():
    books.envelope(1_000)
    point = checkpoint(AT)
    text = export.checkpoint_text(point)
    assert (
        text == canonical.canonical(export.checkpoint_object(point)).decode() + "\n" and json.loads(text)["count"] == 1
    )
    assert export.public_key_pem().startswith("-----BEGIN PUBLIC KEY-----")
