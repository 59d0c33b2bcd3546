"""Who reads what: assigning, reassigning, fallbacks, the end of reading."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from applications.models import Application
from core.transitions import Refusal, locked, verb
from fund.enums import College
from reviews import assignment as solver
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, AssignmentState, DeclarationState, Fallback, PanelState, SeatKind
from reviews.models import Assignment, Declaration, Panel, Seat
from reviews.notifications import tell
from reviews.rules import panel as panel_rules
from reviews.rules.people import case_officer, reason_given
from reviews.transitions.assignments.reading import stop
from reviews.transitions.common import lock_call


def _affinity(seat: Seat, application: Application) -> int:
    return solver.affinity(
        member_themes=list(seat.themes),
        member_territories=list(seat.departments),
        themes=list(application.themes),
        department=application.department,
    )


def _declared(files) -> set[tuple[int, int]]:
    return set(
        Declaration.objects.filter(application__in=files, state=DeclarationState.NONE).values_list(
            "application_id", "user_id"
        )
    )


def _refused(panel: Panel) -> set[tuple[int, int]]:
    """Pairs a reader declined: not proposed again."""
    return set(Assignment.objects.filter(seat__panel=panel, refused=True).values_list("application_id", "seat_id"))


def _problem(panel: Panel, files, seats, needed: dict | None = None, **pairs) -> solver.Problem:
    declared, refused = _declared(files), _refused(panel)
    conflicts = {
        (row.reference, str(seat.pk))
        for row in files
        for seat in seats
        if (row.pk, seat.user_id) not in declared or (row.pk, seat.pk) in refused
    }
    readers = [
        solver.Reader(str(seat.pk), seat.college, min(seat.load_min, len(files)), seat.load_max) for seat in seats
    ]
    affinity = {row.reference: {str(seat.pk): _affinity(seat, row) for seat in seats} for row in files}
    return solver.Problem(
        panel.seed,
        panel.reviews_per_college,
        [str(college) for college in College],
        readers,
        [row.reference for row in files],
        affinity,
        conflicts,
        **pairs,
    )


def _with_alternates(
    panel: Panel, files, alternates, solution: solver.Solution, taken: set[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Alternates take, in their college, the reviews that full members could not; returns what is still missing. `taken` grows."""
    declared, refused = _declared(files), _refused(panel)
    by_reference = {row.reference: row for row in files}
    loads = {seat.pk: sum(1 for _file, pk in taken if pk == str(seat.pk)) for seat in alternates}
    left = dict(solution.missing_by_application)
    for (reference, college), missing in sorted(solution.missing_by_application.items()):
        row = by_reference[reference]
        free = [
            seat
            for seat in alternates
            if seat.college == college
            and (row.pk, seat.user_id) in declared
            and (row.pk, seat.pk) not in refused
            and (reference, str(seat.pk)) not in taken
            and loads[seat.pk] < seat.load_max
        ]
        free.sort(
            key=lambda seat: (loads[seat.pk], -_affinity(seat, row), solver.tie(panel.seed, reference, str(seat.pk)))
        )
        for seat in free[:missing]:
            taken.add((reference, str(seat.pk)))
            loads[seat.pk] += 1
            left[reference, college] -= 1
    return {key: count for key, count in left.items() if count}


def _shortages(panel: Panel, solution: solver.Solution, left: dict[tuple[str, str], int]) -> dict:
    """What is missing by file, and the alternate's reading recorded as the fallback that it is. Fallbacks recorded earlier stay."""
    found = {
        reference: {name: value for name, value in facts.items() if name != "missing"}
        for reference, facts in panel.shortages.items()
        if facts.get("fallback")
    }
    for reference, college in solution.missing_by_application:
        missing = left.get((reference, college), 0)
        facts = found.setdefault(reference, {})
        if missing:
            facts.setdefault("missing", {})[college] = missing
        else:
            facts.setdefault("alternate", []).append(college)
    return {reference: facts for reference, facts in found.items() if facts}


def _make(files, pairs, seats, at) -> list[Assignment]:
    by_reference, by_seat = {row.reference: row for row in files}, {str(seat.pk): seat for seat in seats}
    rows = [
        Assignment(
            application=by_reference[reference],
            seat=by_seat[pk],
            assigned_at=at,
            affinity=_affinity(by_seat[pk], by_reference[reference]),
        )
        for reference, pk in sorted(pairs)
    ]
    return Assignment.objects.bulk_create(rows, batch_size=500)


def _files(panel: Panel) -> list[Application]:
    return list(Application.objects.filter(call=panel.call_id, state="under_review").order_by("reference"))


def _seats(panel: Panel, kind: str) -> list[Seat]:
    return list(panel.seats.current().filter(kind=kind).select_related("user"))


def _tell_readers(panel: Panel, rows, at) -> None:
    counts: dict[int, tuple] = {}
    for row in rows:
        counts[row.seat_id] = (row.seat.user, counts.get(row.seat_id, (None, 0))[1] + 1)
    for person, count in counts.values():
        tell(
            "panel.assigned",
            [person],
            "/commission/",
            at=at,
            call=panel.call.title,
            count=count,
            until=panel.call.review_closes_at,
        )


@dataclass
class Proposal:
    """What the solver makes of the declared pairs, before anybody confirms it."""

    files: list[Application]
    seats: list[Seat]
    solution: solver.Solution
    taken: set[tuple[str, str]]
    left: dict[tuple[str, str], int]

    @property
    def mark(self) -> str:
        """What an officer saw when he confirmed: the same pairs, or he looks again."""
        return hashlib.sha256(repr(sorted(self.taken)).encode()).hexdigest()[:16]


def proposal(panel: Panel) -> Proposal:
    """The assignment that `assign` would make now. Writes nothing."""
    files, members, alternates = _files(panel), _seats(panel, SeatKind.FULL_MEMBER), _seats(panel, SeatKind.ALTERNATE)
    solution = solver.solve(_problem(panel, files, members))
    taken = set(solution.pairs)
    left = _with_alternates(panel, files, alternates, solution, taken)
    return Proposal(files, members + alternates, solution, taken, left)


@verb(
    machine=Panel,
    label=_("assign the readings"),
    who=(case_officer,),
    guards=(panel_rules.review_started, panel_rules.someone_declared),
    mails=("reviews/panel.assigned",),
    lock=lock_call,
)
def assign(act, panel, *, seen=""):
    """The best assignment of declared pairs: equal reviews from both colleges, prices kept as its proof, shortages told, alternates where members lack.
    `seen`: the mark of the proposal that is confirmed; refused when a declaration changed it since."""
    found = proposal(panel)
    if seen and seen != found.mark:
        raise Refusal(
            "stale_approval",
            _("A declaration changed the assignment since you looked at it."),
            remedy=_("Here is the new one: look at it, then confirm."),
            article="art. 13",
            status=409,
        )
    rows = _make(found.files, found.taken, found.seats, act.at)
    panel.assign(found.solution.prices, _shortages(panel, found.solution, found.left), act.at)
    act.note(pairs=len(rows), missing=sum(found.left.values()), minima_dropped=found.solution.minima_dropped)
    _tell_readers(panel, rows, act.at)


@verb(
    machine=Panel,
    label=_("assign again what is missing"),
    who=(case_officer,),
    guards=(panel_rules.review_started,),
    mails=("reviews/panel.assigned",),
    lock=lock_call,
)
def reassign(act, panel):
    """After a recusal or a refusal: only what must change changes, started reviews stay, then alternates; what is still missing is told."""
    files, members, alternates = _files(panel), _seats(panel, SeatKind.FULL_MEMBER), _seats(panel, SeatKind.ALTERNATE)
    rows = list(
        Assignment.objects.filter(
            seat__panel=panel, application__in=files, state__in=ACTIVE_ASSIGNMENTS
        ).select_related("application", "seat__user")
    )
    full = {seat.pk for seat in members}
    current = {(row.application.reference, str(row.seat_id)) for row in rows if row.seat_id in full}
    started = {
        (row.application.reference, str(row.seat_id))
        for row in rows
        if row.seat_id in full and row.state != AssignmentState.ASSIGNED
    }
    by_alternates = [row for row in rows if row.seat_id not in full]
    solution = _repair(panel, files, members, current, started, by_alternates)
    taken = set(solution.pairs) | {(row.application.reference, str(row.seat_id)) for row in by_alternates}
    left = _with_alternates(panel, files, alternates, solution, taken)
    for row in rows:
        if (row.application.reference, str(row.seat_id)) not in taken:
            stop(assignment=row, actor=act.actor, at=act.at)
    standing = {(row.application.reference, str(row.seat_id)) for row in rows}
    new = _make(files, taken - standing, members + alternates, act.at)
    panel.reassign(solution.prices, _shortages(panel, solution, left))
    act.note(new=len(new), missing=sum(left.values()))
    _tell_readers(panel, new, act.at)


def _repair(panel, files, members, current, started, by_alternates) -> solver.Solution:
    """Files that an alternate already reads need one full member less of his college: he keeps his place as a reader that cannot be moved."""
    stand_ins = [row.seat for row in {row.seat_id: row for row in by_alternates}.values()]
    problem = _problem(panel, files, members, current=current, started=started)
    for seat in stand_ins:
        own = {row.application.reference for row in by_alternates if row.seat_id == seat.pk}
        problem.members.append(solver.Reader(str(seat.pk), seat.college, 0, len(own)))
        problem.conflicts |= {(row.reference, str(seat.pk)) for row in files if row.reference not in own}
        problem.conflicts -= {(reference, str(seat.pk)) for reference in own}
        problem.current |= {(reference, str(seat.pk)) for reference in own}
        problem.started |= {(reference, str(seat.pk)) for reference in own}
    return solver.solve(problem)


@verb(
    machine=Panel,
    label=_("give an application to a reader"),
    who=(case_officer,),
    guards=(panel_rules.reader_may_read,),
    mails=("reviews/panel.assigned",),
)
def assign_reader(act, panel, *, application, seat):
    """By hand, when the assignment lacks a reader: a member or an alternate who declared no interest."""
    row = Assignment.objects.create(
        application=application, seat=seat, assigned_at=act.at, affinity=_affinity(seat, application)
    )
    known = {reference: dict(facts) for reference, facts in panel.shortages.items()}
    missing = known.get(application.reference, {}).get("missing", {})
    if seat.college in missing:
        missing = {college: count - (college == seat.college) for college, count in missing.items()}
        known[application.reference]["missing"] = {college: count for college, count in missing.items() if count > 0}
    panel.assign_reader(known)
    act.note(application=application.reference, seat=seat.pk)
    _tell_readers(panel, [row], act.at)


@verb(
    machine=Panel,
    label=_("record what replaces a missing reader"),
    who=(case_officer,),
    guards=(panel_rules.fallback_is_known, reason_given),
    name="record_fallback",
)
def _record_fallback(act, panel, *, application, fallback, reason):
    """Once reading is closed: which solution of article 13 holds for this file, and why. It stays on the file."""
    act.because(reason)
    panel.record_fallback(application.reference, Fallback(fallback), reason.strip(), act.actor, act.at)
    act.note(application=application.reference, fallback=str(fallback))


@verb(
    machine=Panel,
    label=_("record early what replaces a missing reader"),
    who=(case_officer,),
    guards=(panel_rules.fallback_is_known, reason_given),
)
def record_early_fallback(act, panel, *, application, fallback, reason):
    """The same while reading goes on."""
    act.because(reason)
    panel.record_early_fallback(application.reference, Fallback(fallback), reason.strip(), act.actor, act.at)
    act.note(application=application.reference, fallback=str(fallback))


def record_fallback(*, panel, actor, at=None, **params):
    """Whichever of the two suits the panel's state."""
    chosen = record_early_fallback if panel.state == PanelState.READING else _record_fallback
    return chosen(panel=panel, actor=actor, at=at, **params)


record_fallback.verb, record_fallback.keyword = _record_fallback.verb, _record_fallback.keyword  # type: ignore[attr-defined]


@verb(
    machine=Panel,
    label=_("close the reading"),
    who=(case_officer,),
    guards=(panel_rules.reading_is_over,),
    lock=lock_call,
)
def close_reading(act, panel):
    """Reviews no longer change; scores, means and order open to the panel and to case officers. Those not filed are taken back, drafts kept."""
    panel.close_reading(act.actor, act.at)
    panel.save()
    waiting = Assignment.objects.filter(
        seat__panel=panel, state__in=(AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS)
    ).order_by("pk")
    for row in waiting:
        stop(assignment=row, actor=act.actor, at=act.at)
    act.note(not_filed=len(waiting))


def replace_by_alternate(gone: Assignment, *, actor, at) -> Assignment | None:
    """An alternate of the same college who declared no interest reads in place of a recused member, while reading is open; else the shortage is told."""
    panel = locked(gone.seat.panel)
    if panel.state != PanelState.READING:
        return None
    application = gone.application
    active = Assignment.objects.filter(application=application, state__in=ACTIVE_ASSIGNMENTS)
    if active.filter(seat__college=gone.seat.college).count() >= panel.reviews_per_college:
        return None
    declared = Declaration.objects.filter(application=application, state=DeclarationState.NONE).values("user")
    refused = Assignment.objects.filter(application=application, refused=True).values("seat")
    free = panel.seats.current().filter(kind=SeatKind.ALTERNATE, college=gone.seat.college, user__in=declared)
    free = free.exclude(pk__in=active.values("seat")).exclude(pk__in=refused).select_related("user")
    loads = {seat.pk: seat.assignments.filter(state__in=ACTIVE_ASSIGNMENTS).count() for seat in free}
    chosen = min(
        (seat for seat in free if loads[seat.pk] < seat.load_max),
        key=lambda seat: (loads[seat.pk], -_affinity(seat, application), seat.pk),
        default=None,
    )
    known = {reference: dict(facts) for reference, facts in panel.shortages.items()}
    facts = known.setdefault(application.reference, {})
    if chosen is None:
        missing = dict(facts.get("missing", {}))
        missing[gone.seat.college] = missing.get(gone.seat.college, 0) + 1
        facts["missing"] = missing
    else:
        facts["alternate"] = sorted({*facts.get("alternate", []), gone.seat.college})
    panel.shortages = known
    panel.save(update_fields=["shortages"])
    if chosen is None:
        return None
    row = Assignment.objects.create(
        application=application, seat=chosen, assigned_at=at, affinity=_affinity(chosen, application), instead_of=gone
    )
    _tell_readers(panel, [row], at)
    return row
