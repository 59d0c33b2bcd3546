"""JSON services that an installation names in its settings: asked where it says and nowhere else, with a time and a size for the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

SECONDS = 4
MOST_BYTES = 512 * 1024


class NoService(Exception):
    """No answer in time, or none that can be read. The text says what happened, never what was sent or read."""


class _NoRedirect(HTTPRedirectHandler):
    """The address set is the one that answers: it may not send us elsewhere."""

    def redirect_request(self, *args):
        return None


def ask(
    url: str,
    *,
    method: str = "GET",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    most_bytes: int = MOST_BYTES,
) -> Any:
    """What the service answers, read as JSON; `body` is sent as JSON. Raises NoService."""
    data = None if body is None else json.dumps(body).encode()
    kind = {} if data is None else {"Content-Type": "application/json"}
    request = Request(  # noqa: S310  the scheme is checked by the setting
        url, data, {"Accept": "application/json", **kind, **(headers or {})}, method=method
    )
    try:
        with build_opener(_NoRedirect).open(request, timeout=seconds) as answer:
            return json.loads(answer.read(most_bytes))
    except HTTPError as error:
        error.close()
        raise NoService(f"status {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise NoService(type(error).__name__) from None
