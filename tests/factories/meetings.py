"""A meeting at each step of its life, through the real verbs, on the panel of `tests.factories.reviews`."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from core.models import Document, User
from reviews.models import AgendaItem, Declaration, Meeting
from reviews.transitions import agenda, declarations, meetings, minutes
from tests.factories.reviews import CIVIL, STATE, World, reviewed

GROUNDS = "Un besoin établi, un essai simple, un partenaire engagé."


def planned(made: World | None = None, *, days: int = 7, **facts) -> tuple[World, Meeting]:
    """Reading is closed, the meeting planned in a week with every file on its agenda. `facts` go to the world (files, members, envelope, rules…)."""
    made = made or reviewed(**facts)
    meeting = meetings.plan(
        call=made.call,
        actor=made.officer,
        planned_at=timezone.now() + timedelta(days=days),
        place="Maison des essais, Nevers",
    )
    return made, meeting


def convened(made: World | None = None, **facts) -> tuple[World, Meeting]:
    made, meeting = planned(made, **facts)
    return made, meetings.convene(meeting=meeting, actor=made.officer)


def attend(made: World, meeting: Meeting, *, at: datetime | None = None, absent: tuple[User, ...] = ()) -> None:
    """Every full member is in the room, those named excepted."""
    for college in (CIVIL, STATE):
        for user in made.members[college]:
            presence = "absent" if user in absent else "room"
            meetings.record_attendance(
                meeting=meeting,
                actor=made.officer,
                at=at or meeting.planned_at,
                seat=made.seat(user),
                presence=presence,
            )


def opened(
    made: World | None = None, *, absent: tuple[User, ...] = (), meeting: Meeting | None = None, **facts
) -> tuple[World, Meeting, datetime]:
    """The meeting is open; returns its instant too."""
    if meeting is None:
        made, meeting = convened(made, **facts)
    at = meeting.planned_at
    attend(made, meeting, at=at, absent=absent)
    return made, meetings.open(meeting=meeting, actor=made.presidents[0], at=at), at


def resumed(made, meeting, at, *, urgency="Le partenaire commence lundi.") -> Meeting:
    """Adjourned with its quorum, convened again at short notice, everyone there in person."""
    again = at + timedelta(days=1)
    meetings.adjourn(
        meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0], at=at, reason="La salle ferme à midi."
    )
    meeting = meetings.reconvene(
        meeting=Meeting.objects.get(pk=meeting.pk),
        actor=made.officer,
        at=at + timedelta(minutes=1),
        planned_at=again,
        urgency_reason=urgency,
    )
    rows = [(made.seat(one), "room", None) for college in (CIVIL, STATE) for one in made.members[college]]
    meetings.record_all(meeting=meeting, actor=made.officer, at=again, rows=rows)
    return meetings.open(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0], at=again)


def item_of(meeting: Meeting, application=None) -> AgendaItem:
    """The item of a file (the first by default)."""
    rows = meeting.items.select_related("application", "meeting__call").order_by("position")
    return (
        rows.get(application=application) if application is not None else rows.filter(application__isnull=False).first()
    )


def recuse(user: User, application, at=None) -> Declaration:
    row = Declaration.objects.get(user=user, application=application)
    return declarations.declare_interest(declaration=row, actor=user, at=at, ground="personal_interest")


def called(made: World, item: AgendaItem, at) -> AgendaItem:
    return agenda.discuss(agenda_item=item, actor=made.presidents[0], at=at)


def agreed(
    made: World, item: AgendaItem, at, *, proposal: str = "selected", amount: int | None = None, grounds: str = GROUNDS
) -> AgendaItem:
    """The item is called and adopted without objection."""
    item = called(made, item, at)
    if proposal == "selected" and amount is None:
        amount = item.application.requested_amount
    lowered = amount is not None and amount < item.application.requested_amount
    return agenda.agree(
        agenda_item=item,
        actor=made.presidents[0],
        at=at,
        proposal=proposal,
        amount=amount,
        amount_reason="Un seul quartier suffit pour essayer." if lowered else None,
        grounds=grounds,
    )


def cast(made: World, item: AgendaItem, at, **choices: str) -> None:
    """`cast(made, item, at, civil="ffa", state="ff-")`: f for, a against, - abstain, . no vote, members in order."""
    words = {"f": "for", "a": "against", "-": "abstain"}
    for college, marks in ((CIVIL, choices.get("civil", "")), (STATE, choices.get("state", ""))):
        for user, mark in zip(made.members[college], marks, strict=False):
            if mark in words:
                agenda.cast(agenda_item=item, actor=user, at=at, seat=made.seat(user), choice=words[mark])


def all_agreed(made: World, meeting: Meeting, at, **facts) -> Meeting:
    """Every file is adopted without objection."""
    for item in meeting.items.filter(application__isnull=False).select_related("application").order_by("position"):
        agreed(made, item, at, **facts)
    return Meeting.objects.get(pk=meeting.pk)


def listed(made: World | None = None, **facts) -> tuple[World, Meeting, datetime]:
    """The list is adopted."""
    made, meeting, at = opened(made, **facts)
    all_agreed(made, meeting, at)
    return made, meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=at), at


def closed(made: World | None = None, **facts) -> tuple[World, Meeting, datetime]:
    made, meeting, at = listed(made, **facts)
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=at)
    return made, meeting, at


def rendered(meeting: Meeting) -> Meeting:
    """Its minutes have bytes, without the renderer."""
    Document.objects.filter(pk=meeting.minutes_id).update(state="rendered", rendered_at=timezone.now(), sha256="b" * 64)
    return Meeting.objects.get(pk=meeting.pk)


def adopted(made: World | None = None, **facts) -> tuple[World, Meeting, datetime]:
    """Both presidents signed the minutes."""
    made, meeting, at = closed(made, **facts)
    meeting = rendered(meeting)
    for president in made.presidents:
        meeting = minutes.sign_minutes(meeting=meeting, actor=president, at=at, evidence={"method": "password"})
    return made, meeting, at
