"""A member steps back from a file while the clear files are being voted in one act: he is counted only if the vote was kept before he was recused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from unittest.mock import patch

import pytest
from django.db import connections

from core.transitions import Refusal
from reviews.models import Assignment, Declaration
from reviews.models.meeting import Tally
from reviews.transitions import agenda, clear, declarations
from tests.at_once import many_connections
from tests.factories.meetings import opened, recuse
from tests.factories.reviews import CIVIL
from tests.reviews.test_clear import proposed, scored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
A_MOMENT = 1
"""Seconds the first of the two leaves to the second, in the middle of its act: enough to pass it if nothing holds it back."""


def side_by_side(first, then, *, paused):
    """`first` runs up to `paused`, a function of a module as (module, name), and lets `then` run there; both by name in the order they ended."""
    module, name = paused
    going, reached, over, ended = getattr(module, name), Event(), Event(), []

    def in_the_middle(*args, **kwargs):
        found = going(*args, **kwargs)
        if not reached.is_set():
            reached.set()
            over.wait(A_MOMENT)
        return found

    def run(name, act):
        try:
            if act is then:
                assert reached.wait(30)
            act()
        except Refusal as refusal:
            name = refusal.code
        finally:
            connections.close_all()
        ended.append(name)
        if act is then:
            over.set()

    with many_connections(), patch.object(module, name, in_the_middle), ThreadPoolExecutor(2) as pool:
        list(pool.map(run, ("first", "then"), (first, then)))
    return ended


@pytest.mark.parametrize("votes_first", [True, False])
def test_a_vote_counts_nobody_who_was_recused_before_it_was_kept(at, votes_first):
    made, meeting, at = opened(scored([(8, 8)] * 3))
    *_others, last = proposed(made, meeting, at)
    readers = Assignment.objects.filter(application=last.application).values_list("seat__user", flat=True)
    member = next(one for one in made.members[CIVIL][1:] if one.pk not in readers)
    seats = len(made.members[CIVIL])

    def put():
        clear.put_clear(meeting=meeting, actor=made.presidents[0], at=at)

    def step_back():
        recuse(member, last.application, at)

    if votes_first:
        ended = side_by_side(put, step_back, paused=(agenda, "agree"))
    else:
        ended = side_by_side(step_back, put, paused=(declarations, "_leave"))
    counted = list(Tally.objects.filter(item=last, college=CIVIL).values_list("votes_for", flat=True))
    assert Declaration.objects.get(user=member, application=last.application).state == "recused"
    if votes_first:
        assert ended == ["first", "then"] and counted == [seats]
    else:  # he is still in the room: the act waits for him to leave, as it would one by one
        assert ended == ["first", "recused_in_room"] and counted == []
