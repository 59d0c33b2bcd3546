"""The official register, asked by SIRET: filled into blanks, degraded in words, never followed elsewhere. A small server of ours stands for it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fund import register
from tests.factories.applications import ApplicationFactory
from tests.factories.fund import fictional_siret, open_call

pytestmark = pytest.mark.django_db
SIRET = fictional_siret(41)
UNIT = {
    "nom_complet": "LES BROUILLONS",
    "etat_administratif": "A",
    "complements": {"identifiant_association": "W581234567"},
    "siege": {"siret": SIRET, "adresse": "7 PASSAGE DES BROUILLONS 58000 NEVERS", "etat_administratif": "A"},
    "matching_etablissements": [],
}


@pytest.fixture
def official(settings):
    """Start it, say what it answers: (status, body, headers)."""
    said = {"answer": (200, json.dumps({"results": [UNIT]}), {})}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body, headers = said["answer"]
            said["asked"] = self.path
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args):
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.REGISTER_URL = f"http://127.0.0.1:{server.server_port}/search"
    yield said
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_it_says_of_a_siret(official):
    facts = register.look_up(SIRET)
    assert facts == register.Facts(
        "LES BROUILLONS", "7 PASSAGE DES BROUILLONS 58000 NEVERS", "W581234567", is_open=True
    )
    assert official["asked"] == f"/search?q={SIRET}&page=1&per_page=1"


def test_another_establishment_is_not_this_one(official):
    assert register.look_up(fictional_siret(42)) is None


def test_an_establishment_that_closed(official):
    unit = UNIT | {"siege": UNIT["siege"] | {"etat_administratif": "F"}}
    official["answer"] = (200, json.dumps({"results": [unit]}), {})
    assert not register.look_up(SIRET).is_open


@pytest.mark.parametrize(
    "answer",
    [
        (503, "", {}),
        (200, "<html>", {}),
        (200, '{"results": 7}', {}),
        (200, "[]", {}),
        (200, '{"results": ["x"]}', {}),
        (302, "", {"Location": "http://127.0.0.1:1/elsewhere"}),
    ],
)
def test_an_answer_that_is_none(official, answer):
    official["answer"] = answer
    with pytest.raises(register.RegisterDown):
        register.look_up(SIRET)


def test_nobody_there(settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/search"
    with pytest.raises(register.RegisterDown):
        register.look_up(SIRET)


# ---- on the applicant's page ----


def ask(client, draft, **answers):
    row = draft.sections.filter(code="applicant").first()
    given = {"go": "register", "version": row.version if row else 0, "siret": SIRET} | answers
    return client.post(f"/dossiers/{draft.reference}/ecrire/applicant/", given, follow=True)


@pytest.fixture
def draft(client):
    draft = ApplicationFactory(call=open_call(), content={}, organisation=None)
    client.force_login(draft.lead)
    return draft


def test_blanks_are_filled_and_what_was_typed_stays(client, draft, official):
    page = ask(client, draft, name="Les Brouillons de Nevers")
    written = draft.sections.get(code="applicant").content
    assert written["name"] == "Les Brouillons de Nevers"
    assert (written["address"], written["rna"]) == (UNIT["siege"]["adresse"], "W581234567")
    assert "ce que vous aviez écrit reste inchangé" in page.content.decode()


def test_when_it_does_not_answer_one_goes_on(client, draft, official):
    official["answer"] = (503, "", {})
    page = ask(client, draft, name="Les Brouillons")
    assert page.status_code == 200
    assert "Le registre officiel ne répond pas" in page.content.decode()
    assert draft.sections.get(code="applicant").content["name"] == "Les Brouillons"


def test_it_is_not_asked_without_a_siret(client, draft, official):
    page = ask(client, draft, siret="")
    assert "14 chiffres du SIRET" in page.content.decode()
    assert "asked" not in official


@pytest.mark.parametrize("siret", ["12345", "²" * 14, "9" * 400, "<script>"])
def test_it_is_not_asked_with_a_number_that_is_none(client, draft, official, siret):
    assert ask(client, draft, siret=siret).status_code in (200, 422)  # said on the page, or too long to be kept
    assert "asked" not in official


def test_the_button_is_there_only_when_it_is_set(client, draft, settings):
    address = f"/dossiers/{draft.reference}/ecrire/applicant/"
    settings.REGISTER_URL = ""
    assert 'value="register"' not in client.get(address).content.decode()
    settings.REGISTER_URL = "https://registre.example/search"
    assert 'value="register"' in client.get(address).content.decode()


def test_a_citizen_has_no_body_to_look_up(client, settings):
    settings.REGISTER_URL = "https://registre.example/search"
    draft = ApplicationFactory(call=open_call(), applicant_kind="citizen")
    client.force_login(draft.lead)
    assert 'value="register"' not in client.get(f"/dossiers/{draft.reference}/ecrire/applicant/").content.decode()
