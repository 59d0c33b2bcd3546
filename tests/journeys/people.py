"""Separate people in a real browser: each has a context of their own, finds fields by their labels and buttons by their words."""

from __future__ import annotations

import os
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, Page, Response

PASSWORD = "lampe-carotte-tunnel-42"
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1280, "height": 900}


class Stage:
    """The running fund as the people of a journey share it. With SCREENSHOTS=folder every page is kept at 360 and at 1280 px."""

    def __init__(self, browser: Browser, address: str):
        self.browser, self.address = browser, address
        self.folder = Path(os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else None
        self.seen: set[str] = set()
        self.faults: list[str] = []

    def person(self, name: str, email: str = "", *, accessible: bool = True, screen: dict = DESK) -> Person:
        return Person(self, name, email, accessible, screen)


class Person:
    """One person's browser. Every page opened is checked: no server error, axe finds nothing, nothing scrolls sideways on a phone."""

    def __init__(self, stage: Stage, name: str, email: str, accessible: bool, screen: dict):
        self.stage, self.name, self.email, self.accessible, self.screen = stage, name, email, accessible, screen
        self.context = stage.browser.new_context(viewport=screen, locale="fr-FR", accept_downloads=True)
        self.context.set_default_timeout(20_000)  # a page that draws papers, beside other tests on two cores
        self.page: Page = self.context.new_page()
        self.page.on("response", self._watch)
        self.page.on("pageerror", lambda error: stage.faults.append(f"{name}: script error {error}"))

    def _watch(self, response: Response) -> None:
        if response.status >= 500:
            self.stage.faults.append(f"{self.name}: {response.status} at {response.url}")

    # ---- moving ----

    def goes(self, path: str, *, status: int = 200) -> Person:
        address = path if path.startswith("http") else self.stage.address + path
        response = self.page.goto(address)
        if self.email and "/connexion/" in self.page.url and "/connexion/" not in address:  # away for too long
            response = self.signs_in().page.goto(address)
        assert response is not None and response.status == status, (
            f"{path}: {response and response.status}\n{self.text()[:600]}"
        )
        return self.looks()

    def looks(self) -> Person:
        """Check the page that is open, once an address and heading."""
        page = self.page
        page.wait_for_load_state("load")
        path = re.sub(r"[0-9A-Za-z_-]{24,}|\d{3,}", "…", page.url.removeprefix(self.stage.address).split("?")[0])
        heading = page.locator("h1").first.inner_text() if page.locator("h1").count() else ""
        key = f"{path} {heading} {page.locator('.refusal, .error-summary, .notice').count()}"
        if key in self.stage.seen:
            return self
        self.stage.seen.add(key)
        if self.accessible and connection.vendor == "sqlite":  # axe reads the same page on either engine
            found = Axe().run(page).response["violations"]
            self.stage.faults += [
                f"{path}: {one['id']} {[node['target'] for node in one['nodes']][:3]}" for one in found
            ]
        page.set_viewport_size(PHONE)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.stage.faults.append(f"{path} ({heading}): scrolls sideways at 360 px")
        if self.stage.folder:
            self._keep(path, "360")
        if self.stage.folder:
            page.set_viewport_size(DESK)
            self._keep(path, "1280")
        page.set_viewport_size(self.screen)
        return self

    def _keep(self, path: str, width: str) -> None:
        name = f"{len(self.stage.seen):03d}{path.replace('/', '_').rstrip('_')[:70]}-{width}.png"
        self.stage.folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(self.stage.folder / name), full_page=True)

    # ---- acting ----

    def writes(self, label: str, value: str, *, nth: int = 0, within: str = "main") -> Person:
        """Fill the field with this label, as typed."""
        self._field(label, nth, within).fill(value)
        return self

    def chooses(self, label: str, option: str, *, nth: int = 0, within: str = "main") -> Person:
        """Choose in a list, by the words shown."""
        self._field(label, nth, within).select_option(label=option)
        return self

    def ticks(self, label: str, *, nth: int = 0, within: str = "main") -> Person:
        self._field(label, nth, within).check()
        return self

    def gives(self, label: str, *files: Path | dict, nth: int = 0, within: str = "main") -> Person:
        self._field(label, nth, within).set_input_files(list(files))
        return self

    def _field(self, label: str, nth: int, within: str):
        return (
            self.page.locator(within)
            .get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*(\(.*)?$", re.DOTALL))
            .nth(nth)
        )

    def presses(self, words: str, *, nth: int = 0, within: str = "main") -> Person:
        """Press the button (or follow the link that looks like one) with these words; waits for the page that comes."""
        place = self.page.locator(within)
        self._open_details()
        button = place.get_by_role("button", name=re.compile(re.escape(words))).nth(nth)
        with self.page.expect_navigation():
            button.click()
        return self.looks()

    def does(self, act: str, values: dict | None = None, *, nth: int = 0, refused: bool = False) -> Person:
        """Do one act of the page: its form, filled by the names of its fields, sent with its own button."""
        self._open_details()
        form = self.page.locator(f'form:has([name="act"][value="{act}"])').nth(nth)
        assert form.count(), f"{self.name} cannot {act} at {self.page.url}:\n{self.text()[:2500]}"
        self.fills(values or {}, form)
        button = form.locator(f'button[name="act"][value="{act}"]')
        button = button if button.count() else form.locator("button:not([type=button])")
        return self._press(button.last, refused)

    def press_act(self, act: str, *, refused: bool = False) -> Person:
        """Press the button of an act whose form is already filled."""
        return self._press(self.page.locator(f'main button[name="act"][value="{act}"]').last, refused)

    def press_named(self, name: str, *, refused: bool = False) -> Person:
        """Press the button of this name."""
        return self._press(self.page.locator(f'main button[name="{name}"]').last, refused)

    def _press(self, button, refused: bool = False) -> Person:
        """Press, wait for the page that comes, and check that the fund did it (or refused it, when that is expected)."""
        with self.page.expect_navigation() as coming:
            button.click()
        answer = coming.value
        assert (answer.status >= 400) == refused, (
            f"{self.name}: {answer.status} at {self.page.url}:\n{self.text()[:3000]}"
        )
        return self.looks()

    def fills(self, values: dict, place=None) -> Person:
        """Answer fields by their names; a name may leave out the prefix of its form. Booleans tick, lists tick several, files are given."""
        place = place or self.page.locator("main")
        for name, value in values.items():
            fields = place.locator(f'[name="{name}"]:not([type=hidden]), [name$="-{name}"]:not([type=hidden])')
            assert fields.count(), f"no field {name} at {self.page.url}:\n{self.text()[:1500]}"
            kind = fields.first.evaluate("field => field.tagName === 'SELECT' ? 'select' : field.type")
            if kind == "radio" or isinstance(value, list):
                for one in value if isinstance(value, list) else [value]:
                    fields.and_(place.locator(f'[value="{one}"]')).first.check()
            elif kind == "checkbox":
                fields.first.set_checked(bool(value))
            elif kind == "select":
                fields.first.select_option(value)
            elif kind == "file":
                fields.first.set_input_files(value)
            else:
                fields.first.fill(str(value))
        return self

    def picks_all(self, name: str) -> Person:
        """Tick every box of this name that may be ticked."""
        self._open_details()
        boxes = self.page.locator(f'main input[name="{name}"]:not([disabled])')
        assert boxes.count(), f"{self.name} has no {name} to pick at {self.page.url}:\n{self.text()[:1500]}"
        for box in boxes.all():
            box.check()
        return self

    def sends(self, values: dict | None = None, *, refused: bool = False) -> Person:
        """Fill and send the one form of the page, or the one that has these fields."""
        self._open_details()
        forms = self.page.locator("main form[method=post]")
        name = next(iter(values), "") if values else ""
        form = forms.filter(has=self.page.locator(f'[name="{name}"], [name$="-{name}"]')).last if name else forms.last
        self.fills(values or {}, form)
        return self._press(form.locator("button:not([type=button]):not([name])").last, refused)

    def _open_details(self) -> None:
        self.page.locator("main").evaluate("main => main.querySelectorAll('details').forEach(one => (one.open = true))")

    def follows(self, words: str, *, nth: int = 0, within: str = "body") -> Person:
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("link", name=re.compile(re.escape(words))).nth(nth).click()
        return self.looks()

    def opens(self, address: str, *, nth: int = 0) -> Person:
        """Follow the link of the page's main part whose address holds this."""
        link = self.page.locator(f'main table a[href*="{address}"], main li:not([class]) > a[href*="{address}"]')
        link = link.and_(self.page.locator(":not(nav a)")).nth(nth)
        assert link.count(), f"{self.name} finds no link to {address} at {self.page.url}:\n{self.text()[:1500]}"
        with self.page.expect_navigation():
            link.click()
        return self.looks()

    def downloads(self, words: str, *, nth: int = 0) -> bytes:
        with self.page.expect_download() as wait:
            self.page.get_by_role("link", name=re.compile(re.escape(words))).nth(nth).click()
        return Path(wait.value.path()).read_bytes()

    # ---- reading ----

    def text(self) -> str:
        """What the page says, blanks of every kind made one."""
        return " ".join(self.page.locator("body").inner_text().split())

    def sees(self, *words: str) -> Person:
        text = self.text()
        for one in words:
            assert " ".join(one.split()) in text, f"{self.name} does not see “{one}” at {self.page.url}:\n{text[:3000]}"
        return self

    def sees_not(self, *words: str) -> Person:
        text = self.text()
        for one in words:
            assert one not in text, f"{self.name} sees “{one}” at {self.page.url}"
        return self

    # ---- accounts ----

    def signs_in(self, password: str = PASSWORD) -> Person:
        self.goes("/connexion/")
        self.writes("Courriel", self.email).writes("Mot de passe", password)
        self.presses("Se connecter")
        assert "/connexion/" not in self.page.url, self.text()[:600]
        return self

    def signs_in_again(self) -> Person:
        """Signing asks for a sign-in of the last five minutes."""
        self.context.clear_cookies()
        return self.signs_in()
