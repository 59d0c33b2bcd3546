"""Conditions before the start of a project: how they are written, how one is settled, and what they hold back."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.transitions import Act, Refusal
from payments.queries.agreements import left

CONDITIONS_MAX, TEXT_MAX = 20, 500
BEFORE_START = ("accepted", "signed")


def conditions_are_written(act: Act) -> None:
    """Each says something, in few words; a due date is a day."""
    given = act.get("conditions") or ()
    if len(given) > CONDITIONS_MAX:
        raise Refusal(
            "conditions_too_many", _("Write %(n)s conditions at most.") % {"n": CONDITIONS_MAX}, field="conditions"
        )
    for one in given:
        if not 0 < len((one.get("text") or "").strip()) <= TEXT_MAX:
            raise Refusal(
                "condition_unclear",
                _("Say each condition in %(n)s characters at most.") % {"n": TEXT_MAX},
                field="conditions",
            )
        if not isinstance(one.get("due_on"), date | None):
            raise Refusal("content_invalid", _("The day of a condition is not a date."), field="conditions")


def project_may_start(act: Act) -> None:
    today = timezone.localdate(act.at)
    if act.obj.starts_on > today:
        raise Refusal(
            "start_conditions_missing",
            _("The project cannot start: its start date is %(day)s.")
            % {"day": date_format(act.obj.starts_on, "j F Y")},
            article="art. 20",
            status=409,
        )
    if waiting := left(act.obj):
        raise Refusal(
            "start_conditions_missing",
            ngettext(
                "The project cannot start: %(n)s condition is left: %(conditions)s.",
                "The project cannot start: %(n)s conditions are left: %(conditions)s.",
                len(waiting),
            )
            % {"n": len(waiting), "conditions": "; ".join(one.text.rstrip(".") for one in waiting)},
            remedy=_("A case officer records each as met; the authorising officer may waive one, with a reason."),
            article="art. 20",
            status=409,
        )


def before_start(act: Act) -> None:
    if act.obj.agreement.state not in BEFORE_START:
        raise Refusal(
            "condition_not_awaited",
            _("Conditions are settled once the grant is accepted, and before the project starts."),
            article="art. 20",
            status=409,
        )


def shown_how(act: Act) -> None:
    """A proof, or what was seen in words."""
    if not act.preview and not (act.get("note") or "").strip() and not act.get("evidence"):
        raise Refusal(
            "evidence_missing",
            _("Say what shows that the condition is met, or give the document."),
            article="art. 20",
            field="note",
        )


def day_is_past(act: Act) -> None:
    if (day := act.get("met_on")) is not None and day > timezone.localdate(act.at):
        raise Refusal("date_to_come", _("This day is still to come."), field="met_on")
