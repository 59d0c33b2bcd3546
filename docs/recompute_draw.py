"""Do a public draw again, and check the list it was announced with.

    python recompute_draw.py SEED REFERENCE REFERENCE…
    python recompute_draw.py SEED REFERENCE REFERENCE… --nonce NONCE --commitment HASH

Python 3.11 or newer, nothing else. Prints the order, first to last; with --commitment, exits 1 when the list is not the one that was announced.

The rule: before the seed exists the fund publishes SHA-256 of `tie-pool/1|<nonce>|<reference>|<reference>…` (references sorted), with the source and the day
of the seed to come. The order is by ascending SHA-256 of `tie-break/1|<seed>|<reference>`. UTF-8, hexadecimal.
"""

import argparse
import hashlib


def digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description="Do a public draw again.")
    parser.add_argument("seed")
    parser.add_argument("references", nargs="+")
    parser.add_argument("--nonce", default="")
    parser.add_argument("--commitment", default="")
    given = parser.parse_args()
    for place, reference in enumerate(
        sorted(given.references, key=lambda one: digest("tie-break/1", given.seed, one)), 1
    ):
        print(place, reference)
    if given.commitment and digest("tie-pool/1", given.nonce, *sorted(given.references)) != given.commitment:
        print("This is not the list that was announced.")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
