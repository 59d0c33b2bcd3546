"""The network goes and comes back while an applicant writes on a phone; two people write the same section."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from applications.models import Application, ApplicationSection
from applications.schema import WORD
from tests.environment import ROOT
from tests.factories.applications import ApplicationFactory, TeamMemberFactory
from tests.journeys.people import DESK, PHONE, Person

pytestmark = [pytest.mark.slow, pytest.mark.screens, pytest.mark.django_db(transaction=True)]
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('unsaved:')).length"


def at_work(stage, application: Application, user, section: str = "project") -> Person:
    """This writer, signed in, a phone in hand, on the page of a section."""
    client, person = Client(), stage.person(user.name)
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    person.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": stage.address}])
    person.goes(f"/dossiers/{application.reference}/ecrire/{section}/")
    person.page.set_viewport_size(PHONE)
    return person


def stored(application: Application) -> dict:
    return ApplicationSection.objects.get(application=application, code="project").content


def saved(person: Person) -> None:
    person.page.locator("[data-saved].is-ok").filter(has_text="Enregistré à").wait_for()


def test_the_network_goes_in_the_middle_of_a_sentence(stage, calendar):
    application = ApplicationFactory(created_at=calendar.now)
    writer = at_work(stage, application, application.lead)
    need = writer.page.locator("[name=need]")
    need.fill("Une visite sur trois")
    saved(writer)
    assert stored(application)["need"] == "Une visite sur trois" and writer.page.evaluate(KEPT) == 0

    writer.context.set_offline(True)
    need.press_sequentially(" commence par un courrier")
    warning = writer.page.locator("[data-saved].is-off").filter(has_text="gardé sur cet appareil")
    warning.wait_for()
    expect(warning).to_be_in_viewport()  # however far down one writes
    need.press_sequentially(" incompris.")
    writer.context.set_offline(False)  # the page is still open: it saves by itself
    saved(writer)
    whole = "Une visite sur trois commence par un courrier incompris."
    assert stored(application)["need"] == whole and writer.page.evaluate(KEPT) == 0

    writer.context.set_offline(True)
    need.fill(f"{whole} Nous l’avons compté.")
    address = writer.page.url
    writer.page.close()  # this time it is closed before the network is back
    writer.context.set_offline(False)
    writer.page = writer.context.new_page()
    writer.goes(address.removeprefix(stage.address))
    writer.page.set_viewport_size(PHONE)
    writer.sees("Votre texte du", "n’avait pas pu être enregistré")
    assert writer.page.locator("[name=need]").input_value() == whole  # nothing is put by itself
    names = writer.page.evaluate("Object.entries(localStorage).find(([key]) => key.startsWith('unsaved:'))[1]")
    assert "csrfmiddlewaretoken" not in names and "nonce" not in names
    writer.page.get_by_role("button", name="Remettre mon texte").click()
    saved(writer)
    assert stored(application)["need"] == f"{whole} Nous l’avons compté." and writer.page.evaluate(KEPT) == 0

    writer.context.set_offline(True)
    writer.page.locator("[name=need]").fill("Sur un appareil partagé")
    writer.page.evaluate(
        "document.addEventListener('submit', event => event.preventDefault());"
        "document.querySelector('form[action$=\"/deconnexion/\"]').requestSubmit()"
    )
    assert writer.page.evaluate(KEPT) == 0


def test_two_people_in_the_same_section_see_both_texts(stage, calendar):
    application = ApplicationFactory(created_at=calendar.now)
    other = TeamMemberFactory(application=application, created_at=calendar.now, right="editor").user
    ada, lou = at_work(stage, application, application.lead), at_work(stage, application, other)
    lou.page.locator("[name=need]").fill("Le texte de Lou.")
    saved(lou)
    ada.page.locator("[name=need]").fill("Le texte d’Ada.")
    ada.page.locator("[data-conflict]").wait_for()
    expect(ada.page.locator("[data-conflict]")).to_be_in_viewport()
    ada.sees(f"{other} a changé ce passage", f"Enregistré par {other} le")
    assert ada.page.locator("[name=need]").input_value() == "Le texte d’Ada."
    ada.page.locator("[name=need]").fill("Le texte d’Ada, plus long.")

    with ada.page.expect_navigation() as coming:
        ada.page.get_by_role("button", name="Voir les deux textes côte à côte").click()
    assert coming.value.status == 409 and stored(application)["need"] == "Le texte de Lou."
    stage.seen.clear()
    ada.looks().sees("Le texte de Lou.", "Le texte d’Ada, plus long.")
    ada.page.locator("[name=need]").fill("Le texte d’Ada, choisi.")
    ada.sees_not("Modifié…")  # and typing here saves nothing before the choice
    assert ada.page.evaluate(KEPT) == 1
    with ada.page.expect_navigation():
        ada.page.get_by_role("button", name="Enregistrer mon texte à sa place").click()
    assert stored(application)["need"] == "Le texte d’Ada, choisi." and ada.page.evaluate(KEPT) == 0


def test_the_counter_finds_the_words_that_the_server_finds(browser):
    script = ROOT / "core/static/js/enhance.js"
    assert WORD.pattern in script.read_text()
    page = browser.new_page()
    page.set_content('<html lang="en"><textarea id="a" data-words="1000"></textarea><span id="a_count"></span></html>')
    page.add_script_tag(path=script)
    texts = json.loads((ROOT / "tests/data/words.json").read_text())
    counted = page.evaluate(
        """texts => texts.map(([text]) => {
            const area = document.getElementById("a");
            area.value = text;
            area.dispatchEvent(new Event("input", { bubbles: true }));
            return 1000 - Number.parseInt(document.getElementById("a_count").textContent.replace(/\\D/g, ""));
        })""",
        texts,
    )
    assert [(text, found) for (text, _), found in zip(texts, counted, strict=True)] == [tuple(one) for one in texts]


def test_the_way_to_filing_folds_into_one_line_on_a_phone(stage, calendar):
    application = ApplicationFactory(created_at=calendar.now)
    writer = at_work(stage, application, application.lead, "budget")
    assert writer.page.title().startswith("Le budget · ")
    summary, last = writer.page.locator(".fold-narrow > summary"), writer.page.get_by_role("link", name="Équipe")
    assert " ".join(summary.inner_text().split()) == "Étape 4 sur 11 · Le budget" and not last.is_visible()
    field = writer.page.locator("main input:not([type=hidden])").first
    assert field.bounding_box()["y"] < 2 * PHONE["height"]
    summary.click()
    assert last.is_visible()
    writer.page.reload()
    writer.page.set_viewport_size(DESK)
    assert last.is_visible() and not summary.is_visible()
    writer.goes(f"/dossiers/{application.reference}/ecrire/statements/")
    assert "legifrance.gouv.fr" in writer.page.locator("#id_cer_helptext a").get_attribute("href")


def test_an_answer_lost_on_the_way_is_no_other_writer(stage, calendar):
    application = ApplicationFactory(created_at=calendar.now)
    writer = at_work(stage, application, application.lead)
    lost = []

    def lose(route):
        lost.append(route.fetch().status)  # the server has saved; its answer never arrives
        route.abort()

    writer.page.route("**/auto/", lose, times=1)
    need = writer.page.locator("[name=need]")
    need.fill("Premier jet.")
    writer.page.locator("[data-saved].is-off").wait_for()
    assert lost == [200] and stored(application)["need"] == "Premier jet."
    need.fill("Second jet.")
    saved(writer)
    writer.page.wait_for_function(f"{KEPT} === 0")
    assert stored(application)["need"] == "Second jet." and not writer.page.locator("[data-conflict]").count()


def test_rows_added_without_network_are_put_back_and_a_newer_text_is_not_written_over(stage, calendar):
    application = ApplicationFactory(created_at=calendar.now)
    other = TeamMemberFactory(application=application, created_at=calendar.now, right="editor").user
    ada, lou = at_work(stage, application, application.lead), at_work(stage, application, other)
    address = ada.page.url
    ada.context.set_offline(True)
    for label in ("Un retard", "Une panne", "Un départ"):
        ada.page.locator('[data-rows=risks] [name="add_row"]').click()
        ada.page.locator("[data-rows=risks] .row-set").last.locator("input, textarea").first.fill(label)
    # A page that closes may see the network for an instant: this one sends nothing more.
    ada.page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
    ada.page.close()
    ada.context.set_offline(False)
    lou.page.locator("[name=need]").fill("Le texte de Lou.")
    saved(lou)

    ada.page = ada.context.new_page()
    ada.page.goto(address)
    ada.page.set_viewport_size(PHONE)
    ada.page.locator("[data-kept]").wait_for()
    stage.seen.clear()  # the same page, with the notice
    ada.looks()
    ada.page.get_by_role("button", name="Remettre mon texte").click()
    assert "Un départ" in ada.page.locator("[data-rows=risks] input, [data-rows=risks] textarea").evaluate_all(
        "fields => fields.map(field => field.value)"
    )
    ada.page.locator("[data-conflict]").wait_for()  # someone wrote since: both texts, and a choice
    stage.seen.clear()
    ada.looks()
    assert stored(application)["need"] == "Le texte de Lou."


def test_what_the_service_counts_follows_what_is_saved(stage, calendar):
    """Totals and missing answers of the page are those of the last save, and the rows typed are there on the next one."""
    application = ApplicationFactory(created_at=calendar.now)
    writer = at_work(stage, application, application.lead, "budget")
    writer.page.locator("[name=requested_amount]").fill("4500")
    writer.page.locator("[name=expenses-0-label]").fill("Encre")
    writer.page.locator("[name=expenses-0-amount]").fill("4400,50")
    saved(writer)
    expect(writer.page.locator("#totaux")).to_contain_text(
        "4 200,50"
    )  # of 5,000 already there and 4,400.50, what 5,200 leave
    expect(writer.page.locator("#manques li").first).to_contain_text("montant minimum")
    writer.page.locator("[name=choices]").fill("Un devis.")
    expect(writer.page.locator("[data-saved]")).to_contain_text("Modifié")
    saved(writer)
    writer.goes(f"/dossiers/{application.reference}/ecrire/budget/")
    assert writer.page.locator("[name=expenses-0-label]").input_value() == "Encre"
