"""The published test vectors, held by the code of the fund and by the program that outsiders run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fund.ledger import canonical, hashes
from fund.ledger.checkpoints import verify_signature
from tests.environment import ROOT
from tests.outsider import outsider

VECTORS = json.loads((Path(ROOT) / "docs" / "ledger-vectors.json").read_text())
ENTRIES = VECTORS["entries"]
LINKS = [bytes.fromhex(entry["hash"]) for entry in ENTRIES]


def dump():
    """`comptes.jsonl` of the vectors, as outsiders read it."""
    yield f'{{"genesis":{VECTORS["genesis"]["canonical"]},"hash":"{VECTORS["genesis"]["hash"]}"}}\n'
    for entry in ENTRIES:
        yield f'{{"entry":{entry["canonical"]},"hash":"{entry["hash"]}"}}\n'


def range_hash(start: int, size: int) -> bytes:
    return hashes.root_of(LINKS[start : start + size])


def test_there_are_enough_of_them_and_the_first_two_are_those_of_the_format():
    assert len(ENTRIES) >= 20 and {json.loads(entry["canonical"])["kind"] for entry in ENTRIES} >= set(
        outsider.MOVES
    ) | {"carry", "reversal"}
    assert VECTORS["genesis"]["hash"] == "3d282cb5b3aee4a713268ca7a3691cee2d8a355ce3e129a4f4babc844ccd0bcb"
    assert ENTRIES[0]["root"] == "98512f1d2d9cff6ad4eee5e463389a275c085eb0097764602b8bf05ef11288df"
    assert ENTRIES[1]["hash"] == "5ccfa30d7e6af30a197ad72377fc80b44925c4e794b2d4916546245d92abff31"


def test_the_chain_and_its_roots():
    link = hashes.genesis_hash(VECTORS["genesis"]["canonical"].encode())
    assert link.hex() == VECTORS["genesis"]["hash"] and hashes.EMPTY.hex() == VECTORS["genesis"]["root"]
    frontier = hashes.Frontier()
    for entry in ENTRIES:
        link = hashes.link(link, entry["canonical"].encode())
        assert link.hex() == entry["hash"]
        list(frontier.add(link))
        assert frontier.root.hex() == entry["root"] == hashes.root_of(LINKS[: frontier.count]).hex()


@pytest.mark.parametrize("vector", ENTRIES, ids=lambda vector: str(json.loads(vector["canonical"])["seq"]))
def test_canonical_bytes(vector):
    entry = json.loads(vector["canonical"])
    postings = [(line["envelope"], line["account"], line["cents"]) for line in entry["postings"]]
    written = canonical.entry_bytes(
        entry["seq"], entry["at"], entry["kind"], entry["grant"], entry["basis"], entry["reverses"], postings
    )
    assert (
        written.decode()
        == vector["canonical"]
        == canonical.canonical(entry).decode()
        == outsider.canonical(entry).decode()
    )
    assert (
        canonical.entry_object(
            entry["seq"], entry["at"], entry["kind"], entry["grant"], entry["basis"], entry["reverses"], postings
        )
        == entry
    )


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda vector: f"{vector['seq']}-{vector['count']}")
def test_inclusion_proofs(vector):
    path = [bytes.fromhex(step) for step in vector["path"]]
    index, count, root = vector["seq"] - 1, vector["count"], bytes.fromhex(vector["root"])
    assert hashes.inclusion_proof(index, count, range_hash) == path
    assert hashes.verify_inclusion(LINKS[index], index, count, path, root)
    assert not hashes.verify_inclusion(LINKS[index - 1] if count > 1 else hashes.EMPTY, index, count, path, root)
    assert not hashes.verify_inclusion(LINKS[index], index, count, [*path, hashes.EMPTY], root)


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda vector: f"{vector['from']}-{vector['to']}")
def test_consistency_proofs(vector):
    path = [bytes.fromhex(step) for step in vector["path"]]
    first, second = vector["from"], vector["to"]
    old, new = bytes.fromhex(vector["from_root"]), bytes.fromhex(vector["to_root"])
    assert hashes.consistency_proof(first, second, range_hash) == path
    assert hashes.verify_consistency(first, second, path, old, new)
    assert not hashes.verify_consistency(first, second, path, hashes.EMPTY, new)
    assert not hashes.verify_consistency(first, second, path, old, hashes.EMPTY)


@pytest.mark.parametrize("point", VECTORS["checkpoints"] + VECTORS["warned"], ids=lambda point: str(point["count"]))
def test_checkpoints(point, capsys):
    assert verify_signature(point)
    assert outsider.check(dump, [dict(point)])[:3] == (len(ENTRIES), ENTRIES[-1]["hash"], ENTRIES[-1]["root"])
    assert ("WARNING" in capsys.readouterr().out) == (point in VECTORS["warned"])
    for forged in (
        {**point, "count": point["count"] + 1},
        {**point, "root": "0" * 64},
        {**point, "at": "2026-01-01T00:00:01Z"},
        {**point, "signature": "0" * 128},
    ):
        assert not verify_signature(forged)
        with pytest.raises(outsider.Fault, match="signature|cut off"):
            outsider.check(dump, [forged])


def test_what_is_not_canonical_is_refused():
    for value in (1.5, "é", "a\n", 2**53, {"a": object()}):
        with pytest.raises(ValueError):
            canonical.canonical(value)
