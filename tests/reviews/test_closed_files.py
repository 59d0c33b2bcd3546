"""Rows of open files say nothing of the place of a file that is closed to their reader."""

from __future__ import annotations

import pytest

from reviews.models import Decision
from tests.factories.meetings import listed
from tests.reviews.test_clear import scored

pytestmark = pytest.mark.django_db


def test_decisions_are_numbered_in_an_order_that_tells_no_rank(at):
    """A hole in the numbers of the decisions one may read is where the closed one stands: cursors of the API carry these numbers."""
    listed(scored([(6, 6), (9, 9), (8, 8)]))
    rows = list(Decision.objects.order_by("pk").values_list("application__reference", "rank"))
    assert rows == sorted(rows) and [rank for _reference, rank in rows] == [3, 1, 2]
