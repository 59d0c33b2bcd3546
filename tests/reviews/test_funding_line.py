"""The distance to the funding line: said once the last funded file is public, never before, never from a single reader's scores."""

from __future__ import annotations

import pytest
from django.utils import timezone

from reviews.models import Assignment
from reviews.queries.feedback import feedback
from tests.factories.reviews import decided, notified, reviewed

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    """Three files scored 4.50, 4.00 and 3.00; the third is refused."""
    world = reviewed(points=[9, 8, 6], files=3)
    notified(world, decided(world, world.files[2], "rejected"))
    return world


def sheet(made):
    return feedback(made.files[2])


def test_nothing_is_said_while_no_award_is_notified(made):
    decided(made, made.files[0], rank=1)
    assert (sheet(made).score, sheet(made).line, sheet(made).short_by) == ("3.00", "", "")


def test_the_line_is_the_last_file_funded(made, as_user):
    notified(made, decided(made, made.files[0], rank=1))
    assert (sheet(made).line, sheet(made).short_by) == ("4.50", "1.50")
    notified(made, decided(made, made.files[1], rank=2))
    assert (sheet(made).line, sheet(made).short_by) == ("4.00", "1.00")
    file = made.files[2]
    page = as_user(file.lead).get(f"/dossiers/{file.reference}/decision/").content.decode()
    assert "4,00" in page and "Le vôtre est 1,00 en dessous." in page


def test_who_is_above_the_line_is_told_the_line_alone(made):
    notified(made, decided(made, made.files[1], rank=1))
    notified(made, decided(made, made.files[0], "rejected"))
    found = feedback(made.files[0])
    assert (found.score, found.line, found.short_by) == ("4.50", "4.00", "")


def test_the_scores_of_a_college_with_one_reader_are_nobody_s_business(made):
    notified(made, decided(made, made.files[0], rank=1))
    of_state = Assignment.objects.filter(application=made.files[0], seat__college="state", state="submitted")
    Assignment.objects.filter(pk=of_state.first().pk).update(state="recused", closed_at=timezone.now())
    assert sheet(made).line == ""
