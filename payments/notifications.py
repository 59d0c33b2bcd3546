"""Mails of the money side: rows of the outbox, written in the act's transaction, one link each, never a bank detail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import links, mail_choices
from core.models import User
from core.outbox import queue

mail_choices.register(
    "early_reminders",
    _("early reminders of a report"),
    _("a month ahead; those of the last week always come"),
    "payments/report.due_30",
)


def people_of(agreement) -> list[User]:
    """The recipient's people who get its mails: the referent and the one who signs for the bearer."""
    application = agreement.application
    found = {
        person.pk: person
        for person in (application.lead, agreement.signatory, application.bearer_person)
        if person is not None
    }
    return list(found.values())


def tell(code: str, agreement, path: str, /, *, at, to=None, wait_for=None, **context) -> None:
    """Queue one mail to each person (the recipient's people unless `to` says otherwise)."""
    for person in to if to is not None else people_of(agreement):
        queue(
            f"payments/{code}",
            to=person,
            at=at,
            reference=agreement.reference,
            wait_for=wait_for,
            context={
                "reference": agreement.reference,
                "title": agreement.application.title,
                "link": links.absolute(path),
                **context,
            },
        )


def tell_staff(code: str, people, path: str, /, *, at, **context) -> None:
    """Queue one mail to each of these role holders."""
    for person in people:
        queue(f"payments/{code}", to=person, at=at, context={"link": links.absolute(path), **context})
