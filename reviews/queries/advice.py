"""What stands beside the ranking: why a file is to be discussed, the calibrated score, the files it would move across the line.

Everything is counted from the lines of a ranking, so from the files its reader may see and no other (DESIGN 5.5). Nothing here ranks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from django.db.models import Exists, OuterRef
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from fund.enums import CallState, College
from reviews import calibration, scoring
from reviews.enums.reading import DecisionState, DeclarationState
from reviews.models import Decision, Declaration, DiscussionRequest, Panel
from reviews.queries.panels import fund_of_panel, seat_of
from reviews.queries.ranking import Line, Ranking

MARGIN = 0.67
"""Standard errors around the line: half of the errors of chance are larger, half smaller."""


def figure(published: str) -> str:
    """A published score as it is read: `3,88` in French."""
    return number_format(Decimal(published), 2) if published else ""


@dataclass
class Own:
    """A member's own leniency, for his eyes only. `points` above (below: negative) colleagues on the same files, out of 5; `files` he read."""

    points: Fraction
    files: int

    @property
    def size(self) -> str:
        return figure(scoring.published(abs(self.points)))

    @property
    def way(self) -> str:
        if scoring.published(abs(self.points)) == "0.00":
            return "like"
        return "above" if self.points > 0 else "below"


@dataclass
class Advised:
    """One file with what is said beside its score. `error`: standard error of the score, out of 5; `near`: at the line, within the margin."""

    line: Line
    value: Fraction | None = None
    error: float | None = None
    near: bool = False
    decision: Decision | None = None
    """What was notified: nothing is to be discussed any more."""
    reasons: list[str] = field(default_factory=list)
    requests: list[DiscussionRequest] = field(default_factory=list)

    @property
    def calibrated(self) -> str:
        return scoring.published(self.value)

    @property
    def margin(self) -> str:
        return f"{self.error:.2f}" if self.error is not None else ""

    @property
    def gap(self) -> str:
        """Civil society minus State, with its sign."""
        gap = self.line.score.gap
        if gap is None:
            return ""
        text = scoring.published(abs(gap))
        return text if text == "0.00" else f"{'+' if gap > 0 else '−'}{text}"

    @property
    def spread(self) -> str:
        return scoring.published(self.line.score.range) if sum(self.line.score.counts.values()) > 1 else ""

    @property
    def reviews(self) -> dict[str, int]:
        return self.line.score.counts

    @property
    def to_discuss(self) -> bool:
        return bool(self.reasons)


@dataclass
class Advice:
    """Beside a whole ranking. `line`: score between the last file that the envelope reaches and the first that it does not; None when it reaches all."""

    rows: list[Advised]
    line: Fraction | None = None
    comes_in: list[Advised] = field(default_factory=list)
    goes_out: list[Advised] = field(default_factory=list)
    own: Own | None = None

    @property
    def published_line(self) -> str:
        return scoring.published(self.line)

    @property
    def undecided(self) -> bool:
        """Whether a file of it may still be discussed."""
        return any(row.decision is None for row in self.rows)

    @property
    def to_discuss(self) -> int:
        return sum(row.to_discuss for row in self.rows)


def reached(rows: list[Advised], free: int) -> tuple[list[Advised], list[Advised]]:
    """What the money reaches, in the order given, each request counted whole: the first that does not fit closes the list (art. 17)."""
    left = free
    for place, row in enumerate(rows):
        left -= row.line.application.requested_amount
        if left < 0:
            return rows[:place], rows[place:]
    return rows, []


def _cross(found: Advice, free: int) -> None:
    """The line, the files near it, and those that the calibrated score would put on its other side. `free` is what the decisions notified leave: their files
    ask nothing of it any more."""
    ranked = [
        row for row in found.rows if row.line.rank is not None and not row.line.below_minimum and row.decision is None
    ]
    above, under = reached(ranked, free)
    if not above or not under:
        return
    last, first = above[-1].line.score.value, under[0].line.score.value
    if last is None or first is None:
        return
    found.line = (last + first) / 2
    for row in ranked:
        value = row.line.score.value
        row.near = row.error is not None and value is not None and abs(float(value - found.line)) <= MARGIN * row.error
    other = sorted(ranked, key=lambda row: (-scoring.hundredths(row.value), row.line.rank))
    kept = {row.line.application.pk for row in reached(other, free)[0]}
    now = {row.line.application.pk for row in above}
    found.comes_in = [row for row in other if row.line.application.pk in kept - now]
    found.goes_out = [row for row in ranked if row.line.application.pk in now - kept]


def requests_of(files) -> dict[int, list[DiscussionRequest]]:
    """By file, what members asked; not what a member asked before he was recused from it. One query."""
    recused = Declaration.objects.filter(
        user=OuterRef("user"), application=OuterRef("application"), state=DeclarationState.RECUSED
    )
    found: dict[int, list[DiscussionRequest]] = {}
    for row in DiscussionRequest.objects.filter(~Exists(recused), application__in=files).select_related("user"):
        found.setdefault(row.application_id, []).append(row)
    return found


def _notified(lines: list[Line]) -> dict[int, Decision]:
    """The decision that stands on each of these files that is no longer under review."""
    settled = [line.application.pk for line in lines if line.application.state != "under_review"]
    if not settled:
        return {}
    rows = Decision.objects.filter(application__in=settled, state=DecisionState.NOTIFIED).exclude(kind="eligibility")
    return {row.application_id: row for row in rows.order_by("notified_at", "pk")}


def _missing(line: Line, labels: dict[str, str]) -> str:
    """Which college gave no score, and on what."""
    parts = []
    for college in College:
        codes = [code for one, code in line.score.missing if one == college]
        if codes:
            criteria = ", ".join(f"“{labels[code]}”" for code in codes)
            parts.append(
                _("no review by “%(college)s”") % {"college": college.label}
                if len(codes) == len(labels)
                else _("“%(college)s” scored nothing on %(criteria)s")
                % {"college": college.label, "criteria": criteria}
            )
    return _("Incomplete: %(parts)s") % {"parts": "; ".join(parts)}


def _reasons(row: Advised, labels: dict[str, str]) -> list[str]:
    """In words, why the panel should talk about a file; empty when its reviews agree."""
    line, found = row.line, []
    if row.decision is not None:
        return found
    if "incomplete" in line.flags:
        found.append(_missing(line, labels))
    if "college_gap" in line.flags:
        gap = scoring.published(abs(line.score.gap or Fraction(0)))
        found.append(_("The colleges differ by %(points)s") % {"points": figure(gap)})
    if "range" in line.flags:
        found.append(_("The readers differ by %(points)s") % {"points": figure(scoring.published(line.score.range))})
    if row.near:
        found.append(_("At the line, within the margin of chance"))
    if row.requests:
        found.append(_("A member asks for it"))
    return found


def advice(panel: Panel, found: Ranking, user=None, *, free: int | None = None) -> Advice:
    """What to say beside a ranking; `user` adds the own leniency of a member who sits. Empty while reading is open. `free`: cents left in the envelope as
    the public knows it, when the caller has read them."""
    if not found.lines:
        return Advice([])
    lenient = calibration.leniencies(found.ballots, found.weights)
    chance = calibration.standard_error(found.ballots, found.weights)
    decided = _notified(found.lines)
    asked = requests_of([line.application.pk for line in found.lines])
    rows = []
    for line in found.lines:
        given = found.ballots.get(line.application.pk, [])
        value = calibration.advisory(line.score, given, found.weights, lenient)
        error = calibration.error_of(line.score, chance)
        pk = line.application.pk
        rows.append(Advised(line, value, error, decision=decided.get(pk), requests=asked.get(pk, [])))
    result = Advice(rows)
    if panel.call.state == CallState.UNDER_REVIEW:
        _cross(result, fund_of_panel(panel).free if free is None else free)
    for row in rows:
        row.reasons = _reasons(row, found.labels)
    seat = seat_of(user, panel)
    if seat is not None and seat.pk in lenient:
        read = sum(any(one.reader == seat.pk for one in given) for given in found.ballots.values())
        result.own = Own(lenient[seat.pk], read)
    return result
