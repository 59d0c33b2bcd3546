"""Pages of the published set over the API: a cursor says after which grant (or before which) a page starts, so that a deep one costs what the first does."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.api_auth import CursorPages
from registry.index.refresh import fresh
from registry.models import PublishedRow
from registry.queries import Filters
from registry.queries.published import Key, beyond, grants_of, key_of


def _cursor(key: Key, side: str) -> str:
    value, reference = key
    said = json.dumps([side, value.isoformat() if isinstance(value, datetime) else value, reference])
    return urlsafe_b64encode(said.encode()).decode()


def cursor_after(row: PublishedRow, filters: Filters) -> str:
    """The cursor of the page that begins after this row."""
    return _cursor(key_of(row, filters), "a")


class GrantPages(BasePagination):
    """`paginate_queryset` takes the filters. A cursor that is not ours, or beyond the end, answers 404."""

    def paginate_queryset(self, queryset, request, view=None):
        filters: Filters = queryset
        size = CursorPages().get_page_size(request)
        key, backwards = self._read(request.query_params.get("cursor", ""), filters)
        fresh()
        rows = list(beyond(filters, key, backwards=backwards)[: size + 1])
        if key is not None and not rows:
            raise NotFound(CursorPages.invalid_cursor_message)
        more, rows = len(rows) > size, rows[:size]
        if backwards:
            rows.reverse()
        url = request.build_absolute_uri()
        has_next, has_previous = (True, more) if backwards else (more, key is not None)
        self.next = self._link(url, key_of(rows[-1], filters), "a") if rows and has_next else None
        self.previous = None
        if rows and has_previous:
            self.previous = self._link(url, key_of(rows[0], filters), "b")
        return grants_of(rows)

    def _read(self, cursor: str, filters: Filters) -> tuple[Key | None, bool]:
        if not cursor:
            return None, False
        try:
            side, value, reference = json.loads(urlsafe_b64decode(cursor.encode("ascii")).decode("utf-8"))
            if side not in ("a", "b") or not isinstance(reference, str) or len(reference) > 40 or "\x00" in reference:
                raise ValueError(cursor)
            amounts = filters.order == "amount"
            if amounts != isinstance(value, int) or isinstance(value, bool) or (amounts and abs(value) >= 10**15):
                raise ValueError(cursor)
            place = value if amounts else datetime.fromisoformat(value)
            if isinstance(place, datetime) and place.tzinfo is None:
                raise ValueError(cursor)
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise NotFound(CursorPages.invalid_cursor_message) from None
        return (place, reference), side == "b"

    def _link(self, url: str, key: Key, side: str) -> str:
        return replace_query_param(url, "cursor", _cursor(key, side))

    def get_paginated_response(self, data):
        return Response({"next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema):
        return CursorPages().get_paginated_response_schema(schema)

    def get_schema_operation_parameters(self, view):
        return CursorPages().get_schema_operation_parameters(view)


__all__ = ["GrantPages", "cursor_after"]
