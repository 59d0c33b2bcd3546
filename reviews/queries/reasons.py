"""Why this reader on this file, and why not: read from the proof of the last result, with additions alone. Never a ground of interest."""

from __future__ import annotations

from dataclasses import dataclass

from applications.models import Application
from fund.models import Theme
from reviews.affinity import Affinity, affinity_parts
from reviews.certificate import CollegeProof, Gap
from reviews.enums.reading import DeclarationState, SeatKind
from reviews.models import Assignment, AssignmentResult, Declaration, Panel, Seat
from reviews.queries.interests import closed_references, recused_references
from reviews.queries.proposals import Proposal


@dataclass
class Papers:
    """What was decided and its proof: of a result, or of a proposal that nobody confirmed yet (`taken`: who would read)."""

    instance: dict
    pairs: set[tuple[str, str]]
    alternates: set[tuple[str, str]]
    prices: dict
    taken: set[tuple[str, str]] | None = None


def last_result(panel: Panel) -> AssignmentResult | None:
    return AssignmentResult.objects.standing().filter(panel=panel).first()


def papers_of(panel: Panel) -> Papers | None:
    """The proof of the last result that stands; None when nothing was assigned by the solver."""
    result = last_result(panel)
    if result is None:
        return None
    pairs, alternates = ({(row[0], row[1]) for row in rows} for rows in (result.pairs, result.alternates))
    return Papers(result.instance, pairs, alternates, result.prices)


def papers_of_proposal(found: Proposal) -> Papers:
    solution = found.solution
    return Papers(found.instance, set(solution.pairs), found.alternates, solution.prices, found.taken)


def may_compare(user, panel: Panel) -> bool:
    """The prices depend on every file of the call: who has one closed to him is shown no figure drawn from them."""
    return not recused_references(user, panel.call) and not closed_references(user, panel.call_id)


@dataclass
class Comparison:
    """The parts of what a change would cost, in points: the match of the pair, one more file for the member, less what a reading of the file costs now.
    For a pair that was chosen, `gap` is what replacing it would cost."""

    gap: Gap
    match: int
    turn: int
    file: int


@dataclass
class Why:
    """`status`: manual, chosen, kept (started, or the reading of an alternate that stays), alternate, excluded, waits (an alternate that was not needed),
    after (given or arrived since), other (someone else was chosen)."""

    application: Application
    seat: Seat
    parts: Affinity
    themes: list[tuple[str, int, bool]]
    counted: int | None
    load: int
    status: str
    assignment: Assignment | None
    comparison: Comparison | None

    @property
    def was_counted_otherwise(self) -> bool:
        return self.counted is not None and self.counted != self.parts.total

    @property
    def reads(self) -> bool:
        return self.status in ("manual", "chosen", "kept", "alternate") or self.assignment is not None


def _excluded(application: Application, seat: Seat, papers: Papers | None) -> bool:
    pair = [application.reference, str(seat.pk)]
    if papers is not None and pair in papers.instance["conflicts"]:
        return True
    declared = Declaration.objects.filter(application=application, user=seat.user_id, state=DeclarationState.NONE)
    return not declared.exists() or Assignment.objects.filter(application=application, seat=seat).excluded().exists()


def _status(application, seat, assignment, papers: Papers | None) -> str:
    pair = (application.reference, str(seat.pk))
    if assignment is not None or papers is not None and pair in (papers.taken or ()):
        if assignment is not None and assignment.is_manual:
            return "manual"
        if assignment is not None and assignment.instead_of_id:
            return "alternate"
        if papers is not None and list(pair) in papers.instance.get("started", ()):
            return "kept"
        if papers is not None and pair in papers.alternates:
            return "alternate"
        return "chosen" if papers is not None and pair in papers.pairs else "after"
    if _excluded(application, seat, papers):
        return "excluded"
    if seat.kind == SeatKind.ALTERNATE:
        return "waits"
    known = papers is not None and any(row["id"] == str(seat.pk) for row in papers.instance["members"])
    known = known and papers is not None and application.reference in papers.instance["applications"]
    return "other" if known and papers is not None and pair not in papers.pairs else "after"


def _comparison(application, seat, papers: Papers, chosen: bool) -> Comparison:
    proof = CollegeProof(papers.instance, papers.pairs, papers.prices, seat.college)
    reference, member = application.reference, str(seat.pk)
    amount = proof.gap(reference, member)
    gap = proof.read(-amount if chosen else amount)
    match = (100 - proof.affinity(reference, member)) ** 2
    turn = proof.read(proof.price_of_member(member)).cost
    return Comparison(gap, match, turn, match + turn - (-gap.cost if chosen else gap.cost))


def _counted(application, seat, papers: Papers | None) -> int | None:
    if papers is None:
        return None
    files, members = papers.instance["applications"], [row["id"] for row in papers.instance["members"]]
    if application.reference not in files or str(seat.pk) not in members:
        return None
    return papers.instance["affinity"][files.index(application.reference)][members.index(str(seat.pk))]


def why(application: Application, seat: Seat, papers: Papers | None, *, compare: bool) -> Why:
    """Everything that answers "why me, why not me" for one pair. `compare`: with the figures of the proof (`may_compare`)."""
    active = Assignment.objects.active()
    assignment = (
        active.filter(application=application, seat=seat).select_related("application__call", "seat__user").first()
    )
    taken = papers.taken if papers is not None else None
    load = (
        active.filter(seat=seat, application__state="under_review").count()
        if taken is None
        else sum(member == str(seat.pk) for _file, member in taken)
    )
    status = _status(application, seat, assignment, papers)
    parts = affinity_parts(seat, application)
    labels = dict(Theme.objects.filter(code__in=application.themes).values_list("code", "label"))
    return Why(
        application,
        seat,
        parts,
        [(labels.get(part.code, part.code), part.level, part.weight > 1) for part in parts.shared],
        _counted(application, seat, papers),
        load,
        status,
        assignment,
        _comparison(application, seat, papers, status == "chosen")
        if compare and papers is not None and status in ("chosen", "other")
        else None,
    )


def own_why(user, application: Application, seat: Seat | None) -> Why | None:
    """The same for oneself, on a file one may open; None for who does not sit and before the readings are given."""
    if seat is None or seat.panel.assigned_at is None:
        return None
    return why(application, seat, papers_of(seat.panel), compare=may_compare(user, seat.panel))
