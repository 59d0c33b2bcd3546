"""Public pages and the import in a browser: axe finds nothing, nothing scrolls sideways, the policy of contents holds."""

from __future__ import annotations

import pytest
from django.utils import timezone

from fund.enums import College, Role
from registry import transitions
from registry.models import Follow
from registry.queries import follow
from tests.factories import reviews as make
from tests.factories.fund import person_with
from tests.registry import helpers
from tests.registry.test_panel_page import concluded, held
from tests.registry.test_publications import change, corrected
from tests.reviews.test_draw import announce, tied

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def look_at(page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for summary in page.query_selector_all("details:not([open]) > summary"):
        summary.click()
    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"


def test_every_page_in_a_browser(browser, live_server, client):
    fund = helpers.with_history(helpers.with_money(helpers.a_fund()))
    document, hidden = helpers.award_of(fund.paid).document, fund.known["signed"]
    hands = fund.panel.officer, person_with(Role.CO_PRESIDENT, college=College.STATE)
    corrected(fund.paid, hands, title="Le carnet corrigé")
    change(hidden, hands, transitions.unpublish, ground="safety")
    transitions.ask_to_follow(address="a@courriel.example", application=fund.paid, browser="b", at=timezone.now())
    transitions.ask_to_follow(address="a@courriel.example", application=None, browser="b", at=timezone.now())
    whole, asked = Follow.objects.order_by("application")
    whole, asked = (whole, asked) if whole.application is None else (asked, whole)
    transitions.confirm_follow(follow=whole, at=timezone.now())
    pages = [
        "/",
        "/projets/",
        "/projets/?q=rien&departement=31",
        "/projets/?beneficiaire=association&tri=amount",
        f"/projets/{fund.paid.reference}/",
        f"/en/projets/{fund.known['person'].reference}/",
        f"/projets/{fund.known['left'].reference}/",
        f"/projets/{hidden.reference}/",
        f"/projets/{fund.paid.reference}/suivre/",
        "/en/suivre/?merci=1",
        "/suivre/confirmer/x/",
        f"/suivre/confirmer/{follow.confirm_token(asked)}/",
        f"/suivre/arreter/{follow.leave_token(asked.follower)}/",
        f"/corrections/?ref={fund.paid.reference}",
        "/corrections/",
        "/comptes/?compte=paid",
        "/comptes/?annee=x&du=2026-02-31",
        "/appels/?montant_min=x",
        "/statistiques/",
        "/donnees/",
        "/verifier/?code=x",
        f"/verifier/{document.code}/",
        "/aide/",
        "/accessibilite/",
    ]
    boss = person_with(Role.ADMINISTRATOR)
    hook = transitions.register(
        user=boss, actor=boss, label="Un programme", url="https://exemple.fr/", kinds=["payment"]
    )
    client.force_login(boss, backend="allauth.account.auth_backends.AuthenticationBackend")
    of_boss = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    client.logout()
    client.force_login(fund.panel.officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    said: list[str] = []
    for scheme, width in (("light", 1280), ("dark", 360)):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda line: said.append(line.text) if "Content Security Policy" in line.text else None)
        for path in pages:
            page.goto(live_server.url + path)
            look_at(page)
        context.add_cookies([of_boss])
        for path in ("", "nouvelle/", f"{hook.reference}/"):
            page.goto(f"{live_server.url}/administration/annonces/{path}")
            look_at(page)
        context.add_cookies([cookie])
        for path in ("publications/", f"publications/{fund.paid.reference}/", "donnees-essentielles/"):
            page.goto(f"{live_server.url}/instruction/{path}")
            for card in page.query_selector_all(".act details"):
                card.evaluate("card => card.open = true")
            look_at(page)
        page.goto(f"{live_server.url}/instruction/historique/")
        look_at(page)
        page.set_input_files("#id_file", str(helpers.DATA / "scdl" / "exemple.csv"))
        page.click('[name="look"]')
        look_at(page)
        if width == 1280:
            page.keyboard.press("Tab")
            page.click('[name="import"]')
            look_at(page)
            assert "1 aide antérieure importée" in page.content()
        context.close()
    assert said == []


def test_the_panel_of_a_call_and_its_results_in_a_browser(browser, live_server):
    made, _meeting = held(make.reviewed(files=6, majority="r133_11", points=[9, 8, 7, 3, 3, 3]), refused=3, absent=1)
    made = concluded(made)
    project = helpers.Application.objects.filter(call=made.call, state="selected").order_by("pk").first().reference
    for scheme, width in (("light", 1280), ("dark", 360)):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        for path in (
            f"/appels/{made.call.slug}/commission/",
            f"/appels/{made.call.slug}/resultats/",
            f"/en/appels/{made.call.slug}/resultats/",
            f"/appels/{made.call.slug}/",
            f"/projets/{project}/",
        ):
            page.goto(live_server.url + path)
            look_at(page)
        context.close()


def test_the_draws_in_a_browser(browser, live_server, client):
    made, meeting = tied()
    client.force_login(made.officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    for scheme, width in (("light", 1280), ("dark", 360)):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.add_cookies([cookie])
        page = context.new_page()
        if not meeting.draws.exists():
            page.goto(f"{live_server.url}/instruction/seances/{meeting.pk}/tirages/")
            look_at(page)
            announce(made, meeting)
        for path in (f"/instruction/seances/{meeting.pk}/tirages/", f"/appels/{made.call.slug}/commission/"):
            page.goto(live_server.url + path)
            look_at(page)
        context.close()


def test_the_pages_of_ones_name_in_a_browser(browser, live_server, client):
    from django.utils import timezone

    from applications.transitions import consent_to_be_named

    person = helpers.with_money(helpers.a_fund()).known["person"]
    consent_to_be_named(application=person, actor=person.lead, at=timezone.now(), name="Jeanne Roux")
    client.force_login(person.lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    for scheme, width in (("light", 1280), ("dark", 360)):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
        )
        context.add_cookies([cookie])
        page = context.new_page()
        for path in (f"/dossiers/{person.reference}/nom-public/", "/mon-espace/noms-publics/"):
            page.goto(live_server.url + path)
            look_at(page)
    page.goto(f"{live_server.url}/dossiers/{person.reference}/nom-public/")
    page.click('[value="withdraw"]')
    page.wait_for_load_state()
    look_at(page)
    assert "Jeanne Roux" not in page.goto(f"{live_server.url}/projets/{person.reference}/").text()


def test_frames_of_any_width_hold_their_words(browser, live_server):
    """In a narrow column, beside the bar that scrolls down, with a title of one long word and letters twice as large."""
    fund = helpers.with_money(helpers.a_fund())
    word = "anticonstitutionnellement" * 4
    helpers.Application.objects.filter(pk=fund.paid.pk).update(title=word)
    for width in (240, 265, 280, 360, 600):
        page = browser.new_page(viewport={"width": width, "height": 340})
        for address in (f"/integrer/projets/{fund.paid.reference}/", "/integrer/execution/", "/en/integrer/execution/"):
            page.goto(f"{live_server.url}{address}")
            look_at(page)
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight") or word in page.content()
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} at {width}"
        page.close()
