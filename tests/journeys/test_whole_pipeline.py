"""One application from an open call to the last euro paid and the public registry: the real screens, the real people, a moving clock."""

from __future__ import annotations

import pytest

from tests.factories.fund import CallFactory
from tests.journeys import house, writing

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_from_the_call_to_the_last_euro(stage, calendar, letters):
    house.open_fund(calendar.now)
    slug = CallFactory(state="published").slug
    files = three_applications_are_filed(stage, calendar, letters, slug)
    assert files


# ---- 2. three files, with their partner, their team and their papers ----


def three_applications_are_filed(stage, calendar, letters, call: str) -> dict[str, str]:
    """References by kind of applicant; each is filed and has its receipt."""
    people = {key: stage.person(key, house.email(key)) for key in ("association", "citizen", "collective", "colleague")}
    for key, person in people.items():
        house.account(key, {"association": "Ada Morel", "citizen": "Noé Blanc", "collective": "Lou Perrin"}.get(key, "Jo Renard"))
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
        agent.goes(letters.link(f"agent-{key}@ville.example", "partenariat")).sees("Ville de Nevers")
        agent.does(
            "confirm",
            {
                "agent_name": "Camille Arnaud",
                "agent_role": "directrice de l’accueil",
                "commitment": "Deux agents et les modèles de lettres.",
            },
        ).sees("Merci")
    # A second applicant agrees before the association can file.
    ada.goes(f"/dossiers/{files['association']}/equipe/").does(
        "invite",
        {
            "email": house.email("colleague"),
            "name": "Jo Renard",
            "role": "coordination",
            "right": "write",
            "signatory": True,
        },
    )
    calendar.work()
    jo = people["colleague"]
    jo.goes(letters.link(house.email("colleague"), "equipe")).presses("Rejoindre")
    ada.goes(f"/dossiers/{files['association']}/verifier/").does("sign_off")
    ada.sees("n’a pas encore donné son accord")
    jo.goes(f"/dossiers/{files['association']}/verifier/").does("sign_off")
    for key, reference in files.items():
        people[key].goes(f"/dossiers/{reference}/verifier/")
        if key != "association":
            people[key].does("sign_off")
        people[key].does("submit")
    calendar.work()
    for key, reference in files.items():
        receipt = letters.link(house.email(key), "documents")
        pdf = people[key].context.request.get(f"{stage.address}{receipt.rstrip('/')}.pdf")
        assert pdf.ok and pdf.body().startswith(b"%PDF"), reference
    return files
