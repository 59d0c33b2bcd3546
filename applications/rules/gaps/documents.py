"""The documents added to the file: only what is said of them can be too long."""

from __future__ import annotations

from applications.models import Application
from applications.rules.gaps.frame import Missing, too_long


def gaps_of(application: Application, content: dict) -> list[Missing]:
    """A document still waiting for the antivirus is no gap: at the deadline, a scanner that is down must not cost an applicant the call.
    Nobody opens it before it is clean.
    """
    return too_long("documents", content)
