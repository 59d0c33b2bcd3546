"""Whatever is done to the rows behind the fund's back is found and named; what outsiders compute from the files agrees."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from fund.ledger import canonical, checkpoint, export, hashes, post
from fund.ledger.verify import Fault, verify
from fund.models import Checkpoint, Entry, Envelope, GrantAccount, LedgerHead, Posting, Seal, TreeNode, Unsealed
from tests.factories import ledger as books
from tests.factories.core import no_guard
from tests.outsider import PROGRAM, outsider

pytestmark = pytest.mark.django_db
AT = books.AT


@pytest.fixture
def written():
    """An envelope, a paid grant, a secret one, 40 small moves and two checkpoints."""
    row = books.envelope(20_000_000)
    books.paid_grant(row, 1_000_000)
    checkpoint(AT)
    books.reserved_grant(row, 300_000, reference="FP-2026-7Q0M3XKD", basis="D-2026-SECRET01", sealed=False)
    for number in range(40):
        with transaction.atomic():
            post(
                "open", at=AT + timedelta(hours=number), envelope=row, amount=number + 1, basis=f"E-2026-1/{number + 2}"
            )
    checkpoint(AT + timedelta(days=3))
    return row


def files(tmp_path):
    (tmp_path / "comptes.jsonl").write_text("".join(export.jsonl_lines()))
    points = []
    for number, line in enumerate(export.checkpoint_lines()):
        points.append(tmp_path / f"point{number}.json")
        points[-1].write_text(line)
    return [str(tmp_path / "comptes.jsonl"), *map(str, points)]


def run_outside(*names, packages: bool = True):
    options = ["-I"] if packages else ["-I", "-S"]
    return subprocess.run([sys.executable, *options, str(PROGRAM), *names], capture_output=True, text=True)


def test_an_untouched_ledger_holds(written):
    found = verify()
    assert (found.public, found.entries, found.checkpoints) == (45, 46, 2)
    assert found.head == LedgerHead.objects.get().head


def test_an_empty_installation_holds():
    assert verify().entries == 0


def test_outsiders_find_the_same_head_root_and_balances(written, tmp_path):
    done = run_outside(*files(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    found = verify()
    assert f"{found.public} entries, head {found.head}, root {found.root}" in done.stdout
    _count, _head, _root, balances = outsider.check(export.jsonl_lines, [])
    assert balances[("E-2026-1", "free")] == written.free_amount + 300_000  # the secret reservation is not seen
    assert ("FP-2026-7Q0M3XKD", "reserved") not in balances


def test_without_the_package_that_reads_signatures_outsiders_are_told(written, tmp_path):
    names = files(tmp_path)
    forged = json.loads((tmp_path / "point0.json").read_text()) | {"signature": "0" * 128}
    (tmp_path / "forged.json").write_text(json.dumps(forged))
    assert "checkpoint of" in run_outside(names[0], str(tmp_path / "forged.json")).stdout
    alone = run_outside(*names, packages=False)
    assert alone.returncode == 0 and "SIGNATURES NOT CHECKED" in alone.stdout
    assert "NOT CHECKED" not in run_outside(*names).stdout
    (tmp_path / "changed.json").write_text(json.dumps(forged | {"root": "0" * 64}))
    assert "changed since" in run_outside(names[0], str(tmp_path / "changed.json"), packages=False).stdout


def test_all_checkpoints_come_in_one_file_too(written, tmp_path):
    names = files(tmp_path)
    (tmp_path / "checkpoints.jsonl").write_text("".join(export.checkpoint_lines()))
    assert "2 checkpoint(s)" in run_outside(names[0], str(tmp_path / "checkpoints.jsonl")).stdout
    assert run_outside().returncode == 2 and run_outside(str(tmp_path / "none.jsonl")).returncode == 1


def test_outsiders_allow_one_reversal_of_an_entry_and_none_of_a_reversal(written):
    entry = Seal.objects.get(seq=10).entry
    undo = post("reversal", at=AT + timedelta(days=4), reverses=entry, basis="E-2026-1/99")
    assert outsider.check(export.jsonl_lines, [])[0] == 46
    lines = [json.loads(line) for line in export.jsonl_lines()]
    for wrong in (lines[-1]["entry"], lines[-1]["entry"] | {"reverses": 46}):  # a second time, then the reversal itself
        forged = [*map(json.dumps, lines), json.dumps({"entry": wrong | {"seq": 47}})]
        undone = {10: [], 46: []}
        balances = {("E-2026-1", "free"): 10**12}
        with pytest.raises(outsider.Fault, match="not the opposite"):
            for line in forged[1:]:
                outsider.check_postings(json.loads(line)["entry"], balances, undone)
    assert undo.pk


def corrupt(change):
    with no_guard():
        change()
    with pytest.raises(Fault) as found:
        verify()
    return str(found.value)


def entry_of(seq):
    return Seal.objects.get(seq=seq).entry


def swap(first, second):
    one, other = entry_of(first), entry_of(second)
    Seal.objects.filter(seq__in=(first, second)).delete()
    Seal.objects.create(seq=first, entry=other, hash="0" * 64)
    Seal.objects.create(seq=second, entry=one, hash="0" * 64)


CHANGES = {
    "another amount": (lambda: Posting.objects.filter(entry=entry_of(10)).update(cents=-7), "entry 10"),
    "another account": (
        lambda: Posting.objects.filter(entry=entry_of(5), account="paid").update(account="claimed"),
        "entry 5",
    ),
    "another instant": (
        lambda: Entry.objects.filter(pk=entry_of(3).pk).update(at=AT + timedelta(seconds=1)),
        "entry 3",
    ),
    "another kind": (lambda: Entry.objects.filter(pk=entry_of(2).pk).update(kind="commit"), "entry 2"),
    "another grant": (lambda: Entry.objects.filter(pk=entry_of(2).pk).update(grant="FP-2026-7Q0M3XKD"), "entry 2"),
    "another ground": (lambda: Entry.objects.filter(pk=entry_of(2).pk).update(basis="D-2026-OTHER"), "entry 2"),
    "another hash": (lambda: Seal.objects.filter(seq=20).update(hash="0" * 64), "entry 20"),
    "a seal taken away": (lambda: Seal.objects.filter(seq=20).delete(), "entry 20 is missing"),
    "the end cut off": (lambda: Seal.objects.filter(seq=45).delete(), "head"),
    "two entries swapped": (lambda: swap(30, 31), "entry 30"),
    "an entry without seal": (lambda: Unsealed.objects.all().delete(), "neither public nor waiting"),
    "an entry public and waiting": (lambda: Unsealed.objects.create(entry=entry_of(4)), "public and waiting"),
    "a node of the tree": (lambda: TreeNode.objects.filter(level=4).update(hash="0" * 64), "stored tree"),
    "a node too many": (lambda: TreeNode.objects.create(level=9, position=7, hash="0" * 64), "more nodes"),
    "the head's count": (lambda: LedgerHead.objects.update(count=44), "44"),
    "the head's link": (lambda: LedgerHead.objects.update(head="0" * 64), "head of the chain"),
    "the open edge": (lambda: LedgerHead.objects.update(frontier=["0" * 64] * 4), "open edge"),
    "the genesis": (lambda: LedgerHead.objects.update(fund="00005070800015"), "entry 1"),
    "a checkpoint's root": (lambda: Checkpoint.objects.update(root="0" * 64), "signature"),
    "a checkpoint's signature": (lambda: Checkpoint.objects.update(signature="0" * 128), "signature"),
    "a column of the envelope": (
        lambda: Envelope.objects.update(free_amount=0, reserved_amount=20_000_820 - 1_000_000),
        "envelope E-2026-1",
    ),
    "a column of the grant": (
        lambda: GrantAccount.objects.filter(awarded_amount=300_000).update(reserved_amount=0),
        "grant FP-2026-7Q0M3XKD",
    ),
    "a grant without account": (lambda: GrantAccount.objects.filter(awarded_amount=300_000).delete(), "no account"),
    "a posting dropped": (
        lambda: Posting.objects.filter(entry=Unsealed.objects.get().entry, account="free").delete(),
        "sum to zero",
    ),
    "all its postings dropped": (
        lambda: Posting.objects.filter(entry=Unsealed.objects.get().entry).delete(),
        "no posting",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_behind_the_back_is_found(written, name):
    change, named = CHANGES[name]
    assert named in corrupt(change)


def test_a_guard_taken_away_is_found(written):
    with no_guard(), pytest.raises(Fault, match="guard"):
        verify()


def rewrite_from(seq):
    """The perfect forger: changes an amount, then every hash, node, root and checkpoint after it, with the fund's own key."""
    Posting.objects.filter(entry=entry_of(seq), account="free").update(cents=77)
    Posting.objects.filter(entry=entry_of(seq), account="source").update(cents=-77)
    head = LedgerHead.objects.get()
    frontier, link = hashes.Frontier(), hashes.genesis_hash(canonical.canonical(export.genesis_object()))
    TreeNode.objects.all().delete()
    for row in list(export.sealed_rows()):
        link = hashes.link(link, row.content)
        Seal.objects.filter(seq=row.seq).update(hash=link.hex())
        for level, place, top in frontier.add(link):
            if level >= 4:
                TreeNode.objects.create(level=level, position=place, hash=top.hex())
    head.head, head.frontier = link.hex(), [root.hex() for root in frontier.roots]
    head.save()
    Checkpoint.objects.all().delete()
    change, row = 77 - (seq - 5), Envelope.objects.get()
    Envelope.objects.update(free_amount=row.free_amount + change, opened_amount=row.opened_amount + change)
    checkpoint(AT)


def test_a_perfect_forgery_is_found_by_a_kept_checkpoint_only(written, tmp_path):
    kept = list(export.checkpoint_lines())
    with no_guard():
        rewrite_from(10)
    verify()  # within itself it holds: hence the heads kept elsewhere
    verify(kept[0])  # and what was before the change still holds
    with pytest.raises(Fault, match="kept checkpoint"):
        verify(kept[1])
    path = tmp_path / "kept.json"
    path.write_text(kept[1])
    names = files(tmp_path)
    assert run_outside(names[0], str(path)).returncode == 1


def cut_the_end():
    last, head, row = Seal.objects.get(seq=45), LedgerHead.objects.get(), Envelope.objects.get()
    entry = last.entry
    Checkpoint.objects.last().delete()
    last.delete()
    entry.postings.all().delete()
    entry.delete()
    frontier = hashes.Frontier()
    for digest in Seal.objects.order_by("seq").values_list("hash", flat=True):
        list(frontier.add(bytes.fromhex(digest)))
    head.count, head.head, head.frontier = 44, Seal.objects.get(seq=44).hash, [root.hex() for root in frontier.roots]
    head.save()
    Envelope.objects.update(free_amount=row.free_amount - 40, opened_amount=row.opened_amount - 40)


def test_a_kept_checkpoint_tells_that_the_end_is_gone(written):
    kept = json.loads(export.checkpoint_text(Checkpoint.objects.last()))
    with no_guard():
        cut_the_end()
    assert verify().public == 44
    with pytest.raises(Fault, match="cut off"):
        verify(kept)


def test_a_checkpoint_dated_before_its_last_entry_is_a_warning_and_no_fault(written, tmp_path):
    before = run_outside(*files(tmp_path))
    assert before.returncode == 0 and "WARNING" not in before.stdout and verify().warnings == ()
    checkpoint(AT + timedelta(hours=38))
    checkpoint(AT + timedelta(hours=39))  # the instant of the last entry
    (line,) = verify().warnings
    assert "dated 2026-01-06T22:00:00Z, before the last entry it signs (2026-01-06T23:00:00Z)" in line
    said = run_outside(*files(tmp_path))
    assert said.returncode == 0 and said.stdout.count("WARNING") == 1 and "chain intact" in said.stdout
    out = io.StringIO()
    call_command("verify_ledger", stdout=out)
    assert "WARNING  checkpoint" in out.getvalue() and "The ledger holds" in out.getvalue()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"count": 1}', "null"])
def test_a_file_that_is_no_checkpoint_is_said_so(written, text):
    with pytest.raises(Fault, match="checkpoint"):
        verify(text or " ")


def test_random_changes_of_the_published_file_are_all_found(written, tmp_path):
    names = files(tmp_path)
    chance, original = random.Random(7), (tmp_path / "comptes.jsonl").read_bytes()
    for _turn in range(300):
        data = bytearray(original)
        place = chance.randrange(len(data) - 1)
        data[place] = (data[place] + chance.randrange(1, 90)) % 94 + 33
        if bytes(data) == original:
            continue
        lines = data.decode("ascii").splitlines(keepends=True)
        points = [json.loads(open(name).read()) for name in names[1:]]
        with pytest.raises((outsider.Fault, LookupError, ValueError, TypeError, AttributeError)):
            outsider.check(lambda lines=lines: iter(lines), points)


def test_the_command_exits_with_one_and_names_the_fault(written, tmp_path):
    out = io.StringIO()
    call_command("verify_ledger", stdout=out)
    assert "The ledger holds: 45 public entries of 46, 2 checkpoints" in out.getvalue()
    kept = tmp_path / "checkpoints.jsonl"
    kept.write_text("".join(export.checkpoint_lines()))
    call_command("verify_ledger", checkpoint=str(kept), stdout=out)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_ledger", checkpoint=str(tmp_path / "none.json"), stdout=out)
    Envelope.objects.update(label="x")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fund_ledgerhead SET count = 44")
    with pytest.raises(CommandError, match="FAULT"):
        call_command("verify_ledger", stdout=out)
