"""The ledger: double entry, append-only, its public part sealed in a chain and a Merkle tree (docs/ledger.md).

What other rooms call. Writes need the caller's transaction and belong to transitions; reads are in `fund.ledger.queries`.
"""

from fund.ledger.checkpoints import checkpoint, latest, public_key_pem
from fund.ledger.grants import add_certified, open_grant, set_awarded
from fund.ledger.head import LedgerError, genesis, start
from fund.ledger.posting import batch, lock, post
from fund.ledger.sealing import seal

__all__ = [
    "LedgerError",
    "add_certified",
    "batch",
    "checkpoint",
    "genesis",
    "latest",
    "lock",
    "open_grant",
    "post",
    "public_key_pem",
    "seal",
    "set_awarded",
    "start",
]
