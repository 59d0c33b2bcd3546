"""Same key and body, same answer, one effect.

A key row with a lease of 60 seconds commits first; the act and its stored answer then commit together. So a client that lost the answer
sends again and gets it (`Idempotency-Replayed: true`), a second click waits its turn (409) or gets the first one's answer, another body
under the same key is refused (422), and a process that died half-way leaves a lease that ends and no effect.

Forms carry a hidden field `nonce` (`{% once %}`) and their view the decorator `once`; API methods the decorator `api_once` and the header
`Idempotency-Key`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.db import IntegrityError, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import links
from core.models import IdempotencyKey, User
from core.transitions import Refusal

FIELD = "nonce"
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=7)
_KEY = re.compile(r"[\x21-\x7e]{1,110}")
NOT_KEPT = (401, 408, 413, 429)
"""Answers that say nothing about the act: the same key may try again."""


class Lost(Exception):
    """Another request took the lease over while this one was acting: everything this one did is undone."""


def new_nonce(user=None) -> str:
    """A fresh value for the hidden field; it also says whose form it was, so that text kept over a sign-out goes back to its author only."""
    return links.signed("once", [getattr(user, "pk", None) or 0, secrets.token_urlsafe(9)])


def author_of(nonce: str) -> int | None:
    """The key of the person whose form carried this nonce; None when unknown."""
    value = links.read("once", nonce, max_age=7 * 24 * 3600)
    return value[0] or None if isinstance(value, list) and len(value) == 2 and isinstance(value[0], int) else None


def _conflict() -> Refusal:
    return Refusal(
        "idempotency_in_flight",
        _("The same request is being handled right now."),
        remedy=_("Wait a moment, then look at the result before sending again."),
        status=409,
    )


def begin(user: User, key: str, fingerprint: str) -> IdempotencyKey:
    """Take the key. Returns its row: leased to the caller, or with the stored answer (`status`). Raises Refusal (409, 422)."""
    if not _KEY.fullmatch(key):
        raise Refusal(
            "idempotency_key_invalid", _("An idempotency key is 1 to 110 visible signs without spaces."), status=400
        )
    now = timezone.now()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                user=user, key=key, fingerprint=fingerprint, leased_until=now + LEASE, created_at=now
            )
    except IntegrityError:
        row = IdempotencyKey.objects.filter(user=user, key=key).first()
    if row is None:  # the other request gave the key back between the two lines
        raise _conflict()
    if row.fingerprint != fingerprint:
        raise Refusal(
            "idempotency_key_reused",
            _("This request carries the same key as a different one already received."),
            remedy=_("Reload and try again: nothing was done twice."),
            status=422,
        )
    if row.status is not None:
        return row
    if row.leased_until > now or not IdempotencyKey.objects.filter(
        pk=row.pk, leased_until=row.leased_until, status=None
    ).update(leased_until=now + LEASE):
        raise _conflict()
    row.leased_until = now + LEASE
    return row


def keep(row: IdempotencyKey, *, status: int, body: str = "", location: str = "") -> None:
    """Store the answer, in the transaction of the act. Raises Lost when the lease is no longer ours."""
    mine = IdempotencyKey.objects.filter(pk=row.pk, leased_until=row.leased_until, status=None)
    if not mine.update(status=status, body=body, location=location[:500]):
        raise Lost


def give_back(row: IdempotencyKey) -> None:
    """Nothing was done: the key may be used again."""
    IdempotencyKey.objects.filter(pk=row.pk, leased_until=row.leased_until, status=None).delete()


def _digest(*parts: bytes | str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def fingerprint_of_form(request) -> str:
    """Hash of what was posted: path, fields and files, without the CSRF token and the nonce."""
    parts: list[bytes | str] = [request.path]
    for name in sorted(set(request.POST) - {FIELD, "csrfmiddlewaretoken"}):
        parts += [name, *request.POST.getlist(name)]
    for name in sorted(request.FILES):
        for uploaded in request.FILES.getlist(name):
            uploaded.seek(0)
            parts += [name, uploaded.name or "", uploaded.read()]
            uploaded.seek(0)
    return _digest(*parts)


def fingerprint_of_call(request) -> str:
    """Hash of an API request; of an upload, its fields and files (the body of a file is not read at once)."""
    if (request.content_type or "").startswith("multipart/"):
        return fingerprint_of_form(request._request)
    return _digest(request.method, request.get_full_path(), bytes(request._request.body))


def once(view: Callable) -> Callable:
    """A form's view: a POST that carries a nonce acts once; sent again, it is led where the first one was led.

    Only an answer that leads on (a redirect) is kept: a refused form acts again when it is corrected. The view runs inside one transaction.
    """

    @wraps(view)
    def acting_once(request, *args, **kwargs):
        nonce = request.POST.get(FIELD, "") if request.method == "POST" else ""
        if not nonce:
            return view(request, *args, **kwargs)
        user = request.user if request.user.is_authenticated else User.objects.system()
        row = begin(user, nonce, fingerprint_of_form(request))
        if row.status is not None:
            response = HttpResponseRedirect(row.location)
            response[REPLAYED] = "true"
            return response
        try:
            with transaction.atomic():
                response = view(request, *args, **kwargs)
                if 300 <= response.status_code < 400:
                    keep(row, status=response.status_code, location=response.headers.get("Location", "/"))
        except Lost:
            raise _conflict() from None
        except BaseException:
            give_back(row)
            raise
        if not 300 <= response.status_code < 400:
            give_back(row)
        return response

    return acting_once


def api_once(method: Callable) -> Callable:
    """A method of an API view: with `Idempotency-Key`, the same request has one effect and one answer, refusals included."""

    @wraps(method)
    def acting_once(self, request, *args, **kwargs):
        key = request.headers.get(HEADER)
        if key is None:
            return method(self, request, *args, **kwargs)
        row = begin(request.user, key, fingerprint_of_call(request))
        if row.status is not None:
            return _replay(row)
        try:
            with transaction.atomic():
                response = _answer(self, method, request, args, kwargs)
                kept = response.status_code < 500 and response.status_code not in NOT_KEPT
                if kept:
                    keep(
                        row,
                        status=response.status_code,
                        body=_rendered(response),
                        location=response.headers.get("Location", ""),
                    )
        except Lost:
            raise _conflict() from None
        except BaseException:
            give_back(row)
            raise
        if not kept:
            give_back(row)
        return response

    return acting_once


def _answer(view, method, request, args, kwargs):
    """The method's answer; a refusal or an API error is one too, and undoes what the method did."""
    from django.core.exceptions import PermissionDenied
    from django.http import Http404
    from rest_framework.exceptions import APIException

    from core.api_errors import problem_details

    try:
        with transaction.atomic():
            return method(view, request, *args, **kwargs)
    except (Refusal, APIException, Http404, PermissionDenied) as error:
        return problem_details(error, view.get_exception_handler_context())


def _rendered(response) -> str:
    from rest_framework.renderers import JSONRenderer

    data = getattr(response, "data", None)
    return JSONRenderer().render(data).decode() if data is not None else ""


def _replay(row: IdempotencyKey) -> HttpResponse:
    content_type = "application/problem+json" if row.status and row.status >= 400 else "application/json"
    response = HttpResponse(row.body, status=row.status, content_type=content_type)
    response[REPLAYED] = "true"
    if row.location:
        response["Location"] = row.location
    return response


def forget_old(at) -> int:
    """Clock: keys older than a week."""
    return IdempotencyKey.objects.filter(created_at__lt=at - KEPT).delete()[0]
