"""A journalist without an account: finds, counts, checks and takes away what the fund publishes, and adds it up again from the files alone."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from decimal import Decimal

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command

from core.models import Document
from tests.journeys.people import DESK, PHONE, Person

pytestmark = [pytest.mark.slow, pytest.mark.screens, pytest.mark.django_db(transaction=True)]
WORDS = "citoyens"


class Reader(Person):
    """Looks at every page at both widths, all of it unfolded; axe runs on each."""

    def looks(self):
        super().looks()
        path = self.page.url.removeprefix(self.stage.address)
        for size in (PHONE, DESK):
            self.page.set_viewport_size(size)
            self.page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
            found = Axe().run(self.page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
            self.stage.faults += [
                f"{path} at {size['width']}: {one['id']} {[node['target'] for node in one['nodes']][:3]}"
                for one in found
            ]
            if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                self.stage.faults.append(f"{path}: scrolls sideways at {size['width']} px")
        return self

    def keys(self, *names: str) -> Reader:
        for name in names:
            self.page.keyboard.press(name)
        return self

    def tabs_to(self, selector: str) -> Reader:
        """By the keyboard alone, and the place where one is can be seen."""
        for _turn in range(80):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                seen = self.page.evaluate(
                    "() => { const at = getComputedStyle(document.activeElement);"
                    " return at.outlineStyle !== 'none' || at.boxShadow !== 'none' }"
                )
                assert seen, f"the focus on {selector} cannot be seen"
                return self
        raise AssertionError(f"the keyboard never reaches {selector} at {self.page.url}")

    def lines(self) -> list[str]:
        """What the list says, one text a line, the same for every way of reading it."""
        return [" ".join(row.split()) for row in self.page.locator("main table.stacked tbody tr").all_inner_texts()]

    def references(self) -> list[str]:
        links = self.page.locator("main table.stacked tbody th a").evaluate_all("all => all.map(a => a.href)")
        return [link.rstrip("/").rpartition("/")[2] for link in links]

    def found(self) -> int:
        return int(
            re.match(r"[\d\s]+", self.page.locator("main [role=status] strong").inner_text())[0].replace("\u202f", "")
        )


def cents(text: str) -> int:
    """Of an amount as French pages write it."""
    whole, _comma, rest = re.search(r"(\d[\d\s]*)(,(\d\d))?", text).groups()
    return int(re.sub(r"\s", "", whole)) * 100 + int(rest or 0)


@pytest.fixture
def reader(stage, calendar, settings):
    settings.FUND_DEMO = True
    call_command("seed_demo", at=calendar.now.isoformat(), verbosity=0)
    return Reader(stage, "journalist", "", False, DESK)  # looks by itself, at both widths


def test_a_journalist_finds_checks_and_takes_away(reader, stage):
    searches_by_the_keyboard(reader)
    narrows_and_sorts(reader)
    shares_the_address(reader, stage)
    takes_away_what_is_shown(reader)
    follows_the_money_of_a_project(reader)
    verifies_a_letter(reader)
    verifies_the_ledger(reader)
    reads_what_was_refused(reader)
    adds_everything_up(reader)


def searches_by_the_keyboard(reader: Reader) -> None:
    reader.goes("/").follows("Projets", within="header")
    everything = reader.found()
    reader.tabs_to("#q")
    reader.page.keyboard.type("TEMPERATURES")
    with reader.page.expect_navigation():
        reader.keys("Enter")
    plain = reader.looks().lines()
    assert 0 < reader.found() < everything and any("Trente-quatre degrés" in line for line in plain)
    for words in ("température", "les Températures", "de la temperature"):
        reader.goes("/projets/").writes("Chercher", words).presses("Afficher")
        assert reader.lines() == plain, words


def narrows_and_sorts(reader: Reader) -> None:
    """Each choice says how many it gives, and gives as many."""
    reader.goes("/projets/")
    for name in ("beneficiaire", "annee"):
        field = reader.page.locator(f"select[name={name}]")
        choice = field.locator("option:not([value=''])").first
        told = int(choice.inner_text().rpartition("·")[2].strip().replace("\u202f", ""))
        field.select_option(value=choice.get_attribute("value"))
        reader.presses("Afficher")
        assert reader.found() == told, name
    reader.chooses("Ordre", "Les plus gros montants").presses("Afficher")
    amounts = [cents(text) for text in reader.page.locator("main table.stacked tbody td:last-child").all_inner_texts()]
    assert amounts == sorted(amounts, reverse=True) and len(amounts) > 1


def shares_the_address(reader: Reader, stage) -> None:
    """Somebody else opens it, without JavaScript and on a phone, and sees the same."""
    address, shown = reader.page.url, reader.references()
    other = stage.browser.new_context(viewport=PHONE, locale="fr-FR", java_script_enabled=False)
    page = other.new_page()
    page.goto(address)
    there = page.locator("main table.stacked tbody th a").evaluate_all("all => all.map(a => a.href)")
    assert [link.rstrip("/").rpartition("/")[2] for link in there] == shown
    page.locator("#q").fill("eau")
    page.get_by_role("button", name="Afficher").click()
    assert "q=eau" in page.url and page.locator("main [role=status]").count() == 1
    for path in ("/comptes/", "/statistiques/", "/donnees/", "/verifier/"):
        assert page.goto(stage.address + path).status == 200
    other.close()


def takes_away_what_is_shown(reader: Reader) -> None:
    """The three files hold the rows of the page, in its order, and the same amounts to the cent."""
    shown = reader.references()
    total = cents(reader.page.locator("main [role=status]").first.inner_text().split(" pour ")[1])
    files = {name: reader.downloads(name) for name in ("CSV", "XLSX")}
    rows = list(csv.DictReader(io.StringIO(files["CSV"].decode())))
    sheet = openpyxl.load_workbook(io.BytesIO(files["XLSX"])).active
    head, *lines = sheet.iter_rows(values_only=True)
    book = [dict(zip(head, line, strict=True)) for line in lines]
    link = reader.page.get_by_role("link", name="JSON", exact=True).get_attribute("href")
    told = json.loads(reader.context.request.get(reader.stage.address + link, timeout=60_000).text())["projects"]
    assert [row["reference"] for row in rows] == shown == [row["reference"] for row in told]
    assert [row["reference"] for row in book] == shown
    taken = [row for row in rows if row["stage"] != "not_taken_up"]
    summed = sum(Decimal(row["awarded_amount"]) for row in taken)
    assert abs(summed * 100 - total) < 100, "the page rounds to the euro"
    for row, same, cell in zip(rows, told, book, strict=True):
        assert {name: same[name] or "" for name in row} == row
        assert Decimal(str(cell["awarded_amount"])) == Decimal(row["awarded_amount"])


def follows_the_money_of_a_project(reader: Reader) -> None:
    """From an instalment of a project to the entry of the ledger that paid it."""
    reader.goes("/projets/?etat=completed")
    with reader.page.expect_navigation():
        reader.page.locator("main table.stacked tbody th a").first.click()
    reference = reader.looks().page.url.rstrip("/").rpartition("/")[2]
    row = reader.page.locator("main table.stacked tbody tr", has_text="payé").first
    amount, number = row.locator("td").last.inner_text(), row.locator("a.num").last.inner_text()
    with reader.page.expect_navigation():
        row.locator("a.num").last.click()
    reader.looks()
    entry = reader.page.locator("#ecritures ~ *, main").locator(f"tr#e{number}")
    assert (entry.locator("td").last.inner_text(), entry.locator("a.ref").inner_text()) == (amount, reference)


def verifies_a_letter(reader: Reader) -> None:
    letter = Document.objects.filter(kind="award_letter").exclude(state="void").order_by("pk").first()
    reader.goes("/").follows("Vérifier un document", within="footer")
    reader.writes("Code du document", letter.code.lower()).presses("Vérifier")
    assert letter.context_hash in reader.text() and letter.subject in reader.text()
    holder = letter.subject
    reader.follows(holder)
    assert reader.page.url.endswith(f"/projets/{holder}/")
    reader.goes("/verifier/").writes("Code du document", "DOC-00000000")
    with reader.page.expect_navigation():
        reader.page.locator("main button").click()
    reader.looks().sees("Aucun document")


def verifies_the_ledger(reader: Reader) -> None:
    reader.goes("/").follows("Comptes", within="header")
    reader.page.get_by_role("button", name="Vérifier maintenant").press("Enter")
    reader.page.wait_for_selector("[data-verify-said].alert.good")
    reader.looks()


def reads_what_was_refused(reader: Reader) -> None:
    """What became of the files that were not funded, from the page of figures."""
    reader.goes("/").follows("Chiffres", within="header")
    with reader.page.expect_navigation():
        reader.page.locator("section[aria-labelledby=suites] a").first.click()
    reader.looks().sees("Ce qu’est devenu tout ce qui a été déposé")
    reader.sees("Non aidés", "Irrecevables, non jugés", "Déposés")


def adds_everything_up(reader: Reader) -> None:
    """What the registry says was paid is what the ledger says, grant by grant; both totals are those of the page of figures."""
    get = reader.context.request.get
    ledger = csv.DictReader(io.StringIO(get(f"{reader.stage.address}/donnees/comptes.csv").text()))
    paid: dict[str, Decimal] = defaultdict(Decimal)
    stands: dict[str, Decimal] = defaultdict(Decimal)
    for line in ledger:
        stands[line["account"]] += Decimal(line["amount"])
        if line["account"] in ("paid", "claimed", "returned"):
            paid[line["grant"]] += Decimal(line["amount"])
    registry = list(csv.DictReader(io.StringIO(get(f"{reader.stage.address}/donnees/projets.csv").text())))
    own = {row["reference"]: row for row in registry if row["stage"] != "earlier"}
    assert {ref: Decimal(row["paid_amount"] or 0) for ref, row in own.items()} == {ref: paid[ref] for ref in own}
    assert set(paid) - {""} <= set(own)
    figures = json.loads(get(f"{reader.stage.address}/api/v1/statistics/").text())
    for account in ("free", "reserved", "committed", "ordered", "paid", "claimed", "returned"):
        assert figures["balances"][account] == stands[account] * 100, account
    awarded = {"not_taken_up": Decimal(0), "earlier": Decimal(0), "": Decimal(0)}
    for row in registry:
        awarded[row["stage"] if row["stage"] in awarded else ""] += Decimal(row["awarded_amount"])
    assert figures["awarded_amount"] == awarded[""] * 100
    assert figures["earlier_amount"] == awarded["earlier"] * 100 > 0
