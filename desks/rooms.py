"""The case officers' desk on one page: each room, in the order of a project's life, and how much waits in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from applications.queries import desk_counts
from fund.models import Call
from payments.queries import desk as payments_desk
from payments.queries.agreements import to_offer
from reviews.models import Decision, Meeting
from reviews.queries.appeals import open_appeals


@dataclass(frozen=True)
class Room:
    """One door of the desk. `waiting` counts what somebody of the fund must do there."""

    name: Any
    purpose: Any
    url: str
    waiting: int = 0


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
                Room(_("Calls"), _("write, publish, follow"), "/instruction/appels/", calls["drafts"]),
                Room(
                    _("Applications"),
                    _("check eligibility, ask for what is missing"),
                    "/instruction/dossiers/",
                    files.get("submitted", 0),
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
                ),
                Room(_("Meetings"), _("convene, run, minutes"), "/instruction/seances/", meetings),
                Room(_("Decisions"), _("prepare, notify together"), "/instruction/decisions/", decisions["to_notify"]),
                Room(_("Appeals"), _("read, answer"), "/instruction/recours/", open_appeals(user).count()),
            ],
        ),
        (
            _("Follow the money"),
            [
                Room(_("Agreements"), _("offer, follow"), "/instruction/conventions/", to_offer(user).count()),
                Room(
                    _("Certification"),
                    _("certify what is due"),
                    "/instruction/versements/",
                    money_counts["certify"]["n"],
                ),
                Room(
                    _("Reports"),
                    _("read, accept"),
                    "/instruction/comptes-rendus/",
                    payments_desk.desk_counts(user)["reports"],
                ),
                Room(_("Amendments"), _("examine"), "/instruction/avenants/", changes["requests"]),
                Room(
                    _("Amounts to give back"), _("discuss, claim"), "/instruction/reversements/", changes["recoveries"]
                ),
                Room(_("Envelopes"), _("read, propose"), "/instruction/enveloppes/"),
            ],
        ),
    ]
