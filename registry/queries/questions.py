"""Questions of the public: what a page shows of them, what waits at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min, Q, QuerySet

from applications.models import Application
from applications.queries import with_interest
from registry.enums import QuestionState, Stage
from registry.index.refresh import fresh
from registry.models import PublishedRow, Question


@dataclass(frozen=True)
class Board:
    """The public page of one call or project: answered questions, latest answer first; of the others their number, and since when the oldest is due."""

    answered: QuerySet[Question]
    waiting: int
    overdue: int
    oldest_due_on: date | None

    def late_days(self, today: date) -> int:
        return max(0, (today - self.oldest_due_on).days) if self.oldest_due_on else 0


def _about(call, application: Application | None) -> QuerySet[Question]:
    return Question.objects.filter(call=call, application=application)


def board(call, application: Application | None, today: date) -> Board:
    """Two queries, whatever their number: one here, one when the answered ones are read."""
    rows = _about(call, application)
    waiting = Q(state=QuestionState.ASKED)
    facts = rows.aggregate(
        waiting=Count("pk", filter=waiting),
        overdue=Count("pk", filter=waiting & Q(due_on__lt=today)),
        oldest=Min("due_on", filter=waiting),
    )
    answered = rows.filter(state=QuestionState.ANSWERED).order_by("-answered_at", "-pk")
    return Board(answered, facts["waiting"], facts["overdue"], facts["oldest"])


def is_published(application: Application) -> bool:
    """In the published set, whatever became of it since; not while its page is taken down."""
    fresh()
    return PublishedRow.objects.filter(reference=application.reference).exclude(stage=Stage.UNPUBLISHED).exists()


def asked_lately(call, since) -> int:
    return Question.objects.filter(call=call, asked_at__gt=since).count()


def waiting_on_call(call) -> int:
    return Question.objects.filter(call=call, state=QuestionState.ASKED).count()


def of_desk(user, state: str = "") -> QuerySet[Question]:
    """What a case officer sees: not those about a project he has an interest in; those that wait first, the most urgent on top."""
    rows = Question.objects.exclude(application__in=with_interest(user).values("pk"))
    if state in QuestionState.values:
        rows = rows.filter(state=state)
    return rows.select_related("call", "application__public_page", "answered_by").order_by("-state", "due_on", "pk")


def overdue(today: date) -> QuerySet[Question]:
    """Those the officers were not told of yet."""
    return Question.objects.filter(state=QuestionState.ASKED, due_on__lt=today, overdue_told_at=None)
