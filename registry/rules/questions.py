"""Guards of the questions of the public (rulebook, art. 6)."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications.queries import with_interest
from core.redaction import redacted
from core.transitions import Act, Refusal, Who
from registry.enums import SetAsideReason
from registry.models import Question
from registry.queries import questions

LONGEST_QUESTION, LONGEST_ANSWER = 1500, 4000
MOST_AN_HOUR, MOST_WAITING = 20, 60
"""Of one call and its projects: no address of a computer is kept, so the flood is held back for all."""

anybody = Who("PUB", gettext_lazy("anybody, without an account"), lambda actor, obj, at: True)


def question_is_written(act: Act) -> None:
    if act.preview:
        return
    text = (act.get("text") or "").strip()
    if not 10 <= len(text) <= LONGEST_QUESTION:
        raise Refusal(
            "question_length",
            _("Write your question in 10 to %(most)s characters.") % {"most": LONGEST_QUESTION},
            field="text",
        )
    if redacted(text) != text:
        raise Refusal(
            "question_with_contacts",
            _("Your question will be public: it holds an address, a phone number or a bank account."),
            remedy=_(
                "Take it out. To be told of the answer, write your address in the field below: it is never shown."
            ),
            field="text",
        )


def not_flooded(act: Act) -> None:
    if questions.asked_lately(act.obj, act.at - timedelta(hours=1)) >= MOST_AN_HOUR or (
        questions.waiting_on_call(act.obj) >= MOST_WAITING
    ):
        raise Refusal(
            "too_many_questions",
            _("Many questions are waiting already."),
            remedy=_("Read those that are answered, and come back in an hour; the fund can also be written to."),
            status=429,
        )


def project_is_public(act: Act) -> None:
    application = act.get("application")
    if application is not None and not questions.is_published(application):
        raise Refusal("not_published", _("This project is not published."), status=404)


def answerer_has_no_interest(act: Act) -> None:
    row: Question = act.obj
    if row.application_id is not None and with_interest(act.actor).filter(pk=row.application_id).exists():
        raise Refusal(
            "officer_has_interest",
            _("This project is closed to you by a link: you do not answer for it."),
            remedy=_("Another case officer answers."),
            article="art. 12",
            status=403,
        )


def answer_is_written(act: Act) -> None:
    if act.preview:
        return
    text = (act.get("text") or "").strip()
    if not 1 <= len(text) <= LONGEST_ANSWER:
        raise Refusal(
            "answer_length",
            _("Write the answer, in %(most)s characters at most.") % {"most": LONGEST_ANSWER},
            field="text",
        )


def reason_is_known(act: Act) -> None:
    if not act.preview and act.get("reason") not in SetAsideReason.values:
        raise Refusal("reason_missing", _("Say why it gets no public answer."), field="reason")
