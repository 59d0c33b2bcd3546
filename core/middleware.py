"""The request's path through the house: receipt instant, language, access rule, refusals with their reason."""

from __future__ import annotations

import logging
import secrets

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import OperationalError
from django.http import HttpResponseForbidden
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core import kept, links
from core.access import rule_of
from core.api_errors import refusal_response
from core.logs import set_request_id
from core.transitions import Refusal
from core.views.errors import answer, bad_request, offered, wants_json

access_log = logging.getLogger("fund.access")
log = logging.getLogger("fund.requests")
MOST_BYTES = 40 * 1024 * 1024
"""Largest body taken at all; each upload has its own, smaller limit (core.files)."""
MOST_API_BYTES = 2 * 1024 * 1024
RESUME = "/mon-espace/reprendre/"


class ReceivedAt:
    """First of all: the instant that counts for deadlines is the receipt of the request. What cannot be a request of ours goes no further."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.received_at = timezone.now()
        set_request_id(secrets.token_hex(8))
        return self.refused(request) or self.get_response(request)

    def refused(self, request):
        """A NUL byte (PostgreSQL takes none), a length that is no number, a body that is too large: answered before anything reads them."""
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        uploads = request.META.get("CONTENT_TYPE", "").startswith("multipart/")
        most = MOST_API_BYTES if request.path_info.startswith("/api/") and not uploads else MOST_BYTES
        if not length.isdecimal():
            return bad_request(request)
        request.over_bytes = (
            most if int(length) > most else 0
        )  # said by Access, in words and with a way back; nothing reads the body before
        return None


class Language:
    """French at `/`, English under `/en/`; signed-in pages follow the person's language; Accept-Language plays no part."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        path_is_english = request.path_info == "/en" or request.path_info.startswith("/en/")
        translation.activate("en" if path_is_english else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
        try:
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
            return response
        finally:
            translation.deactivate()


class Access:
    """Deny by default. Anonymous people go to sign-in; a desk one has no role for answers 403 with whom to ask."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self._too_large(request) if request.over_bytes else self.get_response(request)

    def _too_large(self, request):
        detail = _(
            "What was sent is over %(megabytes)s MB, the most the service takes at once. Send documents one at a time."
        ) % {"megabytes": request.over_bytes // (1024 * 1024)}
        if wants_json(request):
            return answer(request, 413, "too_large", _("That is too large"), detail)
        return render(request, "413.html", {"detail": detail, "back": _page_of(request)}, status=413)

    def process_view(self, request, view, args, kwargs):
        rule = rule_of(view)
        request.access_rule = rule
        if rule and not rule.public and request.user.is_authenticated and not request.path_info.startswith("/en/"):
            translation.activate(request.user.language)  # signed-in pages follow the person
            request.LANGUAGE_CODE = request.user.language
        if rule and rule.test(request):
            return None
        if rule and not request.user.is_authenticated and not request.path.startswith("/api/"):
            there = request.get_full_path()
            if request.method == "POST":  # the session ended while somebody wrote: the text waits for its author
                there = RESUME if kept.stash(request) else (_page_of(request) or there)
            return redirect_to_login(there, login_url=_localized_login())
        if rule and request.path.startswith("/api/"):
            return None  # the API answers 401/403 itself, as problem details
        access_log.info(
            "denied",
            extra={"facts": {"who": request.user.pk, "path": request.path, "rule": rule.name if rule else None}},
        )
        return HttpResponseForbidden(render(request, "403.html", {"ask": rule.ask if rule else ""}).content)


def _localized_login() -> str:
    return links.localized("/connexion/")


def _page_of(request) -> str:
    """The page of ours a form was sent from, as a path; empty when unknown."""
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return ""
    return "/" + back.partition("://")[2].partition("/")[2] if "://" in back else back


class PublicPages:
    """Everything not public is `no-store`; public pages carry no cookie."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        rule = getattr(request, "access_rule", None)
        if rule is not None and rule.public and request.method in ("GET", "HEAD"):
            response.cookies.clear()
            if "Vary" in response.headers:
                kept = [
                    name
                    for name in response.headers["Vary"].split(",")
                    if name.strip().lower() not in ("cookie", "accept-language")
                ]
                if kept:
                    response.headers["Vary"] = ",".join(kept)
                else:
                    del response.headers["Vary"]
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store, private"
        return response


class Refusals:
    """A rule that says no is an answer, never a 500: on a form the page before with the reason, on the API a problem detail."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        if isinstance(
            error, OperationalError
        ):  # the database is away or too busy: nothing was done, the same request may come again
            log.exception("database unavailable")
            response = answer(
                request,
                503,
                "unavailable",
                _("The service is down for a while"),
                _("Nothing was changed. Try again in a minute."),
            )
            response["Retry-After"] = "30"
            return response
        if not isinstance(error, Refusal):
            return None
        if wants_json(request):
            return refusal_response(error)
        fields = kept.fields_of(request) if request.method == "POST" else []
        if any(field.is_text for field in fields) and kept.from_here(request):
            shown = [] if kept.holds_secrets(request) else fields
            context = offered(request, shown) | {
                "refusal": error,
                "again": _page_of(request) or request.get_full_path(),
            }
            return render(request, "core/refused.html", context, status=error.status)
        if request.method == "POST" and (back := _page_of(request)):
            messages.error(request, str(error))
            return redirect(back)
        return render(request, "errors/refusal.html", {"refusal": error}, status=error.status)
