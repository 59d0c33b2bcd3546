"""A citizen, an association and a collective, each on a phone: the network leaves in the middle of the writing and comes back; the file is filed whole."""

from __future__ import annotations

import pytest

from applications.models import Application
from tests.factories.fund import open_call
from tests.journeys import house, writing
from tests.journeys.people import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KINDS = {
    "citizen": ("Noé Blanc", "Noé Blanc", "La carte des bancs", ("6000", "4 000", "2 000")),
    "association": ("Ada Morel", "Les Brouillons", "Le courrier en clair", ("18 500,00", "13 500,00", "5 000,00")),
    "collective": ("Lou Perrin", "Les Voisins du quai", "Le compost du quai", ("12000,50", "10 000,50", "2 000,00")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_written_on_a_phone_through_a_hole_in_the_network(stage, calendar, letters, kind):
    house.open_fund(calendar.now)
    call = open_call()
    name, applicant, title, amounts = KINDS[kind]
    house.account(kind, name)
    person = stage.person(name, house.email(kind), screen=PHONE).signs_in()

    reference = writing.writes_application(
        person, call.slug, kind, name=applicant, title=title, number=301, amounts=amounts
    )
    lost_and_found(person, reference)
    writing.invites_partner(person, reference, "agent@ville.example")
    writing.adds_papers(person, reference, "devis")
    calendar.work()
    writing.partner_confirms(stage, letters.link("agent@ville.example", "partenariat"))
    if kind == "collective":
        person.goes(f"/dossiers/{reference}/equipe/")
        person.does("person", {"name": "Sam Roy", "role": "animation", "description": "Anime les soirées du quai."})
    person.goes(f"/dossiers/{reference}/verifier/")
    person.does("sign_off", {"mandate": True} if kind == "collective" else {}).does("submit")
    calendar.work()

    filed = Application.objects.get(reference=reference)
    assert (filed.state, filed.title) == ("submitted", title)
    assert filed.content["project"]["need"] == "Écrit dans le train. Suite sous le tunnel. Fin à la gare."
    receipt = letters.link(house.email(kind), "documents")
    pdf = person.context.request.get(f"{stage.address}{receipt.rstrip('/')}.pdf", timeout=60_000)
    assert pdf.ok and pdf.body().startswith(b"%PDF")
    person.goes(f"/dossiers/{reference}/").sees(title)
    person.goes("/mes-dossiers/").sees(title)


def lost_and_found(person, reference: str) -> None:
    """Written in three breaths: with the network, without it, with it again; nobody presses a button."""
    person.goes(f"/dossiers/{reference}/ecrire/project/")
    need = person.page.locator("[name=need]")
    state = person.page.locator("[data-saved]")
    need.fill("Écrit dans le train.")
    state.filter(has_text="Enregistré à").wait_for()
    person.context.set_offline(True)
    need.fill("Écrit dans le train. Suite sous le tunnel.")
    state.filter(has_text="appareil").wait_for()
    need.fill("Écrit dans le train. Suite sous le tunnel. Fin à la gare.")
    person.context.set_offline(False)
    state.filter(has_text="Enregistré à").wait_for()
