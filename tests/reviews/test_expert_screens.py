"""The expert's pages and the asker's in a browser: axe, no sideways scroll on a phone; declaring, keeping a draft and sending by hand."""

from __future__ import annotations

import pytest

from tests.factories import reviews as make
from tests.reviews.test_experts import ask
from tests.reviews.test_reader_screens import document, looks
from tests.reviews.test_room_screens import page_of

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [360, 1280])
def test_from_the_request_to_the_opinion(browser, live_server, width):
    made = make.reading(files=1, members=2)
    document(made.files[0])
    row = ask(made)
    reference = row.application.reference
    expert = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    expert.goto(f"{live_server.url}/expertise/{row.link_token}/")
    looks(expert, "expert-demande")
    expert.check("[name=declare_free-no_interest]")
    expert.check("[name=declare_free-secrecy]")
    expert.click("form:has([value=declare_free]) button")
    expert.wait_for_selector("[name=opinion-opinion]")
    looks(expert, "expert-dossier")
    expert.fill("[name=opinion-opinion]", "Le protocole de mesure tient debout.")
    expert.fill("[name=opinion-risks]", "Peu de temps pour le recrutement des essayeurs.")
    expert.click("[value=save_opinion]")
    expert.wait_for_selector("text=Vous seul le voyez")
    expert.click("[value=submit]")
    expert.wait_for_selector(".alert.good")
    looks(expert, "expert-merci")

    ask(made, email="bob@labo.example", name="Bob Expert")
    officer = page_of(browser, live_server, made.officer, width)
    officer.goto(f"{live_server.url}/instruction/dossiers/{reference}/experts/")
    looks(officer, "expert-suivi")
    member = page_of(browser, live_server, made.presidents[0], width)
    member.goto(f"{live_server.url}/commission/dossiers/{reference}/")
    assert "Le protocole de mesure tient debout." in member.content()
    looks(member, "expert-lecture")
