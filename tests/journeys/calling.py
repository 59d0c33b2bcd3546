"""The call's part of a journey: money put aside with two keys, the call written, published with a second person's key."""

from __future__ import annotations

from datetime import timedelta

from tests.journeys.people import Person


def approves(person: Person) -> None:
    """Turn the second key of the act that waits."""
    person.goes("/instruction/cles/").opens("/instruction/cles/")
    person.does("approve")


def opens_envelope(orderer: Person, president: Person, *, year: int, amount: str) -> None:
    orderer.goes("/instruction/enveloppes/nouvelle/").sends({"year": year, "label": f"Exercice {year}"})
    orderer.does("open", {"amount": amount})
    approves(president)


def publishes_call(officer: Person, second: Person, calendar, *, title: str) -> str:
    """A draft from the rulebook's grid, filled and published; returns its address. It opens in two hours, for forty days."""
    officer.goes("/instruction/appels/nouveau/").sends({"title": title})
    now = calendar.now

    def instant(name: str, days: float, hour: str) -> dict:
        return {f"{name}_0": (now + timedelta(days=days)).date().isoformat(), f"{name}_1": hour}

    def day(days: int) -> str:
        return (now + timedelta(days=days)).date().isoformat()

    envelope = officer.page.locator('main select[name="envelope"] option').last.get_attribute("value")
    officer.fills(
        {
            "summary": "Des prototypes essayés pour de vrai, avec un service public.",
            "description": "Le fonds paie l’essai.\n\nTout est publié.",
            "contact_email": "bonjour@fonds.example",
            "envelope": envelope,
            "ceiling_amount": "30 000",
            "floor_amount": "2 000",
            "max_duration_months": "18",
            **instant("opens_at", 0, "12:00"),
            **instant("closes_at", 40, "18:00"),
            **instant("partner_deadline_at", 48, "18:00"),
            "eligibility_by_on": day(54),
            "review_opens_on": day(56),
            **instant("review_closes_at", 80, "18:00"),
            "meeting_on": day(90),
            "notified_by_on": day(100),
        }
    )
    officer.picks_all("themes")
    officer.press_named("finish")
    slug = officer.page.url.rstrip("/").rpartition("/")[2]
    officer.does("publish")  # leads to the act, which waits for its second key
    approves(second)
    return slug
