"""One application from an open call to the last euro paid and the public registry: the real screens, the real people, a moving clock."""

from __future__ import annotations

import pytest

from tests.factories.fund import CallFactory, fictional_siret
from tests.journeys import house, writing

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_from_the_call_to_the_last_euro(stage, calendar, letters):
    house.open_fund(calendar.now)
    slug = CallFactory(state="published").slug
    files = three_applications_are_filed(stage, calendar, letters, slug)
    the_officer_examines_them(stage, calendar, letters, slug, files)


# ---- 2. three files, with their partner, their team and their papers ----


def three_applications_are_filed(stage, calendar, letters, call: str) -> dict[str, str]:
    """References by kind of applicant; each is filed and has its receipt."""
    people = {key: stage.person(key, house.email(key)) for key in ("association", "citizen", "collective", "colleague")}
    for key, person in people.items():
        house.account(
            key, {"association": "Ada Morel", "citizen": "Noé Blanc", "collective": "Lou Perrin"}.get(key, "Jo Renard")
        )
        person.signs_in()
    ada = people["association"]
    files = {
        "association": writing.writes_application(
            ada,
            call,
            "association",
            name="Les Brouillons",
            title="Le courrier en clair",
            number=301,
            amounts=("18 500,00", "13 500,00", "5 000,00"),
        ),
        "citizen": writing.writes_application(
            people["citizen"],
            call,
            "citizen",
            name="Noé Blanc",
            title="La carte des bancs",
            number=302,
            amounts=("6000", "4 000", "2 000"),
        ),
        "collective": writing.writes_application(
            people["collective"],
            call,
            "collective",
            name="Les Voisins du quai",
            title="Le compost du quai",
            number=303,
            amounts=("12000,50", "10 000,50", "2 000,00"),
        ),
    }
    for key, reference in files.items():
        writing.invites_partner(people[key], reference, f"agent-{key}@ville.example")
        writing.adds_papers(people[key], reference, "devis", "croquis")
    calendar.work()
    for key in files:
        agent = stage.person("agent")
        agent.goes(letters.link(f"agent-{key}@ville.example", "partenariat")).does(
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
    # A second applicant agrees before the association can file.
    ada.goes(f"/dossiers/{files['association']}/equipe/").does(
        "invite",
        {
            "email": house.email("colleague"),
            "name": "Jo Renard",
            "role": "coordination",
            "right": "editor",
            "signatory": True,
        },
    )
    calendar.work()
    jo = people["colleague"]
    jo.goes(letters.link(house.email("colleague"), "equipe")).sends()
    ada.goes(f"/dossiers/{files['association']}/verifier/").does("sign_off")
    assert ada.page.locator('[name="act"][value="submit"]').count() == 0, "filed before the second applicant agreed"
    jo.goes(f"/dossiers/{files['association']}/verifier/").does("sign_off")
    lou = people["collective"].goes(f"/dossiers/{files['collective']}/equipe/")
    lou.does("person", {"name": "Sam Roy", "role": "animation", "description": "Anime les soirées du quai."})
    for key, reference in files.items():
        people[key].goes(f"/dossiers/{reference}/verifier/")
        if key != "association":
            people[key].does("sign_off", {"mandate": True} if key == "collective" else {})
        people[key].does("submit")
    calendar.work()
    for key, reference in files.items():
        receipt = letters.link(house.email(key), "documents")
        pdf = people[key].context.request.get(f"{stage.address}{receipt.rstrip('/')}.pdf")
        assert pdf.ok and pdf.body().startswith(b"%PDF"), reference
    return files


# ---- 3. one piece is asked for, two files are declared eligible, one is not ----


def the_officer_examines_them(stage, calendar, letters, call: str, files: dict[str, str]) -> None:
    calendar.later(days=40)
    calendar.work()
    officer = stage.person("officer", house.email("officer")).signs_in()
    officer.goes("/instruction/dossiers/").sees(*files.values())
    asked = files["collective"]
    officer.goes(f"/instruction/dossiers/{asked}/complements/").sends(
        {
            "items-0-section": "documents",
            "items-0-label": "Le mandat signé de chaque membre",
            "items-0-reason": "Le porteur reçoit la somme pour le collectif.",
            "items-0-article": "Règlement, art. 8",
        }
    )
    calendar.work()
    lou = stage.person("collective", house.email("collective")).signs_in()
    lou.goes(letters.link(house.email("collective"), "complements")).sees("Le mandat signé de chaque membre")
    lou.goes(f"/dossiers/{asked}/pieces/").does("add", {"file": writing.paper("mandats"), "kind": "mandate"})
    lou.goes(f"/dossiers/{asked}/complements/").sends({"text": "Voici les mandats."})
    for key in ("association", "collective"):
        officer.goes(f"/instruction/dossiers/{files[key]}/")
        finds_all(officer, "yes")
        officer.does("declare_eligible")
    calendar.work()


def finds_all(officer, finding: str) -> None:
    """Answer every condition of the file's checklist the same way."""
    for box in officer.page.locator(f'main input[name^="ok_"][value="{finding}"]').all():
        box.check()
    officer.does("checks")
