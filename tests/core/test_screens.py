"""The account's pages in a browser, from sign-up to a form taken up again: axe, keyboard, zoom, forced colours, print."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.utils import timezone

from core import documents
from core.models import Mail
from tests.core.helpers import frozen
from tests.core.test_accounts import PASSWORD, code_of
from tests.core.test_ui import violations
from tests.factories.fund import FundIdentityFactory

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TEXT = "Un tableur qui suit les dossiers de mon service."


class Reader:
    """One person at a screen: each page seen is looked at whole."""

    def __init__(self, browser, base: str, **screen):
        self.base, self.said = base, []
        self.context = browser.new_context(**screen)
        self.page = self.context.new_page()
        self.page.on(
            "console", lambda line: self.said.append(line.text) if "Content Security Policy" in line.text else None
        )

    def looks(self) -> None:
        assert violations(self.page) == [], self.page.url
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{self.page.url} scrolls sideways"
        )
        assert len(self.page.query_selector_all("h1")) == 1, self.page.url

    def goes(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.looks()

    def sends(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.fill(f'[name="{name}"]', value)
        self.page.locator("main form[method=post] button.btn").first.click()
        self.page.wait_for_load_state()
        self.looks()


@pytest.mark.parametrize(
    ("width", "scheme", "prefix"),
    [(360, "dark", ""), (1280, "light", "/en")],
)
def test_an_account_from_sign_up_to_a_form_taken_up_again(width, scheme, prefix, browser, live_server, monkeypatch):
    letter = frozen(timezone.now())
    monkeypatch.setitem(documents.VISIBILITY, "shelf", lambda user, document: True)
    someone = Reader(browser, live_server.url, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = someone.page
    someone.goes(f"{prefix}/inscription/")
    someone.sends(name="Élise Garrigou", email="pas une adresse", password1="court")
    assert page.evaluate("document.activeElement.matches('[data-errors]')"), "the summary takes the focus"
    someone.sends(name="Élise Garrigou", email="elise@demo.example", password1=PASSWORD)
    someone.goes("/demo/courrier/")
    someone.goes(f"/demo/courrier/{Mail.objects.latest('id').pk}/")
    someone.goes(re.search(r"http://127\.0\.0\.1:8000(\S+)", Mail.objects.latest("id").text)[1])
    someone.sends()
    someone.context.clear_cookies()
    someone.goes(f"{prefix}/connexion/")
    someone.sends(login="elise@demo.example", password="pas le bon mot de passe")
    someone.sends(login="elise@demo.example", password=PASSWORD)
    for path in (
        "/mon-espace/",
        "/mon-espace/securite/",
        "/mon-espace/securite/mot-de-passe/",
        "/mon-espace/confirmer/",
        "/commission/",
        "/deconnexion/",
        documents.url(letter),
    ):
        someone.goes(prefix + path)
    someone.goes(f"{prefix}/mon-espace/securite/second-facteur/")
    someone.sends(code="000000")
    secret = page.locator(".proof code").inner_text()
    someone.sends(code=code_of(secret))
    someone.goes(f"{prefix}/mon-espace/securite/jetons/nouveau/")
    someone.sends(label=TEXT)
    someone.goes(f"{prefix}/mon-espace/securite/")
    someone.goes(f"{prefix}/mon-espace/securite/jetons/nouveau/")
    page.fill('[name="label"]', TEXT)
    kept = [cookie for cookie in someone.context.cookies() if cookie["name"] == "csrftoken"]
    someone.context.clear_cookies()
    someone.context.add_cookies(kept)
    someone.sends()
    someone.sends(login="elise@demo.example", password=PASSWORD)
    someone.sends(code=code_of(secret) if _fresh(secret) else "000000")
    if "second-facteur" not in page.url:
        assert TEXT in page.content() and page.locator("main form button.btn").first.is_visible()
    assert someone.said == []


def _fresh(secret: str) -> bool:
    """A code serves once: another exists when the half-minute has turned."""
    import time

    time.sleep(31 - datetime.now().timestamp() % 30)
    return bool(secret)


def test_the_keyboard_alone(browser, live_server):
    someone = Reader(browser, live_server.url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = someone.page
    someone.goes("/connexion/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top >= 0"), "seen when it has the focus"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    reached = []
    for _turn in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.tagName"))
        style = page.evaluate(
            "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
        )
        assert style == ["solid", "3px"], f"{reached[-1]} does not show its focus"
    assert reached[:2] == ["login", "A"] or reached[:2] == ["login", "password"]
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0.01).length"
    )
    assert moving == 0, "nothing moves for those who asked for it"


def test_half_a_date_is_not_sent_as_nothing(browser, live_server):
    FundIdentityFactory()
    page = Reader(browser, live_server.url, viewport={"width": 1280, "height": 800}).page
    page.goto(f"{live_server.url}/comptes/")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    day = page.locator("input[name=du]")
    day.focus()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    assert page.url == f"{live_server.url}/comptes/" and day.evaluate("field => field.validity.badInput")
    day.fill("2026-01-12")
    day.press("Enter")
    page.wait_for_url("**/comptes/?*du=2026-01-12*")


@pytest.mark.parametrize("path", ["/connexion/", "/inscription/", "/style/", "/nulle-part/"])
def test_zoomed_forced_and_printed(path, browser, live_server):
    zoomed = Reader(browser, live_server.url, viewport={"width": 320, "height": 256})  # 1280 px at 400 %, so 200 % too
    zoomed.goes(path)
    forced = Reader(browser, live_server.url, viewport={"width": 1280, "height": 800}, forced_colors="active")
    forced.page.goto(live_server.url + path)
    for button in forced.page.query_selector_all("main .btn"):
        border = button.evaluate("e => getComputedStyle(e).borderTopWidth")
        assert float(border.removesuffix("px")) >= 1, "a button keeps its edge when colours are forced"
    forced.page.emulate_media(media="print")
    assert not forced.page.locator("main .btn, .skip").locator("visible=true").count()
    assert forced.page.locator("h1").is_visible()
