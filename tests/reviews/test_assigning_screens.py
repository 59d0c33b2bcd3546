"""Who reads what, in a browser: axe, no sideways scroll on a phone, a repair confirmed and undone, without JavaScript too."""

from __future__ import annotations

import os

import pytest

from reviews.models import Assignment, Declaration
from reviews.transitions import declarations
from tests.core.test_ui import violations
from tests.factories import reviews as make

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("scheme", "width", "script"), [("light", 1280, True), ("dark", 360, True), ("light", 1280, False)]
)
def test_the_repair_and_its_reasons_at_a_screen(browser, live_server, client, scheme, width, script):
    made = make.reading(files=4, members=4, alternates=0)
    gone = Assignment.objects.select_related("seat__user", "application").first()
    mine = Declaration.objects.get(user=gone.seat.user, application=gone.application)
    declarations.declare_interest(declaration=mine, actor=gone.seat.user, ground="family_tie")
    call = f"{live_server.url}/instruction/commission/{made.call.slug}/"

    def page_of(person):
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        context.add_cookies([cookie])
        return context.new_page()

    def looks(page, name):
        for summary in page.query_selector_all("main details:not([open]) > summary") if script else []:
            summary.click()
        if os.environ.get("SHOTS"):
            page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{width}.png", full_page=True)
        if script:
            assert violations(page) == [], page.url
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"

    page = page_of(made.officer)
    page.goto(f"{call}repartition/")
    looks(page, "repair")
    page.focus('button:has-text("Confirmer")')
    page.keyboard.press("Enter")
    page.wait_for_url(call)
    assert made.panel.results.count() == 2
    pair = Assignment.objects.active().select_related("application", "seat__user").first()
    other = made.panel.seats.current().exclude(assignments__application=pair.application).first()
    for name, seat in (("why", pair.seat_id), ("why-not", other.pk), ("excluded", gone.seat_id)):
        page.goto(f"{call}repartition/pourquoi/?dossier={pair.application.reference}&membre={seat}")
        looks(page, name)
    page.goto(f"{call}repartition/resultats/")
    page.wait_for_selector("text=Vérifié")
    looks(page, "results")
    page.goto(call)
    looks(page, "panel")
    if not script:
        page.click('summary:has-text("Annuler la dernière réparation")')
    page.fill('[name="undo_reassignment-reason"]', "Trop vite.")
    page.click('form:has([name="undo_reassignment-reason"]) button')
    page.wait_for_url(call)
    assert made.panel.results.standing().count() == 1
    page = page_of(pair.seat.user)
    page.goto(f"{live_server.url}/commission/dossiers/{pair.application.reference}/")
    looks(page, "own")
