"""The only door for writes on the money side: one keyword-only function a verb, one module an aggregate."""

from payments.transitions import (
    account,
    agreement,
    amendment,
    batch,
    call,
    condition,
    instalment,
    matching,
    paper,
    recovery,
    report,
    statement,
    undoing,
)
from payments.transitions.agreement import decline as renounce

__all__ = [
    "account",
    "agreement",
    "amendment",
    "batch",
    "call",
    "condition",
    "instalment",
    "matching",
    "paper",
    "recovery",
    "renounce",
    "report",
    "statement",
    "undoing",
]
