"""Guards of the conversation between a team and the fund."""

from __future__ import annotations

import unicodedata

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import queries
from applications.enums import MessageKind
from applications.rules import people
from core.transitions import Act, Refusal, Who

MESSAGE_SIGNS = 5_000
MESSAGES_A_DAY = 50
"""Of one person in one file."""
ATTACHMENTS = 3

correspondent = Who(
    "AP",
    gettext_lazy("the applicant, the editors of the team and the case officers"),
    lambda actor, obj, at: (
        queries.is_applicant(actor, obj) or (people.case_officer(actor, obj, at) and not queries.is_member(actor, obj))
    ),
)


def conversation_is_open(act: Act) -> None:
    """The fund knows nothing of a draft: it could not answer about it."""
    if not act.obj.is_filed:
        raise Refusal(
            "messages_not_open",
            _("Messages open once the application is filed: until then the fund does not see it."),
            remedy=_("For a question on the call, write to its contact address."),
            status=409,
        )


def officer_has_no_interest(act: Act) -> None:
    """Only asked of the fund's side."""
    if not queries.is_applicant(act.actor, act.obj):
        people.officer_has_no_interest(act)


def reasons_can_be_asked(act: Act) -> None:
    """Only silence needs the question: a written decision carries its grounds. In the time to go to court, once (CRPA L232-4)."""
    clock = queries.silence(act.obj, act.at)
    if clock is None or not clock.passed:
        raise Refusal(
            "reasons_not_due",
            _("Silence has not rejected this application: there are no reasons to ask for."),
            remedy=_("A written decision carries its reasons."),
            article="CRPA L232-4",
            status=409,
        )
    if timezone.localdate(act.at) > clock.appeal_before_on:
        raise Refusal(
            "reasons_too_late",
            _("The time to ask for the reasons of this rejection is over."),
            remedy=_("A written decision remains possible: you can ask the fund for one in a message."),
            article="CRPA L232-4",
            status=409,
        )
    if queries.reasons_asked(act.obj) is not None:
        raise Refusal(
            "reasons_already_asked",
            _("The reasons have already been asked for."),
            remedy=_("The answer comes in the messages of the application."),
            article="CRPA L232-4",
            status=409,
        )


def text_can_be_sent(act: Act) -> None:
    """Something to read, of a length that is read, in signs that can be kept."""
    if act.preview:
        return
    text = act.get("text") or ""
    if not any(unicodedata.category(sign)[0] not in "CZ" for sign in text):
        raise Refusal("message_empty", _("Write your message first."), field="text")
    if "\x00" in text or any(unicodedata.category(sign) == "Cs" for sign in text):
        raise Refusal(
            "message_signs",
            _("This text holds signs that cannot be kept."),
            remedy=_("Copy it again as plain text."),
            field="text",
        )
    if len(text) > MESSAGE_SIGNS:
        raise Refusal(
            "message_too_long",
            _("This message has %(n)s signs: the limit is %(limit)s.") % {"n": len(text), "limit": MESSAGE_SIGNS},
            remedy=_("Shorten it, or send it in two messages."),
            field="text",
        )


def not_too_many_today(act: Act) -> None:
    """A conversation, not a flood. Asking for reasons is a right: it always leaves."""
    if act.preview or act.get("kind") == MessageKind.REASONS_REQUEST:
        return
    if queries.messages_today(act.actor, act.obj, act.at) >= MESSAGES_A_DAY:
        raise Refusal(
            "messages_too_many",
            _("You have written %(n)s messages about this application today: it is the limit.") % {"n": MESSAGES_A_DAY},
            remedy=_("Keep this text and send it tomorrow."),
            status=429,
        )


def attachments_are_few(act: Act) -> None:
    room_for_attachments(len(act.get("attachments") or ()))


def room_for_attachments(count: int) -> None:
    if count > ATTACHMENTS:
        raise Refusal(
            "message_attachments_too_many",
            _("This message has %(n)s files: the limit is %(limit)s.") % {"n": count, "limit": ATTACHMENTS},
            remedy=_("Send the others in a second message."),
            field="attachments",
        )
