"""The ranking of a call, in exact fractions, over the files its reader may see. Nothing of it exists for anybody before reading closes."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from applications.models import Application
from applications.queries import with_interest
from fund.enums import College, Role
from fund.queries import has_role
from reviews import scoring
from reviews.enums.reading import AssignmentState
from reviews.models import Assignment, Panel
from reviews.queries.interests import opened_files
from reviews.queries.panels import seat_of
from reviews.queries.proposed import Proposed, proposed_amounts


def weights_of(call) -> list[scoring.Weight]:
    return [scoring.Weight(row.code, row.weight) for row in call.criteria.order_by("position", "id")]


def ballots(applications) -> dict[int, list[scoring.Ballot]]:
    """Filed reviews by file, in the order of their assignments. One query: a review without a score is one row of it."""
    rows = Assignment.objects.filter(application__in=applications, state=AssignmentState.SUBMITTED).order_by("pk")
    read: dict[int, tuple[int, str, int]] = {}
    points: dict[int, dict[str, int | None]] = {}
    for pk, application_id, college, seat_id, code, half_points in rows.values_list(
        "pk", "application_id", "seat__college", "seat_id", "scores__criterion__code", "scores__half_points"
    ):
        read[pk] = (application_id, college, seat_id)
        given = points.setdefault(pk, {})
        if code is not None:
            given[code] = half_points
    found: dict[int, list[scoring.Ballot]] = {}
    for pk, (application_id, college, seat_id) in read.items():
        found.setdefault(application_id, []).append(scoring.Ballot(college, points[pk], seat_id))
    return found


def score_of(application) -> scoring.Score:
    """The score of one file from its filed reviews."""
    return scoring.score(ballots([application.pk]).get(application.pk, []), weights_of(application.call))


JUDGED = ("under_review", "on_reserve", "selected", "rejected", "renounced", "lapsed")
"""States of the files that a call's ranking lists, during the review and ever after (a draft that lapsed has no filed version)."""


@dataclass
class Line:
    """One file of the ranking. `running` is the sum of requests down to here, in cents."""

    application: Application
    place: scoring.Place
    score: scoring.Score
    paritary: bool
    fallback: str = ""
    flags: list[str] = field(default_factory=list)
    running: int = 0
    below_minimum: bool = False
    proposed: Proposed | None = None

    @property
    def rank(self) -> int | None:
        return self.place.rank

    @property
    def civil(self) -> str:
        return self.score.published_college(College.CIVIL_SOCIETY)

    @property
    def state(self) -> str:
        return self.score.published_college(College.STATE)


@dataclass
class Ranking:
    """`ballots` and `weights` are what the lines were counted from: the files of the lines, and no other; `labels` name the criteria."""

    lines: list[Line]
    recused: list[str]
    ballots: dict[int, list[scoring.Ballot]] = field(default_factory=dict)
    weights: list[scoring.Weight] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def ranked(self) -> list[Line]:
        return [line for line in self.lines if line.rank is not None]


def _visible(panel: Panel, user, states):
    """The files of the call whose figures this person may see, and the references of those he is recused from."""
    files = Application.objects.filter(call=panel.call_id, state__in=states, filed_version__isnull=False)
    closed = files.filter(pk__in=with_interest(user).values("pk")).order_by("reference")
    references = list(closed.values_list("reference", flat=True))
    if seat_of(user, panel) is not None:
        return files.filter(pk__in=opened_files(user)), references
    if has_role(user, Role.CASE_OFFICER) or has_role(user, Role.AUDITOR):
        return files.exclude(pk__in=with_interest(user).values("pk")), references
    return files.none(), []


def _thresholds(call):
    """What is pointed out for debate, and the lowest score that can be funded, as the rules of the call say."""
    return (Fraction(str(call.rule_version[code])) for code in ("flag_college_gap", "flag_range", "minimum_score"))


def ranking(panel: Panel, user=None, *, states=("under_review",)) -> Ranking:
    """The ranking over the files this person may see (`user=None`: over all, for the verbs). Empty while reading is open."""
    if not panel.is_reading_closed:
        return Ranking([], [])
    if user is None:
        files, recused = Application.objects.filter(call=panel.call_id, state__in=states), []
    else:
        files, recused = _visible(panel, user, states)
    return ranked(panel, files, recused)


def ranked(panel: Panel, files, recused=()) -> Ranking:
    """The ranking of these files (a queryset), and of no other. Ask first who may see them, and whether reading is closed."""
    criteria = list(panel.call.criteria.order_by("position", "id"))
    weights = [scoring.Weight(row.code, row.weight) for row in criteria]
    rows = {row.pk: row for row in files.select_related("lead", "organisation").order_by("reference")}
    given = ballots(list(rows))
    proposed = proposed_amounts(rows)
    scores = {pk: scoring.score(given.get(pk, []), weights) for pk in rows}
    gap, spread, minimum = _thresholds(panel.call)
    lines, running = [], 0
    for place in scoring.rank(scores, weights):
        application, found = rows[place.key], scores[place.key]
        fallback = (panel.fallback_of(application.reference) or {}).get("fallback", "")
        counts = list(found.counts.values())
        running += application.requested_amount if place.rank is not None else 0
        lines.append(
            Line(
                application,
                place,
                found,
                bool(fallback) or counts[0] == counts[1] >= 1,
                fallback,
                scoring.flags(found, gap=gap, spread=spread),
                running,
                found.value is not None and found.value < minimum,
                proposed.get(application.pk),
            )
        )
    return Ranking(lines, list(recused), given, weights, {row.code: row.label for row in criteria})
