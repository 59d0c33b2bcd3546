"""Errors, said plainly: what happened, that nothing is lost, what to do."""

from __future__ import annotations

import logging

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core import kept, links
from core.api_errors import CONTENT_TYPE, problem
from core.logs import current_request_id

access_log = logging.getLogger("fund.access")


def wants_json(request) -> bool:
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/json")


def answer(request, status: int, code: str, title, detail) -> HttpResponse:
    """An error page, or a problem detail for the API. A template `<status>.html` is used when there is one."""
    if wants_json(request):
        from django.http import JsonResponse

        return JsonResponse(problem(status, code, detail, title=title), status=status, content_type=CONTENT_TYPE)
    context = {
        "title": str(title),
        "detail": str(detail),
        "status": status,
        "request_id": current_request_id(),
        "ask": "",
    }
    try:
        text = render_to_string(f"{status}.html", context, request=request)
    except TemplateDoesNotExist:
        text = render_to_string("core/error.html", context, request=request)
    return HttpResponse(text, status=status)


def bad_request(request, exception=None):
    """What was sent cannot be read: a problem detail for the API, else a page made of nothing (no session was read yet)."""
    title = _("We did not understand this request")
    detail = _("Some information was unreadable or damaged on the way. Nothing was changed.")
    return answer(request, 400, "invalid", title, detail) if wants_json(request) else plain(400, title, detail)


def forbidden(request, exception=None):
    return answer(
        request,
        403,
        "not_permitted",
        _("You do not have access to this"),
        _("Your account is known, but this act belongs to others."),
    )


def not_found(request, exception=None):
    return answer(
        request,
        404,
        "not_found",
        _("This page does not exist, or is not for you"),
        _("We answer the same in both cases, to protect applications. Check the address or sign in."),
    )


def server_error(request):
    """Says nothing of what broke, and needs neither database nor templates of ours to say it."""
    title, detail = (
        _("A failure, and it is ours"),
        _("If you had just saved, check before trying again: nothing is done twice."),
    )
    if wants_json(request):
        from django.http import JsonResponse

        return JsonResponse(problem(500, "server_error", detail, title=title), status=500, content_type=CONTENT_TYPE)
    try:
        text = render_to_string("500.html", {"title": title, "detail": detail, "request_id": current_request_id()})
    except Exception:  # noqa: BLE001  whatever is broken, an answer is given
        return plain(500, title, detail)
    return HttpResponse(text, status=500)


def plain(status: int, title, detail) -> HttpResponse:
    """An error page made of nothing: no template, no database, no host name."""
    from django.utils.html import format_html

    text = format_html(
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{}</title></head><body><h1>{}</h1><p>{}</p><p>{}</p></body></html>',
        title,
        title,
        detail,
        current_request_id(),
    )
    return HttpResponse(
        text, status=status, headers={"Cache-Control": "no-store, private", "X-Content-Type-Options": "nosniff"}
    )


def csrf_failure(request, reason=""):
    """A form that slept too long, or was open when the session ended: what was typed is shown and offered again, never lost.

    Another site's form is refused and nothing of it is offered.
    """
    access_log.info("csrf", extra={"facts": {"path": request.path, "rule": "csrf"}})
    if wants_json(request):
        return answer(request, 403, "csrf_failed", _("This page slept too long"), _("For safety the form expired."))
    if not request.user.is_authenticated and _private(request) and kept.stash(request):
        return redirect(f"{links.localized('/connexion/')}?next=/mon-espace/reprendre/")
    fields = kept.fields_of(request) if kept.from_here(request) and not kept.holds_secrets(request) else []
    return render(request, "core/slept.html", offered(request, fields), status=403)


def offered(request, fields) -> dict:
    """Context of a page that shows kept fields and offers to send them again to where they were going."""
    return {
        "fields": fields,
        "texts": [field for field in fields if field.is_text],
        "again": request.get_full_path(),
        "files": bool(request.FILES),
    }


def _private(request) -> bool:
    from django.urls import Resolver404, resolve

    from core.access import rule_of, signed_in

    try:
        rule = rule_of(resolve(request.path_info).func)
    except Resolver404:
        return False
    return rule is not None and not rule.public and (rule is signed_in or rule.ask != "")
