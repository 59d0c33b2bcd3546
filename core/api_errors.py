"""Every error of the API is an RFC 9457 problem detail with a stable `code`; a rule's refusal carries its remedy and its article."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from core.logs import current_request_id
from core.transitions import Refusal

access_log = logging.getLogger("fund.access")
CONTENT_TYPE = "application/problem+json"
CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "throttled",
    503: "unavailable",
}


def problem(status: int, code: str, detail, *, title="", remedy="", article="", field="", errors: Any = None) -> dict:
    """The members of a problem detail; empty ones are left out."""
    body = {
        "type": "about:blank",
        "title": str(title or title_of(status)),
        "status": status,
        "code": code,
        "detail": str(detail),
        "remedy": str(remedy or ""),
        "article": article,
        "field": field,
        "errors": errors,
        "request": current_request_id(),
    }
    return {name: value for name, value in body.items() if value not in ("", None)}


def title_of(status: int) -> str:
    titles = {
        400: _("Not understood"),
        401: _("Sign in first"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Method not allowed"),
        406: _("No such format"),
        409: _("Not possible now"),
        412: _("Changed meanwhile"),
        413: _("Too large"),
        415: _("Type not accepted"),
        422: _("Refused"),
        429: _("Too many requests"),
    }
    return str(titles.get(status, _("Error")))


def of_refusal(refusal: Refusal) -> dict:
    return problem(
        refusal.status,
        refusal.code,
        refusal.reason,
        remedy=refusal.remedy,
        article=refusal.article,
        field=refusal.field,
    )


def refusal_response(refusal: Refusal) -> JsonResponse:
    """The same answer outside DRF (middleware)."""
    return JsonResponse(of_refusal(refusal), status=refusal.status, content_type=CONTENT_TYPE)


def _plain(detail: Any) -> Any:
    if isinstance(detail, dict):
        return {str(key): _plain(value) for key, value in detail.items()}
    if isinstance(detail, list | tuple):
        return [_plain(value) for value in detail]
    return {"code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def problem_details(error, context) -> Response | None:
    """DRF's exception handler. Anything it does not know goes on as a 500."""
    if isinstance(error, Refusal):
        set_rollback()
        return _response(of_refusal(error), error.status)
    if isinstance(error, RecursionError):  # a body nested thousands deep
        error = exceptions.ParseError()
    elif isinstance(error, Http404):
        error = exceptions.NotFound(_("There is nothing here, or nothing you may see."))
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    answer = exception_handler(error, context)
    if answer is None:
        return None
    status = answer.status_code
    if isinstance(error, exceptions.ValidationError):
        body = problem(status, "invalid", _("Some of what was sent is not right."), errors=_plain(error.detail))
    else:
        codes = error.get_codes() if isinstance(error, exceptions.APIException) else ""
        code = (
            codes
            if isinstance(codes, str) and codes not in ("", "error", "permission_denied", "authentication_failed")
            else CODES.get(status, "error")
        )
        detail = error.detail if isinstance(error, exceptions.APIException) else str(error)
        body = problem(status, code, detail)
        if status in (401, 403):
            request = context["request"]
            access_log.info("denied", extra={"facts": {"who": request.user.pk, "path": request.path, "rule": code}})
    return _response(
        body, status, {name: answer[name] for name in ("WWW-Authenticate", "Retry-After", "Allow") if name in answer}
    )


def _response(body: dict, status: int, headers: dict | None = None) -> Response:
    response = Response(body, status=status, headers=headers)
    response.content_type = CONTENT_TYPE
    return response
