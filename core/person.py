"""Acts of a person on the account: change the name and the language; leave."""

from __future__ import annotations

import secrets
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import transaction
from django.db.models import F, Func, Q, TextField, Value
from django.utils.translation import gettext_lazy as _

from core import kept, mail_choices
from core.logs import current_request_id
from core.models import ApiToken, ErasableText, Event, IdempotencyKey, Mail, TwoKeyAct, User
from core.models.outbox import MailState
from core.models.two_key import TwoKeyState
from core.models.user import ERASED_DOMAIN
from core.transitions import Refusal

MACHINE = "person"
"""Of the events about an account; their object is the key of the person."""


def told(user: User, verb: str, *, actor: User, at: datetime, **facts) -> None:
    """Write what happened to an account. Facts are numbers and names of fields, never what was in them."""
    Event.objects.create(
        at=at,
        actor=actor,
        machine=MACHINE,
        object_id=user.pk,
        verb=verb,
        payload=facts,
        request_id=current_request_id(),
    )


def change_details(*, user: User, actor: User, at: datetime, name: str, language: str) -> User:
    """Change the name (the one letters bear from now on) and the language of one's pages and mails. Documents already made stay as they are."""
    name = " ".join(name.split())
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if actor.pk != row.pk or not row.is_active:
            raise Refusal("not_permitted", _("Only the person may change an account."))
        if not name or len(name) > 150:
            raise Refusal("name_missing", _("Give your first and last name, in 150 characters at most."), field="name")
        if language not in dict(User._meta.get_field("language").choices or ()):
            raise Refusal("language_unknown", _("Choose French or English."), field="language")
        changed = [field for field, value in (("name", name), ("language", language)) if getattr(row, field) != value]
        if changed:
            row.name, row.language = name, language
            row.save(update_fields=["name", "language"])
            told(row, "change_details", actor=actor, at=at, changed=changed)
    return row


def choose_mails(*, user: User, actor: User, at: datetime, off: list[str]) -> User:
    """Switch off these mails (keys of `core.mail_choices`), and only these. Those that wait to be sent still leave."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if actor.pk != row.pk or not row.is_active:
            raise Refusal("not_permitted", _("Only the person may change an account."))
        if set(off) - set(mail_choices.CHOICES):
            raise Refusal(
                "mail_necessary",
                _("These mails cannot be switched off: they carry a letter, a deadline or your security."),
                field="off",
            )
        if row.mails_off != sorted(set(off)):
            row.mails_off = sorted(set(off))
            row.save(update_fields=["mails_off"])
            told(row, "choose_mails", actor=actor, at=at, off=row.mails_off)
    return row


REOPENING = "core.person.reopen"
REOPENING_SECONDS = 24 * 3600
"""How long a link that reopens an account works."""


def close(*, user: User) -> None:
    """Nobody signs in to this account until it is reopened; all it holds stays. Runs in the caller's transaction, which writes the event."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    _close_sessions(user)


def reopening_key(user: User) -> str:
    """What the mail to a closed account carries; it opens nothing else, and nothing once the account is open."""
    return signing.dumps(user.pk, salt=REOPENING)


def closed_account(key: str) -> User | None:
    """The closed account of this key, or None: altered, too old, reopened or erased since."""
    try:
        found = User.objects.filter(
            pk=signing.loads(key, salt=REOPENING, max_age=REOPENING_SECONDS), is_active=False
        ).first()
    except signing.BadSignature:
        return None
    return found if found is not None and not found.is_erased else None


def reopen(*, key: str, at: datetime) -> User:
    """Its owner, who reads its mails, wants it again. Raises Refusal when the key opens nothing."""
    with transaction.atomic():
        found = closed_account(key)
        row = found and User.objects.select_for_update().filter(pk=found.pk, is_active=False).first()
        if row is None:
            raise Refusal(
                "link_over",
                _("This link no longer works: it was used, or it is more than a day old."),
                remedy=_("Ask for another on the page of the forgotten password."),
            )
        row.is_active = True
        row.save(update_fields=["is_active"])
        told(row, "reopen", actor=row, at=at)
    return row


LONG_ENOUGH = 6
"""A shorter name is also a common word: it is not searched for in what others were sent."""


def forget(*, user: User, at: datetime) -> str:
    """Empty the row of a person (never deleted: events keep its key) and erase all that core holds of him. Returns the address put in its place.

    Runs in the caller's transaction, after the caller's rules. Frozen documents and signatures stay: they are the record.
    """
    name, email = user.name, user.email
    alias = f"erased-{secrets.token_hex(8)}@{ERASED_DOMAIN}"
    _forget_mails(user, alias, at)
    for words in (email, name if len(name) >= LONG_ENOUGH else ""):
        if words:
            _forget_words(words)
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    ApiToken.objects.filter(user=user).delete()
    IdempotencyKey.objects.filter(user=user).delete()
    _close_sessions(user)
    user.email, user.name, user.is_active, user.last_login, user.mails_off = alias, "", False, None, []
    user.set_unusable_password()
    user.save()
    return alias


def _forget_mails(user: User, alias: str, at: datetime) -> None:
    """What waits to be sent is dropped; of what was sent remain the kind, the file and the date."""
    mine = Mail.objects.filter(Q(recipient=user) | Q(to__iexact=user.email))
    waiting = (MailState.HELD, MailState.QUEUED, MailState.FAILED)
    for mail in mine.select_for_update(of=("self",)).filter(state__in=waiting):
        if mail.state == MailState.HELD:
            mail.release(at)
        mail.give_up("the account was deleted")
        mail.save()
    mine.update(to=alias, subject="", text="")


def _forget_words(words: str) -> None:
    """Take a name or an address out of what is not a record: mails already sent to others, reasons, titles of closed acts."""

    def without(field):
        return Func(F(field), Value(words), Value("…"), function="REPLACE", output_field=TextField())

    over = (MailState.SENT, MailState.DEAD)
    Mail.objects.filter(Q(subject__contains=words) | Q(text__contains=words), state__in=over).update(
        subject=without("subject"), text=without("text")
    )
    ErasableText.objects.filter(text__icontains=words).delete()
    closed = TwoKeyAct.objects.exclude(state=TwoKeyState.PROPOSED)
    closed.filter(Q(title__contains=words) | Q(reason__contains=words)).update(
        title=without("title"), reason=without("reason")
    )


def _close_sessions(user: User) -> None:
    """End every session of this person, and those that keep a form of his until sign-in."""
    for session in Session.objects.iterator():
        held = session.get_decoded()
        if held.get(SESSION_KEY) == str(user.pk) or held.get(kept.KEY, {}).get("author") == user.pk:
            session.delete()
