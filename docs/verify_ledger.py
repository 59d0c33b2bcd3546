"""Check the public ledger of the fund without trusting the fund: Python 3.9 or newer, no network, nothing to install.

    python verify_ledger.py comptes.jsonl checkpoint.json [checkpoints.jsonl, or an older checkpoint that you kept …]

Every hash, balance and root is computed again; a checkpoint kept from an earlier day proves that nothing before it was changed since. Signatures are
checked when the package `cryptography` is there, else it says that they were not. The file is read line by line: memory follows the number of grants.
Exit code: 0 all holds, 1 the first fault is told, 2 asked wrongly. Format: civic-fund-ledger/1 (docs/ledger.md).
"""

import hashlib
import json
import sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = InvalidSignature = None

ACCOUNTS = ("free", "reserved", "committed", "ordered", "paid", "claimed", "returned")
MOVES = """open source free, lower free source, reserve free reserved, release_reservation reserved free, commit reserved committed,
release_commitment committed free, order committed ordered, unorder ordered committed, pay ordered paid, bounce paid committed,
claim paid claimed, unclaim claimed paid, return claimed returned"""
MOVES = {kind: (left, arrived) for kind, left, arrived in (move.split() for move in MOVES.split(","))}
TAG = b"civic-fund/ledger/1/"
ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


class Fault(Exception):
    """What does not hold, and where."""


def hold(condition, message):
    if not condition:
        raise Fault(message)


def canonical(value):  # RFC 8785 for objects of integers, ASCII strings and nulls
    return ENCODE(value).encode()


def sha(data):
    return hashlib.sha256(data).digest()


def grow(roots, link):
    """One leaf more in the Merkle tree of RFC 9162, kept as its complete subtrees (size, root), largest first."""
    roots.append((1, sha(b"\x00" + link)))
    while len(roots) > 1 and roots[-1][0] == roots[-2][0]:
        size, right = roots.pop()
        roots[-1] = (2 * size, sha(b"\x01" + roots[-1][1] + right))


def root_of(roots):
    found = roots[-1][1] if roots else sha(b"")
    for _size, left in reversed(roots[:-1]):
        found = sha(b"\x01" + left + found)
    return found


def check_postings(entry, balances, undone):
    """The lines of one entry: in order, zero in each envelope, those of its kind, and no balance below zero after them."""
    name, lines = f"entry {entry['seq']}", entry["postings"]
    places = [(line["envelope"], line["account"]) for line in lines]
    hold(lines and places == sorted(set(places)), f"{name}: postings are not in order")
    for box in {place[0] for place in places}:
        hold(sum(line["cents"] for line in lines if line["envelope"] == box) == 0, f"{name}: no zero sum in {box}")
    if entry["kind"] in MOVES:
        signs = {(line["account"], line["cents"] > 0) for line in lines}
        left, arrived = MOVES[entry["kind"]]
        hold(len(lines) == 2 and signs == {(left, False), (arrived, True)}, f"{name}: not a {entry['kind']}")
    elif entry["kind"] == "reversal":
        opposite = [{**line, "cents": -line["cents"]} for line in undone.pop(entry["reverses"], [])]
        hold(opposite == lines, f"{name}: not the opposite of entry {entry['reverses']}, or not for the first time")
    else:
        hold(entry["kind"] == "carry" and len(lines) == 4, f"{name}: unknown kind")
    if entry["seq"] in undone and entry["kind"] != "reversal":
        undone[entry["seq"]] = lines
    for line in lines:
        account = line["account"]
        for holder in (line["envelope"], entry["grant"] if account != "free" else None):
            if holder and account != "source":
                left = balances.pop((holder, account), 0) + line["cents"]
                balances.update({(holder, account): left} if left else ())  # what is zero takes no memory
                hold(left >= 0, f"{name}: {account} of {holder} falls below zero")


def check_checkpoints(points, genesis, link, roots, at):
    """What was signed at this count is what the file says there. One dated before `at`, the instant of its last entry, is told and holds."""
    for point in points:
        name, signature = f"checkpoint of {point['at']}", bytes.fromhex(text := point.pop("signature"))
        try:
            key = Ed25519PublicKey and Ed25519PublicKey.from_public_bytes(bytes.fromhex(point["key"]))
            key and key.verify(signature, TAG + b"checkpoint\n" + canonical(point))
        except InvalidSignature:
            raise Fault(f"{name}: signature") from None
        found = (genesis.hex(), link.hex(), root_of(roots).hex(), signature.hex())  # hex has one way to be written
        hold((point["genesis"], point["head"], point["root"], text) == found, f"{name}: the ledger was changed since")
        if point["at"] < at:
            print(f"WARNING: {name} is dated before the last entry it signs, {at} / daté d'avant sa dernière écriture")


def check(dump, checkpoints):
    """`dump()` gives the lines of comptes.jsonl anew. Returns (count, head, root, balances in cents by (envelope or grant, account)). Raises Fault."""
    hold(len({point["key"] for point in checkpoints}) < 2, "the checkpoints are signed by different keys")
    undone = {json.loads(line)["entry"]["reverses"]: [] for line in dump() if '"kind":"reversal"' in line}
    line = next(lines := dump(), "{}")
    first = json.loads(line)["genesis"]
    genesis = link = sha(TAG + b"genesis\n" + canonical(first))
    hold(line.strip().encode() == canonical({"genesis": first, "hash": genesis.hex()}), "the genesis")
    roots, balances, count, waiting, at = [], {}, 0, {}, ""
    for point in checkpoints:
        waiting.setdefault(point["count"], []).append(point)
    for line in lines:
        check_checkpoints(waiting.pop(count, []), genesis, link, roots, at)
        entry, count = json.loads(line)["entry"], count + 1
        hold(entry["seq"] == count, f"entry {count} is missing")
        link = sha(TAG + b"entry\n" + link + (text := canonical(entry)))
        written = b'{"entry":' + text + b',"hash":"' + link.hex().encode() + b'"}'
        hold(line.strip().encode() == written, f"entry {count}: hash, or not written canonically")
        check_postings(entry, balances, undone)
        grow(roots, link)
        at = entry["at"]
    check_checkpoints(waiting.pop(count, []), genesis, link, roots, at)
    hold(not waiting, f"the file has {count} entries and a checkpoint counts more: the end was cut off")
    return count, link.hex(), root_of(roots).hex(), balances


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        return print(__doc__) or 2
    try:
        points = [json.loads(line) for name in arguments[1:] for line in open(name, encoding="ascii") if line.strip()]
        count, head, root, balances = check(lambda: open(arguments[0], encoding="ascii"), points)
    except (Fault, LookupError, ValueError, TypeError, AttributeError, OSError, RecursionError) as fault:
        print("FAULT / ANOMALIE:", fault if isinstance(fault, Fault) else f"cannot be read / illisible: {fault!r}")
        return 1
    print(f"{count} entries, head {head}, root {root}, {len(points)} checkpoint(s): chain intact / chaîne intacte")
    for account in ACCOUNTS:
        total = sum(cents for (holder, name), cents in balances.items() if name == account and holder[:2] == "E-")
        print(f"{account:>9} {total // 100:>14}.{total % 100:02} EUR")
    said = "signed with" if Ed25519PublicKey else "SIGNATURES NOT CHECKED (no package cryptography); they claim"
    for key in sorted({point["key"] for point in points}):
        print(f"{said} the key {key}: is it the one the fund gave you, or that signed a checkpoint you kept?")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
