"""When a result of the solver may be undone."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.transitions import Act, Refusal
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, AssignmentState
from reviews.enums.result import ResultKind
from reviews.models import Assignment, AssignmentResult, Panel


def last_result(panel: Panel) -> AssignmentResult | None:
    return AssignmentResult.objects.standing().filter(panel=panel).first()


def _last_is(act: Act, kind: ResultKind) -> None:
    result = AssignmentResult.objects.standing().light().filter(panel=act.obj).first()
    if result is None or result.kind != kind:
        raise Refusal(
            "nothing_to_undo",
            _("The last result that stands is not of this kind: there is nothing to undo here."),
            remedy=_("Only the last result can be undone, then the one before it."),
            article="art. 13",
            status=409,
        )


def last_is_first_assignment(act: Act) -> None:
    _last_is(act, ResultKind.ASSIGN)


def last_is_repair(act: Act) -> None:
    _last_is(act, ResultKind.REASSIGN)


def nobody_began(act: Act) -> None:
    """No pair the result made has been started, declined, recused or taken back: undoing loses no work."""
    result = AssignmentResult.objects.standing().light().filter(panel=act.obj).first()
    added = result.added if result else []
    begun = Assignment.objects.filter(pk__in=added).exclude(state=AssignmentState.ASSIGNED).count()
    if begun:
        raise Refusal(
            "reading_began",
            ngettext(
                "%(n)s reading of this result has begun or was closed since.",
                "%(n)s readings of this result have begun or were closed since.",
                begun,
            )
            % {"n": begun},
            remedy=_("Repair the assignment instead, or take a single reading back: work begun stays."),
            article="art. 13",
            status=409,
        )


def nothing_given_since(act: Act) -> None:
    """No pair was given by another way since the first assignment: before it nobody read."""
    result = AssignmentResult.objects.standing().light().filter(panel=act.obj).first()
    others = Assignment.objects.filter(
        seat__panel=act.obj, application__state="under_review", state__in=ACTIVE_ASSIGNMENTS
    ).exclude(pk__in=result.added if result else [])
    if others.exists():
        raise Refusal(
            "given_since",
            _("Readings were given by hand, or to an alternate, since this assignment."),
            remedy=_("Take them back first."),
            article="art. 13",
            status=409,
        )
