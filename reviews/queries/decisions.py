"""Decisions: the award that stands, what is to be signed by whom, what a notification will do, the reserve list, the time to contest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from applications.models import Application
from applications.periods import add_months, end_of, next_working_day
from core.models import User
from fund.enums import Authority, College, Role
from fund.queries import has_role, holders
from reviews.enums.reading import AWARD_KINDS, NOT_NOTIFIED, TO_SIGN, DecisionKind, DecisionOutcome, DecisionState
from reviews.models import Decision
from reviews.queries.panels import COLLEGES, acting_president, panel_of


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


def signers(decision: Decision, at=None) -> list[Signer]:
    """Who must sign, in order: one for each college, or the authorising officer. Signatures already given are those of the document."""
    given = (
        {row.signer_id: row for row in decision.document.signatures.select_related("signer")}
        if decision.document_id
        else {}
    )
    if decision.authority == Authority.AUTHORISING_OFFICER:
        done = next(iter(given.values()), None)
        return [
            Signer(
                done.signer if done else holders(Role.AUTHORISING_OFFICER, at).first(),
                "",
                "ordonnateur",
                done.signed_at if done else None,
            )
        ]
    found, panel = [], panel_of(decision.application.call)
    for college in COLLEGES:
        done = next((row for row in given.values() if row.evidence.get("college") == college), None)
        person = done.signer if done else acting_president(panel, college, decision.application, at)
        presides = person is not None and person in holders(Role.CO_PRESIDENT, at, college)
        found.append(
            Signer(
                person,
                str(college),
                done.capacity if done else CAPACITIES[college, presides],
                done.signed_at if done else None,
            )
        )
    return found


def missing_signers(decision: Decision, at=None) -> list[Signer]:
    return [signer for signer in signers(decision, at) if signer.signed_at is None]


def to_sign(user, at=None, call=None) -> list[Decision]:
    """Decisions that wait for this person's signature."""
    if not (
        has_role(user, Role.CO_PRESIDENT, at)
        or has_role(user, Role.AUTHORISING_OFFICER, at)
        or user.seats.filter(ends_at__isnull=True).exists()
    ):
        return []
    rows = (
        Decision.objects.filter(state__in=TO_SIGN)
        .select_related("application__call__rule_version", "document", "rule_version")
        .order_by("rank", "pk")
    )
    if call is not None:
        rows = rows.filter(application__call=call)
    return [row for row in rows if any(signer.user == user for signer in missing_signers(row, at))]


@dataclass
class Row:
    """One decision of a call, as a case officer or a co-president sees it."""

    decision: Decision
    signers: list[Signer] = field(default_factory=list)

    @property
    def missing(self) -> list[Signer]:
        return [signer for signer in self.signers if signer.signed_at is None]


def of_call(call, at=None) -> list[Decision]:
    """Decisions of a call with all that its page shows, by rank then reference."""
    return list(
        Decision.objects.filter(application__call=call)
        .exclude(state__in=(DecisionState.ANNULLED, DecisionState.REPLACED))
        .select_related(
            "application__lead", "application__organisation", "document", "rule_version", "agenda_item", "cites"
        )
        .prefetch_related("document__signatures__signer")
        .order_by("kind", "rank", "reserve_rank", "application__reference")
    )


def rows_of_call(call, at=None) -> list[Row]:
    """The same with who must sign, in a constant number of queries."""
    found, panel = of_call(call, at), panel_of(call)
    authority = found[0].authority if found else ""
    from reviews.models import Declaration

    presidents = {college: list(holders(Role.CO_PRESIDENT, at, college)) for college in COLLEGES}
    officers = list(holders(Role.AUTHORISING_OFFICER, at)[:1]) if authority == Authority.AUTHORISING_OFFICER else []
    away: dict[int, set[int]] = {}
    for application_id, user_id in Declaration.objects.filter(application__call=call, state="recused").values_list(
        "application_id", "user_id"
    ):
        away.setdefault(application_id, set()).add(user_id)
    members = (
        list(panel.seats.current().full_members().select_related("user").order_by("-acts_for_president", "id"))
        if panel
        else []
    )
    rows = []
    for decision in found:
        given = list(decision.document.signatures.all()) if decision.document_id else []
        if decision.authority == Authority.AUTHORISING_OFFICER:
            done = given[0] if given else None
            rows.append(
                Row(
                    decision,
                    [
                        Signer(
                            done.signer if done else (officers or [None])[0],
                            "",
                            "ordonnateur",
                            done.signed_at if done else None,
                        )
                    ],
                )
            )
            continue
        line = []
        for college in COLLEGES:
            done = next((row for row in given if row.evidence.get("college") == college), None)
            out = away.get(decision.application_id, set())
            person = done.signer if done else next((one for one in presidents[college] if one.pk not in out), None)
            if person is None:
                person = next(
                    (
                        seat.user
                        for seat in members
                        if seat.college == college and seat.user_id not in out and seat.user not in presidents[college]
                    ),
                    None,
                )
            line.append(
                Signer(
                    person,
                    str(college),
                    done.capacity if done else CAPACITIES[college, person in presidents[college]],
                    done.signed_at if done else None,
                )
            )
        rows.append(Row(decision, line))
    return rows


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
