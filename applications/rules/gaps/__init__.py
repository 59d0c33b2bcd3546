"""What a file still lacks to be filed: one list, shown on the check page with links and asked again by the verb that files.

A module a section of the application; each says what its own section lacks (`gaps_of`).
"""

from __future__ import annotations

from applications import queries
from applications.models import Application
from applications.rules.gaps import applicant, budget, documents, openness, partnership, project, statements
from applications.rules.gaps.applicant import bearer_person
from applications.rules.gaps.frame import Missing
from applications.rules.gaps.statements import day_of, due_statements, needs_cer


def missing(application: Application, content: dict | None = None) -> list[Missing]:
    """Everything that keeps the working copy (or the given content) from being filed, in the order of the sections."""
    content = content if content is not None else queries.content_now(application)
    gaps: list[Missing] = []
    for section in (applicant, project, partnership, budget, openness, documents, statements):
        gaps += section.gaps_of(application, content)
    return gaps


__all__ = ["Missing", "bearer_person", "day_of", "due_statements", "missing", "needs_cer"]
