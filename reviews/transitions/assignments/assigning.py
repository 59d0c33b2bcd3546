"""Who reads what: assigning, reassigning, fallbacks, the end of reading."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.transitions import Refusal, locked, verb
from reviews.affinity import affinity
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, AssignmentState, DeclarationState, Fallback, PanelState, SeatKind
from reviews.models import Assignment, Declaration, Panel
from reviews.queries import proposals
from reviews.rules import panel as panel_rules
from reviews.rules.people import case_officer, reason_given
from reviews.transitions.assignments import results
from reviews.transitions.assignments.reading import stop
from reviews.transitions.common import lock_call


def _confirmed(found: proposals.Proposal, seen: str) -> None:
    """Raises Refusal when the world changed since the officer looked."""
    if seen and seen != found.mark:
        raise Refusal(
            "stale_approval",
            _("The assignment changed since you looked at it: a declaration, a reading or a reader is new."),
            remedy=_("Here is the new one: look at it, then confirm."),
            article="art. 13",
            status=409,
        )


@verb(
    machine=Panel,
    label=_("assign the readings"),
    who=(case_officer,),
    guards=(panel_rules.review_started, panel_rules.someone_declared),
    mails=("reviews/panel.assigned",),
    lock=lock_call,
)
def assign(act, panel, *, seen=""):
    """The best assignment of declared pairs: equal reviews from both colleges, its proof kept, shortages told, alternates where members lack.
    `seen`: the mark of the proposal that is confirmed; refused when a declaration changed it since."""
    found = proposals.assign_proposal(panel)
    _confirmed(found, seen)
    before = panel.shortages
    panel.assign(results.shortages(panel, found), act.at)
    results.keep(act, found, before)


@verb(
    machine=Panel,
    label=_("assign again what is missing"),
    who=(case_officer,),
    guards=(panel_rules.review_started,),
    mails=("reviews/panel.assigned", "reviews/panel.taken_back"),
    lock=lock_call,
)
def reassign(act, panel, *, seen=""):
    """After a recusal or a refusal: only what must change changes, started reviews and pairs given by hand stay, then alternates; what is still missing is
    told. A reader whose role or term is over reads no more; the review he filed in office stays. `seen` as for `assign`."""
    found = proposals.reassign_proposal(panel)
    _confirmed(found, seen)
    before = panel.shortages
    panel.reassign(results.shortages(panel, found))
    results.keep(act, found, before)


@verb(
    machine=Panel,
    label=_("give an application to a reader"),
    who=(case_officer,),
    guards=(panel_rules.reader_may_read,),
    mails=("reviews/panel.assigned",),
)
def assign_reader(act, panel, *, application, seat):
    """By hand: a member or an alternate who declared no interest. No later assignment takes it away."""
    row = Assignment.objects.create(
        application=application,
        seat=seat,
        assigned_at=act.at,
        affinity=affinity(seat, application),
        is_manual=True,
    )
    known = {reference: dict(facts) for reference, facts in panel.shortages.items()}
    missing = known.get(application.reference, {}).get("missing", {})
    if seat.college in missing:
        missing = {college: count - (college == seat.college) for college, count in missing.items()}
        known[application.reference]["missing"] = {college: count for college, count in missing.items() if count > 0}
    panel.assign_reader(known)
    act.note(application=application.reference, seat=seat.pk)
    results.tell_readers(panel, [row], act.at)


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
    excluded = Assignment.objects.filter(application=application).excluded().values("seat")
    free = panel.seats.current().filter(kind=SeatKind.ALTERNATE, college=gone.seat.college, user__in=declared)
    free = free.exclude(pk__in=active.values("seat")).exclude(pk__in=excluded).select_related("user")
    loads = {seat.pk: seat.assignments.filter(state__in=ACTIVE_ASSIGNMENTS).count() for seat in free}
    chosen = min(
        (seat for seat in free if loads[seat.pk] < seat.load_max),
        key=lambda seat: (loads[seat.pk], -affinity(seat, application), seat.pk),
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
        application=application, seat=chosen, assigned_at=at, affinity=affinity(chosen, application), instead_of=gone
    )
    results.tell_readers(panel, [row], at)
    return row
