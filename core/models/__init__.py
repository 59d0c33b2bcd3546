"""Mechanism's rows: people, events, mails, documents, keys. Nothing here knows a noun of the fund."""

from core.models.document import Document, Signature
from core.models.event import ErasableText, Event
from core.models.idempotency import IdempotencyKey
from core.models.machine import Machine, StateField
from core.models.outbox import Mail
from core.models.token import ApiToken
from core.models.two_key import TwoKeyAct
from core.models.user import User

__all__ = [
    "ApiToken",
    "Document",
    "ErasableText",
    "Event",
    "IdempotencyKey",
    "Machine",
    "Mail",
    "Signature",
    "StateField",
    "TwoKeyAct",
    "User",
]
