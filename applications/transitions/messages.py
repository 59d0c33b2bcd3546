"""The conversation between the team of a file and the case officers: a message sent, messages read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import queries
from applications.enums import PIECE_KINDS, MessageKind, ScanState
from applications.models import Application, Message, MessageAttachment
from applications.notifications import tell, tell_staff, writers_of
from applications.periods import REASONS_MONTHS, add_months
from applications.queries import rules_of
from applications.rules import messages as rules
from applications.rules import people
from applications.transitions.common import note, writing
from core.files import check_or_quarantine, clean_name
from core.models import User
from core.transitions import Refusal, clock


class Checked(NamedTuple):
    """A file that may go with a message; `scanned` is False when the antivirus has still to speak."""

    uploaded: UploadedFile
    content_type: str
    scanned: bool


def check_attachments(application: Application, uploaded: Sequence[UploadedFile]) -> list[Checked]:
    """What `send_message` takes, checked before its transaction: the antivirus may be slow. Types and size are those of the documents of the file."""
    rules.room_for_attachments(len(uploaded))
    largest = rules_of(application)["attachment_max_megabytes"] * 1024 * 1024
    try:
        return [Checked(one, *check_or_quarantine(one, kinds=PIECE_KINDS, max_bytes=largest)) for one in uploaded]
    except Refusal as refusal:
        refusal.field = "attachments"
        raise


def send_message(
    *,
    application: Application,
    actor: User,
    at: datetime,
    text: str,
    kind: str = MessageKind.MESSAGE,
    due_on: date | None = None,
    attachments: Sequence[Checked] = (),
) -> Message:
    """Write to the other side. One mail tells it, without the text or the files; as long as that one is not read, no second mail leaves."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    with writing(
        "send_message",
        application,
        actor=actor,
        at=at,
        who=rules.correspondent,
        guards=(
            rules.conversation_is_open,
            rules.officer_has_no_interest,
            rules.text_can_be_sent,
            rules.attachments_are_few,
            rules.not_too_many_today,
        ),
        text=plain,
        kind=kind,
        attachments=attachments,
    ) as act:
        from_staff = not queries.is_applicant(actor, act.obj)
        told = act.obj.messages.filter(from_staff=from_staff, read_at__isnull=True).exists()
        row = Message.objects.create(
            application=act.obj, author=actor, kind=kind, text=plain, from_staff=from_staff, sent_at=at, due_on=due_on
        )
        sent = [_attach(row, one).sha256 for one in attachments]
        note(act, message=row.pk, kind=str(kind), from_staff=from_staff, **({"attachments": sent} if sent else {}))
        if from_staff and not told:
            tell("message.received", act.obj, "messages/", at=at, to=writers_of(act.obj))
        elif not from_staff and (not told or due_on):
            path = f"/instruction/dossiers/{act.obj.reference}/messages/"
            tell_staff("message.received_staff", act.obj, path, at=at, until=due_on)
        return row


def _attach(message: Message, checked: Checked) -> MessageAttachment:
    digest = hashlib.sha256()
    for chunk in checked.uploaded.chunks():
        digest.update(chunk)
    checked.uploaded.seek(0)
    return MessageAttachment.objects.create(
        message=message,
        name=clean_name(checked.uploaded.name or ""),
        file=checked.uploaded,
        size=checked.uploaded.size,
        sha256=digest.hexdigest(),
        content_type=checked.content_type,
        scan_state=ScanState.CLEAN if checked.scanned else ScanState.PENDING,
    )


def end_quarantine(*, attachment: MessageAttachment, actor: User, at: datetime, infected: bool) -> MessageAttachment:
    """Clock: the antivirus has spoken of a message's file. Clean, it opens; infected, its bytes are deleted and the conversation says so."""
    with writing("end_quarantine", attachment.message.application, actor=actor, at=at, who=clock) as act:
        row = MessageAttachment.objects.filter(pk=attachment.pk, scan_state=ScanState.PENDING).first()
        if row is None:
            return attachment
        storage, path = row.file.storage, str(row.file.name)
        row.scan_state = ScanState.INFECTED if infected else ScanState.CLEAN
        if infected:
            row.file = ""
            act.after_commit(lambda: storage.delete(path))
            note(act, message=row.message_id, sha256=row.sha256)
        row.save(update_fields=["scan_state", "file"])
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
