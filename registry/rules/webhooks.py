"""Guards of the addresses that programs are told at. Whether a name leads to a public place is asked again each time something is sent."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from core import outgoing
from core.transitions import Act, Refusal
from registry.enums import News, WebhookState
from registry.models import Webhook

MOST = 20
"""Webhooks at one time."""
GIVES_UP_AFTER = timedelta(days=3)
"""How long an address may fail before nothing is sent to it any more."""


def address_refused(code: str) -> Refusal:
    """Why an address is not taken, by the code of `core.outgoing.NotAllowed`."""
    words = {
        "scheme": _("The address must begin with https://."),
        "port": _("The port must be 443 or 8443."),
        "unknown": _("This name leads nowhere at the moment."),
        "private": _("This address is not one of the public internet."),
    }
    return Refusal(
        "address_not_allowed",
        words.get(code, _("This is not an address that can be used.")),
        remedy=_("Give a public https address, without user name and without fragment."),
        field="url",
    )


def address_is_sound(act: Act) -> None:
    if act.preview:
        return
    try:
        outgoing.read(str(act.get("url") or ""))
    except outgoing.NotAllowed as error:
        raise address_refused(str(error)) from None


def is_described(act: Act) -> None:
    if act.preview:
        return
    if not 1 <= len((act.get("label") or "").strip()) <= 120:
        raise Refusal("label_missing", _("Say in a few words whose program it is."), field="label")
    kinds = act.get("kinds")
    if not isinstance(kinds, list) or not kinds or not set(kinds) <= set(News.values):
        raise Refusal("kinds_missing", _("Choose what is sent."), field="kinds")


def not_too_many(act: Act) -> None:
    if not act.preview and Webhook.objects.exclude(state=WebhookState.ENDED).count() >= MOST:
        raise Refusal(
            "too_many_webhooks",
            _("There are %(most)s already.") % {"most": MOST},
            remedy=_("End one that is no longer used."),
        )
