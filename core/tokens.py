"""API tokens: made for one's own use, shown once, ended at will."""

from __future__ import annotations

import secrets
from datetime import timedelta

from core import links, outbox
from core.models import ApiToken


def make_token(user, *, at, label: str, days: int = 90, may_write: bool = False, secret: str | None = None) -> str:
    """A new bearer token of this person; returns the secret, of which only the hash is kept."""
    secret = secret or f"fund_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(
        user=user,
        label=label[:80],
        token_hash=ApiToken.digest(secret),
        may_write=may_write,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    outbox.queue("account/token_created", to=user, at=at, context={"link": links.absolute("/mon-espace/securite/")})
    return secret


def revoke_token(token: ApiToken, *, at) -> None:
    """End a token; one that has ended stays as it was."""
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
