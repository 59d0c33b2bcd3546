"""The case officers' desk on one page: each room, in the order of a project's life, and how much waits in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from applications.queries import desk_counts
from fund.models import Call
from payments.queries import desk as money
from payments.queries.agreements import to_offer
from payments.queries.paper import waiting as papers_waiting
from registry.queries.duty import to_publish
from registry.queries.questions import of_desk
from reviews.models import Decision, Meeting
from reviews.queries.appeals import open_appeals

CHAPTERS = (
    (
        _("Call and receive"),
        (
            (_("Calls"), _("write, publish, follow"), "/instruction/appels/", "calls"),
            (
                _("Applications"),
                _("check eligibility, ask for what is missing"),
                "/instruction/dossiers/",
                "applications",
            ),
            (_("Questions of the public"), _("answer in time, in public"), "/instruction/questions/", "questions"),
            (_("Public pages"), _("correct, take down"), "/instruction/publications/", ""),
            (_("Essential data"), _("publish within three months"), "/instruction/donnees-essentielles/", "essential"),
            (_("Earlier grants"), _("import the fund’s past"), "/instruction/historique/", ""),
        ),
    ),
    (
        _("Deliberate"),
        (
            (_("Panels"), _("compose, assign, close the reading"), "/instruction/commission/", "panels"),
            (_("Meetings"), _("convene, run, minutes"), "/instruction/seances/", "meetings"),
            (_("Decisions"), _("prepare, notify together"), "/instruction/decisions/", "decisions"),
            (_("Appeals"), _("read, answer"), "/instruction/recours/", "appeals"),
        ),
    ),
    (
        _("Follow the money"),
        (
            (_("Agreements"), _("offer, follow"), "/instruction/conventions/", "agreements"),
            (_("Papers signed by hand"), _("scan, file, record"), "/instruction/papier/", "papers"),
            (_("Certification"), _("certify what is due"), "/instruction/versements/", "certification"),
            (_("Reports"), _("read, accept"), "/instruction/comptes-rendus/", "reports"),
            (_("Amendments"), _("examine"), "/instruction/avenants/", "amendments"),
            (_("Amounts to give back"), _("discuss, claim"), "/instruction/reversements/", "recoveries"),
            (_("Envelopes"), _("read, propose"), "/instruction/enveloppes/", ""),
        ),
    ),
)
"""(chapter, ((name, purpose, address, key of what waits), …))."""

TASKS = {
    "calls": ngettext_lazy("%(n)s call to finish", "%(n)s calls to finish", "n"),
    "applications": ngettext_lazy("%(n)s application to check", "%(n)s applications to check", "n"),
    "questions": ngettext_lazy("%(n)s public question to answer", "%(n)s public questions to answer", "n"),
    "essential": ngettext_lazy("%(n)s grant to publish", "%(n)s grants to publish", "n"),
    "panels": ngettext_lazy("%(n)s panel to follow", "%(n)s panels to follow", "n"),
    "meetings": ngettext_lazy("%(n)s meeting to prepare or run", "%(n)s meetings to prepare or run", "n"),
    "decisions": ngettext_lazy("%(n)s decision to notify", "%(n)s decisions to notify", "n"),
    "appeals": ngettext_lazy("%(n)s appeal to answer", "%(n)s appeals to answer", "n"),
    "agreements": ngettext_lazy("%(n)s agreement to offer", "%(n)s agreements to offer", "n"),
    "papers": ngettext_lazy("%(n)s signed paper to look at", "%(n)s signed papers to look at", "n"),
    "certification": ngettext_lazy("%(n)s payment to certify", "%(n)s payments to certify", "n"),
    "reports": ngettext_lazy("%(n)s report to read", "%(n)s reports to read", "n"),
    "amendments": ngettext_lazy("%(n)s amendment to examine", "%(n)s amendments to examine", "n"),
    "recoveries": ngettext_lazy("%(n)s amount to give back to follow", "%(n)s amounts to give back to follow", "n"),
}
"""What waits, in a few words, by key."""


@dataclass(frozen=True)
class Room:
    """One door of the desk. `waiting` counts what somebody of the fund must do there, `task` says it in a few words."""

    name: Any
    purpose: Any
    url: str
    key: str = ""
    waiting: int = 0
    due_on: date | None = None

    @property
    def task(self) -> str:
        return str(TASKS[self.key] % {"n": self.waiting}) if self.key else ""


def of_instruction(user) -> list[tuple[Any, list[Room]]]:
    """(chapter, rooms) of the instruction desk; a constant number of queries."""
    counts = waiting(user)
    due = to_publish(user, timezone.localdate())
    counts["essential"], days = len(due), {"essential": due[0].due_on} if due else {}
    return [
        (chapter, [Room(*room, counts.get(room[-1], 0), days.get(room[-1])) for room in rooms])
        for chapter, rooms in CHAPTERS
    ]


def waiting(user) -> dict[str, int]:
    """How much awaits a case officer, by room."""
    calls = Call.objects.aggregate(
        drafts=Count("pk", filter=Q(state="draft")), panels=Count("pk", filter=Q(state__in=("closed", "under_review")))
    )
    changes, queues = money.change_counts(user), money.counts(user)
    return {
        "calls": calls["drafts"],
        "applications": desk_counts(user).get("submitted", 0),
        "questions": of_desk(user, "asked").count(),
        "panels": calls["panels"],
        "meetings": Meeting.objects.filter(state__in=("planned", "convened", "open", "adjourned")).count(),
        "decisions": Decision.objects.filter(state="signed").count(),
        "appeals": open_appeals(user).count(),
        "agreements": to_offer(user).count(),
        "papers": papers_waiting(user),
        "certification": sum(queues[name]["n"] for name in ("certify", "rejected")),  # what came back is certified anew
        "reports": money.desk_counts(user)["reports"],
        "amendments": changes["requests"],
        "recoveries": changes["recoveries"],
    }
