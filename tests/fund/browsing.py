"""Pages of the institution as a person uses them: what is read, what is typed, what is refused."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from core.models import TwoKeyAct
from tests.conftest import PARIS


def text(response) -> str:
    return response.content.decode()


def plain(response) -> str:
    """The page without markup, with ordinary spaces."""
    words = re.sub(r"<[^>]+>", " ", text(response))
    return re.sub(r"\s+", " ", words.replace("\u202f", " ").replace("\xa0", " "))


def done(response):
    """The act was done: back to a page."""
    assert response.status_code == 302, re.findall(
        r'class="(?:error|why|errors)[^>]*>(.*?)</(?:div|p)>', text(response), re.S
    )
    return response


def refused(response, status: int = 422, *words: str) -> str:
    page = text(response)
    assert response.status_code == status, page
    assert 'class="errors"' in page
    for word in words:
        assert word in page, word
    return page


def paris(value: datetime) -> tuple[str, str]:
    local = value.astimezone(PARIS)
    return local.date().isoformat(), local.strftime("%H:%M")


def approve(browser, act: TwoKeyAct):
    return done(browser.post(f"/instruction/cles/{act.reference}/", {"act": "approve"}))


def open_act(verb: str) -> TwoKeyAct:
    return TwoKeyAct.objects.get(verb=verb, state="proposed")


def formset(name: str, rows: list[dict], initial: int = 0) -> dict:
    data = {f"{name}-TOTAL_FORMS": len(rows), f"{name}-INITIAL_FORMS": initial, f"{name}-MIN_NUM_FORMS": 0}
    data |= {f"{name}-MAX_NUM_FORMS": 20}
    return data | {f"{name}-{number}-{key}": value for number, row in enumerate(rows) for key, value in row.items()}


CRITERIA = [("Utilité publique", 40), ("Qualité du prototype", 35), ("Partenariat", 25)]


def call_form(at, envelope, **changes) -> dict:
    """What a case officer types in the page of a draft."""

    def instant(name, days):
        day, hour = paris(at + timedelta(days=days))
        return {f"{name}_0": day, f"{name}_1": hour}

    def day(days):
        return (at + timedelta(days=days)).date().isoformat()

    data = {
        "title": "Prototypes civiques 2026",
        "slug": "prototypes-civiques-2026",
        "summary": "Des prototypes essayés pour de vrai.",
        "description": "Un premier paragraphe.\n\nUn second.",
        "contact_email": "bonjour@demo.example",
        "new_themes": "Accès aux droits\nTransition écologique",
        "envelope": str(envelope.pk),
        "ceiling_amount": "30 000 €",
        "floor_amount": "2000",
        "max_duration_months": "18",
        **instant("opens_at", 1),
        **instant("closes_at", 46),
        "eligibility_by_on": day(60),
        "review_opens_on": day(62),
        **instant("review_closes_at", 85),
        "meeting_on": day(92),
        "notified_by_on": day(100),
    }
    data |= formset(
        "criteria",
        [
            {"label": label, "weight": weight, "question": f"{label} : qu’en dit le public ?"}
            | {f"anchor_{score}": f"{label} : repère {score}" for score in range(6)}
            for label, weight in CRITERIA
        ],
    )
    data |= formset(
        "instalment_lines",
        [
            {"label": "Avance", "percent": 70, "trigger": "agreement_signed"},
            {"label": "Solde", "percent": 30, "trigger": "final_report_accepted"},
        ],
    )
    data |= formset(
        "eligibility_questions",
        [
            {
                "question": "Est-ce nouveau ?",
                "expected": "yes",
                "refusal": "Pas de fonctionnement courant.",
                "article": "art. 5",
            }
        ],
    )
    data |= formset("faq", [{"question": "Faut-il un cofinancement ?", "answer": "Non."}])
    return data | changes
