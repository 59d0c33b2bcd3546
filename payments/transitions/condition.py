"""Conditions before the start: written with the offer, met with a proof or in words, waived with a reason; the last one lets the project start."""

from __future__ import annotations

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.transitions import verb
from payments.enums import ConditionState, EvidenceKind
from payments.models import Condition
from payments.rules import condition as rules
from payments.rules.people import authorising_officer, case_officer, no_interest, reason_given
from payments.transitions.common import followed_by, keep_file


@verb(machine=Condition, label=_("write a condition"), who=(case_officer,), creates="open", on="agreement", inner=True)
def write_one(act, agreement, *, text, due_on=None):
    """One condition of an offer."""
    last = agreement.conditions.aggregate(last=Max("number"))["last"] or 0
    return Condition.objects.create(agreement=agreement, number=last + 1, text=text.strip(), due_on=due_on)


@verb(machine=Condition, label=_("drop the condition"), who=(case_officer,), inner=True)
def drop(act, condition):
    """The grant is offered again, with other conditions or none."""
    condition.drop()


def write(agreement, given, *, actor, at) -> None:
    """The conditions of this offer; those of a former one are put away. Called by the offer."""
    former = agreement.conditions.exclude(state=ConditionState.DROPPED).order_by("number")
    for one in former:
        drop(condition=one, actor=actor, at=at)
    for one in given:
        write_one(agreement=agreement, actor=actor, at=at, text=one["text"], due_on=one.get("due_on"))


def _start(condition, at) -> None:
    from payments.transitions.agreement import advance

    advance(condition.agreement, at)


@followed_by(_start)
@verb(
    machine=Condition,
    label=_("record as met"),
    who=(case_officer,),
    guards=(no_interest, rules.before_start, rules.day_is_past, rules.shown_how),
)
def meet(act, condition, *, note="", met_on=None, evidence=None, content_type="application/pdf"):
    """Met on that day (today if not said), shown by a document or said in words. With the last one the project starts, if its day has come."""
    proof = None
    if evidence is not None:
        proof = keep_file(
            evidence,
            agreement=condition.agreement,
            kind=EvidenceKind.CONDITION,
            actor=act.actor,
            at=act.at,
            content_type=content_type,
        )
    condition.meet(act.actor, act.at, met_on or timezone.localdate(act.at), note.strip(), proof)
    act.note(number=condition.number)


@followed_by(_start)
@verb(
    machine=Condition,
    label=_("waive the condition"),
    who=(authorising_officer,),
    guards=(no_interest, rules.before_start, reason_given),
)
def waive(act, condition, *, reason):
    """The authorising officer gives it up, with the reason; the recipient reads it."""
    act.because(reason)
    condition.waive(act.actor, act.at, reason.strip())
    act.note(number=condition.number)


@verb(
    machine=Condition,
    label=_("take back"),
    who=(case_officer,),
    guards=(no_interest, rules.before_start, reason_given),
)
def take_back(act, condition, *, reason):
    """It was recorded as met by mistake: it is awaited again, as long as the project has not started. What was given to show it stays in the file."""
    act.because(reason)
    condition.take_back()
    act.note(number=condition.number)
