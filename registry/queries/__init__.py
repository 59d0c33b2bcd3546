"""The one published set, and every figure made from it. Pages, files, feeds and API read here and nowhere else."""

from registry.queries.ballots import Judged, judged, with_ballots
from registry.queries.figures import (
    Summary,
    by_call,
    by_department,
    by_kind,
    by_year,
    modified_at,
    summary,
    unsayable_in_scdl,
    years,
)
from registry.queries.grants import EVERYTHING, Filters, PublishedGrant
from registry.queries.outcomes import outcomes
from registry.queries.panels import is_told, panel_view, vote_on
from registry.queries.published import GrantList, count, get, published

__all__ = [
    "EVERYTHING",
    "Filters",
    "GrantList",
    "Judged",
    "PublishedGrant",
    "Summary",
    "by_call",
    "by_department",
    "by_kind",
    "by_year",
    "count",
    "get",
    "is_told",
    "judged",
    "modified_at",
    "outcomes",
    "panel_view",
    "published",
    "summary",
    "unsayable_in_scdl",
    "vote_on",
    "with_ballots",
    "years",
]
