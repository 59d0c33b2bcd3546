"""Reading: what a member has to read, what he may see of others, how far the panel is. Scores are shown to nobody before their time."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Prefetch

from applications.models import Application
from applications.queries import with_interest
from fund.enums import College, Role
from fund.models import Call
from fund.queries import has_role
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, AssignmentState, DeclarationState
from reviews.models import Assignment, Declaration, Panel, Score, Seat
from reviews.queries.interests import OPEN_STATES, opened_files
from reviews.queries.panels import seat_of, seats
from reviews.scoring import STEPS, points_text

READABLE = ("eligible", "under_review", "on_reserve", "selected", "rejected", "renounced", "lapsed")
"""States in which a member who declared no interest may open a file."""


def readable_files(user):
    """Files a panel member may open: filed, in the panel's hands, and he said he has no interest. Fails closed."""
    if not user or not user.is_authenticated or not user.is_active:
        return Application.objects.none()
    return Application.objects.filter(pk__in=opened_files(user), state__in=READABLE)


def find_file(user, reference: str) -> Application | None:
    return (
        readable_files(user)
        .filter(reference=reference)
        .select_related(
            "call__rule_version", "lead", "organisation", "bearer_organisation", "bearer_person", "filed_version"
        )
        .prefetch_related("partnerships__organisation", "members__user")
        .first()
    )


def declaration_of(user, reference: str) -> Declaration | None:
    """The declaration of a member on a file by its reference, whatever its state (the file itself may stay closed to him)."""
    return Declaration.objects.filter(user=user, application__reference=reference).select_related("application").first()


def reading_order(row: Assignment, by_reference: bool) -> str:
    """Where a file stands among one reader's: shuffled once for all by the panel's public seed, differently for each reader, so that no file is
    always read first or last; or by reference, for who prefers."""
    reference = row.application.reference
    if by_reference:
        return reference
    return hashlib.sha256(f"{row.seat.panel.seed}|{row.seat_id}|{reference}".encode()).hexdigest()


def my_assignments(user, panel: Panel | None = None, *, by_reference: bool = False):
    """A reader's pairs in files under review, in the order of a quiet evening: started, to read, filed; in each, his own order."""
    rows = Assignment.objects.filter(seat__user=user, state__in=ACTIVE_ASSIGNMENTS, application__state="under_review")
    if panel is not None:
        rows = rows.filter(seat__panel=panel)
    rows = rows.select_related(
        "application__call", "application__lead", "application__organisation", "seat__panel"
    ).prefetch_related("scores")
    order = {AssignmentState.IN_PROGRESS: 0, AssignmentState.ASSIGNED: 1, AssignmentState.SUBMITTED: 2}
    return sorted(rows, key=lambda row: (order[row.state], reading_order(row, by_reference)))


def open_assignments(user, panel: Panel, *, by_reference: bool = False) -> list[Assignment]:
    """One's own pairs whose files are open: declared without interest, in the panel's hands; in one's order, whatever was read."""
    rows = my_assignments(user, panel, by_reference=by_reference)
    allowed = set(readable_files(user).filter(pk__in=[row.application_id for row in rows]).values_list("pk", flat=True))
    return sorted(
        (row for row in rows if row.application_id in allowed), key=lambda row: reading_order(row, by_reference)
    )


def waiting_readings(user) -> list[tuple[Call, int]]:
    """Calls in which this reader has files left to read while reading is open, and how many. He declares first: those files wait for it."""
    rows = Assignment.objects.filter(
        seat__user=user,
        seat__panel__state="reading",
        state__in=(AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS),
        application__state="under_review",
    )
    counts = Counter(rows.values_list("application__call", flat=True))
    calls = Call.objects.in_bulk(counts)
    return [(calls[pk], counts[pk]) for pk in sorted(counts)]


def assignment_of(user, application) -> Assignment | None:
    """The pair of this reader and this file that stands."""
    return (
        Assignment.objects.filter(seat__user=user, application=application, state__in=ACTIVE_ASSIGNMENTS)
        .select_related("seat__panel__call__rule_version", "application__call")
        .prefetch_related("scores__criterion")
        .first()
    )


def next_after(user, panel: Panel | None, reference: str, by_reference: bool = False) -> Assignment | None:
    """The next file of one's own to read: after `reference` in one's order, then from the start."""
    mine = my_assignments(user, panel, by_reference=by_reference)
    here = next((reading_order(row, by_reference) for row in mine if row.application.reference == reference), "")
    waiting = [row for row in mine if row.state != AssignmentState.SUBMITTED and row.application.reference != reference]
    later = [
        row for row in waiting if row.state == AssignmentState.ASSIGNED and reading_order(row, by_reference) > here
    ]
    return (later or waiting or [None])[0]


@dataclass
class ReaderProgress:
    """How far one reader is; counts only."""

    seat: Seat
    counts: Counter = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(self.counts[state] for state in ACTIVE_ASSIGNMENTS)

    @property
    def submitted(self) -> int:
        return self.counts[AssignmentState.SUBMITTED]


def progress(panel: Panel) -> list[ReaderProgress]:
    """For case officers: reviews by reader and state. No score, no mean."""
    counts: dict[int, Counter] = {}
    for seat_id, state in Assignment.objects.filter(seat__panel=panel, application__state="under_review").values_list(
        "seat_id", "state"
    ):
        counts.setdefault(seat_id, Counter())[state] += 1
    return [ReaderProgress(seat, counts.get(seat.pk, Counter())) for seat in seats(panel)]


@dataclass
class FileProgress:
    """Readers and filed reviews of one file by college, and whether parity will hold."""

    application: Application
    readers: dict[str, list[Assignment]]
    shortage: dict

    @property
    def civil(self) -> list[Assignment]:
        return self.readers[College.CIVIL_SOCIETY]

    @property
    def state(self) -> list[Assignment]:
        return self.readers[College.STATE]

    @property
    def filed(self) -> dict[str, int]:
        return {
            str(college): sum(row.state == AssignmentState.SUBMITTED for row in rows)
            for college, rows in self.readers.items()
        }

    @property
    def balanced(self) -> bool:
        """As many readers on both sides, one at least, or a recorded fallback."""
        return bool(self.shortage.get("fallback")) or len(self.civil) == len(self.state) >= 1

    @property
    def is_read(self) -> bool:
        """Every reading asked is filed: what is equal is reviews, no longer readers only."""
        return sum(self.filed.values()) == len(self.civil) + len(self.state)


def files_progress(panel: Panel, user) -> list[FileProgress]:
    """For case officers: the files under review with their readers, by reference; not those closed to the asker by a link or a recusal."""
    active = Assignment.objects.filter(state__in=ACTIVE_ASSIGNMENTS).select_related("seat__user").order_by("id")
    files = (
        Application.objects.filter(call=panel.call_id, state="under_review")
        .exclude(pk__in=with_interest(user).values("pk"))
        .prefetch_related(Prefetch("assignments", active, to_attr="readers"))
    )
    found = []
    for application in files.order_by("reference"):
        readers: dict[str, list[Assignment]] = {College.CIVIL_SOCIETY: [], College.STATE: []}
        for row in application.readers:
            readers[row.seat.college].append(row)
        found.append(FileProgress(application, readers, panel.shortages.get(application.reference, {})))
    return found


def review_counts(application) -> dict[str, int]:
    """Filed reviews by college."""
    counts = Counter(
        Assignment.objects.filter(application=application, state=AssignmentState.SUBMITTED).values_list(
            "seat__college", flat=True
        )
    )
    return {str(college): counts[str(college)] for college in (College.CIVIL_SOCIETY, College.STATE)}


def may_see_reviews(user, application, panel: Panel | None) -> bool:
    """Others' reviews of a file: the reader who filed his own on it; after reading closed, members who are not recused, case officers and auditors."""
    if panel is None or not user.is_authenticated:
        return False
    own = assignment_of(user, application)
    if own is not None and own.state == AssignmentState.SUBMITTED:
        return True
    if not panel.is_reading_closed:
        return False
    if seat_of(user, panel) is not None:
        return Declaration.objects.filter(user=user, application=application, state=DeclarationState.NONE).exists()
    if Declaration.objects.filter(user=user, application=application, state=DeclarationState.RECUSED).exists():
        return False
    return has_role(user, Role.CASE_OFFICER) or has_role(user, Role.AUDITOR)


def filed_reviews(application) -> list[Assignment]:
    """The reviews that count, with their scores. Ask `may_see_reviews` first."""
    scores = Score.objects.select_related("criterion").order_by("criterion__position")
    return list(
        Assignment.objects.filter(application=application, state=AssignmentState.SUBMITTED)
        .select_related("seat__user")
        .prefetch_related(Prefetch("scores", scores), "versions")
        .order_by("seat__college", "id")
    )


PRIVATE_KEYS = ("address", "phone", "email", "bearer_address", "bearer_email", "bearer_phone", "birth_date")


def panel_content(application, blind: bool) -> dict:
    """What a member reads of a file: no address nor phone; nothing of the applicant in a blind call."""
    content = copy.deepcopy(application.content or {})
    applicant = content.get("applicant", {})
    for key in PRIVATE_KEYS:
        applicant.pop(key, None)
    if blind:
        content.pop("applicant", None)
        content.pop("partnership", None)
    return content


def scale_of(user, panel: Panel) -> list[dict]:
    """One's own scores by value, for the reader's eyes only."""
    given = Counter(
        Score.objects.filter(
            assignment__seat__user=user,
            assignment__seat__panel=panel,
            half_points__isnull=False,
            assignment__state__in=ACTIVE_ASSIGNMENTS,
        ).values_list("half_points", flat=True)
    )
    most = max(given.values(), default=0)
    return [
        {
            "score": points_text(points),
            "count": given[points],
            "share": round(100 * given[points] / most) if most else 0,
        }
        for points in STEPS
    ]


__all__ = ["OPEN_STATES", "FileProgress", "ReaderProgress"]
