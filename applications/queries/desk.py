"""The case officers' desk: what waits, with constant queries."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Count, F, Q

from applications.enums import IN_INSTRUCTION
from applications.models import Application, Message

PAGE = 25

_closed: list[Callable] = []


def closes_files(query: Callable) -> Callable:
    """Register what else closes a file to a person: `query(user)` gives the ids of files as a subquery. A room above declares its own (a recusal)."""
    _closed.append(query)
    return query


def officer_interest(user, application: Application) -> bool:
    """The officer, his association or his department has a link with this file (rulebook, art. 9 and 12)."""
    return application.pk is not None and with_interest(user).filter(pk=application.pk).exists()


def with_interest(user):
    """Files with which this person, his association or his service has a link, or that another room closes to him."""
    mine = Application.objects.of_team(user)
    bodies = mine.exclude(organisation=None).values("organisation")
    bearers = mine.exclude(bearer_organisation=None).values("bearer_organisation")
    linked = (
        Q(pk__in=mine.values("pk"))
        | Q(bearer_person=user)
        | Q(partnerships__agent_email__iexact=user.email)
        | Q(organisation__in=bodies)
        | Q(bearer_organisation__in=bodies)
        | Q(organisation__in=bearers)
        | Q(bearer_organisation__in=bearers)
    )
    for query in _closed:
        linked |= Q(pk__in=query(user))
    return Application.objects.filter(linked)


def officers_files(user):
    """Filed files this officer may handle: those in which he has an interest are not there."""
    return Application.objects.filed().exclude(pk__in=with_interest(user).values("pk"))


def readable_by(user):
    """Files this person may read: the team's own, and for officers and auditors the filed ones in which they have no interest."""
    mine = Application.objects.of_team(user).values("pk")
    seen = Application.objects.visible_to(user)
    return seen.filter(Q(pk__in=mine) | ~Q(pk__in=with_interest(user).values("pk"))) if user.is_authenticated else seen


def desk_queue(user, *, state: str = "", call: str = "", text: str = "", waiting: str = ""):
    """Filed files, oldest first. `state` a state or "" for those to instruct, "all" for every one; `call` a slug;
    `waiting` "partner", "reexamine", "incomplete", "messages" (unread) or "reasons" (asked for).
    """
    files = officers_files(user).select_related(
        "call__rule_version", "lead", "organisation", "bearer_organisation", "bearer_person"
    )
    files = files.prefetch_related("partnerships__organisation", "information_requests")
    if state and state != "all":
        files = files.filter(state=state)
    elif not state:
        files = files.filter(state__in=IN_INSTRUCTION)
    if call:
        files = files.filter(call__slug=call)
    if waiting == "partner":
        files = files.exclude(partnerships__state="confirmed")
    if waiting == "reexamine":
        files = files.filter(to_reexamine=True)
    if waiting == "incomplete":
        files = files.filter(incomplete=True)
    if waiting == "messages":
        files = files.filter(messages__from_staff=False, messages__read_at__isnull=True).distinct()
    if waiting == "reasons":
        files = files.filter(pk__in=Message.objects.open_reasons().values("application"))
    for word in text.replace("\x00", "").split()[:6]:
        files = files.filter(
            Q(reference__icontains=word)
            | Q(title__icontains=word)
            | Q(applicant_name__icontains=word)
            | Q(commune__icontains=word)
        )
    return files.order_by(F("first_received_at").asc(nulls_last=True), "id")


def desk_counts(user, *, call: str = "") -> dict[str, int]:
    """How many filed files per state, for the filter."""
    files = officers_files(user)
    if call:
        files = files.filter(call__slug=call)
    return dict(files.order_by().values_list("state").annotate(n=Count("pk", distinct=True)))
