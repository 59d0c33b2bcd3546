"""No lost word: what was typed in a form that could not be taken is kept and offered again.

Three ways to lose a text are closed: a session that ended (the text waits in the browser's session and is offered after sign-in, to its
author), a form that slept too long (offered at once), a rule that says no where no form can show it. Passwords and codes are never kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from core.idempotency import FIELD, author_of

KEY = "kept_form"
MOST_BYTES = 512 * 1024
HOURS = 12
OURS = (FIELD, "csrfmiddlewaretoken")
"""What our forms carry for themselves."""
NEVER = frozenset(
    ("password", "password1", "password2", "passwd", "oldpassword", "code", "secret", "token", "iban", "bic")
)
"""Words in the name of a field whose value is never kept (`change-iban`, `new_password`)."""
OPEN = ("insee_code",)
"""The code of a commune is no secret."""


@dataclass(frozen=True)
class Field:
    name: str
    value: str

    @property
    def is_text(self) -> bool:
        """Words somebody wrote, worth showing: not a key, a choice or a button."""
        return len(self.value) > 12 or " " in self.value


def is_secret(name: str) -> bool:
    """Is what this field holds never kept?"""
    bare = name.lower().rpartition("-")[2]
    return bare not in OPEN and not NEVER.isdisjoint(bare.split("_"))


def fields_of(request) -> list[Field]:
    """What was posted, without the CSRF token, the nonce and secrets."""
    try:
        posted = request.POST
    except Exception:  # noqa: BLE001  a body that cannot be read holds nothing to keep
        return []
    return [
        Field(name, value)
        for name in posted
        for value in posted.getlist(name)
        if name not in OURS and not is_secret(name)
    ]


def holds_secrets(request) -> bool:
    """A form with a password or a bank account is typed anew, never sent again from what was kept."""
    return any(is_secret(name) for name in request.POST if name not in OURS)


def from_here(request) -> bool:
    """The form was one of our pages: another site's form is never offered for sending."""
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return url_has_allowed_host_and_scheme(origin, {request.get_host()}, require_https=request.is_secure())


def stash(request) -> bool:
    """Keep the posted form in the anonymous session until sign-in. Returns whether there was anything to keep."""
    fields = fields_of(request)
    if not fields or not from_here(request) or sum(len(field.name) + len(field.value) for field in fields) > MOST_BYTES:
        return False
    request.session[KEY] = {
        "path": request.get_full_path(),
        "fields": [[field.name, field.value] for field in fields],
        "at": timezone.now().isoformat(),
        "author": author_of(request.POST.get(FIELD, "")),
        "files": bool(request.FILES),
        "secrets": holds_secrets(request),
    }
    return True


def waiting(request) -> dict | None:
    """The kept form, for its author, while it is fresh."""
    kept = request.session.get(KEY)
    if not kept:
        return None
    fresh = timezone.now() - datetime.fromisoformat(kept["at"]) < timedelta(hours=HOURS)
    if not fresh or kept["author"] not in (None, request.user.pk):
        del request.session[KEY]
        return None
    return {**kept, "fields": [Field(*pair) for pair in kept["fields"]]}


def forget(request) -> None:
    request.session.pop(KEY, None)
