"""What `post` writes, moves and refuses; the identities of the books after every act."""
from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from core.transitions import Refusal
from fund.ledger import LedgerError, add_certified, batch, open_grant, post, seal, set_awarded
from fund.models import Checkpoint, Entry, Envelope, GrantAccount, LedgerHead, Seal, Unsealed
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
    from fund.ledger.hashes import Frontier

    frontier = Frontier(head.count, [bytes.fromhex(root) for root in head.frontier])
    assert frontier.root.hex() == "e696319cad8916712ca03ade242d6b420dc1de942037cfcb32ab609f1490988c"
