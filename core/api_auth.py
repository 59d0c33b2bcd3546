"""Who is asking the API, how often, and how it pages: bearer tokens with a scope and an end, cursors that cannot be forged into a 500."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotFound, PermissionDenied, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.throttling import BaseThrottle

from core.models import ApiToken

SAFE = ("GET", "HEAD", "OPTIONS")


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; the token's hash is looked up, never the token. A read token does not write."""

    def authenticate(self, request):
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("The Authorization header must be: Bearer <token>."))
        try:
            secret = words[1].decode("ascii")
        except UnicodeDecodeError:
            raise AuthenticationFailed(_("This token is not valid.")) from None
        now = timezone.now()
        token = (
            ApiToken.objects.select_related("user")
            .filter(token_hash=ApiToken.digest(secret), revoked_at=None, expires_at__gt=now)
            .first()
        )
        if token is None or not token.user.is_active:
            raise AuthenticationFailed(_("This token is not valid, or no longer."))
        if request.method not in SAFE and not token.may_write:
            raise PermissionDenied(_("This token may only read."), code="read_only_token")
        today = timezone.localdate(now)
        if token.last_used_on != today:
            ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)
        translation.activate(token.user.language)  # as on the screen: answers follow the person
        return token.user, token

    def authenticate_header(self, request):
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    """How the published description tells it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A token made on the page “Security” of your space."}


class Throttle(BaseThrottle):
    """So many requests a minute: of a person, else of an address. Counted in the memory of each process, so that reading writes nothing."""

    PERSON, ADDRESS = 3000, 1200
    scope = "api"
    left = 60.0

    def allow_request(self, request, view) -> bool:
        now = timezone.now().timestamp()
        minute, self.left = int(now // 60), 60 - now % 60
        user = request.user
        most, who = (self.PERSON, user.pk) if user.is_authenticated else (self.ADDRESS, self.get_ident(request))
        key, counts = f"{self.scope}-{who}-{minute}", caches["process"]
        counts.add(key, 0, timeout=120)
        try:
            return counts.incr(key) <= max(1, round(most * settings.RATE_LIMIT_SCALE))
        except ValueError:  # forgotten between the two lines
            return True

    def wait(self) -> float:
        return self.left


class CursorPages(CursorPagination):
    """Pages in the order of the rows' keys. A cursor that is not ours answers 404, never an error of the server."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = "-pk"

    def get_page_size(self, request):
        """More than the most is the most; what is no whole number from 1 on is refused, so that a slip is not read as the default."""
        asked = request.query_params.getlist(self.page_size_query_param)
        if asked and not (
            len(asked) == 1 and asked[0].isascii() and asked[0].isdecimal() and 0 < len(asked[0]) < 10 and int(asked[0])
        ):
            raise ValidationError({self.page_size_query_param: [_("Give one whole number, from 1 to 100.")]})
        return super().get_page_size(request)

    def get_schema_operation_parameters(self, view):
        parameters = super().get_schema_operation_parameters(view)
        for one in parameters:
            if one["name"] == self.page_size_query_param:
                one["schema"] |= {"minimum": 1, "maximum": 999_999_999, "default": self.page_size}
                one["description"] = str(_("How many in a page; more than 100 is 100."))
        return parameters

    def decode_cursor(self, request):
        try:
            return super().decode_cursor(request)
        except NotFound:
            raise
        except Exception:  # noqa: BLE001  whatever a forged cursor breaks, it is a page that does not exist
            raise NotFound(self.invalid_cursor_message) from None

    def paginate_queryset(self, queryset, request, view=None):
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, TypeError, OverflowError, LookupError):
            raise NotFound(self.invalid_cursor_message) from None
