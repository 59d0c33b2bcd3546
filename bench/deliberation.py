"""Pages of a panel with 20 files and with 2,000, twenty readers each: their queries must be as many. A page that asks more for more files stops the run."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications.models import Application
from bench.measure import Report, cpu
from bench.pages import visit
from core.models import User
from desks.demo import scale
from fund.models import Call
from reviews.models import Assignment, Declaration, Meeting, Panel, Score, Seat
from reviews.models.meeting import Attendance
from reviews.scoring import STEPS
from reviews.transitions import agenda, meetings

READERS = 20
AMOUNT = 1_000_00


def fill(files: int, at: datetime) -> Panel:
    """A call whose reading goes on: every member has declared but for one file in ten, each file has its four readers."""
    scale.write(applications=2 * files, grants=0, members=READERS, at=at)
    panel = Panel.objects.select_related("call").order_by("-pk")[0]
    known = set(Declaration.objects.filter(application__call=panel.call).values_list("application", "user"))
    rows = [
        Declaration(
            application_id=pk,
            user_id=user,
            state="required" if number % 10 == 9 else "none",
            opened_at=at,
            declared_at=None if number % 10 == 9 else at,
        )
        for number, pk in enumerate(files_of(panel))
        for user in panel.seats.values_list("user", flat=True)
        if (pk, user) not in known
    ]
    Declaration.objects.bulk_create(rows, batch_size=scale.CHUNK)
    Panel.objects.filter(pk=panel.pk).update(state="reading", assigned_at=at)
    return Panel.objects.select_related("call").get(pk=panel.pk)


def files_of(panel: Panel) -> list[int]:
    return list(
        Application.objects.filter(call=panel.call, state="under_review").order_by("pk").values_list("pk", flat=True)
    )


def deliberate(panel: Panel, at: datetime) -> Meeting:
    """Reviews are filed, reading is closed, the meeting is open and a vote is under way on its first file."""
    Declaration.objects.filter(application__call=panel.call, state="required").update(state="none", declared_at=at)
    readings = Assignment.objects.filter(seat__panel=panel)
    readings.update(state="submitted", started_at=at, submitted_at=at, comment=scale.NOTE)
    criteria = list(panel.call.criteria.all())
    Score.objects.bulk_create(
        [
            Score(
                assignment_id=pk,
                criterion=one,
                half_points=(pk * 7 + one.position * 3) % len(STEPS),
                justification=scale.NOTE,
            )
            for pk in readings.values_list("pk", flat=True)
            for one in criteria
        ],
        batch_size=scale.CHUNK,
    )
    officer = User.objects.get(email="instruction@demo.example")
    Panel.objects.filter(pk=panel.pk).update(state="reading_closed", reading_closed_at=at, reading_closed_by=officer)
    meeting = meetings.plan(call=Call.objects.get(pk=panel.call_id), actor=officer, planned_at=at + timedelta(days=7))
    seats = list(Seat.objects.filter(panel=panel, kind="full_member").select_related("user"))
    president = next(seat.user for seat in seats if seat.is_president)
    Meeting.objects.filter(pk=meeting.pk).update(
        state="open", planned_at=at, convened_at=at, opened_at=at, opened_by=president
    )
    Attendance.objects.bulk_create(Attendance(meeting=meeting, seat=seat, presence="room") for seat in seats)
    item = Meeting.objects.get(pk=meeting.pk).items.order_by("position")[0]
    item = agenda.discuss(agenda_item=item, actor=president, at=at)
    agenda.open_ballot(
        agenda_item=item,
        actor=president,
        at=at,
        proposal="selected",
        amount=item.application.requested_amount,
        grounds=".",
    )
    return Meeting.objects.get(pk=meeting.pk)


# ---- what is asked ----


def reading_pages(panel: Panel) -> dict[str, tuple[User, str]]:
    """Pages while reading goes on, by what they are: who asks, and the address."""
    member = panel.seats.filter(is_president=False).select_related("user").order_by("pk")[0].user
    officer = User.objects.get(email="instruction@demo.example")
    file = Application.objects.filter(assignments__seat__user=member, call=panel.call).order_by("pk")[0]
    slug = panel.call.slug
    return {
        "the desk of a member": (member, "/commission/"),
        "declarations": (member, f"/commission/declarations/{slug}/"),
        "a file to read": (member, f"/commission/dossiers/{file.reference}/"),
        "the panel, to a case officer": (officer, f"/instruction/commission/{slug}/"),
        "who reads what": (officer, f"/instruction/commission/{slug}/repartition/"),
    }


def meeting_pages(panel: Panel, meeting: Meeting) -> dict[str, tuple[User, str]]:
    member = panel.seats.filter(is_president=False).select_related("user").order_by("pk")[0].user
    officer = User.objects.get(email="instruction@demo.example")
    slug, seances = panel.call.slug, f"seances/{meeting.pk}/"
    return {
        "the desk of a member, reading closed": (member, "/commission/"),
        "the ranking": (member, f"/commission/classement/{slug}/"),
        "the ranking, to a case officer": (officer, f"/instruction/commission/{slug}/classement/"),
        "the meeting": (member, f"/commission/{seances}"),
        "the meeting, what follows it": (member, f"/commission/{seances}en-direct/"),
        "the meeting, on the wall": (member, f"/commission/{seances}salle/"),
        "the meeting, to a case officer": (officer, f"/instruction/{seances}"),
    }


def asked(user: User, path: str) -> tuple[int, float]:
    """SQL of the page with a cold cache (its own lines aside), and CPU milliseconds."""
    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    visit(client, path)

    def cold():
        cache.clear()
        return visit(client, path)

    with CaptureQueriesContext(connection) as caught:
        cold()
    own = [query for query in caught.captured_queries if "core_cache" not in query["sql"]]
    return len(own), cpu(cold, 1)


def run(report: Report, small: int, large: int) -> None:
    figures: dict[int, dict[str, tuple[int, float]]] = {}
    for size in (small, large):
        at = timezone.now()
        panel = fill(size, at)
        found = {name: asked(*page) for name, page in reading_pages(panel).items()}
        meeting = deliberate(panel, at)
        panel.refresh_from_db()
        figures[size] = found | {name: asked(*page) for name, page in meeting_pages(panel, meeting).items()}
    report.title(f"Panels of {small} and of {large} files, {READERS} readers")
    more = []
    for name, (before, _spent) in figures[small].items():
        after, spent = figures[large][name]
        report.add(name, f"{spent:.0f} ms CPU", f"{before} SQL, then {after}")
        if after != before:
            more.append(f"{name}: {before} queries for {small} files, {after} for {large}")
    if more:
        raise RuntimeError("; ".join(more))
