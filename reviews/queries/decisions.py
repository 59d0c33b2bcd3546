"""Decisions: the award that stands, what is to be signed by whom, what a notification will do, the reserve list, the time to contest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.functional import cached_property

from applications.models import Application
from applications.periods import add_months, end_of, next_working_day
from core.models import User
from fund.enums import Authority, College, Role
from fund.models import Call
from fund.queries import has_role, holders
from reviews.enums.meeting import MeetingState
from reviews.enums.reading import (
    AWARD_KINDS,
    NOT_NOTIFIED,
    TO_SIGN,
    DecisionKind,
    DecisionOutcome,
    DecisionState,
    DeclarationState,
    SeatKind,
)
from reviews.models import Decision, Declaration, Seat
from reviews.models.meeting import ActingPresident
from reviews.queries.panels import COLLEGES


def live_award(application: Application) -> Decision | None:
    """The notified decision that awards money to this file and stands, or None."""
    known = getattr(application, "_prefetched_objects_cache", {}).get("decisions")
    if known is not None:
        found = [
            row
            for row in known
            if row.state == DecisionState.NOTIFIED
            and row.kind in AWARD_KINDS
            and row.outcome == DecisionOutcome.SELECTED
        ]
        return max(found, key=lambda row: (row.notified_at, row.pk), default=None)
    return application.decisions.public().order_by("-notified_at", "-pk").first()


def standing(application: Application) -> Decision | None:
    """The last notified decision that was not replaced: what the applicant's page shows."""
    return application.decisions.filter(state=DecisionState.NOTIFIED).order_by("-notified_at", "-pk").first()


def known_decisions(application: Application):
    """Every decision the applicant was told, newest first, replaced ones included."""
    return (
        application.decisions.filter(state__in=(DecisionState.NOTIFIED, DecisionState.REPLACED))
        .select_related("document", "rule_version", "cites")
        .order_by("-notified_at", "-pk")
    )


def appeal_until(decision: Decision) -> datetime | None:
    """Last instant (excluded) of the two months to contest (rulebook, art. 19; CJA R421-1), to the next working day."""
    if decision.notified_at is None:
        return None
    last = add_months(timezone.localdate(decision.notified_at), decision.rule_version["appeal_months"])
    return end_of(next_working_day(last))


def reserve_until(decision: Decision) -> datetime | None:
    """End of the reserve list for a decision that put a file on it (rulebook, art. 17)."""
    if decision.notified_at is None:
        return None
    return end_of(
        add_months(timezone.localdate(decision.notified_at), decision.rule_version["reserve_list_validity_months"])
    )


def reserve_list(call) -> list[Decision]:
    """Standing reserve decisions of a call, best rank first."""
    return list(
        Decision.objects.filter(
            application__call=call,
            application__state="on_reserve",
            state=DecisionState.NOTIFIED,
            outcome=DecisionOutcome.RESERVE,
        )
        .select_related("application", "rule_version")
        .order_by("reserve_rank", "pk")
    )


@dataclass(frozen=True)
class Signer:
    """One expected signature: who, in which capacity, for which college, and the instant when it is given."""

    user: User | None
    college: str
    capacity: str
    signed_at: datetime | None = None

    @property
    def label(self) -> str:
        return str(self.user) if self.user else ""


CAPACITIES = {
    (College.CIVIL_SOCIETY, True): "co-présidence, société civile",
    (College.STATE, True): "co-présidence, État",
    (College.CIVIL_SOCIETY, False): "présidence par intérim, société civile",
    (College.STATE, False): "présidence par intérim, État",
}
"""Capacities as they are printed on the letters (French, the language of the administration)."""


class Signing:
    """Who must sign the decisions of a call, read once for all of them."""

    def __init__(self, call, at=None):
        self.at = at
        self.presidents = {college: list(holders(Role.CO_PRESIDENT, at, college)) for college in COLLEGES}
        self.away: dict[int, set[int]] = {}
        for application_id, user_id in Declaration.objects.filter(
            application__call=call, state=DeclarationState.RECUSED
        ).values_list("application_id", "user_id"):
            self.away.setdefault(application_id, set()).add(user_id)
        acting = ActingPresident.objects.filter(meeting__call=call, seat=OuterRef("pk"), ended_at__isnull=True)
        self.members = list(
            Seat.objects.current()
            .filter(panel__call=call, kind=SeatKind.FULL_MEMBER)
            .select_related("user")
            .annotate(designated=Exists(acting))
            .order_by("-designated", "-acts_for_president", "id")
        )

    @cached_property
    def officer(self) -> User | None:
        return holders(Role.AUTHORISING_OFFICER, self.at).first()

    def president(self, college, decision: Decision) -> User | None:
        """Who presides on this file for a college: its co-president, or, he recused, the full member who stands in: the one a meeting designated first."""
        away, presidents = self.away.get(decision.application_id, set()), self.presidents[college]
        members = (seat.user for seat in self.members if seat.college == college and seat.user not in presidents)
        return next((person for person in chain(presidents, members) if person.pk not in away), None)

    def signers(self, decision: Decision) -> list[Signer]:
        """In order: one for each college, or the authorising officer. Signatures already given are those of the document."""
        given = list(decision.document.signatures.all()) if decision.document else []
        if decision.authority == Authority.AUTHORISING_OFFICER:
            if given:
                return [Signer(given[0].signer, "", "ordonnateur", given[0].signed_at)]
            return [Signer(self.officer, "", "ordonnateur")]
        found = []
        for college in COLLEGES:
            done = next((row for row in given if row.evidence.get("college") == college), None)
            if done:
                found.append(Signer(done.signer, str(college), done.capacity, done.signed_at))
            else:
                person = self.president(college, decision)
                found.append(Signer(person, str(college), CAPACITIES[college, person in self.presidents[college]]))
        return found


def signers(decision: Decision, at=None) -> list[Signer]:
    """Who must sign one decision."""
    return Signing(decision.application.call, at).signers(decision)


def missing_signers(decision: Decision, at=None) -> list[Signer]:
    return [signer for signer in signers(decision, at) if signer.signed_at is None]


def to_sign(user, at=None) -> list[tuple[Call, int]]:
    """Calls with decisions that this person may sign now, and how many."""
    if not (
        has_role(user, Role.CO_PRESIDENT, at)
        or has_role(user, Role.AUTHORISING_OFFICER, at)
        or user.seats.filter(ends_at__isnull=True).exists()
    ):
        return []
    waiting = Call.objects.filter(applications__decisions__state__in=TO_SIGN).select_related("rule_version").distinct()
    counts = [
        (call, sum(row.waits_for(user) and row.may_be_signed for row in rows_of_call(call, at)))
        for call in waiting.order_by("-number")
    ]
    return [(call, count) for call, count in counts if count]


@dataclass
class Row:
    """One decision of a call, as a case officer or a co-president sees it."""

    decision: Decision
    signers: list[Signer] = field(default_factory=list)

    @property
    def missing(self) -> list[Signer]:
        return [signer for signer in self.signers if signer.signed_at is None]

    @property
    def may_be_signed(self) -> bool:
        """An award waits for the minutes of its meeting (art. 16, 18)."""
        item = self.decision.agenda_item
        return (
            self.decision.kind != DecisionKind.AWARD
            or item is None
            or item.meeting.state == MeetingState.MINUTES_ADOPTED
        )

    def waits_for(self, user) -> bool:
        return self.decision.state in TO_SIGN and any(signer.user == user for signer in self.missing)


def of_call(call) -> list[Decision]:
    """Decisions of a call with all that its page shows, by rank then reference."""
    return list(
        Decision.objects.filter(application__call=call)
        .exclude(state__in=(DecisionState.ANNULLED, DecisionState.REPLACED))
        .select_related(
            "application__lead",
            "application__organisation",
            "document",
            "rule_version",
            "agenda_item__meeting",
            "cites",
        )
        .prefetch_related("document__signatures__signer")
        .order_by("kind", "rank", "reserve_rank", "application__reference")
    )


def rows_of_call(call, at=None) -> list[Row]:
    """The same with who must sign, in a constant number of queries."""
    found, signing = of_call(call), Signing(call, at)
    return [Row(decision, signing.signers(decision)) for decision in found]


@dataclass
class Preview:
    """What notifying will do, before it is done."""

    decisions: list[Decision]
    unsigned: list[Decision]
    undecided: list[Application]
    selected: int = 0
    amount: int = 0
    reserve: int = 0
    rejected: int = 0
    others: int = 0
    people: int = 0

    @property
    def ready(self) -> bool:
        return bool(self.decisions) and not self.unsigned and not self.undecided


def preview(call) -> Preview:
    """The notification of a call: decisions that will go, those not signed yet, files under review without any."""
    pending = list(
        Decision.objects.filter(application__call=call, state__in=NOT_NOTIFIED)
        .select_related("application__lead", "document", "rule_version", "cites")
        .order_by("kind", "rank", "application__reference")
    )
    going = [row for row in pending if row.state == DecisionState.SIGNED]
    unsigned = [row for row in pending if row.state != DecisionState.SIGNED]
    award = Decision.objects.filter(kind=DecisionKind.AWARD).live().values("application")
    undecided = list(
        Application.objects.filter(call=call, state="under_review").exclude(pk__in=award).order_by("reference")
    )
    found = Preview(going, unsigned, undecided)
    for row in going:
        found.selected += row.outcome == DecisionOutcome.SELECTED
        found.amount += row.amount or 0
        found.reserve += row.outcome == DecisionOutcome.RESERVE
        found.rejected += row.outcome == DecisionOutcome.REJECTED
        found.others += row.outcome in (DecisionOutcome.INELIGIBLE, DecisionOutcome.ELIGIBLE)
    found.people = len({row.application.lead_id for row in going})
    return found
