"""What is unread or awaited in the conversations, one query each."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Count, Exists, Min, OuterRef
from django.utils import timezone

from applications.enums import MessageKind
from applications.models import Application, Message
from applications.queries.desk import officers_files
from applications.queries.writing import is_member


def unread_count(user, application: Application) -> int:
    """Messages of the other side that nobody of this person's side has opened."""
    rows = application.messages
    return (rows.unread_by_team() if is_member(user, application) else rows.unread_by_staff()).count()


def messages_today(user, application: Application, at: datetime) -> int:
    """How many this person has written about this file since midnight, in Paris."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return application.messages.filter(author=user, sent_at__gte=midnight).count()


def files_with_news(user) -> list[tuple[Application, int]]:
    """Files of this person's teams where the fund wrote something unread, each with how many; fifty at most."""
    rows = Application.objects.of_team(user).filter(pk__in=Message.objects.unread_by_team().values("application"))
    news = Message.objects.unread_by_team().filter(application=OuterRef("pk")).order_by().values("application")
    return [
        (row, row.unread) for row in rows.annotate(unread=news.annotate(n=Count("pk")).values("n")).order_by("pk")[:50]
    ]


def with_unread(files):
    """Those of these files where the team wrote something that no officer has opened."""
    return files.filter(Exists(Message.objects.unread_by_staff().filter(application=OuterRef("pk"))))


def staff_unread(user) -> int:
    """How many files of this officer hold unread messages."""
    return with_unread(officers_files(user)).count()


def reasons_asked(application: Application) -> Message | None:
    """The request for the reasons of this file, answered or not."""
    return application.messages.filter(kind=MessageKind.REASONS_REQUEST).first()


def reasons_awaited(application: Application) -> Message | None:
    """The request for the reasons of this file that awaits an answer."""
    return application.messages.open_reasons().first()


def reasons_due(user) -> tuple[int, date | None]:
    """How many of these requests await this officer, and the first day one of them is due."""
    found = (
        Message.objects.open_reasons()
        .filter(application__in=officers_files(user).values("pk"))
        .aggregate(n=Count("pk"), first=Min("due_on"))
    )
    return found["n"], found["first"]
