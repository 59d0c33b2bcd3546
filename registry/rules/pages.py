"""Guards of the changes of public pages."""

from __future__ import annotations

from django.utils.translation import gettext as _

from applications.queries import officer_interest
from core.redaction import redacted
from core.transitions import Act, Refusal
from registry.enums import ChangeGround
from registry.queries import pages

LONGEST = {"title": 200, "licence": 200, "repository_url": 500, "demo_url": 500}
LONGEST_TEXT, LONGEST_DETAIL = 20_000, 2_000


def no_interest(act: Act) -> None:
    """Neither of the two keys is in the hand of somebody with a link to the project."""
    if officer_interest(act.actor, act.obj.application):
        raise Refusal(
            "officer_interest",
            _("You, your association or your department have a link with this project."),
            remedy=_("Another person must do it."),
            article="art. 9",
            status=403,
        )


def page_is_told(act: Act) -> None:
    if not pages.is_told(act.obj.application):
        raise Refusal(
            "not_published",
            _("This project has no page to change: it is not published, or was not taken up."),
        )


def ground_given(act: Act) -> None:
    if act.preview:
        return
    if act.get("ground") not in ChangeGround.values:
        raise Refusal("ground_missing", _("Choose the ground: it is public."), field="ground")
    detail = (act.get("detail") or "").strip()
    if not 1 <= len(detail) <= LONGEST_DETAIL:
        raise Refusal(
            "detail_missing",
            _("Say in a few words what it rests on (a judgment, a request, a fact)."),
            remedy=_("The detail stays with the fund: it is never public."),
            field="detail",
        )


def changes_are_sound(act: Act) -> None:
    """Texts that this page has, that can be kept, one of which changes at least; read by both keys as they are now."""
    if act.preview:
        return
    changes = act.get("changes")
    present = act.found["texts"] = pages.present_texts(act.obj.application)
    if not isinstance(changes, dict) or not changes:
        raise _nothing()
    if pages.seen(present, changes) != act.get("seen"):
        raise Refusal(
            "stale_approval",
            _("The text has changed since the correction was written."),
            remedy=_("Read it again and propose it again."),
        )
    for name, text in changes.items():
        _check(name, text, present)
    if all(present[name] == text for name, text in changes.items()):
        raise _nothing()


def _nothing() -> Refusal:
    return Refusal("nothing_changes", _("Nothing would change."), remedy=_("Write what the public must read."))


def _check(name: str, text, present: dict[str, str]) -> None:
    if name not in present or not isinstance(text, str):
        raise Refusal("unknown_text", _("This page has no such text: %(name)s.") % {"name": str(name)[:40]}, status=400)
    most = LONGEST.get(name, LONGEST_TEXT)
    if len(text) > most:
        raise Refusal("text_too_long", _("Write %(most)s characters at most.") % {"most": most}, field=name)
    if name == "title" and not text.strip():
        raise Refusal("title_missing", _("A project keeps a title."), field=name)
    if name in pages.ADDRESSES and text and not text.startswith(("https://", "http://")):
        raise Refusal("not_an_address", _("This is not a web address; it begins with https://."), field=name)
    if redacted(text) != text:
        raise Refusal(
            "text_with_contacts",
            _("This text holds an address, a phone number or a bank account."),
            remedy=_("Take it out: the public page would not show it."),
            field=name,
        )
