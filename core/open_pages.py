"""Public pages that belong to mechanism: same bytes for everybody, an ETag made of these bytes."""

from __future__ import annotations

import hashlib
from functools import wraps

from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from core.access import allow, public


def open_page(view):
    """GET and HEAD, a validator made of the bytes, 304 when they are known; asked again each time. What the view marks `no-store` is left so."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        if response.headers.get("Cache-Control") == "no-store":
            return response
        response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
        response.headers["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        return get_conditional_response(request, etag=response.headers["ETag"], response=response)

    return allow(public)(require_safe(answer))


@open_page
def legal(request):
    return render(request, "core/legal.html")
