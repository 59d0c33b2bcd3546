"""What mechanism does because time passes."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore

from core import documents, idempotency, two_key
from core.clock import register


@register("core.two_key")
def expire_proposals(at, actor) -> int:
    """Two-key acts that nobody approved in fourteen days."""
    return two_key.expire_due(actor=actor, at=at)


@register("core.documents", every_seconds=600)
def retry_documents(at, actor) -> int:
    """Documents whose rendering failed."""
    return documents.render_due(at, failed=True)


@register("core.idempotency", every_seconds=3600)
def forget_keys(at, actor) -> int:
    return idempotency.forget_old(at)


@register("core.sessions", every_seconds=3600)
def forget_sessions(at, actor) -> int:
    SessionStore.clear_expired()
    return 0
