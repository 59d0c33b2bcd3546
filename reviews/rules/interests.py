"""Guards of declarations: likenesses looked at, recusals of office, recusals lifted before any vote."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from reviews.enums.meeting import AgendaItemState
from reviews.enums.reading import Ground, Hint
from reviews.models import AgendaItem
from reviews.queries import interests, panel_of


def ground_of_office(act: Act) -> str:
    declaration = act.obj
    panel = panel_of(declaration.application.call)
    if panel is None:
        return ""
    return interests.ground_of(panel, declaration.user, declaration.application)


def no_ground_of_office(act: Act) -> None:
    ground = ground_of_office(act)
    if ground == Ground.APPLIES_IN_CALL:
        raise Refusal(
            "recused_from_call",
            _("You are an applicant in this call: you are recused from all its applications, since they are compared."),
            article="art. 12",
            status=403,
        )
    if ground:
        raise Refusal(
            "conflict_of_interest",
            _("The service knows a link between you and this application."),
            remedy=_("Recuse yourself from it."),
            article="art. 12",
            status=409,
        )


def hints_are_answered(act: Act) -> None:
    """An equal SIRET needs both co-presidents; the member himself sets the other likenesses aside, and his choice is kept."""
    found = act.found["hints"] = interests.seat_hints(act.obj)
    if Hint.SAME_SIRET in found and act.obj.hint_cleared_at is None:
        raise Refusal(
            "hint_needs_both_presidents",
            _("The service found the same SIRET for you and this application."),
            remedy=_("Recuse yourself, or ask both co-presidents to let you read."),
            article="art. 12",
            status=409,
        )
    if act.preview:
        return
    left = [
        str(Hint(code).label) for code in found if code != Hint.SAME_SIRET and code not in (act.get("set_aside") or [])
    ]
    if left:
        raise Refusal(
            "hint_to_answer",
            _("The service found a likeness: %(hints)s.") % {"hints": ", ".join(left)},
            remedy=_("Tick the box that sets it aside, or recuse yourself."),
            article="art. 12",
            field="set_aside",
        )


def ground_is_said(act: Act) -> None:
    if not act.preview and act.get("ground") not in Ground.values:
        raise Refusal(
            "ground_missing",
            _("Say which kind of link you have with this application."),
            field="ground",
            article="art. 12",
        )


def there_is_a_hint(act: Act) -> None:
    if Hint.SAME_SIRET not in interests.seat_hints(act.obj):
        raise Refusal("nothing_to_accept", _("The service found no such likeness on this application."), status=409)


def no_vote_yet(act: Act) -> None:
    if AgendaItem.objects.filter(application=act.obj.application_id, state=AgendaItemState.VOTED).exists():
        raise Refusal(
            "vote_already_taken",
            _("A vote has already been taken on this application: the recusal can no longer be lifted."),
            article="art. 12",
            status=409,
        )


def office_ground_is_gone(act: Act) -> None:
    if ground_of_office(act):
        raise Refusal(
            "recused_of_office",
            _("The link that recuses this member still exists: it cannot be lifted."),
            article="art. 12",
            status=409,
        )
