"""The list that follows from the votes: ranks, amounts, reserve list, envelope (rulebook, art. 4, 17, 18)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.text import normalize_newlines
from django.utils.translation import gettext as _

from core.money import format_euros
from core.transitions import Act, Refusal
from reviews.enums.meeting import (
    ITEM_OPEN,
    AgendaItemState,
    Proposal,
)
from reviews.models.meeting import AgendaItem, Meeting
from reviews.queries import meetings as queries
from reviews.rules.meetings.discussion import check_amount, least_amount


@dataclass(frozen=True)
class Candidate:
    """A file whose item is voted, as the list sees it. Amounts in cents."""

    key: int
    rank: int | None
    disposition: str
    amount: int | None
    least: int
    grounds: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the list: what becomes of a file."""

    key: int
    outcome: str
    amount: int | None = None
    rank: int | None = None
    reserve_rank: int | None = None
    grounds: str = ""
    partial: bool = False
    left: int | None = None
    """Of a file that the vote aids and that waits: the cents left when its turn came."""


def propose_list(candidates: Iterable[Candidate], free: int) -> list[Line]:
    """The list that follows from the votes: in rank order while the envelope allows; the first that does not fit gets what is left when that reaches its
    minimum, otherwise opens the reserve list; nobody jumps the line (art. 17)."""
    ordered = sorted(candidates, key=lambda one: (one.rank is None, one.rank or 0, one.key))
    lines, left, closed, reserve = [], free, False, 0
    for one in ordered:
        if one.disposition == Proposal.SELECTED and not closed and one.amount <= left:
            lines.append(Line(one.key, "selected", one.amount, one.rank, grounds=one.grounds))
            left -= one.amount
            continue
        if one.disposition == Proposal.SELECTED and not closed:
            closed = True
            if left >= max(1, one.least):
                lines.append(Line(one.key, "selected", left, one.rank, grounds=one.grounds, partial=True))
                left = 0
                continue
        if one.disposition in (Proposal.SELECTED, Proposal.RESERVE):
            reserve += 1
            cut = left if one.disposition == Proposal.SELECTED else None
            lines.append(Line(one.key, "reserve", None, one.rank, reserve, one.grounds, left=cut))
        else:
            lines.append(Line(one.key, "rejected", None, one.rank, grounds=one.grounds))
    return lines


def candidates_of(meeting: Meeting, items: Iterable[AgendaItem], ranks: dict[int, queries.Rank]) -> list[Candidate]:
    """Files whose vote settles something and that are still under review."""
    return [
        Candidate(
            item.pk,
            ranks[item.application_id].number if item.application_id in ranks else None,
            item.disposition,
            item.amount,
            least_amount(item.application),
            item.grounds,
            item.application.reference,
        )
        for item in items
        if item.application_id and item.disposition and item.application.state == "under_review"
    ]


def with_changes(lines: list[Line], changes: Iterable[dict] | None) -> list[Line]:
    """The proposed lines with what the chairs typed: outcome, amount, grounds by item. Reserve ranks are given again, in order."""
    by_item = {int(change["item"]): change for change in changes or ()}
    found = []
    for line in lines:
        change = by_item.get(line.key, {})
        outcome = change.get("outcome") or line.outcome
        amount = (
            (change.get("amount") if change.get("amount") is not None else line.amount)
            if outcome == "selected"
            else None
        )
        found.append(
            replace(
                line,
                outcome=outcome,
                amount=amount,
                grounds=(change.get("grounds") if change.get("grounds") is not None else line.grounds).strip(),
            )
        )
    reserve = 0
    for place, line in enumerate(found):
        reserve += line.outcome == "reserve"
        found[place] = replace(line, reserve_rank=reserve if line.outcome == "reserve" else None)
    return found


def reserve_causes(lines: list[Line], candidates: Iterable[Candidate], free: int) -> dict[int, str]:
    """Why each file waits, as its letter may say it: `exhausted` when the list leaves nothing; `short` when what it leaves does not reach the file's minimum,
    or its turn in the ranking; `choice` when the panel makes it wait though the money left would do."""
    known = {one.key: one for one in candidates}
    waiting = [known[line.key] for line in lines if line.outcome == "reserve"]
    left = free - sum(line.amount or 0 for line in lines if line.outcome == "selected")
    blocked = any(one.disposition == Proposal.SELECTED and one.amount > left for one in waiting)
    found = {}
    for one in waiting:
        short = left < max(1, one.least) or blocked and one.disposition == Proposal.SELECTED
        found[one.key] = "exhausted" if left <= 0 else "short" if short else "choice"
    return found


def check_list(lines: list[Line], candidates: Iterable[Candidate], applications: dict, free: int) -> None:
    """Whether a list may be adopted: each amount, the order of the ranks, the grounds, and the envelope. Raises Refusal naming the file."""
    known = {one.key: one for one in candidates}
    follows = {line.key: line.amount for line in propose_list(known.values(), free)}
    for line in lines:
        _line_stands(line, known[line.key], follows[line.key], applications[line.key])
    _grounds_given(lines, known)
    _nobody_jumps(lines, known)
    total = sum(line.amount for line in lines if line.outcome == "selected")
    if total > free:
        raise Refusal(
            "envelope_exceeded",
            _("%(there)s is left in the envelope; this list needs %(amount)s.")
            % {"there": format_euros(free, cents_if_round=False), "amount": format_euros(total, cents_if_round=False)},
            remedy=_(
                "Put the last files on the reserve list, or have the envelope raised (authorising officer, then co-president)."
            ),
            article="art. 4, 17",
            status=409,
        )


ALLOWED_BY_VOTE = {
    Proposal.SELECTED: ("selected", "reserve"),
    Proposal.RESERVE: ("reserve",),
    Proposal.REJECTED: ("rejected",),
}
"""What the list may say of a file, by what the panel voted."""


def _line_stands(line: Line, one: Candidate, follows: int | None, application) -> None:
    """One line of the list: an outcome the vote allows, and the amount voted. `follows`: what the list gives it by itself, less only for the file
    that the end of the envelope cuts."""
    field = f"amount_{line.key}"
    if line.outcome not in ("selected", "reserve", "rejected"):
        raise Refusal(
            "outcome_unknown",
            _("Choose what becomes of %(reference)s.") % {"reference": one.reference},
            field=f"outcome_{line.key}",
        )
    if line.outcome not in ALLOWED_BY_VOTE[Proposal(one.disposition)]:
        raise Refusal(
            "against_the_vote",
            _("The list says otherwise than the vote on %(reference)s.") % {"reference": one.reference},
            remedy=_("Reopen the item by a motion, and vote again."),
            field=f"outcome_{line.key}",
            article="art. 17",
            status=409,
        )
    if line.outcome == "selected":
        check_amount(application, line.amount, field=field)
        if line.amount > one.amount:
            raise Refusal(
                "above_the_vote",
                _("%(reference)s: the vote was on %(amount)s.")
                % {"reference": one.reference, "amount": format_euros(one.amount, cents_if_round=False)},
                remedy=_("Propose at most that amount."),
                field=field,
                article="art. 17",
                status=409,
            )
        if line.amount not in (one.amount, follows):
            raise Refusal(
                "below_the_vote",
                _("%(reference)s: the vote was on %(amount)s, and the list takes nothing from it.")
                % {"reference": one.reference, "amount": format_euros(one.amount, cents_if_round=False)},
                remedy=_("Reopen the item by a motion, and vote on the lower amount with its reason."),
                field=field,
                article="art. 17",
                status=409,
            )


def _grounds_given(lines: list[Line], known: dict[int, Candidate]) -> None:
    """Every decision is reasoned. Files voted without debate have no grounds yet: all that lack some are named at once."""
    missing = [line.key for line in lines if not line.grounds]
    if missing:
        references = ", ".join(known[key].reference for key in missing)
        raise Refusal(
            "grounds_missing",
            _("Write the grounds of %(references)s: every decision has some.") % {"references": references},
            field=f"grounds_{missing[0]}",
            article="art. 18",
        )
    borrowed = [
        line.key
        for line in lines
        if waits_against_vote(line, known[line.key].disposition) and _same_grounds(line, known)
    ]
    if borrowed:
        references = ", ".join(known[key].reference for key in borrowed)
        raise Refusal(
            "grounds_of_the_vote",
            _("%(references)s: voted an aid and put on the reserve list. The grounds of the aid do not say why.")
            % {"references": references},
            remedy=_("Write grounds of their own for the files that wait."),
            field=f"grounds_{borrowed[0]}",
            article="art. 17, 18",
        )


def waits_against_vote(line: Line, disposition: str) -> bool:
    """The panel voted an aid, and the list makes the file wait."""
    return line.outcome == "reserve" and disposition == Proposal.SELECTED


def _same_grounds(line: Line, known: dict[int, Candidate]) -> bool:
    return normalize_newlines(line.grounds).strip() == normalize_newlines(known[line.key].grounds).strip()


def _nobody_jumps(lines: list[Line], known: dict[int, Candidate]) -> None:
    waiting = None
    for line in lines:
        if line.outcome == "reserve" and known[line.key].disposition == Proposal.SELECTED:
            waiting = waiting or known[line.key]
        elif line.outcome == "selected" and waiting is not None:
            raise Refusal(
                "skip_requires_vote",
                _("Application %(reference)s ranks higher.") % {"reference": waiting.reference},
                remedy=_(
                    "Passing over it needs an explicit vote and a reason: reopen its item and vote on the reserve list."
                ),
                field=f"outcome_{line.key}",
                article="art. 17",
                status=409,
            )


def money_items_are_voted(act: Act) -> None:
    """The list follows the last vote on a file."""
    waiting = act.obj.items.filter(state__in=ITEM_OPEN, application__isnull=False).count()
    unsettled = [
        item.application.reference
        for item in act.obj.items.filter(state=AgendaItemState.VOTED, application__isnull=False).select_related(
            "application"
        )
        if not item.disposition
    ]
    if unsettled:
        raise Refusal(
            "items_undecided",
            _("No vote says what becomes of %(files)s.") % {"files": ", ".join(unsettled)},
            remedy=_("Reopen the item by a motion and vote on another proposal."),
            article="art. 17",
            status=409,
        )
    if waiting:
        raise Refusal(
            "items_undecided",
            _("%(n)s files remain: vote on each, defer it or remove it, then adopt the list.") % {"n": waiting},
            article="art. 15, 17",
            status=409,
        )
    if not act.obj.items.filter(state=AgendaItemState.VOTED, application__isnull=False).exists():
        raise Refusal(
            "list_empty", _("No file was voted on: there is no list to adopt."), article="art. 17", status=409
        )


def ranks_are_settled(act: Act) -> None:
    """Files that still share a rank on two sides of the line are parted by a vote (art. 17, 5°)."""
    meeting = act.obj
    ranks = queries.ranking(meeting)
    lines = {
        line.key: line
        for line in propose_list(candidates_of(meeting, queries.items_of(meeting), ranks), queries.free_amount(meeting))
    }
    groups: dict[int, set] = {}
    references = {}
    for item in queries.items_of(meeting):
        rank = ranks.get(item.application_id)
        if rank is not None and rank.shared and item.pk in lines and lines[item.pk].outcome != "rejected":
            line = lines[item.pk]
            groups.setdefault(rank.number, set()).add((line.outcome, line.partial, line.reserve_rank))
            references.setdefault(rank.number, []).append(item.application.reference)
    for number, kinds in groups.items():
        if len(kinds) > 1:
            raise Refusal(
                "tie_unresolved",
                _("%(files)s share rank %(rank)s and would not have the same outcome.")
                % {"files": ", ".join(references[number]), "rank": number},
                remedy=_("Part them by a vote: move one of them, with the reason."),
                article="art. 17",
                status=409,
            )


def chair_sees_every_file(act: Act) -> None:
    """The list is put to the vote by a president recused from none of its files."""
    if queries.closed_files(act.actor, act.obj):
        raise Refusal(
            "chair_is_recused",
            _("You are recused from a file of this list, or have not declared: another president adopts it."),
            remedy=_("The other co-president, or the acting president of your college, puts it to the vote."),
            article="art. 12, 17",
            status=403,
        )
