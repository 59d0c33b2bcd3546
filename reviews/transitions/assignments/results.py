"""Results of the solver: kept with their proof, put into the world, undone while nobody has begun."""

from __future__ import annotations

from collections import Counter

from django.utils.translation import gettext_lazy as _

from core.transitions import verb
from reviews import assignment as solver
from reviews import certificate
from reviews.affinity import affinity
from reviews.enums.reading import ACTIVE_ASSIGNMENTS
from reviews.models import Assignment, AssignmentResult, Declaration, Panel
from reviews.notifications import tell
from reviews.queries import proposals
from reviews.rules import results as rules
from reviews.rules.people import case_officer, reason_given
from reviews.transitions.assignments.reading import restore, stop
from reviews.transitions.common import lock_call


def _fallbacks(known: dict) -> dict:
    """The recorded fallbacks, which no assignment removes; without what was missing."""
    return {
        reference: {name: value for name, value in facts.items() if name != "missing"}
        for reference, facts in known.items()
        if facts.get("fallback")
    }


def shortages(panel: Panel, found: proposals.Proposal) -> dict:
    """What is missing by file, and the alternate's reading recorded as the fallback that it is. Fallbacks recorded earlier stay."""
    facts_of = _fallbacks(panel.shortages)
    for reference, college in found.solution.missing_by_application:
        missing = found.left.get((reference, college), 0)
        facts = facts_of.setdefault(reference, {})
        if missing:
            facts.setdefault("missing", {})[college] = missing
        else:
            facts.setdefault("alternate", []).append(college)
    return {reference: facts for reference, facts in facts_of.items() if facts}


def tell_readers(panel: Panel, rows, at, code: str = "panel.assigned") -> None:
    """One mail to each reader: how many files are his to read, or are no longer."""
    counts = Counter(row.seat_id for row in rows)
    people = {row.seat_id: row.seat.user for row in rows}
    for seat_id, count in counts.items():
        tell(
            code,
            [people[seat_id]],
            "/commission/",
            at=at,
            call=panel.call.title,
            count=count,
            until=panel.call.review_closes_at,
        )


def _make(found: proposals.Proposal, at) -> list[Assignment]:
    files, seats = {row.reference: row for row in found.files}, {str(seat.pk): seat for seat in found.seats}
    rows = [
        Assignment(
            application=files[reference],
            seat=seats[seat],
            assigned_at=at,
            affinity=affinity(seats[seat], files[reference]),
        )
        for reference, seat in sorted(found.added)
    ]
    return Assignment.objects.bulk_create(rows, batch_size=500)


def keep(act, found: proposals.Proposal, before: dict) -> AssignmentResult:
    """Give and take back what the result changes, and keep it with its proof, which is checked once more without the solver."""
    solution, pairs = found.solution, [list(pair) for pair in found.solution.pairs]
    if fault := certificate.check(found.instance, pairs, solution.prices):
        raise RuntimeError(f"the assignment is not proven: {fault}")
    added, taken_away = _make(found, act.at), found.taken_away
    for row in taken_away:
        stop(assignment=row, actor=act.actor, at=act.at)
    cost, new, ties = solver.objective(solver.read_instance(found.instance), solution.pairs)
    result = AssignmentResult.objects.create(
        panel=found.panel,
        kind=found.kind,
        made_at=act.at,
        made_by=act.actor,
        instance=found.instance,
        instance_hash=found.digest,
        pairs=pairs,
        alternates=sorted(list(pair) for pair in found.alternates),
        prices={name: str(price) for name, price in solution.prices.items()},
        missing=solution.missing,
        minima_dropped=solution.minima_dropped,
        objective={"missing": sum(solution.missing.values()), "new": new, "cost": cost, "ties": ties},
        added=[row.pk for row in added],
        taken_away=[row.pk for row in taken_away],
        shortages_before=before,
    )
    act.note(
        result=result.pk,
        new=len(added),
        taken_away=len(taken_away),
        missing=found.missing,
        minima_dropped=solution.minima_dropped,
        instance=found.digest,
    )
    tell_readers(found.panel, added, act.at)
    tell_readers(found.panel, taken_away, act.at, "panel.taken_back")
    return result


# Undoing.


def _taken_from(act, result: AssignmentResult) -> list[Assignment]:
    """The pairs the result made, taken back: nobody had begun them."""
    made = Assignment.objects.filter(pk__in=result.added, state__in=ACTIVE_ASSIGNMENTS)
    rows = list(made.select_related("seat__user").order_by("pk"))
    for row in rows:
        stop(assignment=row, actor=act.actor, at=act.at)
    return rows


def _given_again(act, result: AssignmentResult) -> list[Assignment]:
    """The pairs it took away, for readers who may still read them; the others stay closed, and their readings are told as missing."""
    panel = result.panel
    taken = Assignment.objects.filter(pk__in=result.taken_away, state="withdrawn", application__state="under_review")
    taken = taken.filter(seat__in=panel.seats.current(act.at)).select_related("seat__user", "application")
    rows = list(taken.filter(taken_back=False).order_by("pk"))
    files = [row.application_id for row in rows]
    free = set(Declaration.objects.filter(application__in=files, state="none").values_list("application_id", "user_id"))
    active = set(Assignment.objects.active().filter(application__in=files).values_list("application_id", "seat_id"))
    again = [
        row
        for row in rows
        if (row.application_id, row.seat.user_id) in free and (row.application_id, row.seat_id) not in active
    ]
    for row in again:
        restore(assignment=row, actor=act.actor, at=act.at)
    return again


def _shortages_after_undo(panel: Panel, result: AssignmentResult) -> dict:
    """What replaced a reader before the result and since stays; what is missing is counted again, file by file."""
    found = {
        reference: {name: value for name, value in facts.items() if name != "missing"}
        for reference, facts in result.shortages_before.items()
    }
    for reference, facts in _fallbacks(panel.shortages).items():
        found.setdefault(reference, {}).update(facts)
    counts = Counter(
        Assignment.objects.active().filter(seat__panel=panel).values_list("application__reference", "seat__college")
    )
    for row in proposals.files_of(panel):
        for college in result.instance["colleges"]:
            missing = panel.reviews_per_college - counts[row.reference, college]
            if missing > 0:
                found.setdefault(row.reference, {}).setdefault("missing", {})[college] = missing
    return {reference: facts for reference, facts in found.items() if facts}


def _undone(act, result: AssignmentResult, taken, again) -> None:
    result.undone_at, result.undone_by = act.at, act.actor
    result.save(update_fields=["undone_at", "undone_by"])
    act.note(result=result.pk, taken_away=len(taken), given_again=len(again))
    tell_readers(result.panel, taken, act.at, "panel.taken_back")
    tell_readers(result.panel, again, act.at)


@verb(
    machine=Panel,
    label=_("undo the assignment"),
    who=(case_officer,),
    guards=(rules.last_is_first_assignment, rules.nobody_began, rules.nothing_given_since, reason_given),
    mails=("reviews/panel.taken_back",),
    lock=lock_call,
    danger=True,
)
def undo_assignment(act, panel, *, reason):
    """Before anybody began to read: as if it had not been confirmed; seats may change again, readers are told."""
    act.because(reason)
    result = rules.last_result(panel)
    taken = _taken_from(act, result)
    panel.undo_assignment(_fallbacks(panel.shortages))
    _undone(act, result, taken, [])


@verb(
    machine=Panel,
    label=_("undo the last repair"),
    who=(case_officer,),
    guards=(rules.last_is_repair, rules.nobody_began, reason_given),
    mails=("reviews/panel.taken_back", "reviews/panel.assigned"),
    lock=lock_call,
    danger=True,
)
def undo_reassignment(act, panel, *, reason):
    """Before anybody began what it gave: its pairs are taken back, those it took away are given again where interests still allow it."""
    act.because(reason)
    result = rules.last_result(panel)
    taken = _taken_from(act, result)
    again = _given_again(act, result)
    panel.undo_reassignment(_shortages_after_undo(panel, result))
    _undone(act, result, taken, again)
