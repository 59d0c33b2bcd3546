"""The conversation between the team of a file and the case officers: a message sent, messages read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from applications import queries
from applications.enums import MessageKind
from applications.models import Application, Message
from applications.notifications import tell, tell_staff, writers_of
from applications.periods import REASONS_MONTHS, add_months
from applications.rules import messages as rules
from applications.rules import people
from applications.transitions.common import note, writing
from core.models import User


def send_message(
    *,
    application: Application,
    actor: User,
    at: datetime,
    text: str,
    kind: str = MessageKind.MESSAGE,
    due_on: date | None = None,
) -> Message:
    """Write to the other side. One mail tells it, without the text; as long as that one is not read, no second mail leaves."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    with writing(
        "send_message",
        application,
        actor=actor,
        at=at,
        who=rules.correspondent,
        guards=(rules.conversation_is_open, rules.officer_has_no_interest, rules.text_can_be_sent),
        text=plain,
    ) as act:
        from_staff = not queries.is_applicant(actor, act.obj)
        told = act.obj.messages.filter(from_staff=from_staff, read_at__isnull=True).exists()
        row = Message.objects.create(
            application=act.obj, author=actor, kind=kind, text=plain, from_staff=from_staff, sent_at=at, due_on=due_on
        )
        note(act, message=row.pk, kind=str(kind), from_staff=from_staff)
        if from_staff and not told:
            tell("message.received", act.obj, "messages/", at=at, to=writers_of(act.obj))
        elif not from_staff and (not told or due_on):
            path = f"/instruction/dossiers/{act.obj.reference}/messages/"
            tell_staff("message.received_staff", act.obj, path, at=at, until=due_on)
        return row


def ask_for_reasons(*, application: Application, actor: User, at: datetime) -> Message:
    """The applicant asks why silence rejected the file: a message with a last day to answer, which both sides see (CRPA L232-4)."""
    guards = (rules.conversation_is_open, rules.reasons_can_be_asked)
    with writing("ask_for_reasons", application, actor=actor, at=at, who=people.applicant, guards=guards) as act:
        text = _(
            "We ask for the reasons of the rejection of our application by silence "
            "(article L232-4 of the code of relations between the public and the administration)."
        )
        due_on = add_months(timezone.localdate(at), REASONS_MONTHS)
        return send_message(
            application=act.obj, actor=actor, at=at, text=text, kind=MessageKind.REASONS_REQUEST, due_on=due_on
        )


def read_messages(*, application: Application, actor: User, at: datetime, shown: Iterable[Message]) -> int:
    """The messages of the other side among those `shown` are read, from the first time one of this side has them on screen. Returns how many were new.

    A fact, not an act: no event.
    """
    mine = not queries.is_member(actor, application)
    new = [row.pk for row in shown if row.from_staff != mine and row.read_at is None]
    if not new:
        return 0
    return application.messages.filter(pk__in=new, from_staff=not mine, read_at__isnull=True, sent_at__lte=at).update(
        read_at=at
    )
