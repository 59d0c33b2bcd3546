"""One application from an open call to the last euro paid and the public registry: the real screens, the real people, a moving clock."""

from __future__ import annotations

from datetime import time

import pytest
from django.core.management import call_command

from tests.factories.payments import fictional_iban, invariants
from tests.journeys import calling, house, money, panel, writing

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_from_the_call_to_the_last_euro(stage, calendar, letters):
    house.open_fund(calendar.now)
    call = a_call_is_published(stage, calendar)
    files = three_applications_are_filed(stage, calendar, letters, call)
    the_officer_examines_them(stage, calendar, letters, call, files)
    the_panel_decides(stage, calendar, call, files)
    the_letters_are_read(stage, letters, files)
    the_grant_is_paid_to_the_last_euro(stage, calendar, files["association"])
    anyone_finds_every_euro(stage, files)


# ---- 1. the call ----


def a_call_is_published(stage, calendar) -> str:
    """EUR 300,000 are set aside, the call is written and published, each with a second person's key."""
    people = {
        key: stage.person(key, house.email(key)).signs_in() for key in ("orderer", "civil1", "officer", "officer2")
    }
    calling.opens_envelope(people["orderer"], people["civil1"], year=calendar.now.year, amount="300 000")
    call = calling.publishes_call(people["officer"], people["officer2"], calendar, title="Prototypes civiques")
    calendar.later(hours=4)
    stage.person("visitor").goes("/appels/").sees("Prototypes civiques").goes(f"/appels/{call}/").sees(
        "300 000", "30 000"
    )
    return call


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
        writing.partner_confirms(stage, letters.link(f"agent-{key}@ville.example", "partenariat"))
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
        pdf = people[key].context.request.get(f"{stage.address}{receipt.rstrip('/')}.pdf", timeout=60_000)
        assert pdf.ok and pdf.body().startswith(b"%PDF"), reference
    return files


# ---- 3. one piece is asked for, two files are declared eligible, one is not ----


def the_officer_examines_them(stage, calendar, letters, call: str, files: dict[str, str]) -> None:
    calendar.later(days=41)
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
    officer.goes(f"/instruction/dossiers/{files['citizen']}/")
    finds_all(officer, "no")
    officer.goes(f"/instruction/dossiers/{files['citizen']}/irrecevabilite/").sends(
        {
            "article": "art. 5",
            "grounds": "Le projet est l’édition suivante d’une action qui existe.",
            "remedy": "Un essai nouveau, borné dans le temps.",
            "not_correctable": True,
        }
    )
    presidents = [stage.person(key, house.email(key)).signs_in() for key in ("civil1", "etat1")]
    panel.sign_decisions(presidents, call)
    officer.goes(f"/instruction/decisions/{call}/").does("notify_call", {"sure": True})
    calendar.work()


def finds_all(officer, finding: str) -> None:
    """Answer every condition of the file's checklist the same way."""
    for box in officer.page.locator(f'main input[name^="ok_"][value="{finding}"]').all():
        box.check()
    officer.does("checks")


# ---- 4 and 5. the panel ----


def the_panel_decides(stage, calendar, call: str, files: dict[str, str]) -> None:
    officer = stage.person("officer", house.email("officer")).signs_in()
    panel.is_composed(officer, call)
    calendar.work()
    members = panel.sign_in_all(stage)
    panel.declares(members, call, recused="etat2", reference=files["association"])
    officer.goes(f"/instruction/commission/{call}/repartition/").does("assign")
    read = {key: panel.reads_all(person, points="8") for key, person in members.items()}
    assert read == {"civil1": 2, "civil2": 2, "civil3": 0, "etat1": 2, "etat2": 1, "etat3": 1}
    officer.goes(f"/instruction/commission/{call}/").does("close_reading")
    officer.goes(f"/instruction/commission/{call}/classement/").sees(files["association"])
    meeting = panel.convenes(officer, calendar, call, days=16)
    panel.opens(officer, members["civil1"], meeting)
    for item, reference in panel.items(officer, meeting).items():
        if reference == files["association"]:
            panel.decides_item(officer, members, meeting, item, recused="etat2", alternate="etat3")
        else:
            panel.decides_item(
                officer,
                members,
                meeting,
                item,
                proposal="rejected",
                grounds="L’essai proposé ne permet pas de mesurer son effet.",
            )
    presidents = [members["civil1"], members["etat1"]]
    panel.adopts_and_closes(presidents, meeting)
    stage.person("visitor").goes("/comptes/").sees_not("18 500")
    calendar.work()
    panel.signs_everything(presidents, call, meeting)
    stage.person("visitor").goes("/comptes/").sees_not("18 500").goes("/projets/").sees_not("Le courrier en clair")
    panel.notifies(officer, call)
    calendar.work()


def the_letters_are_read(stage, letters, files: dict[str, str]) -> None:
    for key, words in (
        ("association", "18 500"),
        ("collective", "L’essai proposé ne permet pas de mesurer son effet."),
        ("citizen", "Le projet est l’édition suivante d’une action qui existe."),
    ):
        person = stage.person(key, house.email(key)).signs_in()
        person.goes(f"/dossiers/{files[key]}/decision/").sees(words)
        letter = letters.link(house.email(key), "documents")
        assert (
            person.context.request.get(f"{stage.address}{letter.rstrip('/')}.pdf", timeout=60_000)
            .body()
            .startswith(b"%PDF")
        )


# ---- 6 and 7. the money ----


def the_grant_is_paid_to_the_last_euro(stage, calendar, reference: str) -> None:
    ada = stage.person("association", house.email("association")).signs_in()
    officer, orderer, payer = (
        stage.person(key, house.email(key)).signs_in() for key in ("officer", "orderer", "payer")
    )
    money.is_offered(officer)
    calendar.work()
    money.accepts(ada, reference)
    money.gives_account(ada, reference, holder="Les Brouillons", iban=fictional_iban(55))
    money.is_signed(ada, payer, orderer, reference)
    calendar.work()
    assert b"12950.00" in money.is_paid(officer, orderer, payer, calendar)
    calendar.later(days=280, at=time(10, 0))
    calendar.work()
    money.reports(ada, reference)
    money.accepts_report(officer)
    money.is_paid(officer, orderer, payer, calendar)
    calendar.work()
    assert invariants() == []
    ada.goes(f"/dossiers/{reference}/convention/")


# ---- 8. the public window ----


def anyone_finds_every_euro(stage, files: dict[str, str]) -> None:
    visitor = stage.person("visitor")
    reference = files["association"]
    visitor.goes("/projets/").sees("Le courrier en clair").goes(f"/projets/{reference}/").sees(
        "18 500", "Les Brouillons"
    )
    visitor.goes("/comptes/").sees("12 950")
    for path, words in (
        ("/donnees/subventions-scdl.csv", "Les Brouillons"),
        ("/donnees/360giving.json", "Les Brouillons"),
        ("/donnees/projets.csv", reference),
        ("/donnees/projets.json", "https://forge.example/lettres"),  # said by the report alone
        ("/donnees/comptes.csv", reference),
    ):
        answer = visitor.context.request.get(stage.address + path)
        assert answer.ok and words in answer.text(), path
    for hidden in (files["collective"], files["citizen"]):
        visitor.goes("/projets/").sees_not(hidden).goes(f"/projets/{hidden}/", status=404)
    call_command("verify_ledger")
