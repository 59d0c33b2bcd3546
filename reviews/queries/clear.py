"""Clear files: those that no rule of the call points out for debate, and what the list would make of each. Nothing here decides."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from reviews import voting
from reviews.enums.meeting import AgendaItemState, Proposal
from reviews.models.meeting import AgendaItem, ClearPoint, Meeting
from reviews.portfolio import most_amount
from reviews.queries import meetings as queries
from reviews.queries.advice import Advised, advice, reached
from reviews.queries.ranking import ranking


@dataclass
class Candidate:
    """One file still to vote on: what would be proposed for it, and why it is not clear when it is not."""

    item: AgendaItem
    row: Advised | None
    proposal: str = ""
    reasons: list[str] = field(default_factory=list)

    @property
    def is_clear(self) -> bool:
        return not self.reasons

    @property
    def amount(self) -> int | None:
        """What may be granted at most, in cents: another amount is a matter to discuss."""
        return most_amount(self.item.application) if self.proposal == Proposal.SELECTED else None

    @property
    def proposal_label(self) -> str:
        return str(Proposal(self.proposal).label) if self.proposal else ""


def _reasons(item: AgendaItem, row: Advised | None, first_under: int | None, asked: int) -> list[str]:
    """Why this file is discussed, in words: the flags of the ranking, and what the room asked."""
    if row is None or row.line.rank is None:
        return [*(row.reasons if row is not None else ()), _("No rank")][:1]
    found = list(row.reasons)
    if not row.line.paritary:
        found.append(_("The colleges did not file as many reviews, and nothing recorded replaces them"))
    if item.application_id == first_under:
        found.append(_("First file that the envelope does not reach"))
    if item.place is not None:
        found.append(_("Moved in the ranking"))
    if asked >= item.meeting.rules["secret_ballot_on_request_of"]:
        found.append(_("A secret ballot is asked: it is held file by file"))
    return found


def candidates(meeting: Meeting) -> list[Candidate]:
    """Every file of the meeting still listed, clear or not, in the order of the ranking. For who sees every file; constant queries."""
    items = [
        item
        for item in queries.items_of(meeting)
        if item.state == AgendaItemState.LISTED and item.application and item.application.state == "under_review"
    ]
    panel = queries.panel_of(meeting)
    found = ranking(panel) if panel is not None else None
    if panel is None or found is None or not found.lines:
        return [Candidate(item, None, reasons=[_("No rank")]) for item in items]
    told = advice(panel, found, free=queries.free_amount(meeting))
    rows = {row.line.application.pk: row for row in told.rows}
    ranked = [row for row in told.rows if row.line.rank is not None and not row.line.below_minimum]
    above, under = reached(ranked, queries.free_amount(meeting))
    funded = {row.line.application.pk for row in above}
    first_under = under[0].line.application.pk if under else None
    asked = _asked(items)
    listed = []
    for item in items:
        row = rows.get(item.application_id or 0)
        one = Candidate(item, row, reasons=_reasons(item, row, first_under, asked.get(item.pk, 0)))
        if row is not None and row.line.rank is not None:
            one.proposal = str(
                Proposal.REJECTED
                if row.line.below_minimum
                else Proposal.SELECTED
                if item.application_id in funded
                else Proposal.RESERVE
            )
        listed.append(one)
    return sorted(listed, key=lambda one: (one.row is None or one.row.line.rank is None, _rank(one), one.item.pk))


def _rank(one: Candidate) -> int:
    return one.row.line.rank or 0 if one.row is not None else 0


def _asked(items: list[AgendaItem]) -> dict[int, int]:
    """How many members asked for a secret ballot, by item. One query."""
    counts: dict[int, int] = {}
    through = AgendaItem.secret_asked_by.through.objects.filter(agendaitem__in=[item.pk for item in items])
    for pk in through.values_list("agendaitem_id", flat=True):
        counts[pk] = counts.get(pk, 0) + 1
    return counts


def points_of(meeting: Meeting) -> list[ClearPoint]:
    """What was proposed in one act at this meeting: waiting, taken out, voted."""
    return list(
        ClearPoint.objects.filter(meeting=meeting).select_related(
            "item__application", "taken_out_by__user", "proposed_by"
        )
    )


@dataclass(frozen=True)
class Obstacle:
    """What would stop the act on one file proposed: who must leave first, who has not declared, a quorum it lacks."""

    point: ClearPoint
    leaving: list[str]
    silent: list[str]
    quorum: voting.Quorum | None


def obstacles(points: list[ClearPoint], room: queries.Room) -> list[Obstacle]:
    """Of these files, those that could not be voted now. For who may open them; no query."""
    found = []
    for point in points:
        there = (room._standing(seat) for seat in room.recused_in_room(point.item))
        leaving = [str(speaker.user) for speaker in there if speaker is not None]
        silent, quorum = [str(seat.user) for seat in room.undeclared(point.item)], room.quorum(point.item)
        if leaving or silent or not quorum.met:
            found.append(Obstacle(point, leaving, silent, None if quorum.met else quorum))
    return found


def waiting(points: list[ClearPoint]) -> list[ClearPoint]:
    """Those that one act would settle now."""
    return [
        one
        for one in points
        if one.taken_out_at is None and one.put_at is None and one.item.state == AgendaItemState.LISTED
    ]
