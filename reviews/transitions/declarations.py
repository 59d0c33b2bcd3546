"""Declarations of interest: opened for every member and file, declared, lifted by both co-presidents. A recusal takes effect at once, everywhere."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications.queries import officer_interest
from core.transitions import TwoKey, verb
from fund.enums import Role
from fund.queries import holders
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, DeclarationState, Ground, Hint
from reviews.models import Assignment, Declaration, Panel
from reviews.notifications import tell
from reviews.queries import interests, panel_of
from reviews.queries.late import votes_shared
from reviews.rules import interests as rules
from reviews.rules.people import case_officer, clock, co_president, declarant, president_not_concerned, reason_given
from reviews.transitions import agenda, assignments
from reviews.transitions.common import record_event


def open_declarations(panel: Panel, *, actor, at) -> int:
    """One declaration for every member and eligible file that has none; recusals of office are born recused, or recuse what was declared. Idempotent."""
    seats = list(panel.seats.current().members().select_related("user"))
    files = list(interests.files_of(panel))
    grounds = interests.automatic_grounds(panel, [seat.user for seat in seats], files)
    known = {
        (row.application_id, row.user_id): row
        for row in Declaration.objects.filter(application__in=files).select_related("application", "user")
    }
    births, asked = [], set()
    for seat in seats:
        for application in files:
            ground = grounds.get((application.pk, seat.user_id), "")
            row = known.get((application.pk, seat.user_id))
            if row is None:
                state = DeclarationState.RECUSED if ground else DeclarationState.REQUIRED
                births.append(
                    Declaration(
                        application=application,
                        user=seat.user,
                        state=state,
                        ground=ground,
                        opened_at=at,
                        declared_at=at if ground else None,
                    )
                )
                if not ground:
                    asked.add(seat.user)
            elif ground and row.state != DeclarationState.RECUSED:
                recuse_of_office(declaration=row, actor=actor, at=at, ground=ground)
    Declaration.objects.bulk_create(births, batch_size=500)
    if births:
        recused = sum(row.state == DeclarationState.RECUSED for row in births)
        record_event(panel, "open_declarations", actor=actor, at=at, opened=len(births), recused=recused)
        tell(
            "panel.interests_due",
            sorted(asked, key=lambda person: person.pk),
            f"/commission/declarations/{panel.call.slug}/",
            at=at,
            call=panel.call.title,
            count=len(files),
        )
    return len(births)


def _leave(declaration: Declaration, act) -> None:
    """Every pair of this member and file stops; an alternate of the college reads in his place while reading goes on."""
    pairs = Assignment.objects.filter(
        application=declaration.application, seat__user=declaration.user, state__in=ACTIVE_ASSIGNMENTS
    )
    for assignment in pairs.select_related("seat__panel", "application"):
        gone = assignments.recuse(assignment=assignment, actor=act.actor, at=act.at)
        assignments.replace_by_alternate(gone, actor=act.actor, at=act.at)
    agenda.note_recusal(application=declaration.application, user=declaration.user, actor=act.actor, at=act.at)
    _tell_late(declaration, act)


def _tell_late(declaration: Declaration, act) -> None:
    """The member had a part in the vote that decided: it stands as it was counted, and those who answer for it are told. Never the ground."""
    application = declaration.application
    vote = votes_shared(declaration.user, [application.pk]).get(application.pk)
    panel = panel_of(application.call)
    if vote is None or panel is None:
        return
    act.note(after_vote=vote.round)
    presidents = {seat.user for seat in panel.seats.current().filter(is_president=True).select_related("user")}
    officers = set(holders(Role.CASE_OFFICER, act.at)) - presidents
    for people, path in (
        (presidents, f"/commission/deports/{application.call.slug}/"),
        (officers, f"/instruction/commission/{application.call.slug}/"),
    ):
        tell(
            "panel.interest_after_vote",
            [
                one
                for one in sorted(people, key=lambda one: one.pk)
                if one != declaration.user and not officer_interest(one, application)
            ],
            path,
            at=act.at,
            reference=application.reference,
            member=str(declaration.user),
        )


@verb(
    machine=Declaration,
    label=_("declare no interest"),
    who=(declarant,),
    guards=(rules.no_ground_of_office, rules.hints_are_answered),
)
def declare_none(act, declaration, *, set_aside=()):
    """No link with this file: it opens right after. `set_aside`: codes of the likenesses the member looked at and rules out; his choice is kept."""
    kept = [code for code in act.found["hints"] if code in set(set_aside) | {Hint.SAME_SIRET}]
    declaration.declare_none(kept, act.at)


@verb(
    machine=Declaration,
    label=_("recuse myself"),
    who=(declarant,),
    guards=(rules.ground_is_said,),
    lock=agenda.lock_meetings,
    danger=True,
)
def declare_interest(act, declaration, *, ground, detail=""):
    """A link, found before or after reading began: the file closes at once. `detail` stays private and erasable; only the category is followed."""
    if detail.strip():
        act.because(detail)
    declaration.declare_interest(ground, act.at)
    declaration.save()
    act.note(ground=str(ground))
    _leave(declaration, act)


@verb(
    machine=Declaration,
    label=_("recuse a member of office"),
    who=(clock, case_officer),
    guards=(rules.ground_is_said,),
    lock=agenda.lock_meetings,
    danger=True,
)
def recuse_of_office(act, declaration, *, ground):
    """The service, or a case officer, found the link (the member joined the team, confirmed the partnership…)."""
    declaration.recuse_of_office(ground, act.at)
    declaration.save()
    act.note(ground=str(Ground(ground).value))
    _leave(declaration, act)


@verb(
    machine=Declaration,
    label=_("let a member read despite the same SIRET"),
    who=(co_president,),
    guards=(rules.there_is_a_hint,),
    two_key=TwoKey(
        proposes=(president_not_concerned,),
        approves=(president_not_concerned,),
        title=lambda declaration: (
            _("Let %(member)s read %(reference)s despite the same SIRET")
            % {"member": declaration.user, "reference": declaration.application.reference}
        ),
    ),
)
def clear_hint(act, declaration):
    """Both co-presidents accept the likeness; the member then declares."""
    declaration.clear_hint(act.at)


@verb(
    machine=Declaration,
    label=_("lift the recusal"),
    who=(co_president,),
    guards=(rules.office_ground_is_gone, rules.no_vote_yet, reason_given),
    danger=True,
    two_key=TwoKey(
        proposes=(president_not_concerned,),
        approves=(president_not_concerned,),
        title=lambda declaration: (
            _("Lift the recusal of %(member)s from %(reference)s")
            % {"member": declaration.user, "reference": declaration.application.reference}
        ),
    ),
)
def lift(act, declaration, *, reason):
    """Both co-presidents, before any vote and with a reason; never the member himself."""
    act.because(reason)
    declaration.lift(act.at)
