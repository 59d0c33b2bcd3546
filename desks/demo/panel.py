"""The panel of the demo: seated, declaring its interests, reading what the assignment gave each, until reading closes."""

from __future__ import annotations

from django.utils import timezone

from applications.models import Application
from desks.demo.world import World
from fund.enums import Role
from reviews import scoring
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, DeclarationState, Hint
from reviews.models import Assignment, Declaration, Panel
from reviews.queries.meetings import scores_of
from reviews.queries.ranking import weights_of
from reviews.transitions import assignments, calls, declarations, panels

STANDS_IN = ("civil2", "etat4")
"""The full member of each college who stands in when its co-president is recused."""
SEAT_OF = {"full_member": "full_member", "alternate": "alternate"}


def plan(world: World) -> None:
    timeline = world.timeline
    for key, row in world.data.calls.items():
        days = row["calendar"]
        timeline.on(days["eligibility_by_offset"], lambda at, key=key: _constitute(world, key, at), 18)
        timeline.on(days["review_opens_offset"] - 1, lambda at, key=key: _declare(world, key, at), 10)
        timeline.on(days["review_opens_offset"], lambda at, key=key: _assign(world, key, at), 9)
        timeline.on(days["review_opens_offset"] + 1, lambda at, key=key: _decline_before_meeting(world, key, at), 9)
        timeline.on(days["review_closes_offset"], lambda at, key=key: _close_reading(world, key, at), 17, 30)
    for row in world.data.reviews["recusals"]:
        if row["moment"] == "declared_after_assignment":
            timeline.on(row["declared_offset"], lambda at, row=row: recuse(world, row, at), 12)
    for number, row in enumerate(world.data.reviews["reviews"]):
        timeline.on(row["submitted_offset"], lambda at, row=row: _review(world, row, at), 18, number % 60)
        if row["state"] == "in_progress":
            opens = world.data.calls[row["call"]]["calendar"]["review_opens_offset"]
            timeline.on(opens + 16, lambda at, row=row: _review(world, row, at, filed=False), 21, number % 60)


def _constitute(world: World, key: str, at) -> None:
    seats = [
        {
            "user": world.people[member],
            "college": row["college"],
            "kind": SEAT_OF[row["seat"]],
            "title": row["title"],
            "gender": row["gender"],
            "appointing_act": "Décision de nomination (fictive)",
            "appointed_on": timezone.localdate(at),
            "is_president": "co_president" in row["roles"],
            "acts_for_president": member in STANDS_IN,
            "load_min": row["load_min"],
            "load_max": row["load_max"],
            "themes": {item["theme"]: item["level"] for item in row["themes"]},
            "departments": row["territories"],
        }
        for member, row in world.data.people.items()
        if Role.PANEL_MEMBER in row["roles"]
    ]
    panels.constitute(call=world.fresh(world.calls[key]), actor=world.people["instruction"], at=at, seats=seats)


def seat_of(world: World, key: str, member: str):
    return Panel.objects.get(call=world.calls[key]).seats.get(user=world.people[member])


def _declare(world: World, key: str, at) -> None:
    """Everyone answers for every file, before reading any."""
    told = {
        (row["application"], row["member"]): row
        for row in world.data.reviews["recusals"]
        if row["moment"] == "declared_before_reading"
    }
    files = {row.pk: name for name, row in world.files.items() if not name.startswith("partner:")}
    people = {row.pk: name for name, row in world.people.items()}
    waiting = Declaration.objects.filter(application__call=world.calls[key], state=DeclarationState.REQUIRED)
    for row in waiting.select_related("application", "user").order_by("user__email", "application__reference"):
        if recusal := told.get((files[row.application_id], people[row.user_id])):
            recuse(world, recusal, at)
        else:
            declarations.declare_none(declaration=row, actor=row.user, at=at, set_aside=Hint.values)


def recuse(world: World, row: dict, at) -> None:
    """A member steps back; the detail is private."""
    member = world.people[row["member"]]
    declaration = Declaration.objects.get(application=world.files[row["application"]], user=member)
    detail = world.variant.plant("recusal", f"{row['application']}/{row['member']}", row["grounds"])
    declarations.declare_interest(declaration=declaration, actor=member, at=at, ground=row["kind"], detail=detail)


def _assign(world: World, key: str, at) -> None:
    officer = world.people["instruction"]
    call = calls.start_review(call=world.fresh(world.calls[key]), actor=officer, at=at)
    assignments.assign(panel=Panel.objects.get(call=call), actor=officer, at=at)


def _decline_before_meeting(world: World, key: str, at) -> None:
    """Who will discover an interest in the meeting has not read the file: he gave that reading back for want of time."""
    for row in world.data.reviews["recusals"]:
        if row["moment"] != "declared_in_meeting" or world.data.applications[row["application"]]["call"] != key:
            continue
        pair = Assignment.objects.filter(
            application=world.files[row["application"]], seat__user=world.people[row["member"]], state="assigned"
        ).first()
        if pair is None:
            continue
        assignments.decline(
            assignment=pair, actor=pair.seat.user, at=at, reason="Trop de dossiers cette semaine, je rends celui-ci."
        )
        assignments.reassign(panel=Panel.objects.get(call=world.calls[key]), actor=world.people["instruction"], at=at)


def _pair(world: World, row: dict) -> Assignment | None:
    """The reading that says this review: the member's own when the assignment gave it to him, else a free one of his college on the file."""
    known = world.pairs.get((row["application"], row["member"]))
    if known is not None:
        return Assignment.objects.get(pk=known)
    recused = {
        world.people[one["member"]].pk
        for one in world.data.reviews["recusals"]
        if one["application"] == row["application"]
    }
    named = {
        world.people[one["member"]].pk
        for one in world.data.reviews["reviews"]
        if one["application"] == row["application"] and one is not row
    }
    free = list(
        Assignment.objects.filter(
            application=world.files[row["application"]], seat__college=row["college"], state__in=ACTIVE_ASSIGNMENTS
        )
        .exclude(seat__user__in=recused)
        .exclude(pk__in=world.pairs.values())
        .select_related("seat__user")
    )
    own = world.people[row["member"]].pk
    free.sort(key=lambda pair: (pair.seat.user_id != own, pair.seat.user_id in named, pair.pk))
    if not free:
        return None
    world.pairs[row["application"], row["member"]] = free[0].pk
    return free[0]


def _review(world: World, row: dict, at, filed: bool = True) -> None:
    """Read, scored, filed; or only begun."""
    pair = _pair(world, row)
    if pair is None:  # the one who read in his place is named in the days that follow
        world.timeline.plan(at + world.A_DAY, lambda later: _review(world, row, later, filed))
        return
    reader = pair.seat.user
    row = world.variant.review(world.variant.author(row, world.data.reviews["reviews"]))
    scores = {
        item["criterion"]: {"half_points": item["score"] * 2, "justification": item["justification"]}
        for item in row["scores"]
    }
    pair = assignments.save_draft(
        assignment=pair, actor=reader, at=at, scores=scores, comment=row["comment_to_applicant"] or ""
    )
    if filed:
        assignments.submit(assignment=pair, actor=reader, at=at)


def _close_reading(world: World, key: str, at) -> None:
    assignments.close_reading(panel=Panel.objects.get(call=world.calls[key]), actor=world.people["instruction"], at=at)


def note_ranks(world: World, key: str) -> None:
    """The order that the reviews filed so far would give, while reading goes on and nobody may know."""
    row = Panel.objects.filter(call__slug=world.data.calls[key]["slug"], state="reading").select_related("call").first()
    if row is None:
        return
    files = {one.pk: one.reference for one in Application.objects.filter(call=row.call, state="under_review")}
    places = scoring.rank(scores_of(row.call, list(files)), weights_of(row.call))
    world.variant.ranks(key, {files[place.key]: place.rank for place in places})
