"""The ranking and the proposed agenda in a browser: axe, no sideways scroll on a phone, the request of a member by keyboard."""

from __future__ import annotations

import os

import pytest

from reviews.models import DiscussionRequest
from tests.core.test_ui import violations
from tests.factories import reviews as make

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_ranking_and_the_agenda_at_a_screen(browser, live_server, client, scheme, width):
    made = make.reviewed(files=4, points=[8, 6, 6, 5], envelope=4_000_000)
    member = made.members[make.CIVIL][1]

    def page_of(person):
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        context.add_cookies([cookie])
        return context.new_page()

    def looks(page):
        for summary in page.query_selector_all("main details:not([open]) > summary"):
            summary.click()
        assert violations(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"

    page = page_of(member)
    page.goto(f"{live_server.url}/commission/classement/{made.call.slug}/")
    looks(page)
    page.select_option('[name="ask_discussion-application"]', index=2)
    page.fill('[name="ask_discussion-reason"]', "La cible est plus large que ce que disent les notes.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=La cible est plus large")
    assert DiscussionRequest.objects.get().user == member
    looks(page)
    page = page_of(made.officer)
    for path in ("classement", "convoquer"):
        page.goto(f"{live_server.url}/instruction/commission/{made.call.slug}/{path}/")
        looks(page)
        if os.environ.get("SHOTS"):
            page.screenshot(path=f"{os.environ['SHOTS']}/{path}-{width}.png", full_page=True)
