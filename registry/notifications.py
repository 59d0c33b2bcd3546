"""Mails about the questions of the public and the changes of public pages. None holds the words of a question: who typed an address may not be who
reads it.
"""

from __future__ import annotations

from django.utils.translation import override

from core import links
from core.outbox import queue
from fund.enums import Role
from fund.queries import holders
from registry.enums import ChangeGround, ChangeKind
from registry.models import PublicPage, Question


def tell_asker(code: str, row: Question, at, **context) -> None:
    if row.email:
        path = links.absolute(links.localized(row.path, row.language))
        queue(
            f"registry/question.{code}",
            to=row.email,
            at=at,
            language=row.language,
            reference=row.reference,
            context={"link": path, "title": row.title, "due_on": row.due_on, **context},
        )


def tell_officers(code: str, row: Question, at, **context) -> None:
    path = links.absolute(f"/instruction/questions/{row.reference}/")
    for officer in holders(Role.CASE_OFFICER, at):
        queue(
            f"registry/question.{code}",
            to=officer,
            at=at,
            reference=row.reference,
            context={"link": path, "title": row.title, "due_on": row.due_on, **context},
        )


def tell_team(page: PublicPage, kind: ChangeKind, ground: str, at) -> None:
    """The people of the project learn what was changed of its page, and on which ground."""
    application = page.application
    people = {person.pk: person for person in (application.lead, application.bearer_person) if person is not None}
    for person in people.values():
        with override(person.language):
            words = {"kind": str(kind.label), "ground": str(ChangeGround(ground).label)}
        queue(
            "registry/page.changed",
            to=person,
            at=at,
            reference=application.reference,
            context={
                "title": application.display_title,
                "link": links.absolute(links.localized(f"/projets/{application.reference}/", person.language)),
                **words,
            },
        )
