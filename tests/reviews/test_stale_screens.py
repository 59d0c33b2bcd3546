"""Two people on the same page, in a browser: what both changed is shown, read by axe and on a phone; the list that differs from the votes."""

from __future__ import annotations

import pytest

from reviews.transitions import agenda, meetings, minutes
from tests.factories.meetings import all_agreed, called, closed, item_of, opened
from tests.factories.reviews import CIVIL
from tests.reviews.test_reader_screens import looks
from tests.reviews.test_room_screens import page_of

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
OPEN_FOLDS = "for (const box of document.querySelectorAll('details')) box.open = true"


@pytest.mark.parametrize("width", [360, 1280])
def test_what_both_changed_is_shown_in_the_minutes(browser, live_server, width):
    made, meeting, at = closed(files=1, members=2)
    chair = page_of(browser, live_server, made.presidents[0], width)
    chair.goto(f"{live_server.url}/commission/seances/{meeting.pk}/proces-verbal/")
    chair.evaluate(OPEN_FOLDS)
    minutes.revise_minutes(meeting=meeting, actor=made.officer, at=at, texts={1: "Relu par le secrétariat."}, version=1)
    box = chair.locator("[name=revise_minutes-section-1]")
    box.fill("Relu par la présidence.")
    chair.click("form:has([value=revise_minutes]) button.btn")
    chair.wait_for_selector(".errors")
    assert "Relu par le secrétariat." in chair.inner_text("main") and box.input_value() == "Relu par la présidence."
    looks(chair, "pv-conflit")
    chair.click("form:has([value=revise_minutes]) button.btn")
    chair.wait_for_selector("#versions")
    looks(chair, "pv-versions")
    chair.click("#versions ~ ul a >> nth=0")
    chair.wait_for_selector("text=fait foi")
    looks(chair, "pv-version")


@pytest.mark.parametrize("width", [360, 1280])
def test_what_both_changed_is_shown_in_the_room_and_on_the_list(browser, live_server, width):
    made, meeting, at = opened(files=2, members=2, reviews_per_college=1, envelope=1_850_000 + 590_000)
    item, path = called(made, item_of(meeting), at), f"{live_server.url}/commission/seances/{meeting.pk}/"
    chair = page_of(browser, live_server, made.presidents[0], width)
    chair.goto(path)
    chair.evaluate(OPEN_FOLDS)
    seat = made.seat(made.members[CIVIL][1])
    chair.select_option(f"[name=record_all-presence-{seat.pk}]", "remote")
    meetings.record_attendance(meeting=meeting, actor=made.officer, at=at, seat=seat, presence="absent")
    chair.click("form:has([value=record_all]) button.btn")
    chair.wait_for_selector(".errors")
    assert str(seat.user) in chair.inner_text(".errors") and str(made.officer) in chair.inner_text(".errors")
    looks(chair, "presences-conflit")
    chair.click("form:has([value=record_all]) button.btn")
    chair.wait_for_selector(".errors", state="detached")
    agenda.agree(
        agenda_item=item, actor=made.presidents[0], at=at, proposal="selected", amount=1_850_000, grounds="Oui."
    )
    agenda.discuss(agenda_item=meeting.items.get(state="listed"), actor=made.presidents[0], at=at)
    chair.goto(path)
    chair.evaluate(OPEN_FOLDS)
    looks(chair, "scrutin-alerte")
    agenda.defer(
        agenda_item=meeting.items.get(state="in_discussion"),
        actor=made.presidents[0],
        at=at,
        reason="Une pièce manque.",
    )


@pytest.mark.parametrize("width", [360, 1280])
def test_the_list_that_differs_from_the_votes(browser, live_server, width):
    made, meeting, at = opened(files=2, members=2, reviews_per_college=1, envelope=1_850_000 + 590_000)
    meeting = all_agreed(made, meeting, at)
    chair = page_of(browser, live_server, made.presidents[0], width)
    chair.goto(f"{live_server.url}/commission/seances/{meeting.pk}/liste/")
    assert "diffère du vote" in chair.inner_text("main")
    looks(chair, "liste-differe")
    chair.goto(f"{live_server.url}/commission/classement/{made.call.slug}/")
    looks(chair, "classement")
