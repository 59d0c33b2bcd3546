"""The panel's part of a journey: composed, declared, read, met, voted, signed, notified; by its members, on their pages."""

from __future__ import annotations

import re
from datetime import time

from tests.journeys import house
from tests.journeys.people import Person

MEMBERS = ("civil1", "civil2", "civil3", "etat1", "etat2", "etat3")
ALTERNATES = ("civil3", "etat3")


def sign_in_all(stage) -> dict[str, Person]:
    return {key: stage.person(key, house.email(key)).signs_in() for key in MEMBERS}


def is_composed(officer: Person, call: str) -> None:
    """Two full members and one alternate in each college; the co-presidents are known from their roles."""
    officer.goes(f"/instruction/commission/{call}/composition/")
    for key in MEMBERS:
        seat = officer.page.locator("main fieldset.row-set").filter(has_text=house.STAFF[key][0])
        officer.fills({"kind": "alternate" if key in ALTERNATES else "full_member"}, seat)
    officer.sends({"seed": "graine-du-fonds"})
    officer.goes(f"/instruction/commission/{call}/").does("start_review")


def declares(people: dict[str, Person], call: str, *, recused: str, reference: str) -> None:
    """Everybody declares on each card; one member has a link with one file, which closes for her at once."""
    for key, person in people.items():
        person.goes(f"/commission/declarations/{call}/")
        for card in person.page.locator('main [name^="choice-"][value="none"]').all():
            card.check()
        if key == recused:
            card = person.page.locator(
                f'main section:has-text("{reference}"), main article:has-text("{reference}")'
            ).last
            person._open_details()
            card.locator('[value="interest"]').check()
            card.locator("select").select_option("association_member")
        person.sends()
    people[recused].goes(f"/commission/dossiers/{reference}/", status=403)


def reads_next(person: Person, *, points: str) -> bool:
    """Score and file the next review that waits for this person; False when none does."""
    person.goes("/commission/")
    link = person.page.locator('main .panel.next a[href*="/commission/dossiers/"]')
    if not link.count():
        return False
    with person.page.expect_navigation():
        link.first.click()
    person.looks()
    for why in person.page.locator('main textarea[name^="why-"]').all():
        code = why.get_attribute("name").removeprefix("why-")
        person.page.locator(f'main [name="score-{code}"][value="{points}"]').check()
        why.fill("Essai crédible, public nommé, coût tenu.")
    person.page.locator('main [name="comment"]').fill("Pensez à l’essai avec des personnes âgées.")
    person.press_act("submit")
    return True


def reads_all(person: Person, *, points: str) -> int:
    """Score every file that waits for this person; returns how many there were."""
    done = 0
    while reads_next(person, points=points):
        done += 1
    return done


def convenes(officer: Person, calendar, call: str, *, days: int) -> str:
    """Plan and send the notice; returns the meeting's number in its address."""
    officer.goes(f"/instruction/commission/{call}/convoquer/")
    day = calendar.now.date().toordinal() + days
    officer.fills({"planned_at_0": calendar.now.date().fromordinal(day).isoformat(), "planned_at_1": "14:00"})
    officer.fills({"place": "12 rue du Banc d’essai, Nevers"})
    officer.picks_all("applications")
    with officer.page.expect_navigation():
        officer.page.locator('main button[name="send"]').click()
    officer.looks()
    calendar.work()
    calendar.later(days=days, at=time(14, 5))
    return re.search(r"/seances/(\d+)/", officer.page.url).group(1)


def items(officer: Person, meeting: str) -> dict[str, str]:
    """References on the agenda, by the number of their item."""
    officer.goes(f"/instruction/seances/{meeting}/")
    found = {}
    for row in officer.page.locator('main li:has(a[href*="?point="])').all():
        number = re.search(r"point=(\d+)", row.locator("a").first.get_attribute("href")).group(1)
        if reference := re.search(r"FP-\d{4}-\w{8}", row.inner_text()):
            found[number] = reference.group()
    return found


def opens(officer: Person, chair: Person, meeting: str) -> None:
    """Everybody is in the room; the chair opens once each college has its quorum."""
    officer.goes(f"/instruction/seances/{meeting}/")
    for presence in officer.page.locator('main select[name*="presence-"]').all():
        presence.select_option("room")
    officer.does("record_all")
    chair.goes(f"/commission/seances/{meeting}/").does("open")


def decides_item(
    officer: Person,
    members: dict[str, Person],
    meeting: str,
    item: str,
    *,
    proposal: str = "selected",
    grounds: str = "Besoin établi, essai mesurable.",
    recused: str = "",
    alternate: str = "",
) -> None:
    """One file: called, the recused member leaves and the alternate takes the seat, an open vote, closed."""
    here = f"/instruction/seances/{meeting}/?point={item}"
    if recused:
        officer.goes(here).does(
            f"step_out-{item}",
            {
                "seat": option(officer, "seat", house.STAFF[recused][0]),
                "replaced_by": option(officer, "replaced_by", house.STAFF[alternate][0]),
            },
        )
    officer.goes(here).does(f"discuss-{item}")
    officer.does(f"open_ballot-{item}", {"proposal": proposal, "mode": "open", "grounds": grounds})
    for key, person in members.items():
        if key == recused or (key in ALTERNATES and key != alternate):
            continue
        person.goes(f"/commission/seances/{meeting}/?point={item}")
        act = person.page.locator(f'main [name="act"][value^="cast-{item}-"]').first.get_attribute("value")
        person.does(act, {"choice": "for"})
    officer.goes(here).does(f"close_vote-{item}")


def option(person: Person, field: str, words: str) -> str:
    """The value of the option that has these words."""
    choice = person.page.locator(f'main select[name$="{field}"] option').filter(has_text=words)
    return choice.first.get_attribute("value")


def adopts_and_closes(presidents: list[Person], meeting: str) -> None:
    presidents[0].goes(f"/commission/seances/{meeting}/liste/").sends({"sure": True})
    for president in presidents:
        president.goes(f"/commission/seances/{meeting}/").does("close")


def signs_everything(presidents: list[Person], call: str, meeting: str) -> None:
    """Each president signs in, reads, and signs the minutes, then the decisions."""
    for president in presidents:
        president.signs_in_again().goes(f"/commission/seances/{meeting}/proces-verbal/").does("sign", {"read": True})
    sign_decisions(presidents, call)


def sign_decisions(presidents: list[Person], call: str) -> None:
    for president in presidents:
        president.context.set_default_timeout(60_000)  # some thirty signatures in one act, on a busy machine
        president.goes(f"/commission/decisions/{call}/").sends({"read": True})


def notifies(officer: Person, call: str) -> None:
    officer.goes(f"/instruction/decisions/{call}/").does("notify_call", {"sure": True})
