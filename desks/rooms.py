"""The case officers' desk on one page: each room, in the order of a project's life, and how much waits in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from applications.queries import desk_counts
from fund.models import Call
from payments.queries import desk as payments_desk
from payments.queries.agreements import to_offer
from reviews.models import Decision, Meeting
from reviews.queries.appeals import open_appeals


@dataclass(frozen=True)
class Room:
    """One door of the desk. `waiting` counts what somebody of the fund must do there, `task` says it in a few words."""

    name: Any
    purpose: Any
    url: str
    waiting: int = 0
    words: Any = None

    @property
    def task(self) -> str:
        return str(self.words % {"n": self.waiting}) if self.words else ""


def of_instruction(user) -> list[tuple[str, list[Room]]]:
    """(chapter, rooms) of the instruction desk, with what waits; a constant number of queries."""
    files = desk_counts(user)
    calls = Call.objects.aggregate(
        drafts=Count("pk", filter=Q(state="draft")), panels=Count("pk", filter=Q(state__in=("closed", "under_review")))
    )
    decisions = Decision.objects.aggregate(
        to_notify=Count("pk", filter=Q(state="signed")),
    )
    meetings = Meeting.objects.filter(state__in=("planned", "convened", "open")).count()
    money_counts, changes = payments_desk.counts(user), payments_desk.change_counts(user)
    return [
        (
            _("Call and receive"),
            [
                Room(
                    _("Calls"),
                    _("write, publish, follow"),
                    "/instruction/appels/",
                    calls["drafts"],
                    ngettext_lazy("%(n)s call to finish", "%(n)s calls to finish", "n"),
                ),
                Room(
                    _("Applications"),
                    _("check eligibility, ask for what is missing"),
                    "/instruction/dossiers/",
                    files.get("submitted", 0),
                    ngettext_lazy("%(n)s application to check", "%(n)s applications to check", "n"),
                ),
                Room(_("Earlier grants"), _("import the fund’s past"), "/instruction/historique/"),
            ],
        ),
        (
            _("Deliberate"),
            [
                Room(
                    _("Panels"),
                    _("compose, assign, close the reading"),
                    "/instruction/commission/",
                    calls["panels"],
                    ngettext_lazy("%(n)s panel to follow", "%(n)s panels to follow", "n"),
                ),
                Room(
                    _("Meetings"),
                    _("convene, run, minutes"),
                    "/instruction/seances/",
                    meetings,
                    ngettext_lazy("%(n)s meeting to prepare or run", "%(n)s meetings to prepare or run", "n"),
                ),
                Room(
                    _("Decisions"),
                    _("prepare, notify together"),
                    "/instruction/decisions/",
                    decisions["to_notify"],
                    ngettext_lazy("%(n)s decision to notify", "%(n)s decisions to notify", "n"),
                ),
                Room(
                    _("Appeals"),
                    _("read, answer"),
                    "/instruction/recours/",
                    open_appeals(user).count(),
                    ngettext_lazy("%(n)s appeal to answer", "%(n)s appeals to answer", "n"),
                ),
            ],
        ),
        (
            _("Follow the money"),
            [
                Room(
                    _("Agreements"),
                    _("offer, follow"),
                    "/instruction/conventions/",
                    to_offer(user).count(),
                    ngettext_lazy("%(n)s agreement to offer", "%(n)s agreements to offer", "n"),
                ),
                Room(
                    _("Certification"),
                    _("certify what is due"),
                    "/instruction/versements/",
                    money_counts["certify"]["n"],
                    ngettext_lazy("%(n)s payment to certify", "%(n)s payments to certify", "n"),
                ),
                Room(
                    _("Reports"),
                    _("read, accept"),
                    "/instruction/comptes-rendus/",
                    payments_desk.desk_counts(user)["reports"],
                    ngettext_lazy("%(n)s report to read", "%(n)s reports to read", "n"),
                ),
                Room(
                    _("Amendments"),
                    _("examine"),
                    "/instruction/avenants/",
                    changes["requests"],
                    ngettext_lazy("%(n)s amendment to examine", "%(n)s amendments to examine", "n"),
                ),
                Room(
                    _("Amounts to give back"),
                    _("discuss, claim"),
                    "/instruction/reversements/",
                    changes["recoveries"],
                    ngettext_lazy("%(n)s amount to give back to follow", "%(n)s amounts to give back to follow", "n"),
                ),
                Room(_("Envelopes"), _("read, propose"), "/instruction/enveloppes/"),
            ],
        ),
    ]
