"""The pages of the room in a browser: clear files, a dissent, the rehearsal; on a phone and on a desk, read by axe."""

from __future__ import annotations

import pytest

from reviews.transitions import clear
from tests.factories.meetings import opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_clear import items, scored
from tests.reviews.test_dissents import voted
from tests.reviews.test_reader_screens import looks
from tests.reviews.test_room_screens import page_of

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_of_the_room(browser, live_server, width):
    made, meeting, at = opened(scored([(8, 8), (8, 8), (8, 8), (9, 3)], members=2))
    first, second, *_others = items(meeting)
    here = f"{live_server.url}/commission/seances/{meeting.pk}/"
    chair = page_of(browser, live_server, made.presidents[0], width)
    chair.goto(f"{here}sans-debat/")
    looks(chair, "sans-debat-propose")
    clear.propose_clear(meeting=meeting, actor=made.presidents[1], at=at, items=[first, second])
    clear.take_out(agenda_item=second, actor=made.members[STATE][1], at=at)
    chair.reload()
    looks(chair, "sans-debat")
    chair.goto(f"{here}repetition/?A-civil-for=0&A-civil-against=2&present-state=2&B-state-for=9")
    looks(chair, "repetition")
    chair.goto(here)
    looks(chair, "seance-presidence")
    item = voted(made, meeting, at, civil="fa", state="ff")
    member = page_of(browser, live_server, made.members[CIVIL][1], width)
    member.goto(f"{here}desaccord/{item.pk}/")
    looks(member, "desaccord")
    assert chair.said == member.said == []
