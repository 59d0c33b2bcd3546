"""Who is asking the API, and how it pages: bearer tokens with a scope and an end, cursors that cannot be forged into a 500."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotFound, PermissionDenied
from rest_framework.pagination import CursorPagination

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
        return token.user, token

    def authenticate_header(self, request):
        return "Bearer"


class CursorPages(CursorPagination):
    """Pages in the order of the rows' keys. A cursor that is not ours answers 404, never an error of the server."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = "-pk"

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
