"""Mails of the file: rows of the outbox, written in the act's transaction, one link each, never a note on a person nor a document's text."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications import queries
from applications.models import Application
from core import links, mail_choices
from core.models import User
from core.outbox import queue
from fund.enums import Role
from fund.queries import holders

mail_choices.register(
    "team_news",
    _("news of my teams"),
    _("someone joined, everyone agreed, a partner confirmed"),
    "applications/team.joined",
    "applications/team.ready_to_file",
    "applications/partner.confirmed",
)
mail_choices.register(
    "draft_reminders",
    _("reminders before a call closes"),
    _("a draft of yours is not filed and the call closes soon"),
    "applications/draft.deadline",
)


def signers_of(application: Application) -> list[User]:
    """The lead and the members who sign: those the procedure writes to."""
    return [person for person in queries.signatories(application) if isinstance(person, User)]


def writers_of(application: Application) -> list[User]:
    """The lead and the editors who have joined."""
    editors = application.members.select_related("user").filter(joined_at__isnull=False, right="editor")
    found = {application.lead, *(member.user for member in editors if member.user)}
    return sorted(found, key=lambda person: person.pk)


def tell(
    code: str, application: Application, page: str, /, *, at, to=None, wait_for=None, language=None, **context
) -> None:
    """Queue one mail to each person (or address); the signers unless `to` says otherwise. `page` is an address under the file's, or a whole path."""
    path = page if page.startswith("/") else f"/dossiers/{application.reference}/{page}"
    for person in to if to is not None else signers_of(application):
        queue(
            f"applications/{code}",
            to=person,
            at=at,
            reference=application.reference,
            wait_for=wait_for,
            language=language,
            context={
                "reference": application.reference,
                "title": application.display_title,
                "call": application.call.title,
                "link": links.absolute(path),
                **context,
            },
        )


def tell_staff(code: str, application: Application, page: str, /, *, at, **context) -> None:
    """Queue one mail to each case officer who may handle this file."""
    officers = [
        officer for officer in holders(Role.CASE_OFFICER, at) if not queries.officer_interest(officer, application)
    ]
    tell(code, application, page or f"/instruction/dossiers/{application.reference}/", at=at, to=officers, **context)


def call_changed(call, *, at, change: str, what: str = "", applications=None) -> int:
    """Tell everyone with a file in progress that the call changed: `change` is moved, reopened or cancelled, `what` a sentence. Returns how many files."""
    files = (
        applications
        if applications is not None
        else call.applications.filter(state__in=("draft", "submitted", "information_requested", "eligible"))
    )
    count = 0
    for application in files.select_related("call", "lead"):
        tell(
            "call.changed",
            application,
            f"/appels/{call.slug}/",
            at=at,
            to=writers_of(application),
            change=change,
            what=what,
            closes_at=call.closes_at,
            cancelled_reason=call.cancelled_reason,
        )
        count += 1
    return count
