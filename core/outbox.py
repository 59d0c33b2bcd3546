"""The outbox: a mail is a row of the act's transaction; the worker sends it after commit, at least once, with a stable Message-ID.

A template `emails/<code>.<language>.txt` begins with `Subject: …`, an empty line, then the text; `link` of its context is the one link.
What people wrote is shown in it as text: an address that is not ours is made unclickable, a line break never leaves the subject.

A mail whose address is kept elsewhere, encrypted, or whose words must be true when it leaves, is queued empty (`queue_unwritten`): who registered its
code with `written_at_sending` writes it as it is sent, and its row never holds the address or the words.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Q
from django.template import Context
from django.template.loader import get_template
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from core import links, mail_choices, site
from core.models import Document, Mail, User
from core.models.document import DocumentState
from core.models.outbox import MailState

log = logging.getLogger("fund.mail")
RETRY_MINUTES = (1, 5, 15, 60, 240, 720, 1440, 1440, 1440)
"""Waits after each failure; a mail that fails once more is dead and shown to the staff."""
LEASE = timedelta(minutes=10)
TIMEOUT_SECONDS = 20


def queue(
    code: str,
    *,
    to,
    at,
    context: dict,
    reference: str = "",
    wait_for: Document | None = None,
    language: str | None = None,
) -> Mail:
    """Write one mail. `to` is a User or an address. `wait_for` holds the mail until that document is rendered, and attaches it.

    A person whose account is closed, the clock, or who switched this mail off (`core.mail_choices`) gets none: the row is there, given up.
    """
    person = to if isinstance(to, User) else None
    language = language or (person.language if person else "fr")
    subject, text = compose(code, language, context, reference=reference, name=person.name if person else "")
    held = wait_for is not None and wait_for.state != DocumentState.RENDERED
    mail = Mail(
        state=MailState.HELD if held else MailState.QUEUED,
        code=code,
        recipient=person,
        to=person.email if person else to,
        language=language,
        subject=subject,
        text=text,
        reference=reference,
        attachment=wait_for,
        created_at=at,
        next_attempt_at=at,
        message_id=_message_id(),
    )
    if person is not None:
        closed = not person.is_active or person.is_system
        if closed or mail_choices.is_off(person, code):
            if held:
                mail.release(at)
            mail.give_up("no mail to a closed account" if closed else "switched off by the person")
    mail.save()
    return mail


@dataclass(frozen=True)
class Letter:
    """What is said at sending: `headers` come on top of those of every mail."""

    to: str
    subject: str
    text: str
    headers: dict[str, str] = field(default_factory=dict)


_WRITERS: dict[str, Callable[[Mail], Letter]] = {}


def written_at_sending(code: str):
    """Register who writes the mails of this code as they are sent: `function(mail) -> Letter`. It raises Undeliverable when nothing is to be said any more."""

    def keep(function: Callable[[Mail], Letter]):
        _WRITERS[code] = function
        return function

    return keep


def queue_unwritten(code: str, *, at, language: str) -> Mail:
    """One mail of a code that is written at sending: its row holds neither address nor words, before or after."""
    if code not in _WRITERS:
        raise ValueError(f"nobody writes {code} at sending")
    return Mail.objects.create(
        code=code, to="", language=language, created_at=at, next_attempt_at=at, message_id=_message_id()
    )


def _message_id() -> str:
    return f"<{secrets.token_hex(16)}@{urlsplit(settings.PUBLIC_BASE_URL).hostname or 'localhost'}>"


def written(mail: Mail) -> tuple[Mail, dict[str, str]]:
    """The mail with its address and its words, and its headers: as it is sent now, when they are written at sending (a copy, never to be saved).
    Raises Undeliverable.
    """
    if (writer := _WRITERS.get(mail.code)) is None:
        return mail, {}
    letter, shown = writer(mail), copy(mail)
    shown.to, shown.subject, shown.text = letter.to, letter.subject, letter.text
    return shown, letter.headers


def compose(code: str, language: str, context: dict, *, reference: str = "", name: str = "") -> tuple[str, str]:
    """Subject and complete text of a mail, in a language."""
    with translation.override(language):
        values = {key: value if key == "link" else _harmless(value) for key, value in context.items()}
        rendered = get_template(f"emails/{code}.{language}.txt").template.render(Context(values, autoescape=False))  # type: ignore[attr-defined]
        first, _, body = rendered.partition("\n")
        if not first.startswith("Subject:"):
            raise ValueError(f"emails/{code}.{language}.txt must begin with `Subject: …`")
        frame = {
            "body": body.strip(),
            "name": _harmless(name),
            "reference": reference,
            "fund": site.current(),
            "fund_name": site.current().name,
            "choices": links.absolute(mail_choices.PAGE) if name and mail_choices.choice_of(code) else "",
        }
        text = get_template(f"core/mail_frame.{language}.txt").template.render(Context(frame, autoescape=False))  # type: ignore[attr-defined]
    return " ".join(first.removeprefix("Subject:").split())[:255], text.strip() + "\n"


def _harmless(value):
    """What people wrote, as text that no mail program turns into a link elsewhere."""
    if isinstance(value, str) and not isinstance(value, SafeString):
        parts = re.split(rf"({re.escape(settings.PUBLIC_BASE_URL)}[^\s<>\"]*)", value)
        clean = [
            part if index % 2 else re.sub(r"(?i)\bwww\.", "www\u200b.", part.replace("://", ":\u200b//"))
            for index, part in enumerate(parts)
        ]
        return "".join(clean).replace("\x00", "")
    if isinstance(value, list | tuple):
        return [_harmless(one) for one in value]
    if isinstance(value, dict):
        return {key: _harmless(one) for key, one in value.items()}
    return value


def html_of(mail: Mail) -> SafeString:
    """The same text as simple HTML: paragraphs, and the fund's own addresses as links."""
    own = re.compile(rf"{re.escape(escape(settings.PUBLIC_BASE_URL))}[^\s<>\"]*")
    blocks = [escape(block).replace("\n", "<br>") for block in re.split(r"\n{2,}", mail.text.strip())]
    paragraphs = [own.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', block) for block in blocks]
    return mark_safe("\n".join(f"<p>{block}</p>" for block in paragraphs))  # noqa: S308  escaped above


def release(document: Document, at) -> int:
    """The document is rendered: the mails that waited for it may go."""
    return _each_held(document, lambda mail: mail.release(at))


def drop(document: Document, at) -> int:
    """The document is void: the mails that waited for it will not go."""

    def give_up(mail):
        mail.release(at)
        mail.give_up("its document was voided")

    return _each_held(document, give_up)


def _each_held(document, move) -> int:
    with transaction.atomic():
        held = list(Mail.objects.select_for_update(of=("self",)).filter(attachment=document, state=MailState.HELD))
        for mail in held:
            move(mail)
            mail.save()
    return len(held)


def requeue(mail: Mail, at) -> Mail:
    """Try a dead mail again."""
    with transaction.atomic():
        mail = Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
        mail.requeue(at)
        mail.save()
    return mail


def _due(at):
    return Mail.objects.filter(Q(state=MailState.QUEUED) | Q(state=MailState.FAILED), next_attempt_at__lte=at).order_by(
        "id"
    )


def deliver_due(at, limit: int = 200) -> int:
    """Send what is due; a mail server that is away costs nothing but time. Returns how many were sent."""
    sent, connection = 0, None
    try:
        for pk in list(_due(at).values_list("pk", flat=True)[:limit]):
            mail = _claim(pk, at)
            if mail is None:
                continue
            try:
                connection = connection or _connection()
                message(mail, connection).send()
            except Exception as error:  # noqa: BLE001  whatever the mail server or a file does, the mail stays and is tried again
                connection = None
                _settle(mail, lambda row, error=error: _failed(row, at, error))
                continue
            _settle(mail, lambda row: row.mark_sent(at))
            sent += 1
    finally:
        if connection is not None:
            connection.close()
    return sent


def _connection():
    connection = get_connection(timeout=TIMEOUT_SECONDS)
    connection.open()
    return connection


def _claim(pk: int, at) -> Mail | None:
    """Take a mail for ten minutes: two workers never send it at the same time, and a worker that dies leaves it to the next."""
    if not _due(at).filter(pk=pk).update(next_attempt_at=at + LEASE):
        return None
    mail = Mail.objects.select_related("attachment").get(pk=pk)
    return mail if mail.state in (MailState.QUEUED, MailState.FAILED) else None


def _settle(mail: Mail, move) -> None:
    with transaction.atomic():
        row = Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
        move(row)
        row.save()


def _failed(mail: Mail, at, error: Exception) -> None:
    reason = type(error).__name__
    code = getattr(error, "smtp_code", "")
    log.warning(
        "mail not sent",
        extra={"facts": {"mail": mail.pk, "code": mail.code, "attempt": mail.attempts + 1, "error": reason}},
    )
    if mail.attempts >= len(RETRY_MINUTES) or isinstance(error, Undeliverable):
        mail.give_up(f"{reason} {code}".strip())
    else:
        mail.mark_failed(at + timedelta(minutes=RETRY_MINUTES[mail.attempts]), f"{reason} {code}".strip())


class Undeliverable(Exception):
    """Trying again would not help."""


def message(mail: Mail, connection=None) -> EmailMultiAlternatives:
    """The mail as it is sent: text, the same as simple HTML, the document it brings. Raises Undeliverable."""
    identity = site.current()
    mail, more = written(mail)
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated", "X-Fund-Mail": mail.code} | more
    if mail.reference:
        headers["X-Fund-Ref"] = mail.reference
    name = " ".join(str(identity.name).split())
    email = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        formataddr((name, address)),
        [mail.to],
        headers=headers,
        connection=connection,
        reply_to=[identity.email] if identity.email else None,
    )
    html = get_template("emails/frame.html").render(
        {"body": html_of(mail), "subject": mail.subject, "language": mail.language}
    )
    email.attach_alternative(html, "text/html")
    if (document := mail.attachment) is not None:
        if document.state == DocumentState.VOID:
            raise Undeliverable("its document was voided")
        with document.file.open("rb") as file:
            email.attach(f"{document.kind}-{document.code}.pdf", file.read(), "application/pdf")
    return email
