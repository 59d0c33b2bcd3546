"""The meeting in a browser: a page that follows it by itself and takes nothing from under one's hands; the wall, read by axe and on a phone."""

from __future__ import annotations

import pytest
from django.test import Client

from reviews.transitions import agenda, meetings
from tests.factories.meetings import called, item_of, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_reader_screens import looks

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def page_of(browser, live_server, user, width):
    client = Client()  # one each: signing another person in would end the session before
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    return page


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_and_the_wall_follow_the_meeting(browser, live_server, width):
    made, meeting, at = opened(files=2, members=2)
    item = item_of(meeting)
    path = f"{live_server.url}/commission/seances/{meeting.pk}/"
    chair = page_of(browser, live_server, made.presidents[0], width)
    chair.goto(path)
    member = page_of(browser, live_server, made.members[CIVIL][1], width)
    member.goto(path)
    wall = page_of(browser, live_server, made.presidents[1], width)
    wall.goto(f"{path}salle/")
    looks(wall, "salle-avant")

    called(made, item, at)
    for page in (member, wall):
        page.wait_for_selector(".agenda .now")
    chair.wait_for_selector(f"[name=act][value=open_ballot-{item.pk}]", state="attached")
    grounds = chair.locator(f"[name=open_ballot-{item.pk}-grounds]")
    grounds.evaluate(
        "field => { for (let box = field.closest('details'); box; box = box.parentElement.closest('details')) box.open = true; }"
    )
    grounds.fill("Un essai simple, que je suis en train d’écrire.")

    agenda.open_ballot(
        agenda_item=item_of(meeting),
        actor=made.presidents[0],
        at=at,
        mode="open",
        proposal="selected",
        amount=18_500_00,
        grounds="Oui.",
    )
    member.wait_for_selector("#voter")  # its ballot came without a reload
    wall.wait_for_selector("text=4 votes attendus")
    chair.wait_for_selector("[data-live-notice]:not([hidden])")
    assert grounds.input_value().endswith("d’écrire.") and grounds.evaluate("field => field === document.activeElement")

    for user in made.members[STATE]:
        meetings.record_attendance(meeting=meeting, actor=made.officer, at=at, seat=made.seat(user), presence="absent")
    for page in (member, wall):
        page.wait_for_selector(".alert.bad")
        page.wait_for_function("document.querySelector('[data-live-alert]').textContent !== ''")
    looks(wall, "salle")
    looks(member, "seance")
    member.context.set_offline(True)
    member.wait_for_selector("[data-live-stale]:not([hidden])")
    assert chair.said == wall.said == []
