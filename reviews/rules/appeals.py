"""Guards of appeals."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.models import Event
from core.transitions import Act, Refusal
from reviews.enums.reading import DecisionState
from reviews.models import Appeal


def decision_can_be_contested(act: Act) -> None:
    """A notified decision; what was replaced is contested through the new one. Late appeals are received all the same (art. 19)."""
    if act.obj.state != DecisionState.NOTIFIED:
        raise Refusal(
            "decision_not_notified",
            _("Only a notified decision that stands can be contested."),
            article="art. 19",
            status=409,
        )
    if Appeal.objects.filter(decision=act.obj, state="filed").exists():
        raise Refusal(
            "appeal_already_open",
            _("An appeal is already open against this decision."),
            remedy=_("Wait for the answer, or withdraw it."),
            article="art. 19",
            status=409,
        )


def text_given(act: Act) -> None:
    if not act.preview and not (act.get("text") or "").strip():
        raise Refusal(
            "appeal_text_missing",
            _("Say what you contest and why; a few lines are enough."),
            field="text",
            article="art. 19",
        )


def answer_given(act: Act) -> None:
    if not act.preview and not (act.get("answer") or "").strip():
        raise Refusal(
            "grounds_missing",
            _("Answer each argument: the applicant reads this text."),
            field="answer",
            article="art. 19",
        )


def handlers_of(application) -> set[int]:
    """Those who handled the file: whoever moved it at the case officers' desk."""
    verbs = ("request_information", "declare_eligible", "drop_request", "extend", "reexamine")
    return set(
        Event.objects.filter(subject=application.reference, machine="application", verb__in=verbs).values_list(
            "actor_id", flat=True
        )
    )


def did_not_handle_the_file(act: Act) -> None:
    decision = act.obj.decision
    if act.actor.pk in handlers_of(decision.application) | (
        {decision.drafted_by_id} if decision.kind == "eligibility" else set()
    ):
        raise Refusal(
            "appeal_handler_involved",
            _("You handled this application."),
            remedy=_("An appeal is examined by someone else."),
            article="art. 19",
            status=403,
        )
