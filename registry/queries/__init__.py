"""The one published set, and every figure made from it. Pages, files, feeds and API read here and nowhere else."""

from registry.queries.ballots import Judged, judged, with_ballots
from registry.queries.facets import Choice, Facets, Summary, facets, summary
from registry.queries.figures import (
    by_call,
    by_department,
    by_kind,
    by_year,
    given_up,
    modified_at,
    unsayable_in_scdl,
)
from registry.queries.grants import BANDS, EVERYTHING, NAMES, Filters, PublishedGrant
from registry.queries.organisations import received_by
from registry.queries.outcomes import outcomes
from registry.queries.panels import is_told, panel_view, vote_on
from registry.queries.published import GrantList, corrections_of, count, earlier_grant, get, published
from registry.queries.told import published_applications

__all__ = [
    "BANDS",
    "EVERYTHING",
    "Choice",
    "Facets",
    "Filters",
    "GrantList",
    "NAMES",
    "Judged",
    "PublishedGrant",
    "Summary",
    "by_call",
    "by_department",
    "by_kind",
    "by_year",
    "corrections_of",
    "count",
    "earlier_grant",
    "facets",
    "get",
    "given_up",
    "is_told",
    "judged",
    "modified_at",
    "outcomes",
    "panel_view",
    "published",
    "published_applications",
    "received_by",
    "summary",
    "unsayable_in_scdl",
    "vote_on",
    "with_ballots",
]
