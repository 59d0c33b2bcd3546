"""Prove again who one is: acts that sign, notify, pay or open the account ask for it when the last proof is older than five minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.signals import user_logged_in
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.browser import address_hash
from core.logs import current_request_id
from core.transitions import Refusal

MINUTES = 5
KEY = "proved_at"
METHOD = "proved_by"


def remember(request, method: str = "password", at: datetime | None = None) -> None:
    """This person just proved who he is."""
    request.session[KEY] = (at or timezone.now()).isoformat()
    request.session[METHOD] = method


def proved_at(request) -> datetime | None:
    """When this person last proved who he is in this session (signing in counts)."""
    session = getattr(request, "session", None)
    text = session.get(KEY) if session is not None else None
    return datetime.fromisoformat(text) if text else None


def is_recent(request) -> bool:
    instant = proved_at(request)
    return (
        instant is not None and request.user.is_authenticated and timezone.now() - instant < timedelta(minutes=MINUTES)
    )


def require_recent(request) -> None:
    """Raises Refusal `reauthentication_needed` when the last proof is too old; the view then leads to `core:confirm` with `?next=`."""
    if not is_recent(request):
        raise Refusal(
            "reauthentication_needed",
            _("Confirm first that it is you: your last sign-in is more than five minutes ago."),
            remedy=_("Type your password again: it lasts five minutes."),
            article="art. 22",
            status=403,
        )


def evidence(request) -> dict:
    """Facts for a signature: how and when the person proved who he is, when the request came, a hash of the browser's address."""
    instant = proved_at(request)
    return {
        "method": request.session.get(METHOD, "") if hasattr(request, "session") else "",
        "proved_at": instant.isoformat() if instant else "",
        "received_at": request.received_at.isoformat(),
        "request": current_request_id(),
        "address_hash": address_hash(request),
        "user_agent": request.headers.get("User-Agent", "")[:200],
    }


def _signed_in(sender, request, user, **kwargs):
    if request is not None and hasattr(request, "session"):
        remember(request, "password")


user_logged_in.connect(_signed_in, dispatch_uid="core.reauth")
