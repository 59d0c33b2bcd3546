"""An application as its people type it, section by section, in French figures."""

from __future__ import annotations

from io import BytesIO

import pikepdf

from tests.factories.fund import fictional_siret
from tests.journeys.people import Person

PROJECT = {
    "summary": "Des habitants et une mairie réécrivent ensemble douze courriers que personne ne comprend, et les essaient en vrai.",
    "need": "Une visite sur trois au guichet commence par un courrier incompris.",
    "solution": "Un atelier par lettre, lue à voix haute avec celles et ceux qui la reçoivent.",
    "duration_months": "9",
    "commune": "Nevers (58)",
    "themes": ["inclusion"],
    "deliverables-0-title": "Douze lettres",
    "deliverables-0-description": "Modèles modifiables",
    "deliverables-0-due_month": "5",
    "timeline-0-from_month": "1",
    "timeline-0-to_month": "5",
    "timeline-0-label": "Ateliers",
    "expected_outcomes-0-indicator": "Appels évités",
    "expected_outcomes-0-target": "un sur cinq",
}
OPENNESS = {
    "licence": "CC-BY-4.0",
    "publish_data": True,
    "reuse": True,
    "accessibility": "Lettres relues en facile à lire et à comprendre.",
}


def applicant(kind: str, name: str, number: int) -> dict:
    answers = {"address": "7 passage des Brouillons, 58000 Nevers", "phone": "03 86 00 00 00"}
    if kind == "association":
        return answers | {
            "name": name,
            "siret": fictional_siret(number),
            "rna": "W581234567",
            "purpose": "Rendre les démarches compréhensibles par tous.",
            "representative_name": "Ada Morel",
            "representative_role": "présidente",
        }
    if kind == "collective":
        return answers | {
            "name": name,
            "purpose": "Essayer le compost de quai à l’échelle d’une rue.",
            "bearer_kind": "association",
            "bearer_name": "Maison des communs",
            "bearer_siret": fictional_siret(number),
            "bearer_rna": "W587654321",
            "bearer_address": "1 rue du Pont, 58000 Nevers",
            "bearer_representative": "Lou Perrin",
            "bearer_email": "lou@maison.example",
        }
    return answers | {"name": name, "adult": True}


def budget(requested: str, services: str, pay: str) -> dict:
    """Amounts as typed: what is requested, and the two expenses that make it."""
    return {
        "requested_amount": requested,
        "expenses-0-account": "604",
        "expenses-0-label": "Graphisme et impression",
        "expenses-0-amount": services,
        "expenses-1-account": "641",
        "expenses-1-label": "Coordination",
        "expenses-1-amount": pay,
    }


def paper(title: str) -> dict:
    """A one-page PDF, as the browser hands it over."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(595, 842))
    document.docinfo["/Title"] = title
    kept = BytesIO()
    document.save(kept)
    return {"name": f"{title}.pdf", "mimeType": "application/pdf", "buffer": kept.getvalue()}


def writes_application(
    person: Person, call: str, kind: str, *, name: str, title: str, number: int, amounts: tuple[str, str, str]
) -> str:
    """Start on the call's page and write every section; returns the reference. Filing stays to do."""
    person.goes(f"/appels/{call}/").follows("Candidater", within="main")
    reference = person.sends({"applicant_kind": kind}).page.url.split("/dossiers/")[1].split("/")[0]
    for code, answers in {
        "applicant": applicant(kind, name, number),
        "project": {"title": title, **PROJECT},
        "partnership": {"expectation": "Deux agents une demi-journée par quinzaine."},
        "budget": budget(*amounts),
        "openness": OPENNESS,
        "statements": {},
    }.items():
        person.goes(f"/dossiers/{reference}/ecrire/{code}/").fills(answers)
        if code == "statements":
            promises_all(person)
        with person.page.expect_navigation():
            person.page.locator('main button[name="go"]').last.click()
        person.looks()
    return reference


def promises_all(person: Person) -> None:
    """Tick every statement on honour that this kind of applicant is asked."""
    for box in person.page.locator("main input[type=checkbox]").all():
        box.check()
    if person.page.locator('[name="cer_on"]').count():
        person.fills({"cer_on": "2026-01-15"})


def invites_partner(person: Person, reference: str, agent: str) -> None:
    person.goes(f"/dossiers/{reference}/partenaires/").does(
        "invite", {"organisation_name": "Ville de Nevers", "agent_name": "Camille Arnaud", "agent_email": agent}
    )


def adds_papers(person: Person, reference: str, *titles: str) -> None:
    for title in titles:
        person.goes(f"/dossiers/{reference}/pieces/").does("add", {"file": paper(title), "kind": "quote"})


def partner_confirms(stage, link: str) -> None:
    """The administration's agent says yes, by the link alone."""
    agent = stage.person("agent")
    agent.goes(link).does(
        "confirm",
        {
            "siret": fictional_siret(700),
            "service": "Accueil",
            "agent_name": "Camille Arnaud",
            "agent_role": "directrice de l’accueil",
            "commitment": "Deux agents et les modèles de lettres.",
        },
    )
    assert agent.page.url.endswith("fait=confirme"), agent.text()
