"""Check the public ledger of the fund without trusting the fund: Python 3.9 or newer, nothing to install, no network.

    python verify_ledger.py comptes.jsonl checkpoint.json [older-checkpoint.json …]

It computes every hash, balance and root again, and the signature of each checkpoint. A checkpoint that somebody kept earlier proves that nothing
before it was changed since. Exit code 0 when all holds, 1 with the first fault otherwise. Format: civic-fund-ledger/1 (docs/ledger.md).
"""

import hashlib
import json
import sys

ACCOUNTS = ("free", "reserved", "committed", "ordered", "paid", "claimed", "returned")
MOVES = {
    "open": ("source", "free"),
    "lower": ("free", "source"),
    "reserve": ("free", "reserved"),
    "release_reservation": ("reserved", "free"),
    "commit": ("reserved", "committed"),
    "release_commitment": ("committed", "free"),
    "order": ("committed", "ordered"),
    "unorder": ("ordered", "committed"),
    "pay": ("ordered", "paid"),
    "bounce": ("paid", "committed"),
    "claim": ("paid", "claimed"),
    "unclaim": ("claimed", "paid"),
    "return": ("claimed", "returned"),
}
TAG = b"civic-fund/ledger/1/"


class Fault(Exception):
    pass


def hold(condition, message):
    if not condition:
        raise Fault(message)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    """RFC 8785 for objects of integers, ASCII strings and nulls."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def root(roots):
    """Root of RFC 9162 from the complete subtrees, largest first."""
    if not roots:
        return sha(b"")
    top = roots[-1][1]
    for _size, left in reversed(roots[:-1]):
        top = sha(b"\x01", left, top)
    return top


def grow(roots, link):
    roots.append((1, sha(b"\x00", link)))
    while len(roots) > 1 and roots[-1][0] == roots[-2][0]:
        (size, left), (_size, right) = roots[-2:]
        roots[-2:] = [(2 * size, sha(b"\x01", left, right))]


# Ed25519 (RFC 8032), verification only.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p, q):
    """Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def times(n, point):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, point)
        point, n = add(point, point), n >> 1
    return result


def point_of(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    hold(y < P and x * x % P == square, "a signature holds a point that is none")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def signed(key, message, signature):
    base = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return (
        len(signature) == 64
        and s < ORDER
        and same(times(s, base), add(point_of(signature[:32]), times(k, point_of(key))))
    )


def check_postings(entry, balances, former):
    name, lines = f"entry {entry['seq']}", entry["postings"]
    hold(
        lines and lines == sorted(lines, key=lambda line: (line["envelope"], line["account"])),
        f"{name}: postings are not in order",
    )
    for envelope in {line["envelope"] for line in lines}:
        hold(
            sum(line["cents"] for line in lines if line["envelope"] == envelope) == 0,
            f"{name}: does not sum to zero in {envelope}",
        )
    if entry["kind"] in MOVES:
        left, arrived = MOVES[entry["kind"]]
        hold(
            {(line["account"], line["cents"] > 0) for line in lines} == {(left, False), (arrived, True)}
            and len(lines) == 2,
            f"{name}: not a {entry['kind']}",
        )
    elif entry["kind"] == "reversal":
        opposite = [{**line, "cents": -line["cents"]} for line in former.get(entry["reverses"], [])]
        hold(opposite == lines, f"{name}: not the opposite of entry {entry['reverses']}")
    else:
        hold(entry["kind"] == "carry" and len(lines) == 4, f"{name}: unknown kind")
    if entry["kind"] != "reversal":
        former[entry["seq"]] = lines
    for line in lines:
        for holder in (line["envelope"], entry["grant"]):
            if holder and line["account"] in ACCOUNTS and not (holder == entry["grant"] and line["account"] == "free"):
                key = (holder, line["account"])
                balances[key] = balances.get(key, 0) + line["cents"]
    hold(
        all(balances.get((line["envelope"], line["account"]), 0) >= 0 for line in lines),
        f"{name}: an envelope falls below zero",
    )
    hold(
        all(balances.get((entry["grant"], line["account"]), 0) >= 0 for line in lines),
        f"{name}: a grant falls below zero",
    )


def check(lines, checkpoints):
    """Returns (count, head, root, balances). Raises Fault."""
    first = json.loads(next(lines))
    link = sha(TAG, b"genesis\n", canonical(first["genesis"]))
    genesis = link.hex()
    hold(first["hash"] == genesis, "the hash of the genesis is wrong")
    roots, balances, former, count = [], {}, {}, 0
    waiting = sorted(checkpoints, key=lambda point: -point["count"])
    while True:
        while waiting and waiting[-1]["count"] == count:
            point = waiting.pop()
            signature = bytes.fromhex(point.pop("signature"))
            hold(
                signed(bytes.fromhex(point["key"]), TAG + b"checkpoint\n" + canonical(point), signature),
                f"checkpoint of {point['at']}: signature",
            )
            hold(
                (point["genesis"], point["head"], point["root"]) == (genesis, link.hex(), root(roots).hex()),
                f"checkpoint of {point['at']}: changed since",
            )
        line = next(lines, None)
        if line is None:
            break
        record, count = json.loads(line), count + 1
        hold(record["entry"]["seq"] == count, f"entry {count} is missing")
        text = canonical(record["entry"])
        hold(line.strip().encode() == canonical(record), f"entry {count}: not written canonically")
        link = sha(TAG, b"entry\n", link, text)
        hold(record["hash"] == link.hex(), f"entry {count}: hash")
        check_postings(record["entry"], balances, former)
        grow(roots, link)
    hold(
        not waiting,
        f"the file has {count} entries and a checkpoint counts more: the end was cut off" if waiting else "",
    )
    return count, link.hex(), root(roots).hex(), balances


def main(arguments):
    try:
        checkpoints = [json.load(open(name, encoding="ascii")) for name in arguments[1:]]
        with open(arguments[0], encoding="ascii") as lines:
            hold(len({point["key"] for point in checkpoints}) < 2, "the checkpoints are signed by different keys")
            count, head, top, _balances = check(iter(lines), checkpoints)
    except (Fault, KeyError, ValueError, StopIteration, IndexError, OSError) as fault:
        print(f"FAULT: {fault or type(fault).__name__}" if arguments else __doc__)
        return 1
    print(f"{count} entries, head {head}, root {top}, {len(checkpoints)} checkpoint(s): the chain is intact")
    for key in sorted({point["key"] for point in checkpoints}):
        print(f"signed with the key {key}: is it the one the fund gave you, or that signed a checkpoint you kept?")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
