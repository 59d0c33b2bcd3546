"""Pages of a list: out of range answers 404."""

from __future__ import annotations

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404

PAGE = 50


def page_of(request, rows, size: int = PAGE) -> Page:
    """The page asked for by `?page=`. Raises Http404 when there is none."""
    try:
        return Paginator(rows, size).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error


def searched(request) -> str:
    """The words typed in the search box."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:100]
