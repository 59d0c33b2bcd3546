"""What became of everything that was filed in a call, told once its decisions are all notified, so that no number names anybody.

A count of one or two files is told as "fewer than three", and another beside it is left out when a subtraction would give it back. What is funded is
public project by project: its count is always told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from django.db.models import Sum
from django.utils import timezone

from applications.models import Application
from fund.models import Call
from registry.queries.panels import OVER
from reviews.enums.reading import AWARD_KINDS, DecisionKind, DecisionOutcome, DecisionState
from reviews.models import Decision

FEWEST = 3
"""The smallest count that is told of files that are not funded."""
KNOWN = (DecisionState.NOTIFIED, DecisionState.REPLACED)
ENDS = ("funded", "reserve", "rejected", "ineligible", "left")
BANDS = ("0-1", "1-2", "2-3", "3-4", "4-5")
"""Scores out of 5: from the first figure to the second, which belongs to the next band (5 to the last)."""


@dataclass(frozen=True)
class Cell:
    """A count, or why it is not told: `fewer` than three, or `withheld` because it would give another away."""

    value: int | None
    hidden: str = ""

    @property
    def text(self) -> str:
        """As the files write it."""
        return str(self.value) if self.value is not None else {"fewer": "<3"}.get(self.hidden, self.hidden)


WITHHELD = Cell(None, "withheld")


def floored(counts: Mapping[str, int], public: Iterable[str] = ()) -> tuple[dict[str, Cell], bool]:
    """The counts of one whole as they may be told, and whether their sum may be told too. `public`: those that anybody counts anyway.

    With the sum told, a small count must be able to be one as well as two: enough of the others are withheld, or else the sum is.
    """
    small = {name for name, count in counts.items() if 0 < count < FEWEST and name not in set(public)}
    others = sorted(
        (count, name) for name, count in counts.items() if count and name not in small and name not in set(public)
    )
    withheld: list[str] = []
    whole = True
    while small:
        left = sum(counts[name] for name in (*small, *withheld)) - len(small) * (FEWEST - 1)
        if withheld and left >= FEWEST * len(withheld):
            break
        if not others:
            withheld, whole = [], False
            break
        withheld.append(others.pop(0)[1])
    cells = {
        name: Cell(None, "fewer") if name in small else WITHHELD if name in withheld else Cell(count)
        for name, count in counts.items()
    }
    return cells, whole


@dataclass
class Outcome:
    """One call. Amounts in cents; `days` from the closing of the call to the notification, the one in the middle."""

    call: Call
    filed: Cell
    reviewed: Cell
    ends: dict[str, Cell]
    grounds: list[tuple[str, Cell]]
    bands: dict[str, Cell]
    requested: int | None
    funded_requested: int
    awarded: int
    from_reserve: int
    days: int | None
    scored: int = field(default=0)


@dataclass
class _Tally:
    """What is counted of one call."""

    ends: Counter = field(default_factory=Counter)
    grounds: Counter = field(default_factory=Counter)
    bands: Counter = field(default_factory=Counter)
    days: list[int] = field(default_factory=list)
    requested: int = 0
    funded_requested: int = 0
    awarded: int = 0
    from_reserve: int = 0


def band_of(score: str) -> str:
    return BANDS[min(int(Decimal(score)), len(BANDS) - 1)]


def outcomes(slug: str = "") -> list[Outcome]:
    """Every call whose decisions are notified, latest first, or the one asked for. Four queries."""
    rows = Call.objects.public().filter(state__in=OVER).order_by("-number")
    calls = {call.pk: call for call in (rows.filter(slug=slug) if slug else rows)}
    found = {pk: _Tally() for pk in calls}
    known = Decision.objects.filter(application__call__in=calls, state__in=KNOWN)
    awards: dict[int, Decision] = {}
    for decision in known.filter(kind=DecisionKind.AWARD).order_by("notified_at", "pk"):
        awards.setdefault(decision.application_id, decision)
    refused = dict(
        known.filter(kind=DecisionKind.ELIGIBILITY, outcome=DecisionOutcome.INELIGIBLE)
        .order_by("notified_at", "pk")
        .values_list("application_id", "article")
    )
    for application in Application.objects.filter(call__in=calls, first_received_at__isnull=False).only(
        "call", "requested_amount", "state"
    ):
        _count(found[application.call_id], application, calls, awards.get(application.pk), refused)
    later = known.filter(kind__in=AWARD_KINDS, outcome=DecisionOutcome.SELECTED).exclude(kind=DecisionKind.AWARD)
    for call, cents in (
        later.filter(state=DecisionState.NOTIFIED)
        .values_list("application__call", "application")
        .annotate(cents=Sum("amount"))
        .values_list("application__call", "cents")
    ):
        found[call].from_reserve += 1
        found[call].awarded += cents or 0
    return [_outcome(call, found[pk]) for pk, call in calls.items()]


def _count(tally: _Tally, application: Application, calls, award: Decision | None, refused) -> None:
    tally.requested += application.requested_amount
    if award is None:
        end = "ineligible" if application.pk in refused else "left"
        tally.ends[end] += 1
        if end == "ineligible":
            tally.grounds[refused[application.pk] or ""] += 1
        return
    end = "funded" if award.outcome == DecisionOutcome.SELECTED else str(award.outcome)
    tally.ends[end] += 1
    closes_at = calls[application.call_id].closes_at
    if award.notified_at and closes_at:
        tally.days.append((timezone.localdate(award.notified_at) - timezone.localdate(closes_at)).days)
    if end == "funded":
        tally.funded_requested += application.requested_amount
        tally.awarded += award.amount or 0
    elif award.published_score:
        tally.bands[band_of(award.published_score)] += 1


def _outcome(call: Call, tally: _Tally) -> Outcome:
    ends, whole = floored({end: tally.ends[end] for end in ENDS}, public=("funded",))
    judged = [ends[end] for end in ("funded", "reserve", "rejected")]
    reviewed = sum(cell.value or 0 for cell in judged)
    told = all(cell.value is not None for cell in judged)
    bands, bands_told = floored({band: tally.bands[band] for band in BANDS})
    # Their sum is told by what is on the reserve list and refused: without it, or when it would tell too much, no band is.
    if not told or not bands_told:
        bands = dict.fromkeys(BANDS, WITHHELD)
    grounds, grounds_told = floored(dict(tally.grounds))
    listed = sorted(grounds.items()) if ends["ineligible"].value and grounds_told else []
    return Outcome(
        call,
        Cell(sum(tally.ends.values())) if whole else WITHHELD,
        Cell(reviewed) if told else WITHHELD,
        ends,
        listed,
        bands,
        tally.requested if whole else None,
        tally.funded_requested,
        tally.awarded,
        tally.from_reserve,
        round(median(tally.days)) if len(tally.days) >= FEWEST else None,
        sum(tally.bands.values()) if told and bands_told else 0,
    )
