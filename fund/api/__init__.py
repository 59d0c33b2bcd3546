"""The fund over the API: calls and their rules, envelopes, the public ledger, two-key acts, and one's own account.

What the public reads is the same for everybody. Calls and envelopes also take the acts of those who may; the verbs of a call that look at its
files are mounted by reviews (`fund.api.calls.Calls` is what both share).
"""

from __future__ import annotations

from fund.api.account import TokenResource
from fund.api.envelopes import EnvelopeResource
from fund.api.ledger import LedgerResource
from fund.api.two_key import TwoKeyResource

RESOURCES = {
    "envelopes": EnvelopeResource,
    "ledger": LedgerResource,
    "two-key-acts": TwoKeyResource,
    "tokens": TokenResource,
}
"""Calls are mounted by reviews, with all their verbs."""
