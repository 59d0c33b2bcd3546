"""Who would read what, in a call of thousands of files: the page shows some of them at a time, and no line is made that is not shown."""

from __future__ import annotations

from functools import partial

import pytest

from fund.views.acts import page_of
from reviews.queries import proposals
from reviews.views import readings
from tests.factories import reviews as make

pytestmark = pytest.mark.django_db


def test_the_proposal_is_read_page_by_page_and_confirmed_whole(at, as_user, monkeypatch):
    made = make.under_review(files=3)
    monkeypatch.setattr(readings, "page_of", partial(page_of, size=2))
    made_lines, lines = [], readings._lines
    monkeypatch.setattr(readings, "_lines", lambda found, files: made_lines.extend(files) or lines(found, files))
    path, browser = f"/instruction/commission/{made.call.slug}/repartition/", as_user(made.officer)
    first, second = (browser.get(f"{path}?page={number}").content.decode() for number in (1, 2))
    one, two, three = sorted(row.reference for row in made.files)
    assert [row.reference for row in made_lines] == [one, two, three]
    assert one in first and two in first and three not in first and three in second and one not in second
    mark = proposals.proposal_of(made.panel).mark
    assert mark in first and mark in second  # what is confirmed is all of it, from any page
    assert browser.get(f"{path}?page=3").status_code == 404
