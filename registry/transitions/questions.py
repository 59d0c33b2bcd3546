"""Questions of the public and their answers."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from core import references
from core.transitions import verb
from fund import people
from registry.enums import SetAsideReason
from registry.models import Question
from registry.notifications import tell_asker, tell_officers
from registry.rules import questions as rules


@verb(
    machine=Question,
    label=_("ask a public question"),
    who=(rules.anybody,),
    creates="asked",
    on="call",
    guards=(rules.question_is_written, rules.project_is_public, rules.not_flooded),
    mails=("registry/question.acknowledged", "registry/question.received"),
)
def ask_question(act, call, *, text, application=None, email=""):
    """On a call, or on one of its published projects. Nothing tells who asks but the address he may give, erased once the question is closed."""
    days = call.rule_version["question_answer_days"]
    row = Question.objects.create(
        reference=references.new("QST"),
        call=call,
        application=application,
        text=text.strip(),
        email=email.strip().lower(),
        language=(get_language() or "fr")[:2],
        asked_at=act.at,
        due_on=timezone.localdate(act.at) + timedelta(days=days),
    )
    tell_asker("acknowledged", row, act.at)
    tell_officers("received", row, act.at)
    return row


@verb(
    machine=Question,
    label=_("answer in public"),
    who=(people.case_officer,),
    guards=(rules.answerer_has_no_interest, rules.answer_is_written),
    mails=("registry/question.answered",),
)
def answer_publicly(act, question, *, text):
    """The question and this answer are public at once. Said again, the new text takes the place of the former, with its date."""
    tell_asker("answered", question, act.at)
    question.answer_publicly(text.strip(), act.actor, act.at)


@verb(
    machine=Question,
    label=_("set aside"),
    who=(people.case_officer,),
    guards=(rules.answerer_has_no_interest, rules.reason_is_known),
    mails=("registry/question.set_aside",),
    danger=True,
)
def set_aside(act, question, *, reason):
    """No public answer, for one of the known reasons: its words are never shown."""
    with override(question.language):
        words = str(SetAsideReason(reason).label)
    tell_asker("set_aside", question, act.at, reason=words)
    question.set_aside(reason)
    act.note(reason=reason)


def tell_overdue(*, question: Question, at) -> None:
    """Once, the day after the last one: the officers are told that the public page shows the delay."""
    with transaction.atomic():
        waiting = Question.objects.filter(pk=question.pk, overdue_told_at=None).update(overdue_told_at=at)
        if waiting:
            tell_officers("overdue", question, at)
