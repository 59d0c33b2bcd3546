"""Mails about the questions of the public. None holds the words of a question: who typed an address may not be who reads it."""

from __future__ import annotations

from core import links
from core.outbox import queue
from fund.enums import Role
from fund.queries import holders
from registry.models import Question


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
