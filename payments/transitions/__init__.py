"""The only door for writes on the money side: one keyword-only function a verb, one module an aggregate."""

from payments.transitions import account, agreement, batch, instalment, report, statement
from payments.transitions.agreement import decline as renounce

__all__ = ["account", "agreement", "batch", "instalment", "renounce", "report", "statement"]
