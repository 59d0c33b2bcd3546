"""Chance that can be repeated: while the demo is written, `secrets` draws from a seed. Never used outside it."""

from __future__ import annotations

import base64
import random
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.conf import settings


@contextmanager
def repeatable(seed: int) -> Iterator[random.Random]:
    """References, tokens and salts made inside are the same for the same seed. Raises RuntimeError unless the demo is on."""
    if not settings.FUND_DEMO:
        raise RuntimeError("repeatable chance is for the demo only")
    source = random.Random(seed)  # noqa: S311

    def token_bytes(nbytes: int | None = None) -> bytes:
        return source.randbytes(nbytes or 32)

    def token_urlsafe(nbytes: int | None = None) -> str:
        return base64.urlsafe_b64encode(token_bytes(nbytes)).rstrip(b"=").decode()

    def another_name(length: int) -> str:
        return uuid.uuid4().hex[:length]  # os.urandom: a folder that holds files already changes nothing else

    with (
        patch("django.core.files.storage.base.get_random_string", another_name),
        patch.object(secrets, "choice", source.choice),
        patch.object(secrets, "randbelow", source.randrange),
        patch.object(secrets, "token_bytes", token_bytes),
        patch.object(secrets, "token_hex", lambda nbytes=None: token_bytes(nbytes).hex()),
        patch.object(secrets, "token_urlsafe", token_urlsafe),
    ):
        yield source
