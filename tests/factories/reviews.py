"""A panel at work: seats, declarations, readings, filed reviews, votes, decisions, through the real verbs wherever one exists."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from applications.models import Application
from core import documents
from core.models import Event, User
from core.transitions import _running
from fund.enums import CallState, College, Role
from fund.models import Call
from reviews.models import AgendaItem, Assignment, Decision, Declaration, Meeting, Panel, ReviewVersion, Score, Vote
from reviews.transitions import assignments, calls, decisions, declarations, panels
from tests.factories import ledger as books
from tests.factories.applications import ApplicationFactory, PartnershipFactory
from tests.factories.fund import CallFactory, FundIdentityFactory, person_with, rules_in_force

CIVIL, STATE = College.CIVIL_SOCIETY, College.STATE


@dataclass
class World:
    """A call, its panel and everyone around it. `members` and `alternates` by college, presidents first."""

    call: Call
    officer: User
    members: dict[str, list[User]] = field(default_factory=dict)
    alternates: dict[str, list[User]] = field(default_factory=dict)
    panel: Panel | None = None

    @property
    def files(self) -> list[Application]:
        return list(Application.objects.filter(call=self.call).exclude(state="draft").order_by("pk"))

    @property
    def presidents(self) -> list[User]:
        return [self.members[CIVIL][0], self.members[STATE][0]]

    def everyone(self) -> list[User]:
        return [person for group in (self.members, self.alternates) for people in group.values() for person in people]

    def seat(self, user: User):
        return self.panel.seats.current().get(user=user)

    def seats(self) -> list[dict]:
        rows = []
        for college in (CIVIL, STATE):
            for place, user in enumerate(self.members[college]):
                rows.append(
                    {
                        "user": user,
                        "college": college,
                        "kind": "full_member",
                        "is_president": place == 0,
                        "load_max": 90,
                    }
                )
            rows += [
                {"user": user, "college": college, "kind": "alternate", "load_max": 90}
                for user in self.alternates[college]
            ]
        return rows


def world(
    *,
    files: int = 2,
    members: int = 3,
    alternates: int = 1,
    envelope: int = 50_000_000,
    requested: int = 1_850_000,
    **rules,
) -> World:
    """A closed call with eligible files (each with its confirmed partner), people with their roles; no panel yet. `rules`: parameters of its version."""
    FundIdentityFactory()
    version = rules_in_force(**{"full_members_per_college": members} | rules)
    call = CallFactory(
        state=CallState.CLOSED,
        envelope=books.envelope(envelope),
        rule_version=version,
        opens_at=timezone.now() - timedelta(days=60),
    )
    made = World(call, person_with(Role.CASE_OFFICER))
    for college in (CIVIL, STATE):
        made.members[college] = [
            person_with(Role.CO_PRESIDENT if place == 0 else Role.PANEL_MEMBER, college) for place in range(members)
        ]
        made.alternates[college] = [person_with(Role.PANEL_MEMBER, college) for _place in range(alternates)]
    for _number in range(files):
        PartnershipFactory(application=ApplicationFactory(call=call, state="eligible", requested_amount=requested))
    return made


def constituted(made: World | None = None, **facts) -> World:
    made = made or world(**facts)
    made.panel = panels.constitute(call=made.call, actor=made.officer, seats=made.seats(), seed="graine")
    return made


def under_review(made: World | None = None, *, declare: bool = True, **facts) -> World:
    """The panel is constituted and the review started; with `declare`, everyone said he has no interest."""
    made = constituted(made, **facts)
    made.call = calls.start_review(call=made.call, actor=made.officer)
    if declare:
        declare_all(made)
    made.panel.refresh_from_db()
    return made


def declare_all(made: World) -> None:
    """Everyone says he has no interest: the first by the real verb, the many others written as it leaves them (it looks for links of each pair)."""
    rows = list(
        Declaration.objects.filter(application__call=made.call, state="required").select_related("user", "application")
    )
    if not rows:
        return
    declarations.declare_none(declaration=rows[0], actor=rows[0].user)
    like = Event.objects.filter(machine=Declaration.machine).latest("pk")
    for row in rows[1:]:
        row.declare_none([], like.at)
    Declaration.objects.bulk_update(rows[1:], ["state", "hints", "declared_at"])
    Event.objects.bulk_create(
        copied(like, actor=row.user, object_id=row.pk, subject=row.event_subject) for row in rows[1:]
    )


def reading(made: World | None = None, **facts) -> World:
    """The readings are assigned."""
    made = under_review(made, **facts)
    made.panel = assignments.assign(panel=made.panel, actor=made.officer)
    return made


def file_review(
    assignment: Assignment, half_points: int = 7, comment: str = "Un projet clair.", **by_criterion
) -> Assignment:
    """The reader scores every criterion alike (or as told) and files."""
    reader = assignment.seat.user
    scores = {
        row.code: {"half_points": by_criterion.get(row.code, half_points), "justification": f"Parce que {row.code}."}
        for row in assignment.application.call.criteria.all()
    }
    row = assignments.save_draft(assignment=assignment, actor=reader, scores=scores, comment=comment)
    return assignments.submit(assignment=row, actor=reader)


def reviewed(made: World | None = None, *, points: list[int] | None = None, **facts) -> World:
    """Every review is filed (by default the first file scores best) and reading is closed."""
    made = reading(made, **facts)
    files = list(Application.objects.filter(call=made.call, state="under_review").order_by("pk"))
    given = {row.pk: points[place] if points else max(2, 9 - place) for place, row in enumerate(files)}
    rows = Assignment.objects.filter(application__in=files, state="assigned").order_by("application", "pk")
    file_all(made, {row: given[row.application_id] for row in rows.select_related("seat__user", "application__call")})
    made.panel = assignments.close_reading(panel=made.panel, actor=made.officer)
    return made


def file_all(made: World, points: dict[Assignment, int]) -> None:
    """Every reader files, as many half points on each criterion: the first by the real verbs, the many others written as they leave it
    (`tests/reviews/test_factories.py` holds them to it)."""
    first, *rest = points
    like = file_review(first, points[first])
    [kept], scores = like.versions.all(), list(like.scores.order_by("pk"))
    events = Event.objects.filter(machine=Assignment.machine, object_id=like.pk, verb__in=("start", "submit"))
    for row in rest:
        row.start(like.started_at)
        row.comment, row.version, row.saved_at = like.comment, like.version, like.saved_at
        row.submit(like.submitted_at)
    Assignment.objects.bulk_update(rest, "state started_at comment version saved_at submitted_at".split())
    Score.objects.bulk_create(
        copied(score, assignment=row, half_points=points[row]) for row in rest for score in scores
    )
    ReviewVersion.objects.bulk_create(
        copied(kept, assignment=row, content=_scored(kept.content, points[row])) for row in rest
    )
    Event.objects.bulk_create(
        copied(event, actor=row.seat.user, object_id=row.pk, subject=row.event_subject)
        for row in rest
        for event in events.order_by("pk")
    )


def copied(row, **changes):
    """The same row anew, but for `changes`, not yet saved."""
    new = copy(row)
    new.pk = None
    new._state = copy(row._state)
    new._state.adding = True
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _scored(content: dict, points: int) -> dict:
    return {**content, "scores": [{**score, "half_points": points} for score in content["scores"]]}


def meeting(made: World, *, adopted: bool = True) -> Meeting:
    """A meeting that was held, its minutes adopted unless told otherwise (past the verbs: they are the meeting's own)."""
    now = timezone.now()
    held = Meeting.objects.filter(call=made.call).first()
    if held is None:
        paper = a_paper(made)
        held = Meeting(
            call=made.call,
            number=1,
            planned_at=now,
            state="minutes_adopted" if adopted else "closed",
            created_at=now,
            convened_at=now,
            opened_at=now,
            opened_by=made.presidents[0],
            closed_at=now,
            civil_closing_by=made.presidents[0],
            civil_closing_at=now,
            state_closing_by=made.presidents[1],
            state_closing_at=now,
            minutes=paper,
            minutes_adopted_at=now if adopted else None,
        )
        held.save(force_insert=True)
    return held


def a_paper(made: World):
    from core.models import Document

    return Document.objects.create(
        code=f"DOC-{Document.objects.count():08d}",
        kind="minutes",
        title="Procès-verbal",
        template_version="x",
        context={},
        context_hash="0" * 64,
        owner_machine="meeting",
        owner_id=1,
        frozen_at=timezone.now(),
    )


def voted_item(
    made: World, application: Application, *, adopted: bool = True, equal_weight: bool = True, outcome: str = "adopted"
) -> AgendaItem:
    """The file's point, voted in the meeting."""
    held, now = meeting(made, adopted=adopted), timezone.now()
    if known := held.items.filter(application=application).first():
        return known
    item = AgendaItem(
        meeting=held,
        application=application,
        title=application.title,
        position=held.items.count() + 1,
        state="voted",
        round=1,
        outcome=outcome,
        voted_at=now,
        proposal="selected",
    )
    item.save(force_insert=True)
    Vote.objects.create(
        item=item,
        meeting=held,
        round=1,
        mode="consent",
        proposal="selected",
        rule=made.call.rule_version["majority"],
        outcome=outcome,
        equal_weight=equal_weight,
        opened_at=now,
        closed_at=now,
    )
    return item


def inside(function, **params):
    """Run an inner verb as if another verb called it."""
    token = _running.set(1)
    try:
        return function(**params)
    finally:
        _running.reset(token)


def decided(
    made: World,
    application: Application,
    outcome: str = "selected",
    *,
    adopted: bool = True,
    item: AgendaItem | None = None,
    **facts,
) -> Decision:
    """The vote's decision on a file."""
    facts.setdefault("grounds", "Un besoin établi, un essai simple.")
    if outcome == "selected":
        facts.setdefault("amount", application.requested_amount)
    if outcome == "reserve":
        facts.setdefault(
            "reserve_rank", Decision.objects.filter(application__call=made.call, outcome="reserve").count() + 1
        )
    item = item or voted_item(made, application, adopted=adopted)
    return inside(
        decisions.decide, agenda_item=item, actor=made.presidents[0], application=application, outcome=outcome, **facts
    )


def rendered(decision: Decision) -> Decision:
    """Its letter has bytes, without the renderer."""
    from core.models import Document

    Document.objects.filter(pk=decision.document_id).update(
        state="rendered", rendered_at=timezone.now(), sha256="a" * 64
    )
    return Decision.objects.get(pk=decision.pk)


def signed(made: World, decision: Decision) -> Decision:
    decision = rendered(decision)
    for person in made.presidents:
        decision = decisions.sign(decision=decision, actor=person, evidence={"method": "password"})
    return decision


def notified(made: World, decision: Decision) -> Decision:
    return decisions.notify(decision=signed(made, decision), actor=made.officer)


__all__ = [
    "World",
    "constituted",
    "decided",
    "declare_all",
    "documents",
    "file_review",
    "inside",
    "meeting",
    "notified",
    "reading",
    "rendered",
    "reviewed",
    "signed",
    "under_review",
    "voted_item",
    "world",
]
