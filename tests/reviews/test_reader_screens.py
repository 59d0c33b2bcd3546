"""The reader's desk in a browser: axe, no sideways scroll on a phone, the keys of the grid, a document beside it, two windows."""

from __future__ import annotations

import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from applications.models import Application, Attachment
from core.pdf import draw
from reviews.models import Assignment, Decision
from reviews.queries import reviewing
from tests.core.test_ui import violations
from tests.factories import reviews as make

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def looks(page, name):
    assert violations(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"
    if os.environ.get("SHOTS"):
        page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{page.viewport_size['width']}.png", full_page=True)


def document(application):
    """A PDF among those that were filed."""
    content = draw("<html lang=fr><head><title>Lettre</title></head><body><h1>Lettre du tribunal</h1></body></html>")
    piece = Attachment.objects.create(
        application=application,
        kind="other",
        name="lettre.pdf",
        file=SimpleUploadedFile("lettre.pdf", content),
        content_type="application/pdf",
        size=len(content),
        sha256="0" * 64,
        uploaded_by=application.lead,
        uploaded_at=timezone.now(),
        first_filed_at=timezone.now(),
        scan_state="clean",
    )
    filed = application.content
    filed.setdefault("documents", {})["files"] = [{"id": piece.pk}]
    type(application.filed_version).objects.filter(pk=application.filed_version_id).update(content=filed)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_a_file_is_read_and_scored_by_keyboard(browser, live_server, client, scheme, width):
    made = make.reading(files=3)
    Application.objects.filter(call=made.call).update(minimum_viable_amount=1_000_000)
    reader = made.members[make.CIVIL][1]
    first, second = reviewing.my_assignments(reader, made.panel)[:2]
    document(first.application)
    client.force_login(reader, backend="allauth.account.auth_backends.AuthenticationBackend")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])
    page, path = context.new_page(), f"{live_server.url}/commission/dossiers/{first.application.reference}/"
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/commission/")
    looks(page, "bureau")
    page.goto(path)
    criteria = list(made.call.criteria.order_by("position", "id"))
    code = criteria[0].code
    assert f"{criteria[0].label}," in page.inner_text("#reste")
    page.uncheck("[data-keys-everywhere] input")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("3")  # turned off: nothing from outside the grid
    assert page.query_selector(f'[name="score-{code}"]:checked') is None
    page.check("[data-keys-everywhere] input")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("3")  # from the page: the first criterion without a score
    page.keyboard.press(".")
    assert page.input_value(f'[name="score-{code}"]:checked') == "7"
    page.fill("#proposed_amount", "12000")
    page.press("#proposed_amount", "End")
    page.keyboard.type("5n.")  # in a text field a key is a letter
    assert page.input_value("#proposed_amount") == "120005n."
    page.fill("#proposed_amount", "12000")
    page.fill("#note", "Le devis du serveur me paraît double.")
    page.wait_for_selector(".saved.is-ok")
    page.wait_for_function("document.querySelector('[name=version]').value !== '0'")
    page.wait_for_function(f"!document.querySelector('#reste').innerText.includes({criteria[0].label!r})")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")  # goes on from where one stood
    assert page.evaluate("document.activeElement.name") == f"score-{criteria[1].code}"
    kept = Assignment.objects.get(pk=first.pk)
    assert kept.proposed_amount == 1_200_000 and kept.scores.get(criterion__code=code).half_points == 7
    page.click("details.preview > summary")
    page.wait_for_selector("details.preview iframe")
    page.wait_for_timeout(1500)
    looks(page, "dossier")
    other = context.new_page()
    other.goto(path)
    other.fill("#note", "Écrit dans l’autre fenêtre.")
    other.wait_for_selector(".saved.is-ok")
    other.wait_for_function(f"document.querySelector('[name=version]').value > '{page.input_value('[name=version]')}'")
    page.fill("#note", "Écrit dans celle-ci.")
    page.click("[data-conflict] button")
    page.wait_for_selector("#conflit")
    assert "Écrit dans l’autre fenêtre." in page.inner_text("main") and "celle-ci" in page.input_value("#note")
    looks(page, "conflit")
    page.click("section.errors .btn[name=go]")
    page.wait_for_load_state()
    assert Assignment.objects.get(pk=first.pk).note == "Écrit dans celle-ci."
    page.focus(f'[name="score-{code}"]:checked')
    page.keyboard.press("s")
    page.wait_for_url(f"**/{second.application.reference}/")
    assert [text for text in said if "409" not in text] == [] and not Decision.objects.exists()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_a_case_officer_reminds_a_reader(browser, live_server, client, scheme, width):
    made = make.reading(files=2)
    client.force_login(made.officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(f"{live_server.url}/instruction/commission/{made.call.slug}/")
    form = "form:has([name='remind_readers-seat'])"
    for summary in page.query_selector_all(f"details:not([open]):has({form}) > summary"):
        summary.click()
    looks(page, "lectures")
    page.click(f"{form} button.btn")
    page.wait_for_selector("[aria-disabled='true']:has-text('lecteurs')")
    looks(page, "rappel")
