"""Public pages: GET and HEAD only, the same bytes for everybody, an ETag made of these bytes and of nothing else, 304 when they are known.

The ETag cannot tell more than the page does: it is a hash of the body, never a counter that a secret act would move. Rendering is spared by a small
memory of this process, found again by address, by the state of the database and by the last public instant that has passed (a call opens or closes,
a day begins); what it is found by never leaves the process. The memory works in a serving process only (`enable`).
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from tempfile import SpooledTemporaryFile

from django.db import connection
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from core.api import readable_from_anywhere
from fund.models import Call

ENTRIES, LARGEST, LIFE = 512, 262_144, timedelta(seconds=60)
"""Pages remembered by a process, the largest body kept, and how long one is kept at most."""
CACHE_CONTROL = "public, max-age=0, must-revalidate"
"""Asked again each time, answered 304: what is published or taken back is seen at once, and no opening or closing is ever missed."""


class _Memory:
    def __init__(self):
        self._pages: OrderedDict[tuple, tuple[datetime, bytes, dict[str, str], str]] = OrderedDict()
        self._lock = threading.Lock()
        self.enabled = False

    def get(self, key: tuple, at: datetime):
        with self._lock:
            found = self._pages.get(key)
            if found is None or at - found[0] > LIFE or at < found[0]:
                return None
            self._pages.move_to_end(key)
            return found[1:]

    def keep(self, key: tuple, at: datetime, body: bytes, headers: dict[str, str], etag: str) -> None:
        with self._lock:
            self._pages[key] = (at, body, headers, etag)
            while len(self._pages) > ENTRIES:
                self._pages.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()


_memory = _Memory()
clear = _memory.clear


def enable(on: bool = True) -> None:
    """Remember rendered pages in this process: for servers, where every public change is an act that writes its event."""
    _memory.enabled = on
    _memory.clear()


def _state_of_the_database() -> tuple:
    """Changes whenever something that a public page may show has changed. Known to this process alone.

    SQLite commits one writer at a time, so the last event and checkpoint tell. On PostgreSQL an event with a smaller number may be committed later:
    there the oldest transaction still running tells, and it moves whenever one that could matter ends.
    """
    with connection.cursor() as cursor:
        oldest = "pg_snapshot_xmin(pg_current_snapshot())::text" if connection.vendor == "postgresql" else "0"
        cursor.execute(f"SELECT (SELECT max(id) FROM core_event), (SELECT max(id) FROM fund_checkpoint), {oldest}")  # noqa: S608  two constants
        return tuple(cursor.fetchone())


def public_instants() -> list[datetime]:
    """Instants at which public pages change by themselves: openings and closings of published calls, in order."""
    rows = Call.objects.public().values_list("opens_at", "closes_at")
    return sorted({instant for pair in rows for instant in pair if instant})


def last_public_instant(at: datetime, instants: list[datetime] | None = None) -> datetime:
    """The last of them that has passed, or the beginning of the day in Paris, whichever is later."""
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    instants = public_instants() if instants is None else instants
    place = bisect_right(instants, at)
    return max(today, instants[place - 1]) if place else today


def etag_of(*parts: bytes | str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return f'"{digest.hexdigest()[:32]}"'


def public_headers(response, etag: str):
    response["ETag"] = etag
    response["Cache-Control"] = CACHE_CONTROL
    return response


def _finish(request, response, etag: str):
    public_headers(response, etag)
    answer = get_conditional_response(request, etag, None, response)
    if isinstance(answer, HttpResponseNotModified):
        answer["Cache-Control"] = CACHE_CONTROL
    return answer


def conditional(request, etag: str):
    """The 304 of a request that already has these bytes, or None: for files that are streamed."""
    answer = get_conditional_response(request, etag, None, None)
    return public_headers(answer, etag) if answer is not None else None


def public_page(view):
    """Decorator of a public view, under `@allow(public)`: GET and HEAD, ETag, 304, and the memory of rendered pages."""

    @wraps(view)
    def remembered(request, *args, **kwargs):
        if not _memory.enabled:
            response = view(request, *args, **kwargs)
            return _finish(request, response, etag_of(response.content)) if _is_page(response) else response
        at = request.received_at
        state = _state_of_the_database()
        key = (request.get_full_path(), get_language(), state, last_public_instant(at, _instants(state)))
        found = _memory.get(key, at)
        if found is None:
            response = view(request, *args, **kwargs)
            if not _is_page(response):
                return response
            etag = etag_of(response.content)
            if len(response.content) <= LARGEST:
                _memory.keep(key, at, response.content, dict(response.items()), etag)
            return _finish(request, response, etag)
        body, headers, etag = found
        response = HttpResponse(body)
        for name, value in headers.items():
            response[name] = value
        return _finish(request, response, etag)

    return require_safe(remembered)


@dataclass(frozen=True)
class PublicFile:
    """A file to publish. `etag`: when something short and public tells its bytes (the head of the ledger), it streams as it is made;
    without it the bytes are made first and tell it themselves.
    """

    lines: Iterable[str | bytes]
    content_type: str
    name: str = ""
    modified_at: datetime | None = None
    etag: str = ""


def public_file(view):
    """Decorator of a view that returns a `PublicFile`, under `@allow(public)`: GET, HEAD and OPTIONS, ETag, 304, flat memory at any size."""

    @wraps(view)
    def published(request, *args, **kwargs):
        key, known = None, ""
        if _memory.enabled:
            key = ("file", request.get_full_path(), _state_of_the_database())
            found = _memory.get(key, request.received_at)
            known = found[2] if found else ""
        if known and (answer := conditional(request, known)):
            return readable_from_anywhere(answer)
        file = view(request, *args, **kwargs)
        etag, body = file.etag, file.lines
        if not etag:
            etag, body = _made(file.lines)
            if key:
                _memory.keep(key, request.received_at, b"", {}, etag)
        if answer := conditional(request, etag):
            return readable_from_anywhere(answer)
        body = () if request.method == "HEAD" else _bytes(body)
        response = StreamingHttpResponse(body, content_type=file.content_type)
        if file.name:
            response["Content-Disposition"] = f'attachment; filename="{file.name}"'
        if file.modified_at:
            response["Last-Modified"] = http_date(file.modified_at.timestamp())
        return public_headers(readable_from_anywhere(response), etag)

    kept_to_reading = require_safe(published)

    @wraps(kept_to_reading)
    def asked(request, *args, **kwargs):
        if request.method == "OPTIONS":  # what a browser asks before a page of another site may read the file
            return readable_from_anywhere(HttpResponse(status=204, headers={"Allow": "GET, HEAD, OPTIONS"}))
        return kept_to_reading(request, *args, **kwargs)

    return asked


def _bytes(parts: Iterable[str | bytes]) -> Iterator[bytes]:
    for part in parts:
        yield part.encode() if isinstance(part, str) else part


def _made(parts: Iterable[str | bytes]) -> tuple[str, Iterator[bytes]]:
    """The bytes of a file, kept on disk beyond a megabyte, and their hash."""
    kept, digest = SpooledTemporaryFile(max_size=1_048_576), hashlib.sha256()  # noqa: SIM115  closed when read to its end
    for part in _bytes(parts):
        digest.update(part)
        kept.write(part)
    kept.seek(0)

    def read() -> Iterator[bytes]:
        with kept:
            while block := kept.read(65_536):
                yield block

    return f'"{digest.hexdigest()[:32]}"', read()


def _is_page(response) -> bool:
    return response.status_code == 200 and not response.streaming


_known_instants: tuple[tuple, list[datetime]] = ((), [])


def _instants(state: tuple) -> list[datetime]:
    """Read again only when the database has changed."""
    global _known_instants
    if _known_instants[0] != state:
        _known_instants = (state, public_instants())
    return _known_instants[1]


__all__ = [
    "PublicFile",
    "clear",
    "conditional",
    "enable",
    "etag_of",
    "last_public_instant",
    "public_file",
    "public_headers",
    "public_instants",
    "public_page",
]
