"""Mails of the panel's side: rows of the outbox, one link each. A recused member gets none about his file; no result stands in a subject."""

from __future__ import annotations

from applications.notifications import signers_of
from core import links
from core.outbox import queue


def tell(code: str, people, path: str, *, at, reference: str = "", wait_for=None, **context) -> None:
    """Queue one mail to each person."""
    for person in people:
        queue(
            f"reviews/{code}",
            to=person,
            at=at,
            reference=reference,
            wait_for=wait_for,
            context={"reference": reference, "link": links.absolute(path), **context},
        )


def tell_applicant(code: str, application, path: str, *, at, wait_for=None, **context) -> None:
    """Queue one mail to each of those the procedure writes to: the lead and the members who sign."""
    tell(
        code,
        signers_of(application),
        path,
        at=at,
        reference=application.reference,
        wait_for=wait_for,
        title=application.display_title,
        call=application.call.title,
        **context,
    )
