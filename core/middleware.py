"""The request's path through the house: receipt instant, language, access rule, refusals with their reason."""
from __future__ import annotations

import logging
import secrets

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseForbidden, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme

from core.access import rule_of
from core.logs import set_request_id
from core.transitions import Refusal

access_log = logging.getLogger("fund.access")


class ReceivedAt:
    """First of all: the instant that counts for deadlines is the receipt of the request."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.received_at = timezone.now()
        set_request_id(secrets.token_hex(8))
        return self.get_response(request)


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
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        rule = rule_of(view)
        request.access_rule = rule
        if rule and not rule.public and request.user.is_authenticated and not request.path_info.startswith("/en/"):
            translation.activate(request.user.language)  # signed-in pages follow the person
            request.LANGUAGE_CODE = request.user.language
        if rule and rule.test(request):
            return None
        if rule and not request.user.is_authenticated and not request.path.startswith("/api/"):
            return redirect_to_login(request.get_full_path(), login_url=_localized_login())
        if rule and request.path.startswith("/api/"):
            return None  # the API answers 401/403 itself, as problem details
        access_log.info("denied", extra={"facts": {"who": request.user.pk, "path": request.path, "rule": rule.name if rule else None}})
        return HttpResponseForbidden(render(request, "403.html", {"ask": rule.ask if rule else ""}).content)


def _localized_login() -> str:
    return "/en/connexion/" if translation.get_language() == "en" else "/connexion/"


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
                kept = [name for name in response.headers["Vary"].split(",") if name.strip().lower() not in ("cookie", "accept-language")]
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
        if not isinstance(error, Refusal):
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"code": error.code, "detail": str(error.reason), "remedy": str(error.remedy or "")}, status=error.status)
        back = request.META.get("HTTP_REFERER", "")
        if request.method == "POST" and url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
            messages.error(request, str(error))
            return redirect(back)
        return render(request, "errors/refusal.html", {"refusal": error}, status=error.status)
